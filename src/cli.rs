//! The command line: a file per subcommand.

#[cfg(feature = "probe")]
mod check;
mod common;
mod completions;
mod configured;
mod explain;
mod files;
mod inspect;
mod lint;
mod man;
mod outputs;
mod plan;
mod rules;
mod schema;
mod target;
mod uris;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::report::console::{self, Color};

/// How the command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing found.
    Clean,
    /// Findings at or above `--fail-on`, or a verdict other than `ok`.
    Findings,
    /// Wrong use, unreadable input, an internal fault.
    Wrong,
    /// Nothing to lint.
    Nothing,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Wrong => 2,
            Exit::Nothing => 3,
        })
    }
}

/// Why a command could not do its work; ends with exit code 2.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// A person can mend the call.
    #[error("{0}")]
    Usage(String),
    /// Our configuration file is wrong.
    #[error(transparent)]
    Config(#[from] crate::settings::ConfigError),
    /// Output could not be written.
    #[error("cannot write the output: {}", crate::text::system_words(.0))]
    Output(#[from] io::Error),
}

const AFTER_HELP: &str = "\
Exit codes: 0 clean, 1 findings or a verdict other than ok, 2 wrong use or unreadable input, 3 nothing to lint.

  virt-doctor qemu+ssh://joe@kvm7.example/system    why does it not connect?
  virt-doctor lint inventory/                       is every URI in these files right?
  virt-doctor plan qemu:///system                   what would virsh do?
  virt-doctor explain wrong-path                    what is behind a finding?
  virt-doctor explain -                             what is behind this error? Paste it";

/// Tells why a libvirt connection fails
#[derive(Debug, Parser)]
#[command(
    name = "virt-doctor",
    version,
    about = "Tells why a libvirt connection fails: lints connection URIs, plans what the client would do, and looks at every hop",
    after_help = AFTER_HELP,
    args_conflicts_with_subcommands = true,
    subcommand_precedence_over_arg = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[cfg(feature = "probe")]
    #[command(flatten)]
    check: check::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "probe")]
    /// Lint, plan and look at every hop; say what is wrong and what to do
    Check(check::Args),
    /// Judge URIs and files without opening a socket or running a program
    Lint(lint::Args),
    /// Show what the client would do with a URI, hop by hop
    Plan(plan::Args),
    /// List the connection URIs in files, with their places
    Uris(uris::Args),
    /// Show the page of a rule, or the likely causes of an error text
    Explain(explain::Args),
    /// List the rules, their levels, and why they have them
    Rules(rules::Args),
    /// Print the JSON Schema of the output, of virt-doctor.toml, or of saved evidence
    Schema(schema::Args),
    /// Print what completes this command in a shell
    Completions(completions::Args),
    /// Print the manual page, or write one for each subcommand
    Man(man::Args),
}

/// Runs the command and says how it ended.
pub(crate) fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match Cli::command().try_get_matches_from(args) {
        Ok(matches) => matches,
        Err(error) => return complain_usage(&error),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => return complain_usage(&error),
    };
    let result = match cli.command {
        #[cfg(feature = "probe")]
        Some(Command::Check(args)) => check::run(&args),
        Some(Command::Lint(args)) => lint::run(&args),
        Some(Command::Plan(args)) => plan::run(&args),
        Some(Command::Uris(args)) => uris::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Rules(args)) => rules::run(&args),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
        #[cfg(feature = "probe")]
        None => {
            let command = Cli::command();
            let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
            check::run_unnamed(&cli.check, &names)
        }
        #[cfg(not(feature = "probe"))]
        None => Err(CliError::Usage("say what to do: see virt-doctor --help".to_owned())),
    };
    finish(result)
}

fn finish(result: Result<Exit, CliError>) -> ExitCode {
    match result {
        Ok(exit) => exit.into(),
        // Whoever read our output has seen enough.
        Err(CliError::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Exit::Clean.into()
        }
        Err(error) => {
            console::complain(Color::Auto, &format!("virt-doctor: {error}"));
            Exit::Wrong.into()
        }
    }
}

/// clap's own texts: help and version are no mistakes.
fn complain_usage(error: &clap::Error) -> ExitCode {
    match error.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Exit::Wrong.into(),
        _ if error.use_stderr() => Exit::Wrong.into(),
        _ => Exit::Clean.into(),
    }
}
