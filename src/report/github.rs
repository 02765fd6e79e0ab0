//! Workflow commands of GitHub Actions: a finding becomes an annotation of the pull request.
//!
//! GitHub keeps ten errors, ten warnings and ten notices of a step and drops the rest
//! without a word. So no more are written, and a last notice says how many there are.

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
        findings.map(|placed| annotation(placed, root))
    };
    let errors =
        run.problems.iter().map(|problem| trouble(problem, root)).chain(of(Severity::Error));
    let warnings = run.unsettled().map(|(uri, why)| {
        format!("::warning title=virt-doctor::{}", data(&format!("{uri}: {why}")))
    });
    let mut levels: [Vec<String>; 3] = [
        errors.collect(),
        warnings.chain(of(Severity::Warning)).collect(),
        of(Severity::Note).collect(),
    ];
    let all = levels.iter().map(Vec::len).sum::<usize>();
    let is_too_much = levels.iter().any(|level| level.len() > MOST);
    // The last notice needs a place itself.
    let notes = MOST - usize::from(is_too_much);
    for (level, most) in levels.iter_mut().zip([MOST, MOST, notes]) {
        level.truncate(most);
    }
    let shown = levels.iter().map(Vec::len).sum::<usize>();
    for command in levels.iter().flatten() {
        writeln!(out, "{command}")?;
    }
    if all > shown {
        writeln!(
            out,
            "::notice title=virt-doctor::{} more not shown here, as GitHub shows ten of a level; --format text has them all",
            all - shown
        )?;
    }
    Ok(())
}

fn annotation(placed: &Placed, root: &Root) -> String {
    let finding = &placed.finding;
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let (start, end) = (placed.start, placed.end);
    let mut text = format!("::{command} ");
    let mut message = match &placed.file {
        Some(file) => {
            let file = Shown::path(&root.path(file)).to_string();
            let _ =
                write!(text, "file={},line={},endLine={},", property(&file), start.line, end.line);
            // GitHub refuses columns over several lines.
            if start.line == end.line {
                let _ = write!(text, "col={},endColumn={},", start.column, end.column);
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
    let _ = write!(text, "title={}::{}", property(&title), data(&message));
    text
}

/// What could not be read.
fn trouble(problem: &Problem, root: &Root) -> String {
    let message = Veil::default().show(&problem.message).to_string();
    let level = if problem.is_failure() { "error" } else { "notice" };
    match &problem.file {
        Some(file) => {
            let file = Shown::path(&root.path(file)).to_string();
            let message = format!("{file}: {message}");
            format!("::{level} file={},title=virt-doctor::{}", property(&file), data(&message))
        }
        None => format!("::{level} title=virt-doctor::{}", data(&message)),
    }
}

/// The text of a command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
