//! The URIs in files: what `virt-doctor uris` finds in `fixtures/inventories`, held against
//! what stands there.
//!
//! Each kind of file has a folder, and beside it an index with what a perfect reader finds.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]
#![allow(clippy::print_stdout, reason = "the measured figures are what a reader of the test wants")]

mod found;
mod index;
#[path = "../cli/run.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod run;

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use self::found::uris;
use self::index::{Index, Place, Uri};

/// Nothing false, nothing missed, of each kind.
#[test]
fn precision_and_recall() {
    let mut wrong = Vec::new();
    let mut sums = [0, 0, 0];
    println!("{:<20} {:>5} {:>5} {:>9} {:>7}", "kind", "files", "URIs", "precision", "recall");
    for index in index::all() {
        let (found, holes) = uris(&index.folder(), &["--include", "comments,prose"]);
        let counts = compare(&index, &found, &mut wrong);
        print_row(&index.kind, index.files.len(), counts);
        for (sum, count) in sums.iter_mut().zip(counts) {
            *sum += count;
        }
        let expected: usize = index.files.values().map(|file| file.holes).sum();
        if holes != expected {
            wrong.push(format!("{}: {holes} holes, not {expected}", index.kind));
        }
    }
    print_row("all", index::all().iter().map(|index| index.files.len()).sum(), sums);
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

/// How many were expected, found, and both; what differs is said.
fn compare(index: &Index, found: &BTreeMap<Place, Uri>, wrong: &mut Vec<String>) -> [usize; 3] {
    let expected = index.uris();
    for (place, uri) in &expected {
        match found.get(place) {
            None => wrong.push(format!("{place}: missed {}", uri.text)),
            Some(other) if other != uri => {
                wrong.push(format!("{place}: {other:?}, not {uri:?}"));
            }
            Some(_) => {}
        }
    }
    for (place, uri) in found.iter().filter(|(place, _)| !expected.contains_key(place)) {
        wrong.push(format!("{place}: false {uri:?}"));
    }
    let both = found.keys().filter(|place| expected.contains_key(place)).count();
    [expected.len(), found.len(), both]
}

fn print_row(kind: &str, files: usize, [expected, found, both]: [usize; 3]) {
    // Rounded down: 100 % is all of them.
    let percent = |of: usize| {
        let tenths = both * 1000 / of.max(1);
        format!("{}.{} %", tenths / 10, tenths % 10)
    };
    println!("{kind:<20} {files:>5} {expected:>5} {:>9} {:>7}", percent(found), percent(expected));
}

/// Comments and running text are left out unless they are asked for.
#[test]
fn comments_and_prose_are_on_demand() {
    for index in index::all() {
        let (all, _) = uris(&index.folder(), &["--include", "comments,prose"]);
        let (few, _) = uris(&index.folder(), &[]);
        let aside = |uri: &Uri| matches!(uri.context.as_str(), "comment" | "prose");
        let expected: BTreeMap<Place, Uri> =
            all.into_iter().filter(|(_, uri)| !aside(uri)).collect();
        assert_eq!(few, expected, "{}", index.kind);
    }
}

/// The index speaks of every file, and of no line in two ways.
#[test]
fn the_index_is_whole() {
    let indexes = index::all();
    assert!(indexes.len() >= 25, "{} kinds", indexes.len());
    for index in &indexes {
        let named: BTreeSet<&String> = index.files.keys().collect();
        let there = index::files_below(&index.folder());
        assert_eq!(named, there.iter().collect(), "{}", index.kind);
        assert!(named.len() >= 4, "{}: {} files", index.kind, named.len());
        for (place, uri) in index.uris() {
            let file = &index.files[&place.file];
            assert!(!file.lookalikes.contains(&place.start.line), "{place}: {}", uri.text);
        }
        for (name, file) in &index.files {
            let lines = file.text.lines().count();
            assert!(file.lookalikes.iter().all(|line| *line <= lines), "{name}");
        }
    }
}
