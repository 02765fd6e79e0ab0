//! All that virsh said about each fault, kept in `said.toml` beside this file.
//!
//! `virt-doctor explain -` has to find the cause in these words; the test that shows it
//! needs no servers (`src/pasted/recorded.rs`). With `SAID=overwrite` the lab only runs
//! virsh and writes the file anew, as far as faults ran.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::scene::Row;

const HEAD: &str = "\
# What virsh says about each fault beside this file, to the letter; folders of the lab are
# /srv/lab. Written by `SAID=overwrite cargo test --test faults`.

";

pub(crate) fn is_wanted() -> bool {
    env::var_os("SAID").is_some_and(|value| value == "overwrite")
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/faults/said.toml")
}

pub(crate) fn write(rows: &[Row]) {
    let known = fs::read_to_string(file()).unwrap_or_default();
    let mut said: BTreeMap<String, String> = toml::from_str(&known).unwrap();
    for row in rows {
        if row.said.trim().is_empty() || row.virsh == "connects" {
            said.remove(&row.name);
        } else {
            said.insert(row.name.clone(), row.said.clone());
        }
    }
    fs::write(file(), HEAD.to_owned() + &toml::to_string_pretty(&said).unwrap()).unwrap();
}

/// Whether a rule judges what a check has seen: a mistake of the URI is seen in the URI.
pub(crate) fn is_on_evidence(rule: &str) -> bool {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join("rules");
    let is_in = |folder: &&str| rules.join(folder).join(format!("{rule}.md")).exists();
    ["local", "name", "network", "ssh", "tls", "remote", "daemon"].iter().any(is_in)
}

/// The rules to which `explain -` leads, the likeliest first.
pub(crate) fn explained(words: &str) -> Vec<String> {
    let program = env!("CARGO_BIN_EXE_virt-doctor");
    let output =
        Command::new(program).args(["explain", "--format", "json", words]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let causes = document["causes"].as_array().unwrap();
    causes.iter().map(|cause| cause["rule"].as_str().unwrap_or("").to_owned()).collect()
}
