//! What a rule on evidence gets to see.

use crate::evidence::Evidence;
use crate::plan::{Implementation, Plan};
use crate::rules::Reading;
use crate::tables::clients::Family;

/// One connection, read and looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub(crate) reading: &'a Reading<'a>,
    pub(crate) plan: &'a Plan,
    pub(crate) evidence: &'a Evidence,
}

impl Seen<'_> {
    /// Whether the client looks up names and connects by Go's own library.
    pub(crate) fn dials_in_go(&self) -> bool {
        let ssh = self.plan.ssh.as_ref();
        self.plan.client.family != Family::Libvirt
            && ssh.is_none_or(|ssh| ssh.implementation == Implementation::Go)
    }
}
