//! Options that several subcommands share, and what follows from them.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::CliError;
use super::configured::Configured;
use crate::engine::{LevelError, Levels, Origin};
use crate::finding::Severity;
use crate::report::console::Color;
use crate::settings::{Machine, is_day, today};
use crate::tables::clients::{Client, ClientError};

/// Output formats of the commands that find nothing wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For a person
    Text,
    /// A line each
    Concise,
    /// One document
    Json,
    /// A stream, an object a line
    Jsonl,
}

/// The option for one of them.
#[derive(Debug, Args)]
pub(crate) struct OneFormat {
    /// How to show the result
    #[arg(long, value_enum, default_value = "text", value_name = "FORMAT")]
    pub(crate) format: Format,
}

/// Whose reading of a URI is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clients {
    /// This one's.
    One(Client),
    /// Everybody's, to compare them.
    All,
}

impl FromStr for Clients {
    type Err = ClientError;

    fn from_str(word: &str) -> Result<Self, ClientError> {
        if word == "all" { Ok(Self::All) } else { word.parse().map(Self::One) }
    }
}

impl fmt::Display for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(client) => client.fmt(f),
            Self::All => f.write_str("all"),
        }
    }
}

/// Options of every subcommand that reads a URI.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Whose reading counts: libvirt, go-libvirt, terraform; or all, to see where they differ
    #[arg(long, value_name = "NAME[@VERSION]")]
    client: Option<Clients>,
    /// When to colour
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Color,
    /// Our configuration file; else for each file the nearest virt-doctor.toml above it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read no configuration: neither ours nor libvirt.conf nor LIBVIRT_ and VIRSH_ variables
    #[arg(long)]
    isolated: bool,
    /// The day to judge by, instead of today (YYYY-MM-DD)
    #[arg(long, value_name = "DATE", value_parser = date)]
    today: Option<String>,
    /// Say less
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// Options that decide which rules speak.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Rules")]
pub(crate) struct RuleOptions {
    /// Only these rules or subjects
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    select: Vec<String>,
    /// Without these rules or subjects
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    ignore: Vec<String>,
    /// These are errors
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    error: Vec<String>,
    /// These are warnings
    #[arg(long, visible_alias = "warning", value_name = "NAME", value_delimiter = ',')]
    warn: Vec<String>,
    /// These are notes
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    note: Vec<String>,
}

impl Common {
    /// Our own configuration, for what stands in no file.
    pub(crate) fn configured(&self) -> Result<Configured, CliError> {
        Configured::of(self)
    }

    /// The configuration file that was named.
    pub(super) fn config(&self) -> Option<&Path> {
        self.config.as_deref()
    }

    pub(super) fn isolated(&self) -> bool {
        self.isolated
    }

    /// Whose reading was asked for by option.
    pub(super) fn client(&self) -> Option<Clients> {
        self.client
    }

    pub(crate) fn today(&self) -> String {
        self.today.clone().unwrap_or_else(today)
    }

    /// This machine.
    pub(crate) fn machine_here(&self) -> Machine {
        Machine::here(self.isolated, self.today())
    }

    /// Options that say what a file of evidence says itself.
    #[cfg(feature = "probe")]
    pub(super) fn contradicts_evidence(&self) -> Result<(), CliError> {
        let said = [("--client", self.client.is_some()), ("--today", self.today.is_some())];
        match said.iter().find(|(_, is_said)| *is_said) {
            None => Ok(()),
            Some((option, _)) => Err(CliError::Usage(format!(
                "{option} makes no sense with --evidence: the file says it"
            ))),
        }
    }

    /// The machine that files are judged against.
    pub(crate) fn machine_fixed(&self) -> Machine {
        Machine::fixed(self.today())
    }
}

impl RuleOptions {
    /// Puts the options over what is in force.
    pub(super) fn apply(&self, levels: &mut Levels) -> Result<(), LevelError> {
        let selected = self.select.iter().map(String::as_str);
        levels.select(selected, &Origin::Option("--select"))?;
        for name in &self.ignore {
            levels.ignore(name, &Origin::Option("--ignore"))?;
        }
        let by_level = [
            (&self.error, Severity::Error, "--error"),
            (&self.warn, Severity::Warning, "--warn"),
            (&self.note, Severity::Note, "--note"),
        ];
        for (names, level, option) in by_level {
            for name in names {
                levels.set(name, level, &Origin::Option(option))?;
            }
        }
        Ok(())
    }
}

fn date(text: &str) -> Result<String, String> {
    if is_day(text) { Ok(text.to_owned()) } else { Err("write it like 2027-01-31".to_owned()) }
}
