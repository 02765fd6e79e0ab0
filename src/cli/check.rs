//! `virt-doctor check`: lint, plan, look; say what is wrong and what to do.

mod from;
mod judged;
mod login;
mod print;
mod prove;
mod replay;
mod sought;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args as ClapArgs;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use self::from::look_from;
use self::judged::judged;
use self::login::become_user;
use self::print::Telling;
use self::replay::{Record, replay};
use self::sought::{Sought, sought};
use super::common::{Common, RuleOptions};
use super::outputs::Outputs;
use super::target::Targets;
use super::{CliError, Exit};
use crate::engine::Subject;
use crate::probe::{Looking, Ports, observe};
use crate::report::{CheckedTarget, console};
use crate::settings::{FailOn, Machine};

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
    /// Also log in, or have systemd start a daemon, to tell whether another URI works: at most
    /// three times
    #[arg(long)]
    try_alternatives: bool,
    /// Look as this user does who logs in, service accounts too; for root
    #[arg(long, value_name = "USER")]
    as_user: Option<String>,
    /// Standard input is ended by NUL bytes, not line feeds
    #[arg(long = "null", short = '0')]
    null: bool,
    /// Look from this host, by ssh without a password: with virt-doctor there, else with a shell
    #[arg(long, value_name = "[USER@]HOST", conflicts_with = "evidence")]
    from: Option<String>,
    /// Also write what was seen to a file, secrets left out; - to standard output, in place of
    /// the report
    #[arg(long, value_name = "FILE", conflicts_with = "evidence")]
    save_evidence: Option<PathBuf>,
    /// Judge what such a file holds: nothing is looked at, no program is run
    #[arg(long, value_name = "FILE", conflicts_with_all = [
        "positional", "uris", "files", "connect", "readonly", "timeout", "ports", "allow_command", "null",
        "try_alternatives", "as_user",
    ])]
    evidence: Option<PathBuf>,
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
/// As the name of a file.
const STDOUT: &str = "-";
const AT_ONCE: usize = 32;

/// A check that nobody named: what its first word says may be a subcommand.
pub(super) fn run_unnamed(args: &Args, subcommands: &[&str]) -> Result<Exit, CliError> {
    if args.evidence.is_some() || args.as_user.is_some() || args.from.is_some() {
        return run(args);
    }
    match args.targets.mistyped(&args.common.machine_here(), subcommands) {
        None => run(args),
        Some((word, near)) => Err(CliError::Usage(format!(
            "there is no alias or file \"{word}\"; did you mean the subcommand {near}?"
        ))),
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    args.outputs.check()?;
    if let Some(user) = &args.as_user {
        become_user(user)?;
    }
    let mut out: Box<dyn io::Write> = match args.save_evidence.as_deref() {
        // It takes the place of the report.
        Some(file) if file == STDOUT => Box::new(io::sink()),
        _ => Box::new(console::stdout(args.common.color)),
    };
    let mut telling = Telling::new(args, &mut *out);
    match (&args.evidence, &args.from) {
        (Some(file), _) => replay(args, file, &mut telling)?,
        (None, Some(host)) => look_from(args, host, &mut telling)?,
        (None, None) => look(args, &mut telling)?,
    }
    Ok(telling.end()?)
}

/// Looks at all that is asked for.
fn look(args: &Args, telling: &mut Telling<'_>) -> Result<(), CliError> {
    let machine = args.common.machine_here();
    let all = sought(args, &machine, &mut telling.run.problems)?;
    telling.run.policies = all.iter().map(|one| Arc::clone(one.terms.levels.policies())).collect();
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
    let mut record = args.save_evidence.as_ref().map(|file| Record::new(file, &machine));
    let doctor = Doctor {
        machine,
        looking,
        until,
        readonly: args.readonly,
        try_alternatives: args.try_alternatives,
    };
    let runtime = runtime(many)?;
    let result = runtime.block_on(doctor.see_all(all, |sought, checked| {
        if let Some(record) = &mut record {
            record.keep(&sought, args.readonly, &checked);
        }
        telling.target(checked)
    }));
    // A resolver that hangs in the C library is left behind.
    runtime.shutdown_background();
    result?;
    telling.run.problems.extend(record.map(Record::write).into_iter().flatten());
    Ok(())
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
    try_alternatives: bool,
}

impl Doctor {
    /// Looks at all of them, some at once, and hands them on in their order.
    async fn see_all(
        self,
        all: Vec<Sought>,
        mut ready: impl FnMut(Sought, CheckedTarget) -> io::Result<()>,
    ) -> Result<(), CliError> {
        if let [sought] = all.as_slice() {
            return Ok(ready(sought.clone(), self.see(sought).await)?);
        }
        let doctor = Arc::new(self);
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let mut seen = JoinSet::new();
        let count = all.len();
        for (place, sought) in all.into_iter().enumerate() {
            let (doctor, permits) = (Arc::clone(&doctor), Arc::clone(&permits));
            seen.spawn(async move {
                let _permit = permits.acquire().await;
                let checked = doctor.see(&sought).await;
                (place, sought, checked)
            });
        }
        let mut waiting: Vec<Option<(Sought, CheckedTarget)>> =
            std::iter::repeat_with(|| None).take(count).collect();
        let mut next = 0;
        while let Some(done) = seen.join_next().await {
            let (place, sought, checked) =
                done.map_err(|error| CliError::Usage(format!("internal fault: {error}")))?;
            waiting[place] = Some((sought, checked));
            while let Some((sought, checked)) = waiting.get_mut(next).and_then(Option::take) {
                ready(sought, checked)?;
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

    async fn see(&self, sought: &Sought) -> CheckedTarget {
        let start = Instant::now();
        let looking = self.looking_now();
        let client = sought.terms.client;
        let subject = Subject::new(&sought.source, client, &self.machine, self.readonly);
        let plan = subject.read(|reading| reading.plan.clone());
        let evidence = observe(&plan, &self.machine, looking).await;
        let checked = judged(sought, &self.machine, self.readonly, evidence, Vec::new());
        let tried = self.prove(&checked, sought, start + looking.time).await;
        if tried.is_empty() {
            return checked;
        }
        judged(sought, &self.machine, self.readonly, checked.evidence, tried)
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
