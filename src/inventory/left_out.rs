//! Why paths below a folder are not read: found again for those that a walk passed by,
//! since it does not say so itself.

use std::collections::{HashMap, HashSet};
use std::fs::{self, FileType};
use std::path::{Path, PathBuf};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::walk::without_dot;

/// A path that was passed by, with everything below it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LeftOut {
    pub(crate) path: PathBuf,
    pub(crate) why: Why,
}

/// Why a path is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Why {
    /// A repository's own folder.
    GitFolder,
    /// Some file says so; which one, where that was found.
    Ignored(Option<IgnoredBy>),
    /// What it leads to is read where it stands.
    SymbolicLink,
    /// A FIFO, a socket, a device.
    SpecialFile,
    /// It holds no text.
    Binary,
    /// A list of known findings quotes URIs, and uses none.
    Baseline,
    /// The page of a policy quotes URIs, and uses none.
    Policy,
    /// It cannot be read, or nobody knows how: one of the problems.
    Problem,
}

/// The line that excludes a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IgnoredBy {
    pub(crate) file: PathBuf,
    pub(crate) line: Option<usize>,
    pub(crate) pattern: String,
}

/// What stands below a folder and is not among `reached`, the files and folders to which
/// the walk came.
pub(crate) fn left_out(folder: &Path, reached: &HashSet<&Path>) -> Vec<LeftOut> {
    let mut found = Vec::new();
    let mut patterns = Patterns::default();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        // Why it cannot be read was told by the walk.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let path = without_dot(entry.path());
            let Ok(kind) = entry.file_type() else { continue };
            if !reached.contains(&*path) {
                let why = patterns.why(&path, kind);
                found.push(LeftOut { path, why });
            } else if kind.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// The files with patterns, each read once.
#[derive(Default)]
struct Patterns {
    read: HashMap<PathBuf, Option<Gitignore>>,
    global: Option<Gitignore>,
}

impl Patterns {
    fn why(&mut self, path: &Path, kind: FileType) -> Why {
        if path.file_name().is_some_and(|name| name == ".git") {
            Why::GitFolder
        } else if let Some(by) = self.ignoring(path, kind.is_dir()) {
            Why::Ignored(Some(by))
        } else if kind.is_symlink() {
            Why::SymbolicLink
        } else if kind.is_file() || kind.is_dir() {
            Why::Ignored(None)
        } else {
            Why::SpecialFile
        }
    }

    /// In the order in which they count: the nearest of a kind first.
    fn ignoring(&mut self, path: &Path, is_folder: bool) -> Option<IgnoredBy> {
        let whole = std::path::absolute(path).ok()?;
        for name in [".ignore", ".gitignore", ".git/info/exclude"] {
            for above in whole.ancestors().skip(1) {
                let file = above.join(name);
                let patterns = self.read.entry(file).or_insert_with_key(|file| {
                    let mut builder = GitignoreBuilder::new(above);
                    let wrong = file.is_file().then(|| builder.add(file));
                    wrong.and_then(|_| builder.build().ok())
                });
                if let Some(by) = patterns.as_ref().and_then(|all| line_of(all, &whole, is_folder))
                {
                    return Some(by);
                }
            }
        }
        let global = self.global.get_or_insert_with(|| Gitignore::global().0);
        line_of(global, &whole, is_folder)
    }
}

/// The line of a file that excludes a path.
fn line_of(patterns: &Gitignore, path: &Path, is_folder: bool) -> Option<IgnoredBy> {
    let Match::Ignore(glob) = patterns.matched(path, is_folder) else { return None };
    let file = glob.from()?;
    let text = fs::read(file).unwrap_or_default();
    let same = |line: &[u8]| line.trim_ascii_end() == glob.original().as_bytes().trim_ascii_end();
    // Of the same pattern twice the last one counts.
    let line = text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| same(line)).last();
    let here = std::env::current_dir().unwrap_or_default();
    Some(IgnoredBy {
        file: file.strip_prefix(here).unwrap_or(file).to_owned(),
        line: line.map(|(at, _)| at + 1),
        pattern: glob.original().to_owned(),
    })
}

impl Why {
    /// The word for it, part of the JSON contract.
    pub(crate) const fn name(&self) -> &'static str {
        match self {
            Self::GitFolder => "git-folder",
            Self::Ignored(_) => "ignored",
            Self::SymbolicLink => "symbolic-link",
            Self::SpecialFile => "special-file",
            Self::Binary => "binary",
            Self::Baseline => "baseline",
            Self::Policy => "policy",
            Self::Problem => "problem",
        }
    }
}
