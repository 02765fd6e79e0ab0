//! What a rule on evidence gets to see.

use crate::evidence::Evidence;
use crate::plan::Plan;
use crate::rules::Reading;

/// One connection, read and looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) plan: &'a Plan,
    pub(crate) evidence: &'a Evidence,
}
