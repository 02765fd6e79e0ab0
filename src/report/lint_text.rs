//! Lint findings for a person: each under its line of source.

use std::io::{self, Write};

use super::console::Screen;
use super::style::{faint, strong};
use super::{LintRun, Summary, snippet};
use crate::text::{Shown, Veil};

/// Findings, problems, and a line that sums up.
pub(crate) fn write(
    run: &LintRun,
    screen: Screen,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    findings(run, screen, out)?;
    if !quiet {
        writeln!(out, "{}", summary(&run.summary))?;
        if let Some((_, worst)) = run.worst {
            writeln!(out, "{}", faint(format!("More: virt-doctor explain {}", worst.name())))?;
        }
    }
    Ok(())
}

/// The findings, each under its line.
pub(crate) fn findings(run: &LintRun, screen: Screen, out: &mut dyn Write) -> io::Result<()> {
    let renderer = snippet::renderer(screen);
    for placed in &run.findings {
        writeln!(out, "{}\n", snippet::draw(placed, &renderer, screen.width))?;
    }
    Ok(())
}

/// "3 errors and 1 warning in 12 URIs of 4 files"
fn summary(summary: &Summary) -> String {
    // A comment or a configuration may be wrong where there is no URI at all.
    let nothing = summary.errors + summary.warnings + summary.notes == 0;
    if summary.uris == 0 && nothing {
        let aside = match summary.not_judged {
            0 => String::new(),
            1 => ": 1 URI in comments or prose was not judged".to_owned(),
            count => format!(": {count} URIs in comments or prose were not judged"),
        };
        return format!("no connection URI in {}{aside}", counted(summary.files, "file"));
    }
    let mut found: Vec<String> =
        [(summary.errors, "error"), (summary.warnings, "warning"), (summary.notes, "note")]
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| counted(count, what))
            .collect();
    if found.is_empty() {
        found.push("nothing found".to_owned());
    }
    let files = if summary.files > 0 {
        format!(" of {}", counted(summary.files, "file"))
    } else {
        String::new()
    };
    let place = format!("{}{files}", counted(summary.uris, "URI"));
    let fixed = if summary.fixed > 0 {
        format!("{} fixed, ", counted(summary.fixed, "mistake"))
    } else {
        String::new()
    };
    let found = strong(found.join(", "));
    format!("{fixed}{found} in {place}{}{}", hidden(summary), fixable(summary))
}

/// ", 2 suppressed, 40 in the baseline"
fn hidden(summary: &Summary) -> String {
    let counts = [(summary.suppressed, "suppressed"), (summary.baselined, "in the baseline")];
    let told = counts.iter().filter(|(count, _)| *count > 0);
    told.fold(String::new(), |text, (count, what)| text + &format!(", {count} {what}"))
}

/// " (2 with --fix, 1 more with --fix --unsafe-fixes)"
fn fixable(summary: &Summary) -> String {
    let (safe, all) = (summary.fixable_safely, summary.fixable);
    match (safe, all - safe) {
        (0, 0) => String::new(),
        (safe, 0) => format!(" ({safe} can be mended with --fix)"),
        (0, other) => format!(" ({other} can be mended with --fix --unsafe-fixes)"),
        (safe, other) => {
            format!(" ({safe} can be mended with --fix, {other} more with --unsafe-fixes)")
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

/// A problem as a line for standard error.
pub(crate) fn problem(problem: &crate::inventory::Problem) -> String {
    let veil = Veil::default();
    let lines: Vec<String> =
        problem.message.lines().map(|line| veil.show(line).to_string()).collect();
    let message = lines.join("\n");
    match &problem.file {
        Some(file) => {
            format!("virt-doctor: {}: {message}", Shown::path(file))
        }
        None => format!("virt-doctor: {message}"),
    }
}
