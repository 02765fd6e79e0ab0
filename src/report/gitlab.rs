//! GitLab's Code Quality report: a finding stands in the merge request, at its line.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::json::{kind, write_document};
use super::object::Object;
use super::root::Root;
use super::{LintRun, Placed};
use crate::finding::Severity;
use crate::inventory::Problem;
use crate::text::{Shown, Veil};

pub(crate) fn write(run: &LintRun, root: &Root, out: &mut dyn Write) -> io::Result<()> {
    let mut seen = HashMap::new();
    let problems = run.problems.iter().map(|found| problem(found, root));
    let findings = run.findings.iter().map(|found| finding(found, root));
    let entries = problems.chain(findings).map(|entry| {
        let occurrence = seen.entry(entry.identity()).or_insert(0_usize);
        *occurrence += 1;
        entry.done(*occurrence)
    });
    write_document(&Value::Array(entries.collect()), out)
}

/// An entry of the report before it has its fingerprint.
struct Entry {
    rule: String,
    severity: &'static str,
    path: Shown,
    /// A URI; of what is about none, the message. Secrets hidden, so that nobody can try
    /// passwords on the fingerprint.
    about: String,
    description: String,
    lines: (u32, u32),
}

impl Entry {
    /// What stays the same when the lines around it change.
    fn identity(&self) -> String {
        format!("{}\0{}\0{}", self.rule, self.path.as_str(), self.about)
    }

    fn done(self, occurrence: usize) -> Value {
        let hash = Sha256::digest(format!("{}\0{occurrence}", self.identity()));
        let mut fingerprint = String::with_capacity(64);
        for byte in hash {
            let _ = write!(fingerprint, "{byte:02x}");
        }
        Object::new()
            .put("description", self.description)
            .put("check_name", self.rule)
            .put("fingerprint", fingerprint)
            .put("severity", self.severity)
            .put(
                "location",
                json!({
                    "path": self.path,
                    "lines": {"begin": self.lines.0, "end": self.lines.1},
                }),
            )
            .done()
    }
}

fn finding(placed: &Placed, root: &Root) -> Entry {
    let finding = &placed.finding;
    let help = finding.help.as_ref().map(|help| format!("; {help}")).unwrap_or_default();
    let about = if placed.uri.is_empty() { &finding.message } else { &placed.uri };
    Entry {
        rule: finding.rule.name().to_owned(),
        severity: match finding.severity {
            Severity::Error => "major",
            Severity::Warning => "minor",
            Severity::Note => "info",
        },
        // GitLab refuses an entry without a path.
        path: placed
            .file
            .as_deref()
            .map_or_else(|| placed.uri.clone(), |file| Shown::path(&root.path(file))),
        about: about.to_string(),
        description: format!("{}{help}", finding.message),
        lines: (placed.start.line, placed.end.line),
    }
}

/// A file that was not read must not look like a clean one.
fn problem(problem: &Problem, root: &Root) -> Entry {
    let file = problem.file.as_deref();
    Entry {
        rule: kind(problem),
        severity: if problem.is_failure() { "blocker" } else { "info" },
        path: file.map_or_else(|| Shown::ours("-"), |file| Shown::path(&root.path(file))),
        about: String::new(),
        description: Veil::default().show(problem.headline()).to_string(),
        lines: (1, 1),
    }
}
