//! Recorded texts and what is behind them: those of clients in `fixtures/errors.toml`, and
//! what the real virsh said about each fault of the lab (`tests/faults/said.toml`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{explain, names};
use crate::finding::Rule;
use crate::tables::signatures::causes;

/// Texts of clients with the cause that is behind each.
#[derive(Deserialize)]
struct Recorded {
    error: Vec<Row>,
}

#[derive(Deserialize)]
pub(super) struct Row {
    pub(super) text: String,
    pub(super) cause: String,
}

pub(super) fn errors() -> Vec<Row> {
    let recorded: Recorded = toml::from_str(include_str!("../../fixtures/errors.toml")).unwrap();
    recorded.error
}

#[test]
fn the_cause_of_every_recorded_error_is_among_the_first_three() {
    let recorded = errors();
    let mut wrong = Vec::new();
    for row in &recorded {
        let explanation = explain(row.text.as_bytes());
        let names = names(&explanation);
        if !names.iter().take(3).any(|name| *name == row.cause) {
            wrong.push(format!("{}: {}\n    {names:?}", row.cause, row.text));
        }
    }
    for cause in causes() {
        let has_one = recorded.iter().any(|row| row.cause == cause.name);
        assert!(has_one, "no recorded error of {}", cause.name);
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A fault of the lab, as far as it matters here.
#[derive(Deserialize)]
struct Fault {
    /// The rule.
    cause: Option<String>,
    virsh: Option<String>,
    unexplained: Option<String>,
}

/// All faults, by folder and name.
fn faults() -> Vec<(String, Fault)> {
    let lab = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults");
    let paths = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
    };
    let mut found = Vec::new();
    for hop in paths(&lab).iter().filter(|path| path.is_dir()) {
        let is_fault = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "toml");
        for file in paths(hop).into_iter().filter(is_fault) {
            let name = file.strip_prefix(&lab).unwrap().with_extension("");
            let fault = toml::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            found.push((name.to_str().unwrap().to_owned(), fault));
        }
    }
    found
}

#[test]
fn what_virsh_says_in_the_lab_leads_to_the_rule() {
    let said: BTreeMap<String, String> =
        toml::from_str(include_str!("../../tests/faults/said.toml")).unwrap();
    let mut wrong = Vec::new();
    let mut compared = 0;
    for (name, fault) in faults() {
        let (Some(rule), true) = (&fault.cause, fault.virsh.is_some()) else { continue };
        // A mistake of the URI is seen in the URI, not in what a client says.
        if !Rule::named(rule).is_some_and(|rule| FOLDERS.contains(&rule.folder())) {
            continue;
        }
        // The lab itself asks about one that was not written down yet.
        let Some(words) = said.get(&name) else { continue };
        compared += 1;
        let explanation = explain(words.as_bytes());
        let mut first = explanation.causes.iter().take(3);
        let is_explained = first.any(|likely| likely.cause.rule.as_ref() == Some(rule));
        if is_explained == fault.unexplained.is_some() {
            wrong.push(format!("{name}: {rule}\n    {words}    {:?}", names(&explanation)));
        }
    }
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(compared > 140, "only {compared}");
}

/// The folders of rules on evidence.
const FOLDERS: [&str; 7] = ["local", "name", "network", "ssh", "tls", "remote", "daemon"];

/// Rules on evidence to which no error text leads, and why.
const WITHOUT_WORDS: &[(&str, &str)] = &[
    ("command-not-run", "about what a check does"),
    ("out-of-time", "about what a check does"),
    ("remote-shell-hangs", "the client is silent"),
    ("ssh-timed-out", "the client is silent"),
    ("open-unanswered", "the client is silent"),
    ("two-kinds-of-daemons", "no failure of its own"),
    ("tls-not-judged", "about what a check cannot know"),
    ("open-refused", "any words of the server that have no rule of their own"),
    ("name-failed", "any words of the resolver that have no rule of their own"),
    ("port-failed", "any words of the system that have no rule of their own"),
    ("socket-failed", "any words of the system that have no rule of their own"),
];

#[test]
fn every_rule_on_evidence_has_a_cause() {
    let linked: BTreeSet<&str> =
        causes().iter().filter_map(|cause| cause.rule.as_deref()).collect();
    for rule in Rule::all().filter(|rule| FOLDERS.contains(&rule.folder())) {
        let excused = WITHOUT_WORDS.iter().any(|(name, _)| *name == rule.name());
        let is_linked = linked.contains(rule.name());
        assert!(is_linked != excused, "{}: linked {is_linked}, excused {excused}", rule.name());
    }
    for (name, _) in WITHOUT_WORDS {
        assert!(Rule::named(name).is_some(), "there is no rule {name}");
    }
}
