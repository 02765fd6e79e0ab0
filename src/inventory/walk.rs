//! Which files are read, and what becomes of those that cannot be.

use super::reader::PlainText;
use crate::text::system_words;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;

/// Files up to this size are read, in bytes: positions are 32-bit numbers.
const LARGEST: u64 = 1 << 31;

/// One file to read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Input {
    pub(crate) path: PathBuf,
    /// Whether a person named it: then a reason not to read it is a problem.
    pub(crate) named: bool,
}

/// Something that could not be read or finished.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) file: Option<PathBuf>,
    pub(crate) message: String,
}

/// The kinds of problems; the words are part of the JSON contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProblemKind {
    /// A file or folder cannot be read.
    Unreadable,
    /// A file is too large, or no file.
    NotRead,
    /// A file could not be written back.
    NotWritten,
    /// A configuration file is wrong; what it is for was not judged.
    BadConfig,
    /// A line or argument is no URI that could be given to a client.
    BadInput,
    /// A policy could not judge a URI.
    NotJudged,
    /// A file is not what its name says, and was read line by line. Nothing failed.
    PlainText,
    /// Without its secret a URI is another one. Nothing failed.
    Redacted,
}

impl Problem {
    /// The first line of the message; an excerpt may follow it.
    pub(crate) fn headline(&self) -> &str {
        self.message.lines().next().unwrap_or_default()
    }

    /// Whether something could not be done that was asked for.
    pub(crate) fn is_failure(&self) -> bool {
        !matches!(self.kind, ProblemKind::PlainText | ProblemKind::Redacted)
    }

    /// That a file was read as plain text.
    pub(crate) fn plain_text(path: &Path, text: &[u8], plain: &PlainText) -> Self {
        let format = plain.format;
        let message = match &plain.broken {
            Some((at, why)) => {
                let line = 1 + memchr::memchr_iter(b'\n', &text[..*at.min(&text.len())]).count();
                let why = why.lines().next().unwrap_or_default();
                format!("read as plain text: no {format} from line {line} on ({why})")
            }
            None => format!("read as plain text: too large to be read as {format}"),
        };
        Self { kind: ProblemKind::PlainText, file: Some(path.to_owned()), message }
    }
}

/// The files below some paths, in a stable order.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    pub(crate) inputs: Vec<Input>,
    pub(crate) problems: Vec<Problem>,
}

impl Walk {
    /// Adds a path that a person named: a file, or a folder with all that git
    /// would not ignore in it.
    pub(crate) fn add(&mut self, path: &Path) {
        match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => self.add_folder(path),
            Ok(_) => self.inputs.push(Input { path: path.to_owned(), named: true }),
            Err(error) => self.problems.push(unreadable(path, &error)),
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let walk = WalkBuilder::new(folder)
            // Inventories live in hidden places too, such as .github and .env.
            .hidden(false)
            .filter_entry(|entry| entry.file_name() != ".git")
            .require_git(false)
            .sort_by_file_path(Path::cmp)
            .build();
        for entry in walk {
            match entry {
                Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                    let path = entry.into_path();
                    let path = path.strip_prefix("./").map_or(path.clone(), Path::to_owned);
                    self.inputs.push(Input { path, named: false });
                }
                Ok(_) => {}
                Err(error) => self.problems.push(not_walked(folder, &error)),
            }
        }
    }
}

/// The bytes of a file; none for one that holds no text.
pub(crate) fn read_file(input: &Input) -> Result<Option<Vec<u8>>, Problem> {
    let path = &input.path;
    // FIFOs and devices would block or never end.
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    if !metadata.is_file() {
        return if input.named {
            Err(not_read(path, "it is not a regular file"))
        } else {
            Ok(None)
        };
    }
    if metadata.len() > LARGEST {
        return Err(not_read(path, "it is larger than 2 GiB"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0) + 1);
    let file = File::open(path).map_err(|error| unreadable(path, &error))?;
    file.take(LARGEST).read_to_end(&mut bytes).map_err(|error| unreadable(path, &error))?;
    // As git and grep tell a binary file.
    let binary = bytes[..bytes.len().min(8000)].contains(&0);
    if binary && !input.named { Ok(None) } else { Ok(Some(bytes)) }
}

/// What a walk stumbled over: the path that failed, once, and the system's words.
fn not_walked(folder: &Path, error: &ignore::Error) -> Problem {
    use ignore::Error;
    match error {
        Error::WithPath { path, err } => not_walked(path, err),
        Error::WithDepth { err, .. } | Error::WithLineNumber { err, .. } => not_walked(folder, err),
        other => Problem {
            kind: ProblemKind::Unreadable,
            file: Some(folder.strip_prefix("./").unwrap_or(folder).to_owned()),
            message: other.io_error().and_then(words_without_path).unwrap_or(system_words(other)),
        },
    }
}

/// The system's words of an error that names its path too.
fn words_without_path(error: &io::Error) -> Option<String> {
    error
        .raw_os_error()
        .or_else(|| {
            let inner = error.get_ref()?.source()?.downcast_ref::<io::Error>()?;
            inner.raw_os_error()
        })
        .map(|code| system_words(&io::Error::from_raw_os_error(code)))
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: ProblemKind::Unreadable,
        file: Some(path.to_owned()),
        message: system_words(error),
    }
}

fn not_read(path: &Path, why: &str) -> Problem {
    Problem { kind: ProblemKind::NotRead, file: Some(path.to_owned()), message: why.to_owned() }
}
