//! Prints what a check found: a stream as it goes, a document at its end.

use std::io::{self, Write};
use std::mem;

use super::Args;
use crate::cli::Exit;
use crate::cli::outputs::{ReportFormat, root};
use crate::cli::target::NOTHING;
use crate::engine::Verdict;
use crate::inventory::{Problem, ProblemKind};
use crate::report::{
    CheckRun, CheckedTarget, check_json, check_text, console, github, gitlab, junit, lint_text,
    sarif,
};
use crate::text::Shown;

/// What was found so far, shown as it comes.
pub(super) struct Telling<'o> {
    args: &'o Args,
    printer: Printer<'o>,
    pub(super) run: CheckRun,
    /// The host that looked, where it is not this one.
    pub(super) seen_from: Option<Shown>,
    /// Whether the reader is still there.
    left: io::Result<()>,
}

impl<'o> Telling<'o> {
    pub(super) fn new(args: &'o Args, out: &'o mut dyn Write) -> Self {
        let printer = Printer {
            format: args.outputs.printed(),
            quiet: args.common.quiet,
            width: console::Screen::of_stdout(args.common.color).width,
            out,
        };
        Self { args, printer, run: CheckRun::default(), seen_from: None, left: Ok(()) }
    }

    /// Shows one more; an error where nobody reads on.
    pub(super) fn target(&mut self, checked: CheckedTarget) -> io::Result<()> {
        let checked = CheckedTarget { seen_from: self.seen_from.clone(), ..checked };
        check_json::count(&mut self.run.summary, &checked);
        let failures = checked.diagnosis.failures.iter();
        self.run.problems.extend(failures.map(|message| Problem {
            kind: ProblemKind::NotJudged,
            file: None,
            message: message.clone(),
        }));
        if self.left.is_ok() {
            self.left = self.printer.target(&checked, self.run.targets.is_empty());
        }
        self.run.targets.push(checked);
        // Who reads only the beginning may still want the files.
        let has_files = self.args.outputs.has_files() || self.args.save_evidence.is_some();
        if has_files { Ok(()) } else { mem::replace(&mut self.left, Ok(())) }
    }

    /// Shows the end and writes the files.
    pub(super) fn end(mut self) -> io::Result<Exit> {
        let run = &mut self.run;
        let first = run.targets.first();
        run.observed_at =
            first.map(|target| target.evidence.observed_at.clone()).unwrap_or_default();
        let unwritten = self.args.outputs.write_files(|format, out| print_all(format, run, out));
        run.problems.extend(unwritten);
        self.left?;
        self.printer.end(run)?;
        let color = self.args.common.color;
        for problem in &run.problems {
            console::complain(color, &lint_text::problem(problem));
        }
        if run.targets.is_empty() && !run.problems.iter().any(Problem::is_failure) {
            console::complain(color, NOTHING);
        }
        Ok(exit(run))
    }
}

fn exit(run: &CheckRun) -> Exit {
    if run.problems.iter().any(Problem::is_failure) {
        return Exit::Wrong;
    }
    let bad =
        run.targets.iter().any(|target| target.fails || target.diagnosis.verdict != Verdict::Ok);
    match (run.targets.is_empty(), bad) {
        (true, _) => Exit::Nothing,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    }
}

/// Shows each target as soon as it can.
struct Printer<'o> {
    format: ReportFormat,
    quiet: bool,
    /// Of the terminal, where it is one.
    width: Option<usize>,
    out: &'o mut dyn Write,
}

impl Printer<'_> {
    fn target(&mut self, checked: &CheckedTarget, first: bool) -> io::Result<()> {
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
    fn end(&mut self, run: &CheckRun) -> io::Result<()> {
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
fn print_all(format: ReportFormat, run: &CheckRun, out: &mut dyn Write) -> io::Result<()> {
    let mut printer = Printer { format, quiet: false, width: None, out };
    for (at, checked) in run.targets.iter().enumerate() {
        printer.target(checked, at == 0)?;
    }
    printer.end(run)
}
