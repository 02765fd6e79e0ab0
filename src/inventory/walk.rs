//! Which files are read, and what becomes of those that cannot be.

use std::cmp::Ordering;
use std::collections::HashSet;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{WalkBuilder, WalkState};
use nix::fcntl::OFlag;

use super::left_out::{LeftOut, left_out};
use super::reader::PlainText;
use crate::text::system_words;

/// Files up to this size are read, in bytes: positions are 32-bit numbers.
const LARGEST: u64 = 1 << 31;

/// From this size on, in bytes, one at a time is enough to keep all processors busy.
const LARGE: u64 = 8 << 20;

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
    /// The folders that were looked into, in no order.
    pub(crate) folders: Vec<PathBuf>,
    /// How many threads look into folders; 0: as many as is good.
    pub(crate) threads: usize,
}

/// What a thread met in a folder.
enum Met {
    File(PathBuf),
    Folder(PathBuf),
    Trouble(Problem),
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
        let (sender, receiver) = mpsc::channel();
        walker(folder).threads(self.threads).build_parallel().run(|| {
            let sender = sender.clone();
            Box::new(move |entry| {
                let met = match entry {
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => {
                        Met::File(without_dot(entry.into_path()))
                    }
                    Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_dir()) => {
                        Met::Folder(without_dot(entry.into_path()))
                    }
                    Ok(_) => return WalkState::Continue,
                    Err(error) => Met::Trouble(not_walked(folder, &error)),
                };
                sender.send(met).map_or(WalkState::Quit, |()| WalkState::Continue)
            })
        });
        drop(sender);
        let (files, problems) = (self.inputs.len(), self.problems.len());
        for met in receiver {
            match met {
                Met::File(path) => self.inputs.push(Input { path, named: false }),
                Met::Folder(path) => self.folders.push(path),
                Met::Trouble(problem) => self.problems.push(problem),
            }
        }
        self.inputs[files..].sort_by(|one, other| by_name(&one.path, &other.path));
        self.problems[problems..].sort_by(|one, other| one.file.cmp(&other.file));
    }

    /// What stands below a folder that was added, and was not reached.
    pub(crate) fn left_out(&self, folder: &Path) -> Vec<LeftOut> {
        let files = self.inputs.iter().map(|input| &*input.path);
        let reached = files.chain(self.folders.iter().map(|folder| &**folder)).collect();
        left_out(folder, &reached)
    }

    /// Each file once, where it came first.
    pub(crate) fn without_repeats(&mut self) {
        let mut seen = HashSet::new();
        self.inputs.retain(|input| seen.insert(without_dot(input.path.clone())));
    }
}

/// What is looked at below a folder.
fn walker(folder: &Path) -> WalkBuilder {
    let mut walker = WalkBuilder::new(folder);
    walker
        // Inventories live in hidden places too, such as .github and .env.
        .hidden(false)
        .filter_entry(|entry| entry.file_name() != ".git")
        .require_git(false);
    walker
}

pub(super) fn without_dot(path: PathBuf) -> PathBuf {
    path.strip_prefix("./").map(Path::to_owned).unwrap_or(path)
}

/// Folder by folder: as paths compare, and much faster where they have much in common.
pub(crate) fn by_name(one: &Path, other: &Path) -> Ordering {
    let (one, other) = (one.as_os_str().as_bytes(), other.as_os_str().as_bytes());
    let apart = one.iter().zip(other).position(|(one, other)| one != other);
    // The end of a name comes before everything that could go on with it.
    let key = |byte: u8| if byte == b'/' { 0 } else { byte };
    apart.map_or(one.len().cmp(&other.len()), |at| key(one[at]).cmp(&key(other[at])))
}

/// A file that is open and worth reading.
#[derive(Debug)]
pub(crate) struct Opened<'i> {
    input: &'i Input,
    file: File,
    length: u64,
}

/// The bytes of a file; none for one that holds no text.
pub(crate) fn read_file(input: &Input) -> Result<Option<Vec<u8>>, Problem> {
    Opened::open(input)?.map_or(Ok(None), Opened::read)
}

impl<'i> Opened<'i> {
    /// None for what nobody named and is no file.
    pub(crate) fn open(input: &'i Input) -> Result<Option<Self>, Problem> {
        let path = &input.path;
        let trouble = |error| unreadable(path, &error);
        let not_regular = || not_read(path, "it is not a regular file");
        // To open a device may do something. What a walk found was a file then.
        if input.named && !std::fs::metadata(path).map_err(trouble)?.is_file() {
            return Err(not_regular());
        }
        // If it is a FIFO now, this does not block.
        let flags = OFlag::O_NONBLOCK.bits();
        let file = File::options().read(true).custom_flags(flags).open(path).map_err(trouble)?;
        let metadata = file.metadata().map_err(trouble)?;
        if !metadata.is_file() {
            return if input.named { Err(not_regular()) } else { Ok(None) };
        }
        if metadata.len() > LARGEST {
            return Err(not_read(path, "it is larger than 2 GiB"));
        }
        Ok(Some(Self { input, file, length: metadata.len() }))
    }

    /// Whether several at once would be too much to keep.
    pub(crate) fn is_large(&self) -> bool {
        self.length > LARGE
    }

    /// The bytes; none for a file that holds no text.
    pub(crate) fn read(self) -> Result<Option<Vec<u8>>, Problem> {
        let Self { input, file, length } = self;
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0) + 1);
        let read = file.take(LARGEST).read_to_end(&mut bytes);
        read.map_err(|error| unreadable(&input.path, &error))?;
        let binary = is_binary(&bytes);
        if binary && !input.named { Ok(None) } else { Ok(Some(bytes)) }
    }
}

/// As git and grep tell a binary file.
fn is_binary(bytes: &[u8]) -> bool {
    memchr::memchr(0, &bytes[..bytes.len().min(8000)]).is_some()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_ordered_as_paths_are() {
        let names = ["a", "a/b", "a/b/c", "a-b", "a.b", "a b", "ab", "b/a", "b", "é", "a/.c"];
        for one in names {
            for other in names {
                let (one, other) = (Path::new(one), Path::new(other));
                assert_eq!(by_name(one, other), one.cmp(other), "{one:?} {other:?}");
            }
        }
    }
}
