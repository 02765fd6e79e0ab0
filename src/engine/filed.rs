//! A URI of a file: what is found in it, where it is somebody's to mend.

use crate::engine::{Levels, Subject};
use crate::finding::{Finding, Severity};
use crate::inventory::Located;

impl Subject<'_> {
    /// What the rules say of a URI of a file. What a tool adds by itself nobody wrote:
    /// of that only what keeps it from working is told, and what is unsafe.
    pub(crate) fn lint_located(&self, located: &Located, levels: &Levels) -> Vec<Finding> {
        let mut findings = self.lint(levels).findings;
        findings.retain(|finding| {
            finding.severity == Severity::Error
                || finding.rule.folder() == "security"
                || located.is_written(finding.span)
        });
        findings
    }
}
