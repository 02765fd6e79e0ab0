//! `--format F[=FILE]`: what is printed, and what is written beside it.

use std::ffi::{OsStr, OsString};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::builder::{EnumValueParser, PossibleValue, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, ValueEnum};

use super::CliError;
use super::common::Format;
use crate::inventory::{Problem, ProblemKind};
use crate::report::console;
use crate::report::root::Root;
use crate::text::system_words;

/// Formats of what `lint` and `check` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// For a person
    Text,
    /// A line each
    Concise,
    /// One document
    Json,
    /// A stream, an object a line
    Jsonl,
    /// For code scanning: SARIF 2.1.0
    Sarif,
    /// For GitHub Actions: annotations
    Github,
    /// For GitLab: a Code Quality report
    Gitlab,
    /// For CI systems that show tests: JUnit XML
    Junit,
}

/// One `--format`.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Output {
    format: ReportFormat,
    /// Not standard output.
    file: Option<PathBuf>,
}

/// Where a report goes, in which formats.
#[derive(Debug, Args)]
pub(crate) struct Outputs {
    /// How to show the result [default: text]; with =FILE written there, beside what is printed.
    /// May be given several times
    #[arg(long = "format", value_parser = OutputParser, value_name = "FORMAT[=FILE]")]
    outputs: Vec<Output>,
}

impl Outputs {
    /// Combinations that make no sense.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let printed = self.outputs.iter().filter(|output| output.file.is_none()).count();
        if printed > 1 {
            return Err(CliError::Usage(
                "one --format can be printed: write the others to files, as in --format sarif=FILE"
                    .to_owned(),
            ));
        }
        let files: Vec<&Path> = self.files().map(|(_, file)| file).collect();
        let twice = files.iter().enumerate().find(|(at, file)| files[..*at].contains(file));
        if let Some((_, file)) = twice {
            let file = crate::text::Shown::path(file);
            return Err(CliError::Usage(format!("two of --format would be written to {file}")));
        }
        Ok(())
    }

    /// Whether nothing but text on standard output is asked for.
    pub(crate) fn is_default(&self) -> bool {
        self.printed() == ReportFormat::Text && self.files().next().is_none()
    }

    /// What is printed.
    pub(crate) fn printed(&self) -> ReportFormat {
        let mut outputs = self.outputs.iter();
        outputs
            .find(|output| output.file.is_none())
            .map_or(ReportFormat::Text, |output| output.format)
    }

    /// What is printed, where that is a format of every command and nothing else is asked for.
    pub(crate) fn plain(&self) -> Option<Format> {
        if self.files().next().is_some() {
            return None;
        }
        match self.printed() {
            ReportFormat::Text => Some(Format::Text),
            ReportFormat::Concise => Some(Format::Concise),
            ReportFormat::Json => Some(Format::Json),
            ReportFormat::Jsonl => Some(Format::Jsonl),
            _ => None,
        }
    }

    /// Whether a person reads one of them.
    pub(crate) fn have_text(&self) -> bool {
        self.printed() == ReportFormat::Text
            || self.files().any(|(format, _)| format == ReportFormat::Text)
    }

    fn files(&self) -> impl Iterator<Item = (ReportFormat, &Path)> {
        self.outputs.iter().filter_map(|output| Some((output.format, output.file.as_deref()?)))
    }

    /// Whether anything is written beside.
    pub(crate) fn has_files(&self) -> bool {
        self.files().next().is_some()
    }

    /// Whether this file is one of them: the report of the last run is no inventory.
    pub(crate) fn is_written(&self, path: &Path) -> bool {
        let same = |file: &Path| {
            file.file_name() == path.file_name()
                && matches!((file.canonicalize(), path.canonicalize()), (Ok(a), Ok(b)) if a == b)
        };
        self.files().any(|(_, file)| same(file))
    }

    /// Writes the files; says which of them could not be written.
    pub(crate) fn write_files(
        &self,
        render: impl Fn(ReportFormat, &mut dyn Write) -> io::Result<()>,
    ) -> Vec<Problem> {
        let write = |format, path: &Path| -> io::Result<()> {
            let mut out = console::file(path)?;
            render(format, &mut out)?;
            out.flush()
        };
        self.files()
            .filter_map(|(format, path)| {
                let error = write(format, path).err()?;
                Some(Problem {
                    kind: ProblemKind::NotWritten,
                    file: Some(path.to_owned()),
                    message: format!("the report cannot be written: {}", system_words(&error)),
                })
            })
            .collect()
    }
}

/// Where the paths of a report begin: at the checkout of a CI job, else here.
pub(crate) fn root() -> Root {
    let here = std::env::current_dir().unwrap_or_default();
    let checkout = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"]
        .into_iter()
        .filter_map(std::env::var_os)
        .map(PathBuf::from)
        .find(|folder| folder.is_absolute() && here.starts_with(folder));
    Root::new(here, checkout)
}

/// Reads `FORMAT[=FILE]`; the possible values are those of the format.
#[derive(Debug, Clone)]
struct OutputParser;

impl TypedValueParser for OutputParser {
    type Value = Output;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Output, clap::Error> {
        let bytes = value.as_bytes();
        let (format, file) = match memchr::memchr(b'=', bytes) {
            Some(at) => (&bytes[..at], Some(OsStr::from_bytes(&bytes[at + 1..]))),
            None => (bytes, None),
        };
        if file.is_some_and(OsStr::is_empty) {
            let mut error = clap::Error::new(ErrorKind::InvalidValue).with_cmd(command);
            let shown = ContextValue::String(value.to_string_lossy().into_owned());
            error.insert(ContextKind::InvalidValue, shown);
            let name = ContextValue::String("--format <FORMAT[=FILE]>".to_owned());
            error.insert(ContextKind::InvalidArg, name);
            return Err(error);
        }
        let parser = EnumValueParser::<ReportFormat>::new();
        let format = parser.parse_ref(command, argument, OsStr::from_bytes(format))?;
        let file = file.filter(|file| *file != "-").map(|file| PathBuf::from(OsString::from(file)));
        Ok(Output { format, file })
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = ReportFormat::value_variants().iter();
        Some(Box::new(values.filter_map(ValueEnum::to_possible_value)))
    }
}
