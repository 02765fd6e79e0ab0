//! Puts rules to work: which run, what they may say, and what follows from it.

pub(crate) mod baseline;
mod bind;
pub(crate) mod catalogue;
pub(crate) mod examples;
pub(crate) mod fix;
mod levels;
mod parallel;
mod seal;
mod subject;
mod suppress;
mod verdict;

pub(crate) use levels::{LevelError, Levels, Origin};
pub(crate) use parallel::{in_order, locked};
pub(crate) use seal::{replaced, seal};
pub(crate) use subject::Subject;
pub(crate) use suppress::{Suppressions, expired_paths};
pub(crate) use verdict::{Diagnosis, Status, Verdict, judge_evidence};
