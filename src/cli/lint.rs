//! `virt-doctor lint`: static only, never opens a socket, never runs a program.

mod judge;
mod known;

use std::cell::RefCell;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use self::judge::Judge;
use self::known::Known;
use super::common::{Common, RuleOptions};
use super::configured::Configurations;
use super::outputs::{Outputs, ReportFormat, root};
use super::target::{Target, Targets, read_stdin};
use super::{CliError, Exit};
use crate::engine::fix::{Allowed, Mended};
use crate::inventory::{Dialect, Problem, ProblemKind, Walk, read_file, scan};
use crate::report::console::{self, Screen};
use crate::report::place::Ground;
use crate::report::{LintRun, concise, diff, github, gitlab, json, junit, lint_text, sarif};
use crate::settings::FailOn;
use crate::text::{Shown, system_words};

/// Judge URIs and files without opening a socket or running a program
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    common: Common,
    /// From which level on findings fail the run
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Judge files against this machine, not against an ordinary user's without libvirt
    #[arg(long)]
    as_here: bool,
    /// The name by which the kind of standard input is told
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// A run without a URI is clean, not exit code 3
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    rules: RuleOptions,
    #[command(flatten)]
    fixing: Fixing,
    #[command(flatten)]
    baseline: BaselineOptions,
}

/// Findings that are known.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Baseline")]
struct BaselineOptions {
    /// Say nothing of the findings that this file lists, and name what it lists in vain
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// List there what is found now
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
}

/// What to do about mistakes that have a fix.
#[derive(Debug, ClapArgs)]
#[command(next_help_heading = "Fixes")]
struct Fixing {
    /// Mend what has exactly one right answer, in the files; standard input is printed mended
    #[arg(long)]
    fix: bool,
    /// Apply, or show, fixes that change the meaning too
    #[arg(long)]
    unsafe_fixes: bool,
    /// Show what --fix would change, and change nothing
    #[arg(long)]
    diff: bool,
}

impl Fixing {
    fn allowed(&self) -> Allowed {
        if self.unsafe_fixes { Allowed::Unsafe } else { Allowed::Safe }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let settings = Configurations::new(&args.common, &args.rules, args.fail_on)?;
    let typed = settings.here()?;
    let here = args.common.machine_here();
    let targets = args.targets.sorted(&here);
    let files = if args.as_here { here.clone() } else { args.common.machine_fixed() };
    args.check(&targets)?;
    let BaselineOptions { baseline, update_baseline } = &args.baseline;
    let known = baseline.as_deref().map(|path| Known::read(path, *update_baseline)).transpose()?;
    let mut lint = Lint {
        args,
        judge: Judge {
            settings: &settings,
            typed,
            terraform: RefCell::default(),
            here,
            files,
            is_drawn: args.outputs.have_text(),
            known: RefCell::new(known),
        },
        run: LintRun { known: baseline.as_ref().map(|_| Vec::new()), ..LintRun::default() },
        changed: false,
    };
    lint.all(targets)?;
    let Lint { judge, mut run, changed, .. } = lint;
    if args.fixing.diff {
        complain(args, &run.problems);
        return Ok(if run.problems.iter().any(Problem::is_failure) {
            Exit::Wrong
        } else if changed {
            Exit::Findings
        } else {
            Exit::Clean
        });
    }
    write(args, &mut run)?;
    judge.known.borrow().as_ref().map_or(Ok(()), Known::write)?;
    Ok(exit(&run, args.allow_empty))
}

impl Args {
    /// Combinations that make no sense.
    fn check(&self, targets: &[Target]) -> Result<(), CliError> {
        self.outputs.check()?;
        let wrong = if self.fixing.diff && !self.outputs.is_default() {
            "--diff prints a diff: it goes with no other --format"
        } else if self.fixing.fix
            && !self.fixing.diff
            && targets.iter().any(|target| matches!(target, Target::Uri(_)))
        {
            "--fix changes files; what it would do to a URI of the command line is shown by --diff"
        } else if self.fixing.diff && self.baseline.update_baseline {
            "--diff changes nothing: it does not go with --update-baseline"
        } else {
            return Ok(());
        };
        Err(CliError::Usage(wrong.to_owned()))
    }
}

/// A run of `lint` under way.
struct Lint<'a> {
    args: &'a Args,
    judge: Judge<'a>,
    run: LintRun,
    /// Whether a fix changed something, or would.
    changed: bool,
}

impl Lint<'_> {
    fn all(&mut self, targets: Vec<Target>) -> Result<(), CliError> {
        let mut walk = Walk::default();
        if targets.is_empty() {
            walk.add(Path::new("."));
        }
        for target in targets {
            match target {
                Target::Uri(text) => self.uri(&text)?,
                Target::Path(path) => walk.add(&path),
                Target::Stdin => match read_stdin() {
                    Ok(bytes) => self.stdin(&bytes)?,
                    Err(problem) => self.run.problems.push(problem),
                },
            }
        }
        self.run.problems.append(&mut walk.problems);
        walk.inputs.retain(|input| input.named || !self.args.outputs.is_written(&input.path));
        for input in &walk.inputs {
            match read_file(input) {
                Ok(Some(bytes)) => self.file(&input.path, bytes)?,
                Ok(None) => {}
                Err(problem) => self.run.problems.push(problem),
            }
        }
        if !self.args.fixing.diff {
            self.judge.own_files(&mut self.run);
        }
        Ok(())
    }

    fn uri(&mut self, text: &[u8]) -> Result<(), CliError> {
        if !self.args.fixing.diff {
            self.judge.uri(text, &mut self.run);
            return Ok(());
        }
        let mended = self.judge.mended_uri(text, self.args.fixing.allowed());
        let [before, after] = [text, &mended.text].map(Ground::argument);
        self.show(&Shown::ours("argument"), &before, &after)
    }

    fn stdin(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        let fixing = &self.args.fixing;
        let name = self.args.stdin_filename.clone().unwrap_or_else(|| "<stdin>".into());
        if fixing.diff {
            return self.difference(&name, bytes).map(drop);
        }
        if fixing.fix {
            let mended = self.judge.mended_text(&name, bytes, fixing.allowed(), &mut self.run);
            let text = mended.as_ref().map_or(bytes, |mended| &mended.text);
            console::pass_through(text)?;
            self.judge.text(&name, text, &mut self.run);
            if let Some(mended) = &mended {
                self.count(mended);
            }
        } else {
            self.judge.text(&name, bytes, &mut self.run);
        }
        Ok(())
    }

    fn file(&mut self, path: &Path, mut bytes: Vec<u8>) -> Result<(), CliError> {
        let fixing = &self.args.fixing;
        if fixing.diff {
            return self.difference(path, &bytes).map(drop);
        }
        if fixing.fix {
            let mended = self.judge.mended_text(path, &bytes, fixing.allowed(), &mut self.run);
            if let Some(mended) = mended.filter(|mended| mended.text != bytes) {
                match std::fs::write(path, &mended.text) {
                    Ok(()) => {
                        self.count(&mended);
                        bytes = mended.text;
                    }
                    Err(error) => self.run.problems.push(not_written(path, &error)),
                }
            }
        }
        self.judge.text(path, &bytes, &mut self.run);
        Ok(())
    }

    fn count(&mut self, mended: &Mended) {
        self.run.summary.fixed += mended.applied.values().sum::<usize>();
    }

    fn difference(&mut self, path: &Path, bytes: &[u8]) -> Result<(), CliError> {
        let allowed = self.args.fixing.allowed();
        let Some(mended) = self.judge.mended_text(path, bytes, allowed, &mut self.run) else {
            return Ok(());
        };
        let dialect = Dialect::of_file(path, bytes);
        let found = [bytes, &mended.text].map(|text| scan(text, dialect).found);
        let before = Ground::file(path, bytes, &found[0]);
        let after = Ground::file(path, &mended.text, &found[1]);
        self.show(&Shown::path(path), &before, &after)
    }

    fn show(
        &mut self,
        name: &Shown,
        before: &Ground<'_>,
        after: &Ground<'_>,
    ) -> Result<(), CliError> {
        let [before, after] = [before, after].map(Ground::side);
        if before.text == after.text {
            return Ok(());
        }
        self.changed = true;
        let color = self.args.common.color;
        let mut out = console::stdout(color);
        diff::write(name, &before, &after, Screen::of_stdout(color), &mut out)?;
        Ok(out.flush()?)
    }
}

fn not_written(path: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: ProblemKind::NotWritten,
        file: Some(path.to_owned()),
        message: format!("could not be mended: {}", system_words(error)),
    }
}

fn exit(run: &LintRun, allow_empty: bool) -> Exit {
    if run.problems.iter().any(Problem::is_failure) {
        Exit::Wrong
    } else if run.fails {
        Exit::Findings
    } else if run.summary.uris == 0 && !allow_empty {
        Exit::Nothing
    } else {
        Exit::Clean
    }
}

/// The files first: a reader of standard output may leave early.
fn write(args: &Args, run: &mut LintRun) -> Result<(), CliError> {
    let color = args.common.color;
    let unwritten =
        args.outputs.write_files(|format, out| render(format, run, Screen::PAPER, false, out));
    run.problems.extend(unwritten);
    // Where standard output is the mended text, the report goes beside it.
    let mut out: Box<dyn Write> = if args.fixing.fix && args.targets.has_stdin() {
        Box::new(console::stderr(color))
    } else if matches!(args.outputs.printed(), ReportFormat::Json | ReportFormat::Jsonl) {
        Box::new(console::uncoloured_stdout())
    } else {
        Box::new(console::stdout(color))
    };
    let screen = Screen::of_stdout(color);
    render(args.outputs.printed(), run, screen, args.common.quiet, &mut out)?;
    out.flush()?;
    drop(out);
    complain(args, &run.problems);
    Ok(())
}

fn render(
    format: ReportFormat,
    run: &LintRun,
    screen: Screen,
    quiet: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ReportFormat::Text => lint_text::write(run, screen, quiet, out),
        ReportFormat::Concise => concise::write(&run.findings, out),
        ReportFormat::Json => json::write_document(&json::lint(run), out),
        ReportFormat::Jsonl => json::lint_lines(run, out),
        ReportFormat::Sarif => sarif::write(run, &root(), out),
        ReportFormat::Github => github::write(run, &root(), out),
        ReportFormat::Gitlab => gitlab::write(run, &root(), out),
        ReportFormat::Junit => junit::write(run, &root(), out),
    }
}

fn complain(args: &Args, problems: &[Problem]) {
    for problem in problems {
        console::complain(args.common.color, &lint_text::problem(problem));
    }
}
