//! Puts rules to work: which run, what they may say, and what follows from it.

mod alternatives;
pub(crate) mod baseline;
mod bind;
pub(crate) mod catalogue;
pub(crate) mod examples;
mod filed;
pub(crate) mod fix;
mod foresight;
mod levels;
mod parallel;
mod policy;
mod seal;
mod subject;
mod suppress;
mod verdict;

pub(crate) use alternatives::Alternative;
#[cfg(feature = "probe")]
pub(crate) use alternatives::alternatives;
pub(crate) use filed::about_its_place;
pub(crate) use foresight::Foresight;
pub(crate) use levels::{LevelError, Levels, Origin};
pub(crate) use parallel::{in_order, locked};
pub(crate) use policy::{Policies, Standing, is_policy};

/// Whether a file is one of ours, a baseline or the page of a policy: it quotes URIs, and
/// uses none.
pub(crate) fn quotes_uris(path: &std::path::Path, text: &[u8]) -> bool {
    baseline::is_baseline(text) || policy::is_policy_file(path, text)
}
pub(crate) use seal::{replaced, seal};
pub(crate) use subject::Subject;
pub(crate) use suppress::{Suppressions, expired_paths};
pub(crate) use verdict::{Diagnosis, Status, Verdict, judge_evidence};

#[cfg(test)]
mod hole_test;
