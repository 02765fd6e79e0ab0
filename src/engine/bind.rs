//! Rules and their functions, bound by the build script.

use crate::finding::{Drafts, Rule};
use crate::rules::{Reading, Seen};

/// Judges a URI and its plan.
pub(super) type StaticJudge = fn(&Reading<'_>, &mut Drafts);
/// Judges evidence.
pub(super) type EvidenceJudge = fn(&Seen<'_>, &mut Drafts);

include!(concat!(env!("OUT_DIR"), "/judges.rs"));
