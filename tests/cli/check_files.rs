//! `check` on files: what is silenced where a URI stands, and the settings of that place.
//!
//! The driver `test` runs within the client, and an unknown transport is refused: nothing
//! here reaches for a network.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Ran, Run};

const URI: &str = "test:///default?x=1";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }
    folder
}

fn check(folder: &Path, arguments: &[&str]) -> Ran {
    let common = ["check", "--fail-on", "note", "--today", "2026-06-01"];
    Run::new(&[&common, arguments].concat()).folder(folder).run()
}

/// The rules that each target is told of, and how many findings are suppressed.
fn told(folder: &Path, arguments: &[&str]) -> (Vec<Vec<String>>, u64) {
    let ran = check(folder, &[arguments, &["--format", "json"]].concat());
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    crate::contract::assert_valid("check_document", &document);
    let rules = |target: &Value| {
        let findings = target["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect()
    };
    let targets = document["targets"].as_array().unwrap().iter().map(rules).collect();
    (targets, document["summary"]["suppressed"].as_u64().unwrap())
}

#[test]
fn a_comment_silences_for_lint_and_check() {
    let text = format!("a: {URI} # virt-doctor: ignore[parameter-of-a-local-driver] lab\n");
    let folder = folder(&[("a.yml", &text)]);
    check(folder.path(), &["a.yml"]).assert_code(0);
    assert_eq!(told(folder.path(), &["a.yml"]), (vec![vec![]], 1));
    let said = check(folder.path(), &["a.yml"]).stdout;
    assert!(said.contains("✓ uri") && !said.contains("warning"), "{said}");
    Run::new(&["lint", "a.yml"]).folder(folder.path()).run().assert_code(0);
    check(folder.path(), &[URI]).assert_code(1);
    // Once it is over, and where the URI stands without it, too.
    let over = text.replace("lab", "lab until 2026-05-31");
    fs::write(folder.path().join("a.yml"), over).unwrap();
    check(folder.path(), &["a.yml"]).assert_code(1);
    fs::write(folder.path().join("a.yml"), format!("{text}b: {URI}\nc: test:///default\n"))
        .unwrap();
    let both = vec![vec!["parameter-of-a-local-driver".to_owned()], vec![]];
    assert_eq!(told(folder.path(), &["a.yml"]), (both, 0));
}

#[test]
fn the_reason_of_a_failure_is_told_whatever_silences_it() {
    let text = "a: qemu+sssh://kvm1.example/system?x=1 # virt-doctor: ignore-file[transport, \
                parameter] lab\n";
    let folder = folder(&[("a.yml", text)]);
    let (rules, suppressed) = told(folder.path(), &["a.yml"]);
    assert_eq!((rules, suppressed), (vec![vec!["unknown-transport".to_owned()]], 1));
    check(folder.path(), &["a.yml", "--uri", "test:///default"])
        .assert_code(1)
        .assert_says("error[unknown-transport]")
        .assert_says("2 connections: 1 ok, 1 fails, 1 suppressed");
}

#[test]
fn the_configuration_of_a_file_counts() {
    let text = format!("a: {URI}\n");
    let toml = "[rules]\nnote = [\"parameter-of-a-local-driver\"]\n\n[[paths]]\nmatch = \"old/*\"\n\
                ignore = [\"parameter-of-a-local-driver\"]\nreason = \"lab\"\n";
    let files = [("sub/virt-doctor.toml", toml), ("sub/old/a.yml", &text), ("sub/b.yml", &text)];
    let folder = folder(&files);
    assert_eq!(told(folder.path(), &["sub/old/a.yml"]), (vec![vec![]], 1));
    let ran = check(folder.path(), &["--format", "json", "sub/b.yml"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["targets"][0]["findings"][0]["severity"], json!("note"));
    // By --fail-on of that folder; elsewhere it is its page's warning.
    fs::write(folder.path().join("sub/virt-doctor.toml"), format!("fail-on = \"warning\"\n{toml}"))
        .unwrap();
    let run = |file: &str| Run::new(&["check", file]).folder(folder.path()).run();
    run("sub/b.yml").assert_code(0);
    fs::write(folder.path().join("virt-doctor.toml"), "fail-on = \"warning\"\n").unwrap();
    fs::write(folder.path().join("c.yml"), text).unwrap();
    run("c.yml").assert_code(1);
    fs::write(folder.path().join("sub/virt-doctor.toml"), "nonsense = 1\n").unwrap();
    let ran = run(".");
    ran.assert_code(2).assert_says("sub/virt-doctor.toml:1:1:");
    assert_eq!(ran.stderr.matches("sub/virt-doctor.toml").count(), 1, "{}", ran.stderr);
}

/// Lint cannot know whether a comment about what only a check sees is needed.
#[test]
fn a_comment_for_a_check_alone_is_not_called_idle() {
    let text = "a: qemu+ssh://kvm1.example/system # virt-doctor: ignore[name-server-silent] lab\n";
    let folder = folder(&[("a.yml", text)]);
    Run::new(&["lint", "a.yml"]).folder(folder.path()).run().assert_code(0);
}
