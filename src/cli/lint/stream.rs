//! Prints the findings of a file as soon as those of all files before it are printed.

use std::io::{self, Write};

use super::{Args, printed, render};
use crate::cli::outputs::ReportFormat;
use crate::report::LintRun;
use crate::report::console::Screen;

/// Where findings go, one file after the other.
pub(super) struct Stream<'a> {
    args: &'a Args,
    screen: Screen,
    out: Box<dyn Write>,
    /// The first write that failed: there is no other after it.
    failed: Option<io::Error>,
}

impl<'a> Stream<'a> {
    /// None where they have to be kept: for a document that is one piece, for the files
    /// that are written beside it, or while standard output is the mended text.
    pub(super) fn of(args: &'a Args) -> Option<Self> {
        let in_lines = matches!(
            args.outputs.printed(),
            ReportFormat::Text | ReportFormat::Concise | ReportFormat::Jsonl
        );
        let is_one = in_lines && !args.outputs.has_files() && !args.is_filter();
        is_one.then(|| Self {
            args,
            screen: Screen::of_stdout(args.common.color),
            out: printed(args),
            failed: None,
        })
    }

    /// Prints the findings that there are and forgets them.
    pub(super) fn print(&mut self, run: &mut LintRun) {
        if self.failed.is_none() && !run.findings.is_empty() {
            self.failed = self.write(run).err();
        }
        run.findings.clear();
    }

    fn write(&mut self, run: &LintRun) -> io::Result<()> {
        let Self { args, screen, out, .. } = self;
        super::findings(args.outputs.printed(), run, *screen, out)?;
        out.flush()
    }

    /// What follows the last finding.
    pub(super) fn end(mut self, run: &LintRun) -> io::Result<()> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let format = self.args.outputs.printed();
        render(format, run, self.screen, self.args.common.quiet, &mut self.out)?;
        self.out.flush()
    }
}
