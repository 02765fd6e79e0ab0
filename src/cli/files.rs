//! The files of `lint` and `uris`: those named, those of a list, those below folders.

use std::ffi::OsStr;
use std::io::Read as _;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::CliError;
use super::target::read_stdin;
use crate::inventory::Walk;
use crate::text::{Shown, system_words};

/// Which files to read, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(super) struct FileOptions {
    /// Read the files that this one lists, a path a line, as if they were named here; - for
    /// standard input
    #[arg(long, value_name = "FILE")]
    file_list: Option<PathBuf>,
    /// Paths of the list are ended by NUL bytes, not line feeds
    #[arg(long = "null", short = '0', requires = "file_list")]
    null: bool,
    /// The name by which the kind of standard input is told
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// Judge nothing: tell which paths are read, as what, and why the others are not
    #[arg(long)]
    pub(super) inspect: bool,
    /// How many files are read at once [default: one for each processor]
    #[arg(long, value_name = "COUNT")]
    threads: Option<NonZeroUsize>,
}

impl FileOptions {
    /// Standard input, by its name.
    pub(super) fn stdin_name(&self) -> PathBuf {
        self.stdin_filename.clone().unwrap_or_else(|| "<stdin>".into())
    }

    /// How many threads read files.
    pub(super) fn threads(&self) -> NonZeroUsize {
        let all = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.threads.unwrap_or_else(all)
    }

    /// Whether the list says what to read, be it nothing.
    pub(super) fn has_list(&self) -> bool {
        self.file_list.is_some()
    }

    /// Adds what the list names. A listed file is read even where git would ignore it, and
    /// one that is not there is a problem.
    pub(super) fn add_listed(&self, walk: &mut Walk, stdin_is_taken: bool) -> Result<(), CliError> {
        let Some(path) = &self.file_list else { return Ok(()) };
        let bytes = if path != Path::new("-") {
            read(path)?
        } else if stdin_is_taken {
            return Err(CliError::Usage(
                "standard input is either the list of files or one of them".to_owned(),
            ));
        } else {
            read_stdin().map_err(|problem| CliError::Usage(problem.message))?
        };
        let end = if self.null { 0 } else { b'\n' };
        for name in bytes.split(|byte| *byte == end).filter(|name| !name.is_empty()) {
            walk.add(Path::new(OsStr::from_bytes(name)));
        }
        Ok(())
    }
}

/// A list may come through a pipe, as in `--file-list <(git diff --name-only)`.
fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    file.and_then(|mut file| file.read_to_end(&mut bytes)).map_err(|error| {
        CliError::Usage(format!("{}: {}", Shown::path(path), system_words(&error)))
    })?;
    Ok(bytes)
}
