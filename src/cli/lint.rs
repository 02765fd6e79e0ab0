//! `virt-doctor lint`: static only, never opens a socket, never runs a program.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::common::{Common, Format, RuleOptions};
use super::target::{Target, Targets, read_stdin};
use super::{CliError, Exit};
use crate::engine::{Levels, Subject};
use crate::inventory::{Context, Dialect, Problem, Walk, read_file, scan};
use crate::report::place::{Ground, shown_source};
use crate::report::{LintRun, concise, console, json, lint_text};
use crate::settings::{FailOn, Machine, Source};
use crate::tables::clients::Client;

/// Judge URIs and files without opening a socket or running a program
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,
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
}

/// How to judge.
struct Judge<'a> {
    levels: &'a Levels,
    client: Client,
    here: Machine,
    /// For the URIs of files.
    files: Machine,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let configured = args.common.configured()?;
    let levels = configured.levels(&args.rules)?;
    let here = args.common.machine_here();
    let targets = args.targets.sorted(&here);
    let files = if args.as_here { here.clone() } else { args.common.machine_fixed() };
    let client = args.common.client(&configured, Client::LIBVIRT)?;
    let judge = Judge { levels: &levels, client, here, files };
    let mut run = LintRun::default();
    let mut walk = Walk::default();
    if targets.is_empty() {
        walk.add(Path::new("."));
    }
    for target in targets {
        match target {
            Target::Uri(text) => judge.uri(&text, &mut run),
            Target::Path(path) => walk.add(&path),
            Target::Stdin => match read_stdin() {
                Ok(bytes) => {
                    let name =
                        args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("<stdin>"));
                    judge.text(&name, &bytes, &mut run);
                }
                Err(problem) => run.problems.push(problem),
            },
        }
    }
    run.problems.append(&mut walk.problems);
    for input in &walk.inputs {
        match read_file(input) {
            Ok(Some(bytes)) => judge.text(&input.path, &bytes, &mut run),
            Ok(None) => {}
            Err(problem) => run.problems.push(problem),
        }
    }
    write(args, &run)?;
    let fail_on = configured.fail_on(args.fail_on, FailOn::Warning);
    Ok(exit(&run, fail_on, args.allow_empty))
}

fn exit(run: &LintRun, fail_on: FailOn, allow_empty: bool) -> Exit {
    if !run.problems.is_empty() {
        Exit::Wrong
    } else if run.findings.iter().any(|placed| fail_on.is_reached(placed.finding.severity)) {
        Exit::Findings
    } else if run.summary.uris == 0 && !allow_empty {
        Exit::Nothing
    } else {
        Exit::Clean
    }
}

impl Judge<'_> {
    /// A URI or alias of the command line.
    fn uri(&self, text: &[u8], run: &mut LintRun) {
        let source = Source::given(text, &self.here);
        let uri = source.uri.as_deref().unwrap_or_default();
        let judged = Subject::new(&source, self.client, &self.here, false).lint(self.levels);
        let ground = Ground::argument(uri);
        let shown = judged.veil.show(uri);
        run.summary.uris += 1;
        for finding in judged.findings {
            run.summary.count(finding.severity, !finding.fixes.is_empty());
            run.findings.push(ground.place(finding, &shown, self.client, None));
        }
    }

    /// The URIs of a file.
    fn text(&self, path: &Path, bytes: &[u8], run: &mut LintRun) {
        let scan = scan(bytes, Dialect::of(path));
        let ground = Ground::file(path, bytes, &scan.found);
        run.summary.files += 1;
        for located in scan.found.iter().filter(|located| is_judged(located.context)) {
            let source = Source::of_file(&located.text);
            let judged = Subject::new(&source, self.client, &self.files, false).lint(self.levels);
            let shown = shown_source(located, bytes, &judged.veil);
            run.summary.uris += 1;
            for finding in judged.findings {
                let placed = ground.place(finding, &shown, self.client, Some(located));
                run.summary
                    .count(placed.finding.severity, placed.edits.iter().any(Option::is_some));
                run.findings.push(placed);
            }
        }
    }
}

/// Comments and running text are not in force.
fn is_judged(context: Context) -> bool {
    matches!(context, Context::Value | Context::Code)
}

fn write(args: &Args, run: &LintRun) -> Result<(), CliError> {
    let color = args.common.color;
    let mut out = console::stdout(color);
    match args.common.format {
        Format::Text => {
            lint_text::write(run, console::Screen::of_stdout(color), args.common.quiet, &mut out)?;
        }
        Format::Concise => concise::write(&run.findings, &mut out)?,
        Format::Json => json::write_document(&json::lint(run), &mut out)?,
        Format::Jsonl => json::lint_lines(run, &mut out)?,
    }
    out.flush()?;
    drop(out);
    complain(args, &run.problems);
    Ok(())
}

fn complain(args: &Args, problems: &[Problem]) {
    for problem in problems {
        console::complain(args.common.color, &lint_text::problem(problem));
    }
}
