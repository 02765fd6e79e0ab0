//! Rules of the user's own, through the command: every format, and all that silences.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::contract::assert_valid;
use crate::formats::sarif;
use crate::run::{Ran, Run};

const PAGE: &str = "# `no-root`\n\n```toml rule\nseverity = \"warning\"\nsummary = \"somebody logs in as root\"\n[check]\nwhen = 'plan.user == \"root\"'\nat = \"user\"\n```\n\nLog in as yourself.\n";
const URI: &str = "uri: \"qemu+ssh://root@kvm7.example/system\"";

/// A folder with the policy and one file.
fn folder(config: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    fs::create_dir(path.join("policy")).unwrap();
    fs::write(path.join("policy/no-root.md"), PAGE).unwrap();
    fs::write(path.join("virt-doctor.toml"), format!("policies = [\"policy/*.md\"]\n{config}"))
        .unwrap();
    fs::write(path.join("hosts.yml"), format!("{text}\n")).unwrap();
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Ran {
    Run::new(&[&["lint", "--today", "2026-06-01"], arguments].concat()).folder(folder).run()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn every_format_knows_a_policy() {
    let folder = folder("", URI);
    let format = |name: &str| lint(folder.path(), &["--format", name, "hosts.yml"]).stdout;
    let document = json(&format("json"));
    assert_valid("lint_document", &document);
    let finding = &document["findings"][0];
    assert_eq!(finding["rule"], "no-root");
    assert_eq!(finding["url"], "policy/no-root.md");
    assert_eq!(finding["start"]["column"], 18);
    let run = sarif(&format("sarif"));
    let index = usize::try_from(run["results"][0]["ruleIndex"].as_u64().unwrap()).unwrap();
    assert_eq!(run["tool"]["driver"]["rules"][index]["id"], "no-root");
    assert_eq!(json(&format("gitlab"))[0]["check_name"], "no-root");
    for name in ["text", "concise", "jsonl", "github", "junit"] {
        assert!(format(name).contains("no-root"), "{name}");
    }
}

#[test]
fn the_catalogue_has_it_with_its_file() {
    let folder = folder("", URI);
    let run = |arguments: &[&str]| Run::new(arguments).folder(folder.path()).run();
    let document = json(&run(&["rules", "--format", "json"]).assert_code(0).stdout);
    assert_valid("rules_document", &document);
    let rules = document["rules"].as_array().unwrap();
    let own = rules.iter().find(|rule| rule["rule"] == "no-root").unwrap();
    assert_eq!(own["folder"], "policy");
    assert_eq!(own["file"], "policy/no-root.md");
    let page = json(&run(&["explain", "no-root", "--format", "json"]).assert_code(0).stdout);
    assert_eq!(page["page"], PAGE);
}

#[test]
fn it_is_silenced_as_ours_are() {
    for (config, text, code) in [
        ("", format!("# virt-doctor: ignore[no-root] a lab\n{URI}"), 0),
        ("", format!("# virt-doctor: ignore[policy] a lab\n{URI}"), 0),
        (
            "[rules]\nlocked = [\"no-root\"]\n",
            format!("# virt-doctor: ignore[no-root] x\n{URI}"),
            1,
        ),
        ("", "# virt-doctor: ignore[no-root] in vain\na: \"qemu:///system\"".to_owned(), 1),
        ("[rules]\nignore = [\"no-root\"]\n", URI.to_owned(), 0),
        ("[rules]\nignore = [\"policy\"]\n", URI.to_owned(), 0),
        ("[rules]\nnote = [\"no-root\"]\n", URI.to_owned(), 0),
        (
            "[[paths]]\nmatch = \"*.yml\"\nignore = [\"no-root\"]\nreason = \"x\"\n",
            URI.to_owned(),
            0,
        ),
    ] {
        let folder = folder(config, &text);
        lint(folder.path(), &["."]).assert_code(code);
    }
}

#[test]
fn a_fix_keeps_the_comment_that_silences_it() {
    let text = format!("# virt-doctor: ignore[no-root] a lab\n{URI}\n");
    let folder = folder("", text.trim_end());
    lint(folder.path(), &["--fix", "--unsafe-fixes", "hosts.yml"]).assert_code(0);
    assert_eq!(fs::read_to_string(folder.path().join("hosts.yml")).unwrap(), text);
}

#[test]
fn a_baseline_lists_it() {
    let folder = folder("", URI);
    let known = ["--baseline", "known.toml", "hosts.yml"];
    lint(folder.path(), &[&["--update-baseline"][..], &known].concat()).assert_code(0);
    let list = fs::read_to_string(folder.path().join("known.toml")).unwrap();
    assert!(list.contains("rule = \"no-root\""), "{list}");
    lint(folder.path(), &known).assert_code(0);
}

#[test]
fn its_own_page_is_no_inventory() {
    let folder = folder("", URI);
    let page = format!("{PAGE}\n## Bad\n\n```yaml a.yml\n{URI}  # error: no-root \"root\"\n```\n");
    fs::write(folder.path().join("policy/no-root.md"), page).unwrap();
    let document = json(&lint(folder.path(), &["--format", "json", "."]).stdout);
    assert_eq!(document["summary"]["uris"], 1);
}

#[test]
fn what_the_configuration_names_must_be_there_and_right() {
    let folder = folder("", URI);
    let path = folder.path();
    fs::write(path.join("virt-doctor.toml"), "policies = [\"nowhere/*.md\"]\n").unwrap();
    let said = "virt-doctor.toml:1:13: no page is called `nowhere/*.md`";
    lint(path, &["hosts.yml"]).assert_code(2).assert_says(said);
    fs::create_dir(path.join("other")).unwrap();
    fs::write(path.join("other/no-root.md"), PAGE).unwrap();
    fs::write(path.join("virt-doctor.toml"), "policies = [\"*/no-root.md\"]\n").unwrap();
    let said = "policy/no-root.md: there is another policy of this name: other/no-root.md";
    lint(path, &["hosts.yml"]).assert_code(2).assert_says(said);
}
