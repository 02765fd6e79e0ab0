//! Every format of every command against the schema of the repository.

use serde_json::Value;

use crate::contract::assert_valid;
use crate::run::Run;

const URIS: &[&str] = &[
    "qemu:///system",
    "qemu+ssh://joe:secretword@kvm1.example:2222/sytem?foo=1&keyfile=/a b",
    "qemu+tls://kvm1.example/system?pkipath=/etc/x&no_verify=1",
    "qemu+libssh2://kvm1.example/session?sshauth=agent,x",
    "xen+tcp://[2001:db8::7]:70000/system",
    "esx://root@esx1.example/?transport=ftp",
    "test:///default",
    "qemu+ext:///system",
    "nothing",
];

#[test]
fn the_schema_refuses_what_is_wrong() {
    let wrong = serde_json::json!({"version": 1, "plans": [{"index": 0}], "problems": []});
    assert!(std::panic::catch_unwind(|| assert_valid("plan_document", &wrong)).is_err());
    let more = serde_json::json!({"version": 1, "plans": [], "problems": [], "more": 1});
    assert!(std::panic::catch_unwind(|| assert_valid("plan_document", &more)).is_err());
}

#[test]
fn the_schema_is_printed() {
    let ran = Run::new(&["schema"]).run();
    ran.assert_code(0);
    assert_eq!(ran.stdout, include_str!("../../schemas/output.json"));
    let ran = Run::new(&["schema", "evidence"]).run();
    assert_eq!(ran.stdout, include_str!("../../schemas/evidence.json"));
}

fn document(arguments: &[&str], name: &str) -> Value {
    let ran = Run::new(arguments).run();
    let document = serde_json::from_str(&ran.stdout)
        .unwrap_or_else(|error| panic!("{arguments:?}: {error}: {}{}", ran.stdout, ran.stderr));
    assert_valid(name, &document);
    document
}

fn lines(arguments: &[&str]) -> Vec<Value> {
    let ran = Run::new(arguments).run();
    let lines: Vec<Value> =
        ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        assert_valid(&format!("{}_line", line["type"].as_str().unwrap()), line);
        assert_valid("line", line);
    }
    lines
}

fn with<'a>(command: &'a str, format: &'a str, targets: &[&'a str]) -> Vec<&'a str> {
    [command, "--format", format].into_iter().chain(targets.iter().copied()).collect()
}

#[test]
fn plans() {
    let document = document(&with("plan", "json", URIS), "plan_document");
    assert_eq!(document["plans"].as_array().unwrap().len(), URIS.len());
    assert_eq!(lines(&with("plan", "jsonl", URIS)).len(), URIS.len());
}

#[test]
fn findings() {
    let document = document(&with("lint", "json", URIS), "lint_document");
    let findings = document["findings"].as_array().unwrap().len();
    assert!(findings > 10, "{document:#}");
    assert_eq!(lines(&with("lint", "jsonl", URIS)).len(), findings + 1);
}

#[test]
fn findings_and_uris_of_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.yml");
    std::fs::write(&file, "a: qemu+ssh://{{ h }}/sytem\nb: 'qemu:///system?x=é'\n").unwrap();
    let path = file.to_str().unwrap();
    for (command, name) in [("lint", "lint_document"), ("uris", "uris_document")] {
        let document = document(&with(command, "json", &[path, "/no/such/file/"]), name);
        assert_eq!(document["summary"]["files"], 1, "{document:#}");
        assert!(lines(&with(command, "jsonl", &[path])).len() > 1);
    }
    let document = document(&["uris", "--format", "json", "/no/such"], "uris_document");
    assert_eq!(document["problems"][0]["kind"], "unreadable");
}

#[test]
fn checks_without_a_network() {
    let targets = ["test:///default", "nothing", "qemu+ext:///system", "qemu:///system?socket=/no"];
    let document = document(&with("check", "json", &targets), "check_document");
    assert_eq!(document["targets"].as_array().unwrap().len(), 4);
    assert_eq!(document["targets"][1]["verdict"], "fails");
    assert_eq!(lines(&with("check", "jsonl", &targets)).len(), 5);
}

#[test]
fn the_catalogue() {
    let all = document(&["rules", "--format", "json"], "rules_document");
    let names = all["rules"].as_array().unwrap();
    for row in names {
        let name = row["rule"].as_str().unwrap();
        document(&["explain", name, "--format", "json"], "explain_document");
    }
    let stream = lines(&["rules", "--format", "jsonl"]);
    assert_eq!(stream.len(), names.len());
    let stream = lines(&["rules", "--for", "a.yml", "--format", "jsonl"]);
    assert_eq!((stream.len() - 1, &stream[0]["file"]), (names.len(), &"a.yml".into()));
    let page = lines(&["explain", "plain-tcp", "--format", "jsonl"]);
    assert_eq!((page.len(), &page[0]["rule"]), (1, &"plain-tcp".into()));
    assert!(page[0]["page"].as_str().unwrap().starts_with("# `plain-tcp`"));
}

#[test]
fn bytes_that_are_no_text_have_a_twin() {
    let ran = Run::new(&["plan", "--format", "json"]).raw_argument(b"qemu+ssh://h/\xff").run();
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_valid("plan_document", &document);
    assert_eq!(document["plans"][0]["uri_base64"], "cWVtdStzc2g6Ly9oL/8=");
    let ran = Run::new(&["lint", "--format", "json"]).raw_argument(b"qemu+ssh://h/\xff").run();
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_valid("lint_document", &document);
    assert_eq!(document["findings"][0]["uri_base64"], "cWVtdStzc2g6Ly9oL/8=");
}

#[test]
fn positions_count_code_points_and_bytes() {
    let ran = Run::new(&["lint", "--format", "json", "--stdin-filename", "a.yml", "-"])
        .stdin("x: 1\né: \"qemu:///sytem\"\n")
        .run();
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    let finding = &document["findings"][0];
    assert_eq!(finding["start"], serde_json::json!({"line": 2, "column": 12, "byte": 17}));
    assert_eq!(finding["end"], serde_json::json!({"line": 2, "column": 18, "byte": 23}));
}
