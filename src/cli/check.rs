//! `virt-doctor check`: lint, plan, look; say what is wrong and what to do.

mod print;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::print::{Printer, print_all};
use super::common::{Clients, Common, RuleOptions};
use super::outputs::Outputs;
use super::target::{NOTHING, Target, Targets, lines_of, nul_problem, read_stdin};
use super::{CliError, Exit};
use crate::engine::{Levels, Subject, Verdict, judge_evidence};
use crate::evidence::Evidence;
use crate::inventory::{Dialect, Problem, Walk, read_file, scan};
use crate::probe::{Looking, Ports, observe};
use crate::report::{CheckRun, CheckedTarget, check_json, console, lint_text};
use crate::settings::{FailOn, Machine, Source};
use crate::tables::clients::Client;
use crate::uri::secret_spans;

/// Lint, plan and look at every hop; say what is wrong and what to do
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,
    /// The same as a TARGET, as virsh has it
    #[arg(short = 'c', long = "connect", value_name = "URI")]
    connect: Option<std::ffi::OsString>,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    common: Common,
    /// From which level on findings fail the run
    #[arg(long, value_enum, value_name = "LEVEL")]
    fail_on: Option<FailOn>,
    /// Look at a read-only connection, as virsh -r does
    #[arg(long, short)]
    readonly: bool,
    /// Seconds for the whole run [default: 30 for one target, none for several]
    #[arg(long, value_name = "SECONDS", value_parser = seconds, allow_negative_numbers = true)]
    timeout: Option<Duration>,
    /// Which ports to try
    #[arg(long, value_enum, default_value = "all", value_name = "WHICH")]
    ports: Ports,
    /// Run what the URI names: command=, netcat=, a socket= with shell characters
    #[arg(long)]
    allow_command: bool,
    /// Standard input is ended by NUL bytes, not line feeds
    #[arg(long = "null", short = '0')]
    null: bool,
    #[command(flatten)]
    rules: RuleOptions,
}

/// How long an address may take to accept: longer for one URI, where a lost
/// packet may be sent again twice, than in a sweep, where once has to do.
const CONNECT_ONE: Duration = Duration::from_millis(2300);
const CONNECT_SWEEP: Duration = Duration::from_millis(1300);
const ONE_TARGET: Duration = Duration::from_secs(30);
/// In a sweep, for each.
const EACH_TARGET: Duration = Duration::from_secs(60);
const AT_ONCE: usize = 32;

/// A check that nobody named: what its first word says may be a subcommand.
pub(super) fn run_unnamed(args: &Args, subcommands: &[&str]) -> Result<Exit, CliError> {
    match args.targets.mistyped(&args.common.machine_here(), subcommands) {
        None => run(args),
        Some((word, near)) => Err(CliError::Usage(format!(
            "there is no alias or file \"{word}\"; did you mean the subcommand {near}?"
        ))),
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let configured = args.common.configured()?;
    let levels = configured.levels(&args.rules)?;
    let machine = args.common.machine_here();
    let installed = machine.libvirt.map_or(Client::LIBVIRT, Client::libvirt);
    let client = match configured.clients(&args.common)? {
        None => installed,
        Some(Clients::One(client)) => client,
        Some(Clients::All) => {
            return Err(CliError::Usage(
                "check looks at the way of one client: --client all is for lint and plan"
                    .to_owned(),
            ));
        }
    };
    let mut run = CheckRun::default();
    let sources = sources(args, &machine, &mut run.problems);
    let many = sources.len() > 1;
    let looking = Looking {
        time: match args.timeout {
            Some(whole_run) if !many => whole_run,
            _ if many => EACH_TARGET,
            _ => ONE_TARGET,
        },
        connect: if many { CONNECT_SWEEP } else { CONNECT_ONE },
        ports: args.ports,
        allow_command: args.allow_command,
    };
    let until = args.timeout.map(|whole_run| Instant::now() + whole_run);
    let doctor = Doctor { levels, client, machine, looking, until, readonly: args.readonly };
    let mut out = console::stdout(args.common.color);
    let mut printer = Printer {
        format: args.outputs.printed(),
        quiet: args.common.quiet,
        width: console::Screen::of_stdout(args.common.color).width,
        out: &mut out,
    };
    let runtime = runtime(many)?;
    let mut left = Ok(());
    let result = runtime.block_on(doctor.see_all(sources, |checked| {
        check_json::count(&mut run.summary, &checked);
        if left.is_ok() {
            left = printer.target(&checked, run.targets.is_empty());
        }
        run.targets.push(checked);
        // Who reads only the beginning may still want the files.
        if args.outputs.has_files() { Ok(()) } else { std::mem::replace(&mut left, Ok(())) }
    }));
    // A resolver that hangs in the C library is left behind.
    runtime.shutdown_background();
    result?;
    run.observed_at =
        run.targets.first().map(|target| target.evidence.observed_at.clone()).unwrap_or_default();
    let unwritten = args.outputs.write_files(|format, out| print_all(format, &run, out));
    run.problems.extend(unwritten);
    left?;
    printer.end(&run)?;
    for problem in &run.problems {
        console::complain(args.common.color, &lint_text::problem(problem));
    }
    if run.targets.is_empty() && !run.problems.iter().any(Problem::is_failure) {
        console::complain(args.common.color, NOTHING);
    }
    Ok(exit(&run, configured.fail_on(args.fail_on, FailOn::Error)))
}

fn exit(run: &CheckRun, fail_on: FailOn) -> Exit {
    if run.problems.iter().any(Problem::is_failure) {
        return Exit::Wrong;
    }
    let bad = run.targets.iter().any(|target| {
        target.diagnosis.verdict != Verdict::Ok
            || target.diagnosis.findings.iter().any(|finding| fail_on.is_reached(finding.severity))
    });
    match (run.targets.is_empty(), bad) {
        (true, _) => Exit::Nothing,
        (false, true) => Exit::Findings,
        (false, false) => Exit::Clean,
    }
}

/// One thread for one target, two for a sweep.
fn runtime(many: bool) -> Result<Runtime, CliError> {
    let mut builder =
        if many { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.worker_threads(2).max_blocking_threads(64).enable_all();
    builder.build().map_err(CliError::Output)
}

/// All URIs to look at, in their order.
fn sources(args: &Args, machine: &Machine, problems: &mut Vec<Problem>) -> Vec<Source> {
    use std::os::unix::ffi::OsStrExt;
    let mut targets = args.targets.sorted(machine);
    targets.extend(args.connect.as_ref().map(|uri| Target::Uri(uri.as_bytes().to_vec())));
    if targets.is_empty() {
        return vec![Source::default_of(machine)];
    }
    let mut sources = Vec::new();
    for target in targets {
        match target {
            Target::Uri(text) => sources.push(Source::given(&text, machine)),
            Target::Stdin => match read_stdin() {
                Ok(bytes) => {
                    for (number, line) in lines_of(&bytes, args.null) {
                        if line.contains(&0) {
                            problems.push(nul_problem(number));
                        } else {
                            sources.push(Source::given(line, machine));
                        }
                    }
                }
                Err(problem) => problems.push(problem),
            },
            Target::Path(path) => sources.extend(of_files(&path, problems)),
        }
    }
    sources
}

/// The whole URIs of files: one with a placeholder cannot be looked at.
fn of_files(path: &Path, problems: &mut Vec<Problem>) -> Vec<Source> {
    let mut walk = Walk::default();
    walk.add(path);
    problems.append(&mut walk.problems);
    let mut sources: Vec<Source> = Vec::new();
    for input in walk.inputs {
        match read_file(&input) {
            Ok(Some(bytes)) => {
                let scan = scan(&bytes, Dialect::of_file(&input.path, &bytes));
                let plain = scan.plain_text.as_ref();
                problems.extend(plain.map(|plain| Problem::plain_text(&input.path, &bytes, plain)));
                for located in scan.found {
                    let in_force = located.context.is_in_force();
                    let source = Source::of_file(&located.text);
                    if in_force && !located.is_templated() && !sources.contains(&source) {
                        sources.push(source);
                    }
                }
            }
            Ok(None) => {}
            Err(problem) => problems.push(problem),
        }
    }
    sources
}

/// What does not change from target to target.
#[derive(Clone)]
struct Doctor {
    levels: Levels,
    client: Client,
    machine: Machine,
    looking: Looking,
    /// When the time of the whole run is up, where it has a limit.
    until: Option<Instant>,
    readonly: bool,
}

impl Doctor {
    /// Looks at all of them, some at once, and hands them on in their order.
    async fn see_all(
        self,
        sources: Vec<Source>,
        mut ready: impl FnMut(CheckedTarget) -> io::Result<()>,
    ) -> Result<(), CliError> {
        if let [source] = sources.as_slice() {
            return Ok(ready(self.see(source.clone()).await)?);
        }
        let doctor = Arc::new(self);
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut seen = JoinSet::new();
        let count = sources.len();
        for (place, source) in sources.into_iter().enumerate() {
            let (doctor, permits) = (Arc::clone(&doctor), Arc::clone(&permits));
            seen.spawn(async move {
                let _permit = permits.acquire().await;
                (place, doctor.see(source).await)
            });
        }
        let mut waiting: Vec<Option<CheckedTarget>> =
            std::iter::repeat_with(|| None).take(count).collect();
        let mut next = 0;
        while let Some(done) = seen.join_next().await {
            let (place, checked) =
                done.map_err(|error| CliError::Usage(format!("internal fault: {error}")))?;
            waiting[place] = Some(checked);
            while let Some(checked) = waiting.get_mut(next).and_then(Option::take) {
                ready(checked)?;
                next += 1;
            }
        }
        Ok(())
    }

    /// With the time that the whole run leaves.
    fn looking_now(&self) -> Looking {
        let left = self.until.map(|until| until.saturating_duration_since(Instant::now()));
        let time = left.map_or(self.looking.time, |left| left.min(self.looking.time));
        Looking { time, ..self.looking }
    }

    async fn see(&self, source: Source) -> CheckedTarget {
        let subject = Subject::new(&source, self.client, &self.machine, self.readonly);
        let plan = subject.read(|reading| reading.plan.clone());
        let evidence: Evidence = observe(&plan, &self.machine, self.looking_now()).await;
        let diagnosis = judge_evidence(&subject, &evidence, &self.levels);
        let uri = subject.uri.unwrap_or_default().to_vec();
        let secrets = secret_spans(&uri);
        CheckedTarget { uri, secrets, origin: source.origin, evidence, diagnosis }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 =
        text.parse().map_err(|_| "write a number of seconds, like 10 or 2.5".to_owned())?;
    Duration::try_from_secs_f64(seconds)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| "write a number of seconds above 0".to_owned())
}
