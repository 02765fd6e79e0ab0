//! `virt-doctor man`: manual pages from the tables of the command line.

use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Command, CommandFactory as _};
use clap_mangen::Man;

use super::{Cli, CliError, Exit};
use crate::report::console;
use crate::text::{Shown, system_words};

/// Print the manual page, or write one for each subcommand
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Write all pages into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    // The names of subcommands are whole only after this.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    if let Some(dir) = &args.dir {
        write_all(&command, dir)?;
    } else {
        console::pass_through(&page(command)?)?;
    }
    Ok(Exit::Clean)
}

fn write_all(command: &Command, dir: &Path) -> Result<(), CliError> {
    let page = Man::new(command.clone());
    let path = dir.join(page.get_filename());
    std::fs::write(&path, self::page(command.clone())?).map_err(|error| {
        CliError::Usage(format!("{}: {}", Shown::path(&path), system_words(&error)))
    })?;
    command.get_subcommands().try_for_each(|command| write_all(command, dir))
}

fn page(command: Command) -> Result<Vec<u8>, CliError> {
    let mut page = Vec::new();
    Man::new(command).manual("virt-doctor").render(&mut page)?;
    Ok(page)
}
