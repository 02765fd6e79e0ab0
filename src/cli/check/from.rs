//! `--from`: the same check as another host sees it, for the second hop of a migration.
//!
//! virt-doctor there looks and saves its evidence to its standard output; what follows
//! from it is judged here. Where only a shell is there, it answers questions about the
//! plan, and what it cannot see is left out. Nothing is written there. The URIs go there
//! through standard input, where no list of processes shows them.

use std::time::Duration;

use super::print::Telling;
use super::replay::tell_all;
use super::sought::{Sought, sought};
use super::{Args, ONE_TARGET, runtime};
use crate::cli::CliError;
use crate::cli::common::Clients;
use crate::engine::Subject;
use crate::evidence::{Saved, SavedTarget};
use crate::plan::Plan;
use crate::probe::{Ports, There, now, questions, run_there, seen};
use crate::settings::{Facts, Machine, Source};
use crate::tables::clients::Client;
use crate::text::Veil;

/// For ssh itself, and for the targets where no time was given.
const LOGIN: Duration = Duration::from_secs(20);
const EACH_TARGET: Duration = Duration::from_secs(3);

pub(super) fn look_from(
    args: &Args,
    host: &str,
    telling: &mut Telling<'_>,
) -> Result<(), CliError> {
    if host.is_empty() || host.starts_with('-') {
        return Err(CliError::Usage(
            "--from takes a host, or a name that ssh knows: [USER@]HOST".to_owned(),
        ));
    }
    let machine = args.common.machine_here();
    let all = sought(args, &machine, &mut telling.run.problems)?;
    // Aliases and defaults are those of the other host.
    let given: Vec<&[u8]> = all.iter().filter_map(|one| one.source.literal.as_deref()).collect();
    let is_default = !args.targets.are_given() && args.connect.is_none();
    if given.is_empty() && !is_default {
        return Ok(());
    }
    let (command, input) = if is_default {
        (command(args, ""), Vec::new())
    } else {
        (command(args, " -"), [&given.join(&0)[..], &[0]].concat())
    };
    let count = u32::try_from(given.len()).unwrap_or(u32::MAX);
    let looking = args.timeout.unwrap_or_else(|| ONE_TARGET + EACH_TARGET.saturating_mul(count));
    let shown = Veil::default().show(host);
    let unusable = |why: String| {
        CliError::Usage(format!("cannot look from {shown}: {}", Veil::default().show(why)))
    };
    let runtime = runtime(false)?;
    let saved = runtime.block_on(async {
        let time = looking + LOGIN;
        let there = run_there(host, &command, &input, time).await?;
        match (of_doctor(&there.stdout), Facts::read(&there.stdout)) {
            (Some(text), _) => Saved::read(text).map_err(|error| error.to_string()),
            (None, Some(facts)) => with_shell(args, host, &all, &facts, time).await,
            (None, None) => Err(reason(&there)),
        }
    });
    runtime.shutdown_background();
    let saved = saved.map_err(unusable)?;
    telling.seen_from = Some(shown.clone());
    tell_all(args, saved, None, telling)
}

/// The evidence in what came back: a login may have printed something before it.
fn of_doctor(printed: &[u8]) -> Option<&[u8]> {
    memchr::memmem::find(printed, b"{\n  \"evidence_version\"").map(|at| &printed[at..])
}

/// Where virt-doctor is not there: what a shell sees is taken down as if it had been.
async fn with_shell(
    args: &Args,
    host: &str,
    all: &[Sought],
    facts: &Facts,
    time: Duration,
) -> Result<Saved, String> {
    let machine = Machine::elsewhere(facts, args.common.today())
        .ok_or("it does not tell who is logged in".to_owned())?;
    let installed = machine.libvirt.map_or(Client::LIBVIRT, Client::libvirt);
    let client = match args.common.client() {
        Some(Clients::One(client)) => client,
        _ => installed,
    };
    let is_default = !args.targets.are_given() && args.connect.is_none();
    let sources: Vec<Source> = if is_default {
        vec![Source::default_of(&machine)]
    } else {
        let texts = all.iter().filter_map(|one| one.source.literal.as_deref());
        texts.map(|text| Source::given(text, &machine)).collect()
    };
    let subjects: Vec<Subject<'_>> = sources
        .iter()
        .map(|source| Subject::new(source, client, &machine, args.readonly))
        .collect();
    let plans: Vec<Plan> =
        subjects.iter().map(|subject| subject.read(|reading| reading.plan.clone())).collect();
    let script = questions(&plans.iter().collect::<Vec<_>>());
    let there = run_there(host, "exec sh -s", script.as_bytes(), time).await?;
    let answers = Facts::read(&there.stdout).ok_or_else(|| reason(&there))?;
    let mut saved = Saved::new(&machine);
    saved.observed_at = now();
    for (number, (source, subject)) in sources.iter().zip(&subjects).enumerate() {
        let evidence = seen(number, &plans[number], &answers, now());
        let veil = subject.read(|reading| reading.uri.veil());
        let (readonly, silenced) = (args.readonly, Vec::new());
        let target = SavedTarget::new(source, client, readonly, silenced, &evidence, &[], &veil);
        saved.targets.push(target.ok_or("a URI cannot be told without its secret".to_owned())?);
    }
    Ok(saved)
}

/// What is run there: words of our own only, so that no shell reads others. Without
/// virt-doctor there, the facts that a plan depends on are printed.
fn command(args: &Args, target: &str) -> String {
    let mut command = "exec virt-doctor check --null --save-evidence -".to_owned();
    let mut add = |is_set: bool, word: &str| {
        if is_set {
            command.push_str(word);
        }
    };
    add(args.readonly, " --readonly");
    add(args.common.isolated(), " --isolated");
    add(args.ports == Ports::Plan, " --ports plan");
    add(args.allow_command, " --allow-command");
    add(args.try_alternatives, " --try-alternatives");
    if let Some(client) = args.common.client() {
        add(true, &format!(" --client {client}"));
    }
    if let Some(time) = args.timeout {
        add(true, &format!(" --timeout {}", time.as_secs_f64()));
    }
    let facts = Facts::script();
    let script =
        format!("if command -v virt-doctor >/dev/null; then {command}{target}; fi\n{facts}");
    format!("exec sh -c '{}'", script.replace('\'', "'\\''"))
}

/// Why there is no evidence, in the words of whoever failed.
fn reason(there: &There) -> String {
    let said = String::from_utf8_lossy(&there.stderr);
    let line = said.lines().rfind(|line| !line.trim().is_empty());
    let who = if there.code == Some(255) { "ssh" } else { "it" };
    line.map_or_else(
        || "the login there gives no shell".to_owned(),
        |line| format!("{who} says: {}", line.trim()),
    )
}
