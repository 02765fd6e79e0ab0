//! One inventory of each kind with one mistake in it, in every format: the outputs stand in
//! `tests/snapshots`. `TRYCMD=overwrite` writes them anew, as it does the sessions; read
//! the difference then.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::contract::assert_valid;
use crate::formats::sarif;
use crate::run::Run;

const FOLDER: &str = "fixtures/mistakes";

fn report(format: &str) -> String {
    let ran =
        Run::new(&["lint", "--format", format, "--today", "2026-06-01", "."]).folder(FOLDER).run();
    ran.assert_code(1);
    assert!(ran.stderr.is_empty(), "{}", ran.stderr);
    ran.stdout
}

#[track_caller]
fn assert_snapshot(name: &str, output: &str) {
    let path = PathBuf::from("tests/snapshots").join(name);
    if std::env::var("TRYCMD").is_ok_and(|mode| mode == "overwrite") {
        fs::write(&path, output).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differs = similar::TextDiff::from_lines(expected.as_str(), output);
    let differs = differs.unified_diff().header(name, "now").to_string();
    assert!(differs.is_empty(), "{differs}");
}

#[test]
fn each_file_has_one() {
    let document: Value = serde_json::from_str(&report("json")).unwrap();
    let mut findings = BTreeMap::new();
    for finding in document["findings"].as_array().unwrap() {
        *findings.entry(finding["file"].as_str().unwrap()).or_insert(0) += 1;
    }
    let files: Vec<PathBuf> =
        fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.len() >= 40, "{} files", files.len());
    for file in &files {
        let name = file.file_name().unwrap().to_str().unwrap();
        assert_eq!(findings.get(name), Some(&1), "{name}");
    }
}

#[test]
fn for_people() {
    for format in ["text", "concise"] {
        assert_snapshot(&format!("mistakes.{format}"), &report(format));
    }
}

#[test]
fn for_programs() {
    let text = report("json");
    assert_valid("lint_document", &serde_json::from_str(&text).unwrap());
    assert_snapshot("mistakes.json", &text);
    let lines = report("jsonl");
    for line in lines.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_valid(&format!("{}_line", line["type"].as_str().unwrap()), &line);
    }
    assert_snapshot("mistakes.jsonl", &lines);
}

/// The whole log is held against the schema; the snapshot leaves out the pages of all
/// rules, and what changes with each rule and each version.
#[test]
fn for_code_scanning() {
    let mut run = sarif(&report("sarif"));
    let driver = run["tool"]["driver"].as_object_mut().unwrap();
    let rules = driver.remove("rules").unwrap();
    driver.remove("semanticVersion").unwrap();
    for result in run["results"].as_array_mut().unwrap() {
        let index = result.as_object_mut().unwrap().remove("ruleIndex").unwrap();
        let rule = &rules[usize::try_from(index.as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
    }
    assert_snapshot("mistakes.sarif", &format!("{run:#}\n"));
}

#[test]
fn for_platforms() {
    let gitlab = report("gitlab");
    let entries: Value = serde_json::from_str(&gitlab).unwrap();
    let count = fs::read_dir(Path::new(FOLDER)).unwrap().count();
    assert_eq!(entries.as_array().unwrap().len(), count);
    assert_snapshot("mistakes.gitlab.json", &gitlab);
    let junit = report("junit");
    let suites = roxmltree::Document::parse(&junit).unwrap();
    let failures = suites.descendants().filter(|node| node.has_tag_name("failure")).count();
    assert_eq!(failures, count);
    assert_snapshot("mistakes.junit.xml", &junit);
    assert_snapshot("mistakes.github", &report("github"));
}
