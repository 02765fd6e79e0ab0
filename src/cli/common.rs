//! Options that several subcommands share, and what follows from them.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};

use super::CliError;
use crate::engine::{Levels, Origin};
use crate::finding::Severity;
use crate::report::console::Color;
use crate::settings::{Config, FailOn, Machine, today};
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

/// Options of every subcommand that reads a URI.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Whose reading counts: libvirt, go-libvirt, terraform; or all, to see where they differ
    #[arg(long, value_name = "NAME[@VERSION]")]
    client: Option<Clients>,
    /// When to colour
    #[arg(long, value_enum, default_value = "auto", value_name = "WHEN")]
    pub(crate) color: Color,
    /// Our configuration file; else virt-doctor.toml from here upward
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
#[derive(Debug, Args)]
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

/// The configuration in force and where it came from.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    pub(crate) config: Config,
    path: Option<PathBuf>,
}

impl Common {
    /// Our own configuration.
    pub(crate) fn configured(&self) -> Result<Configured, CliError> {
        let path = match (&self.config, self.isolated) {
            (Some(path), _) => Some(path.clone()),
            (None, true) => None,
            (None, false) => std::env::current_dir().ok().and_then(|here| Config::find(&here)),
        };
        let config = path.as_deref().map(Config::read).transpose()?.unwrap_or_default();
        Ok(Configured { config, path })
    }

    /// The clients by option, else by configuration; none where neither says.
    pub(crate) fn clients(&self, configured: &Configured) -> Result<Option<Clients>, CliError> {
        if self.client.is_some() {
            return Ok(self.client);
        }
        let word = configured.config.client.as_ref();
        word.map(|word| word.parse())
            .transpose()
            .map_err(|error| CliError::Usage(format!("{}: {error}", configured.place())))
    }

    pub(crate) fn today(&self) -> String {
        self.today.clone().unwrap_or_else(today)
    }

    /// This machine.
    pub(crate) fn machine_here(&self) -> Machine {
        Machine::here(self.isolated, self.today())
    }

    /// The machine that files are judged against.
    pub(crate) fn machine_fixed(&self) -> Machine {
        Machine::fixed(self.today())
    }
}

impl Configured {
    fn place(&self) -> String {
        self.path
            .as_ref()
            .map_or_else(|| "configuration".into(), |path| path.to_string_lossy().into_owned())
    }

    /// The level of every rule.
    pub(crate) fn levels(&self, options: &RuleOptions) -> Result<Levels, CliError> {
        let mut levels = Levels::default();
        let rules = &self.config.rules;
        let file = Origin::Config(self.path.clone().unwrap_or_default());
        apply(
            &mut levels,
            &rules.select,
            &rules.ignore,
            [&rules.error, &rules.warning, &rules.note],
            |_| file.clone(),
        )
        .map_err(|error| CliError::Usage(format!("{}: {error}", self.place())))?;
        apply(
            &mut levels,
            &options.select,
            &options.ignore,
            [&options.error, &options.warn, &options.note],
            Origin::Option,
        )
        .map_err(|error| CliError::Usage(error.to_string()))?;
        Ok(levels)
    }

    /// From which level on findings fail the run.
    pub(crate) fn fail_on(&self, option: Option<FailOn>, otherwise: FailOn) -> FailOn {
        option.or(self.config.fail_on).unwrap_or(otherwise)
    }
}

fn apply(
    levels: &mut Levels,
    select: &[String],
    ignore: &[String],
    set: [&[String]; 3],
    origin: impl Fn(&'static str) -> Origin,
) -> Result<(), crate::engine::LevelError> {
    levels.select(select, &origin("--select"))?;
    levels.ignore(ignore, &origin("--ignore"))?;
    let names =
        [("--error", Severity::Error), ("--warn", Severity::Warning), ("--note", Severity::Note)];
    for (names_of, (option, level)) in set.into_iter().zip(names) {
        levels.set(names_of, Some(level), &origin(option))?;
    }
    Ok(())
}

fn date(text: &str) -> Result<String, String> {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    time::Date::parse(text, &format)
        .map(|_| text.to_owned())
        .map_err(|_| "write it like 2027-01-31".to_owned())
}
