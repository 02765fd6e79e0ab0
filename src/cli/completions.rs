//! `virt-doctor completions`: for the shell, from the tables of the command line.

use clap::{Args as ClapArgs, CommandFactory as _};
use clap_complete::Shell;

use super::{Cli, CliError, Exit};
use crate::report::console;

/// Print what completes this command in a shell
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    // Into memory first: clap_complete takes a reader who left for a fault.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "virt-doctor", &mut script);
    console::pass_through(&script)?;
    Ok(Exit::Clean)
}
