//! Prints what a check found: a stream as it goes, a document at its end.

use std::io::{self, Write};

use crate::cli::outputs::{ReportFormat, root};
use crate::report::{
    CheckRun, CheckedTarget, check_json, check_text, github, gitlab, junit, sarif,
};

/// Shows each target as soon as it can.
pub(super) struct Printer<'o> {
    pub(super) format: ReportFormat,
    pub(super) quiet: bool,
    /// Of the terminal, where it is one.
    pub(super) width: Option<usize>,
    pub(super) out: &'o mut dyn Write,
}

impl Printer<'_> {
    pub(super) fn target(&mut self, checked: &CheckedTarget, first: bool) -> io::Result<()> {
        match self.format {
            ReportFormat::Text => {
                if !first {
                    writeln!(self.out)?;
                }
                check_text::write(checked, self.quiet, self.width, self.out)?;
                self.out.flush()
            }
            ReportFormat::Concise => check_text::concise(checked, self.out),
            ReportFormat::Jsonl => {
                check_json::target_line(checked, self.out)?;
                self.out.flush()
            }
            ReportFormat::Json
            | ReportFormat::Sarif
            | ReportFormat::Github
            | ReportFormat::Gitlab
            | ReportFormat::Junit => Ok(()),
        }
    }

    /// What stands below all targets, or is one document.
    pub(super) fn end(&mut self, run: &CheckRun) -> io::Result<()> {
        match self.format {
            ReportFormat::Text if !self.quiet => check_text::sum(run, self.out)?,
            ReportFormat::Text | ReportFormat::Concise => {}
            ReportFormat::Json => check_json::document(run, self.out)?,
            ReportFormat::Jsonl => check_json::end_lines(run, self.out)?,
            ReportFormat::Sarif => sarif::write(&run.as_lint(), &root(), self.out)?,
            ReportFormat::Github => github::write(&run.as_lint(), &root(), self.out)?,
            ReportFormat::Gitlab => gitlab::write(&run.as_lint(), &root(), self.out)?,
            ReportFormat::Junit => junit::write(&run.as_lint(), &root(), self.out)?,
        }
        self.out.flush()
    }
}

/// The whole report at once, into a file.
pub(super) fn print_all(
    format: ReportFormat,
    run: &CheckRun,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut printer = Printer { format, quiet: false, width: None, out };
    for (at, checked) in run.targets.iter().enumerate() {
        printer.target(checked, at == 0)?;
    }
    printer.end(run)
}
