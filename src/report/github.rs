//! Workflow commands of GitHub Actions: a finding becomes an annotation of the pull request.
//!
//! GitHub keeps ten errors, ten warnings and ten notices of a step and drops the rest
//! without a word. So no more are written; the rest are plain lines of the log, and a last
//! notice says how many they are.

use std::fmt::Write as _;
use std::io::{self, Write};

use super::root::Root;
use super::{LintRun, Placed};
use crate::finding::Severity;
use crate::inventory::Problem;
use crate::text::{Shown, Veil};

/// What GitHub keeps of each level.
const MOST: usize = 10;

/// Problems first, then the findings by level.
pub(crate) fn write(run: &LintRun, root: &Root, out: &mut dyn Write) -> io::Result<()> {
    let of = |level: Severity| {
        let findings = run.findings.iter().filter(move |placed| placed.finding.severity == level);
        findings.map(|placed| finding(placed, root))
    };
    let errors =
        run.problems.iter().map(|problem| trouble(problem, root)).chain(of(Severity::Error));
    let warnings = run.unsettled().map(|(uri, why)| {
        let properties = String::from("title=virt-doctor");
        Annotation { level: "warning", properties, text: format!("{uri}: {why}") }
    });
    let levels: [Vec<Annotation>; 3] = [
        errors.collect(),
        warnings.chain(of(Severity::Warning)).collect(),
        of(Severity::Note).collect(),
    ];
    let is_too_much = levels.iter().any(|level| level.len() > MOST);
    // The last notice needs a place itself.
    let notes = MOST - usize::from(is_too_much);
    let mut rest = Vec::new();
    for (level, most) in levels.iter().zip([MOST, MOST, notes]) {
        let (shown, others) = level.split_at(most.min(level.len()));
        for Annotation { level, properties, text } in shown {
            writeln!(out, "::{level} {properties}::{}", data(text))?;
        }
        rest.extend(others);
    }
    for Annotation { level, text, .. } in &rest {
        // A line that began with `::` would be a command.
        writeln!(out, "{level}: {}", text.replace('\n', "; "))?;
    }
    if !rest.is_empty() {
        writeln!(
            out,
            "::notice title=virt-doctor::{} more not shown here, as GitHub shows ten of a level; the log of the step has them all",
            rest.len()
        )?;
    }
    Ok(())
}

struct Annotation {
    level: &'static str,
    properties: String,
    text: String,
}

fn finding(placed: &Placed, root: &Root) -> Annotation {
    let finding = &placed.finding;
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = (placed.start, placed.end);
    let mut properties = String::new();
    let mut message = match &placed.file {
        Some(file) => {
            let file = Shown::path(&root.path(file)).to_string();
            let _ = write!(
                properties,
                "file={},line={},endLine={},",
                property(&file),
                start.line,
                end.line
            );
            // GitHub refuses columns over several lines.
            if start.line == end.line {
                let _ = write!(properties, "col={},endColumn={},", start.column, end.column);
            }
            file
        }
        None => placed.uri.to_string(),
    };
    let _ = write!(message, ":{}:{}: {}", start.line, start.column, finding.message);
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {help}");
    }
    let title = format!("virt-doctor: {}", finding.rule.name());
    let _ = write!(properties, "title={}", property(&title));
    Annotation { level, properties, text: message }
}

/// What could not be read.
fn trouble(problem: &Problem, root: &Root) -> Annotation {
    let message = Veil::default().show(problem.headline()).to_string();
    let level = if problem.is_failure() { "error" } else { "notice" };
    let mut annotation =
        Annotation { level, properties: "title=virt-doctor".to_owned(), text: message };
    if let Some(file) = &problem.file {
        let file = Shown::path(&root.path(file)).to_string();
        annotation.properties = format!("file={},title=virt-doctor", property(&file));
        annotation.text = format!("{file}: {}", annotation.text);
    }
    annotation
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
