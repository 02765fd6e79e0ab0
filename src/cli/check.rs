//! `virt-doctor check`: lint, plan, look; say what is wrong and what to do.

mod print;
mod sought;

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::print::{Printer, print_all};
use self::sought::{Sought, sought};
use super::common::{Common, RuleOptions};
use super::outputs::Outputs;
use super::target::{NOTHING, Targets};
use super::{CliError, Exit};
use crate::engine::{Subject, Verdict, judge_evidence};
use crate::evidence::Evidence;
use crate::inventory::{Problem, ProblemKind};
use crate::probe::{Looking, Ports, observe};
use crate::report::{CheckRun, CheckedTarget, check_json, console, lint_text};
use crate::settings::{FailOn, Machine};
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
    let machine = args.common.machine_here();
    let mut run = CheckRun::default();
    let all = sought(args, &machine, &mut run.problems)?;
    run.policies = all.iter().map(|one| Arc::clone(one.terms.levels.policies())).collect();
    let many = all.len() > 1;
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
    let doctor = Doctor { machine, looking, until, readonly: args.readonly };
    let mut out = console::stdout(args.common.color);
    let mut printer = Printer {
        format: args.outputs.printed(),
        quiet: args.common.quiet,
        width: console::Screen::of_stdout(args.common.color).width,
        out: &mut out,
    };
    let runtime = runtime(many)?;
    let mut left = Ok(());
    let result = runtime.block_on(doctor.see_all(all, |checked| {
        check_json::count(&mut run.summary, &checked);
        run.problems.extend(checked.diagnosis.failures.iter().map(|message| Problem {
            kind: ProblemKind::NotJudged,
            file: None,
            message: message.clone(),
        }));
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
    Ok(exit(&run))
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

/// One thread for one target, two for a sweep.
fn runtime(many: bool) -> Result<Runtime, CliError> {
    let mut builder =
        if many { Builder::new_multi_thread() } else { Builder::new_current_thread() };
    builder.worker_threads(2).max_blocking_threads(64).enable_all();
    builder.build().map_err(CliError::Output)
}

/// What does not change from target to target.
#[derive(Clone)]
struct Doctor {
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
        all: Vec<Sought>,
        mut ready: impl FnMut(CheckedTarget) -> io::Result<()>,
    ) -> Result<(), CliError> {
        if let [sought] = all.as_slice() {
            return Ok(ready(self.see(sought.clone()).await)?);
        }
        let doctor = Arc::new(self);
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut seen = JoinSet::new();
        let count = all.len();
        for (place, sought) in all.into_iter().enumerate() {
            let (doctor, permits) = (Arc::clone(&doctor), Arc::clone(&permits));
            seen.spawn(async move {
                let _permit = permits.acquire().await;
                (place, doctor.see(sought).await)
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

    async fn see(&self, sought: Sought) -> CheckedTarget {
        let Sought { source, terms, silenced } = sought;
        let subject = Subject::new(&source, terms.client, &self.machine, self.readonly);
        let plan = subject.read(|reading| reading.plan.clone());
        let evidence: Evidence = observe(&plan, &self.machine, self.looking_now()).await;
        let mut diagnosis = judge_evidence(&subject, &evidence, &terms.levels);
        let suppressed = diagnosis.silence(&silenced);
        let mut findings = diagnosis.findings.iter();
        let fails = findings.any(|finding| terms.fail_on.is_reached(finding.severity));
        let uri = subject.uri.unwrap_or_default().to_vec();
        let secrets = secret_spans(&uri);
        let origin = source.origin;
        CheckedTarget { uri, secrets, origin, evidence, diagnosis, suppressed, fails }
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
