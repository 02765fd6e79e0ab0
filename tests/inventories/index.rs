//! What stands in `fixtures/inventories`, read from the index of each kind.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

const FOLDER: &str = "fixtures/inventories";

/// Where a text stands: lines and columns from 1, columns in code points, the end exclusive.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) byte: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, start, end } = self;
        write!(f, "{file}:{}:{}-", start.line, start.column)?;
        if start.line != end.line {
            write!(f, "{}:", end.line)?;
        }
        write!(f, "{}", end.column)
    }
}

/// What is said of a URI beside its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Uri {
    pub(crate) text: String,
    pub(crate) context: String,
    pub(crate) templated: bool,
}

/// The files of a kind.
pub(crate) struct Index {
    pub(crate) kind: String,
    pub(crate) files: BTreeMap<String, File>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    #[serde(default)]
    uris: Vec<Entry>,
    /// Names for URIs whose value is nothing but a placeholder.
    #[serde(default)]
    pub(crate) holes: usize,
    /// Lines with something that is taken for a URI easily, and is none.
    #[serde(default)]
    pub(crate) lookalikes: Vec<usize>,
    /// What the file holds.
    #[serde(skip)]
    pub(crate) text: String,
}

/// A URI. The entries of a line stand in its order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    line: usize,
    context: String,
    #[serde(default)]
    templated: bool,
    /// As it stands in the file.
    uri: String,
    /// As it is shown, where that differs: without the quotes in the middle of a word of
    /// the shell, and without what joins two lines.
    shown: Option<String>,
}

pub(crate) fn all() -> Vec<Index> {
    let mut kinds: Vec<PathBuf> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    kinds.sort();
    kinds.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Index {
    let kind = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let mut files: BTreeMap<String, File> = toml::from_str(&fs::read_to_string(path).unwrap())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    for (name, file) in &mut files {
        let path = path.with_extension("").join(name);
        file.text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("{}", path.display()));
    }
    Index { kind, files }
}

impl Index {
    pub(crate) fn folder(&self) -> PathBuf {
        Path::new(FOLDER).join(&self.kind)
    }

    /// The URIs and their places.
    pub(crate) fn uris(&self) -> BTreeMap<Place, Uri> {
        let mut uris = BTreeMap::new();
        for (name, file) in &self.files {
            let mut searched = 0;
            for entry in &file.uris {
                let line = line_start(&file.text, entry.line);
                let from = searched.max(line);
                let start = file.text[from..].find(&entry.uri).map(|at| from + at);
                let start = start.filter(|at| !file.text[line..*at].contains('\n'));
                let Some(start) = start else {
                    panic!("{}/{name}:{}: no {}", self.kind, entry.line, entry.uri);
                };
                searched = start + entry.uri.len();
                let [start, end] = [start, searched].map(|byte| position(&file.text, byte));
                let uri = Uri {
                    text: entry.shown.clone().unwrap_or(entry.uri.clone()),
                    context: entry.context.clone(),
                    templated: entry.templated,
                };
                uris.insert(Place { file: name.clone(), start, end }, uri);
            }
        }
        uris
    }
}

fn line_start(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line - 1).map(str::len).sum()
}

fn position(text: &str, byte: usize) -> Position {
    let before = &text[..byte];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    // A byte order mark is no column.
    let begin = before[line_start..].trim_start_matches('\u{feff}');
    Position { line: before.matches('\n').count() + 1, column: begin.chars().count() + 1, byte }
}

/// The names of all files below a folder.
pub(crate) fn files_below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}
