//! Judging one URI, for other programs.
//!
//! What the command's `lint` says about a URI, as plain data: no file, no
//! configuration of ours, every rule on. Like it, this opens no socket and runs
//! no program.

use crate::engine::{Levels, Subject};
use crate::finding::{self, Applicability};
use crate::settings::{Machine, Source};
use crate::tables::clients::Client;
use crate::tables::levels::Severity;
use crate::text::Span;

/// Judges URIs as one client on one machine.
#[derive(Debug, Clone)]
pub struct Linter {
    client: Client,
    machine: Machine,
    levels: Levels,
}

/// One thing that a rule has to say about a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name; `virt-doctor explain NAME` shows its page.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong. Holds no password of the URI.
    pub message: String,
    /// Where in the URI.
    pub span: Span,
    /// What to do.
    pub help: Option<String>,
    /// What would mend it; with several, any one of them.
    pub fixes: Vec<Fix>,
}

/// Replacements in the URI that mend a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does.
    pub title: String,
    /// Whether the URI keeps its meaning.
    pub is_safe: bool,
    /// What is replaced by what.
    pub edits: Vec<(Span, Vec<u8>)>,
}

impl Linter {
    /// Judges as `client` on `machine`. For a URI of a file the machine is
    /// [`Machine::fixed`]: nobody knows where the file will be used.
    #[must_use]
    pub fn new(client: Client, machine: Machine) -> Self {
        Self { client, machine, levels: Levels::default() }
    }

    /// Judges a URI as it stands in a file: no alias, no default. The byte
    /// [`HOLE`](crate::uri::HOLE) stands for text that is not known yet.
    #[must_use]
    pub fn lint(&self, uri: &[u8]) -> Vec<Finding> {
        self.judge(&Subject::of_file(uri, self.client, &self.machine))
    }

    /// Judges what a client is given or finds by itself; see [`Source`].
    #[must_use]
    pub fn lint_source(&self, source: &Source) -> Vec<Finding> {
        self.judge(&Subject::new(source, self.client, &self.machine, false))
    }

    fn judge(&self, subject: &Subject<'_>) -> Vec<Finding> {
        subject.lint(&self.levels).findings.into_iter().map(Finding::from).collect()
    }
}

impl From<finding::Finding> for Finding {
    fn from(finding: finding::Finding) -> Self {
        Self {
            rule: finding.rule.name(),
            severity: finding.severity,
            message: finding.message.into_string(),
            span: finding.span,
            help: finding.help.map(crate::text::Shown::into_string),
            fixes: finding.fixes.into_iter().map(Fix::from).collect(),
        }
    }
}

impl From<finding::ShownFix> for Fix {
    fn from(fix: finding::ShownFix) -> Self {
        let edits = fix.edits.into_iter().map(|(span, content)| (span, content.into_bytes()));
        Self {
            title: fix.title.into_string(),
            is_safe: fix.applicability == Applicability::Safe,
            edits: edits.collect(),
        }
    }
}
