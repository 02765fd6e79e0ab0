//! The floors of the house: a room imports only from those below it.
//!
//! `cli` on top; then `report` and `lint`, `engine`; `pasted`, `probe` and `rules` side by side, which
//! never know of each other; `evidence` and `finding`; `plan`; `inventory`;
//! `settings`; `uri`; `tables`, `text` and `wire` at the bottom.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use std::fs;
use std::path::{Path, PathBuf};

const FLOORS: &[&[&str]] = &[
    &["tables", "text", "wire"],
    &["uri"],
    &["settings"],
    &["inventory"],
    &["plan"],
    &["evidence", "finding"],
    &["pasted", "probe", "rules"],
    &["engine"],
    &["report", "lint"],
    &["cli"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn sources() -> Vec<PathBuf> {
    fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(Path::new("src"), &mut found);
    found
}

#[test]
fn imports_lead_downward() {
    let mut wrong = Vec::new();
    let mut imports = 0;
    for path in sources() {
        let room = path.iter().nth(1).unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        let Some(own) = floor(&room) else { continue };
        let text = fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("crate::") {
            let rest = &text[at + "crate::".len()..];
            let end = rest.find(|letter: char| !letter.is_alphanumeric() && letter != '_');
            let other = &rest[..end.unwrap_or(rest.len())];
            let Some(theirs) = floor(other) else { continue };
            imports += 1;
            if other != room && theirs >= own {
                wrong.push(format!("{}: crate::{other}", path.display()));
            }
        }
    }
    assert!(imports > 300, "only {imports} imports were found");
    assert!(wrong.is_empty(), "not downward:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is() {
    for path in sources() {
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("//! "), "{} has no head", path.display());
    }
}

#[test]
fn files_stay_small() {
    let mut lengths: Vec<(usize, PathBuf)> = sources()
        .into_iter()
        .map(|path| (fs::read_to_string(&path).unwrap().lines().count(), path))
        .collect();
    lengths.sort();
    let (median, _) = &lengths[lengths.len() / 2];
    assert!(*median < 200, "the median file has {median} lines");
    let (longest, path) = lengths.last().unwrap();
    assert!(*longest <= 500, "{} has {longest} lines", path.display());
}
