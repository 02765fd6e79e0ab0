//! `virt-doctor lint`: static only, never opens a socket, never runs a program.

mod file;
mod judge;
mod known;
mod stream;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use clap::Args as ClapArgs;

use self::file::JudgedFile;
use self::judge::Judge;
use self::known::Known;
use self::stream::Stream;
use super::common::{Common, RuleOptions};
use super::configured::Configurations;
use super::files::FileOptions;
use super::outputs::{Outputs, ReportFormat, root};
use super::target::{Target, Targets, read_stdin};
use super::{CliError, Exit, inspect};
use crate::engine::fix::{Allowed, Mended};
use crate::engine::{in_order, locked};
use crate::inventory::{Dialect, Input, Opened, Problem, ProblemKind, Walk, read_file, scan};
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
    /// A run without a URI is clean, not exit code 3
    #[arg(long)]
    allow_empty: bool,
    #[command(flatten)]
    files: FileOptions,
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
    if args.files.inspect {
        return args.inspect(&settings);
    }
    let typed = settings.here()?;
    let here = args.common.machine_here();
    let targets = args.targets.sorted(&here);
    let files = if args.as_here { here.clone() } else { args.common.machine_fixed() };
    args.check(&targets)?;
    let BaselineOptions { baseline, update_baseline } = &args.baseline;
    let known = baseline.as_deref().map(|path| Known::read(path, *update_baseline)).transpose()?;
    let fixes = args.fixing.fix || args.fixing.diff;
    let mut lint = Lint {
        args,
        judge: Judge {
            settings: &settings,
            typed,
            terraform: Mutex::default(),
            here,
            files,
            is_drawn: args.outputs.have_text(),
            listed: known.as_ref().filter(|_| fixes).map(|known| known.list().clone()),
            threads: args.files.threads(),
        },
        known,
        stream: if args.fixing.diff { None } else { Stream::of(args) },
        run: LintRun { known: baseline.as_ref().map(|_| Vec::new()), ..LintRun::default() },
        changed: false,
    };
    lint.all(targets)?;
    let Lint { known, stream, mut run, changed, .. } = lint;
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
    match stream {
        Some(stream) => {
            stream.end(&run)?;
            complain(args, &run.problems);
        }
        None => write(args, &mut run)?,
    }
    known.as_ref().map_or(Ok(()), Known::write)?;
    Ok(exit(&run, args.allow_empty))
}

impl Args {
    /// Whether standard output is the mended text of standard input.
    fn is_filter(&self) -> bool {
        self.fixing.fix && self.targets.has_stdin()
    }

    fn inspect(&self, settings: &Configurations<'_>) -> Result<Exit, CliError> {
        let here = self.common.machine_here();
        let paths = self.targets.sorted(&here).into_iter().map(|target| match target {
            Target::Path(path) => Ok(path),
            Target::Uri(_) | Target::Stdin => Err(CliError::Usage(
                "--inspect tells of files and folders: it goes with no URI".to_owned(),
            )),
        });
        let paths = paths.collect::<Result<Vec<PathBuf>, CliError>>()?;
        let format = self.outputs.plain().ok_or_else(|| {
            CliError::Usage(
                "--inspect prints text, concise, json or jsonl: it goes with no other --format"
                    .to_owned(),
            )
        })?;
        if self.fixing.fix || self.fixing.diff || self.baseline.baseline.is_some() {
            return Err(CliError::Usage(
                "--inspect judges nothing: it goes with no --fix, --diff and --baseline".to_owned(),
            ));
        }
        inspect::run(&self.files, &paths, settings, &self.common, format)
    }

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
    known: Option<Known>,
    /// Where findings go at once.
    stream: Option<Stream<'a>>,
    run: LintRun,
    /// Whether a fix changed something, or would.
    changed: bool,
}

impl Lint<'_> {
    fn all(&mut self, targets: Vec<Target>) -> Result<(), CliError> {
        let Args { files, outputs, fixing, .. } = self.args;
        let mut walk = Walk { threads: files.threads().get(), ..Walk::default() };
        if targets.is_empty() && !files.has_list() {
            walk.add(Path::new("."));
        }
        for target in targets {
            match target {
                Target::Uri(text) => self.uri(&text)?,
                Target::Path(path) => walk.add(&path),
                Target::Stdin => match read_stdin() {
                    Ok(bytes) => self.stdin(&bytes)?,
                    Err(problem) => self.run.trouble(problem),
                },
            }
        }
        files.add_listed(&mut walk, self.args.targets.has_stdin())?;
        walk.without_repeats();
        self.run.problems.append(&mut walk.problems);
        walk.inputs.retain(|input| input.named || !outputs.is_written(&input.path));
        if fixing.diff {
            for input in &walk.inputs {
                match read_file(input) {
                    Ok(Some(bytes)) => self.difference(&input.path, &bytes)?,
                    Ok(None) => {}
                    Err(problem) => self.run.trouble(problem),
                }
            }
            return Ok(());
        }
        self.files(&walk.inputs);
        self.judge.own_files(self.known.as_ref(), &mut self.run);
        Ok(())
    }

    /// Judges all files, several at once.
    fn files(&mut self, inputs: &[Input]) {
        let Self { args, judge, known, stream, run, .. } = self;
        let allowed = args.fixing.fix.then(|| args.fixing.allowed());
        let one_large = Mutex::new(());
        let work = |input: &Input| Outcome::of(judge, input, allowed, &one_large);
        in_order(inputs, judge.threads, work, |outcome| {
            outcome.join(known.as_mut(), run);
            if let Some(stream) = stream {
                stream.print(run);
            }
        });
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
        let name = self.args.files.stdin_name();
        if fixing.diff {
            return self.difference(&name, bytes);
        }
        let mut outcome = Outcome::default();
        if fixing.fix {
            let mended = outcome.keep(self.judge.mended_text(&name, bytes, fixing.allowed()));
            let text = mended.as_ref().map_or(bytes, |mended| &mended.text);
            console::pass_through(text)?;
            outcome.judged = outcome.keep(self.judge.text(&name, text));
            outcome.fixed = mended.as_ref().map_or(0, Mended::count);
        } else {
            outcome.judged = outcome.keep(self.judge.text(&name, bytes));
        }
        outcome.join(self.known.as_mut(), &mut self.run);
        Ok(())
    }

    fn difference(&mut self, path: &Path, bytes: &[u8]) -> Result<(), CliError> {
        let mended = match self.judge.mended_text(path, bytes, self.args.fixing.allowed()) {
            Ok(Some(mended)) => mended,
            Ok(None) => return Ok(()),
            Err(problem) => {
                self.run.trouble(problem);
                return Ok(());
            }
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

/// What came of one file, or did not.
#[derive(Default)]
struct Outcome {
    judged: Option<JudgedFile>,
    problems: Vec<Problem>,
    fixed: usize,
}

impl Outcome {
    /// Reads, mends if that is wanted, and judges.
    fn of(
        judge: &Judge<'_>,
        input: &Input,
        allowed: Option<Allowed>,
        one_large: &Mutex<()>,
    ) -> Self {
        let mut outcome = Self::default();
        let Some(opened) = outcome.keep(Opened::open(input)) else { return outcome };
        // All threads work on one large file, so that no more than one is kept.
        let _alone = opened.is_large().then(|| locked(one_large));
        let Some(mut bytes) = outcome.keep(opened.read()) else { return outcome };
        let path = &input.path;
        let mended = allowed.map(|allowed| judge.mended_text(path, &bytes, allowed));
        let mended = mended.and_then(|mended| outcome.keep(mended));
        if let Some(mended) = mended.filter(|mended| mended.text != bytes) {
            match std::fs::write(path, &mended.text) {
                Ok(()) => {
                    outcome.fixed = mended.count();
                    bytes = mended.text;
                }
                Err(error) => outcome.problems.push(not_written(path, &error)),
            }
        }
        outcome.judged = outcome.keep(judge.text(path, &bytes));
        outcome
    }

    /// What there is, or the reason why there is nothing.
    fn keep<T>(&mut self, result: Result<Option<T>, Problem>) -> Option<T> {
        result.unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        })
    }

    fn join(self, known: Option<&mut Known>, run: &mut LintRun) {
        self.problems.into_iter().for_each(|problem| run.trouble(problem));
        run.summary.fixed += self.fixed;
        if let Some(judged) = self.judged {
            judged.join(known, run);
        }
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
    let unwritten =
        args.outputs.write_files(|format, out| render(format, run, Screen::PAPER, false, out));
    run.problems.extend(unwritten);
    let mut out = printed(args);
    let screen = Screen::of_stdout(args.common.color);
    render(args.outputs.printed(), run, screen, args.common.quiet, &mut out)?;
    out.flush()?;
    drop(out);
    complain(args, &run.problems);
    Ok(())
}

/// Where standard output is the mended text, the report goes beside it.
fn printed(args: &Args) -> Box<dyn Write> {
    let color = args.common.color;
    if args.is_filter() {
        Box::new(console::stderr(color))
    } else if matches!(args.outputs.printed(), ReportFormat::Json | ReportFormat::Jsonl) {
        Box::new(console::uncoloured_stdout())
    } else {
        Box::new(console::stdout(color))
    }
}

/// Only the findings, in a format that has one after the other.
fn findings(
    format: ReportFormat,
    run: &LintRun,
    screen: Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        ReportFormat::Text => lint_text::findings(run, screen, out),
        ReportFormat::Jsonl => json::finding_lines(run, out),
        _ => concise::write(&run.findings, out),
    }
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
