//! `--from`: the same check as another host sees it, for the second hop of a migration.
//!
//! virt-doctor there looks and saves its evidence to its standard output; what follows
//! from it is judged here. The URIs go there through standard input, where no list of
//! processes shows them.

use std::time::Duration;

use super::print::Telling;
use super::replay::tell_all;
use super::sought::sought;
use super::{Args, ONE_TARGET, runtime};
use crate::cli::CliError;
use crate::evidence::Saved;
use crate::probe::{Ports, There, run_there};
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
    let runtime = runtime(false)?;
    let there = runtime.block_on(run_there(host, &command, &input, looking + LOGIN));
    runtime.shutdown_background();
    let shown = Veil::default().show(host);
    let unusable = |why: String| CliError::Usage(format!("cannot look from {shown}: {why}"));
    let there = there.map_err(unusable)?;
    let saved = Saved::read(&there.stdout).map_err(|error| {
        let why = reason(&there).unwrap_or_else(|| error.to_string());
        unusable(Veil::default().show(why).to_string())
    })?;
    telling.seen_from = Some(shown);
    tell_all(args, saved, None, telling)
}

/// What is run there: words of our own only, so that no shell reads others.
fn command(args: &Args, target: &str) -> String {
    let mut command = "exec virt-doctor check --null --save-evidence -".to_owned();
    let mut add = |is_set: bool, word: &str| {
        if is_set {
            command.push_str(word);
        }
    };
    add(args.readonly, " --readonly");
    add(args.ports == Ports::Plan, " --ports plan");
    add(args.allow_command, " --allow-command");
    add(args.try_alternatives, " --try-alternatives");
    if let Some(client) = args.common.client() {
        add(true, &format!(" --client {client}"));
    }
    if let Some(time) = args.timeout {
        add(true, &format!(" --timeout {}", time.as_secs_f64()));
    }
    command + target
}

/// Why there is no evidence, in the words of whoever failed.
fn reason(there: &There) -> Option<String> {
    if there.code == Some(127) {
        return Some("virt-doctor is not installed there, or not in the PATH of the login".into());
    }
    let said = String::from_utf8_lossy(&there.stderr);
    let line = said.lines().rfind(|line| !line.trim().is_empty())?;
    let who = if there.code == Some(255) { "ssh" } else { "it" };
    Some(format!("{who} says: {}", line.trim()))
}
