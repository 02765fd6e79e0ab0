//! Comments that silence findings, in files of several kinds.

use std::fs;
use std::path::Path;

use crate::run::{Ran, Run};

fn lint(folder: &Path, arguments: &[&str]) -> Ran {
    let common = ["lint", "--format", "concise", "--today", "2026-06-01"];
    Run::new(&[&common, arguments].concat()).folder(folder).run()
}

fn written(name: &str, text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), text).unwrap();
    folder
}

/// A name, and a text that holds `{}` where a comment may stand.
const FILES: &[(&str, &str)] = &[
    ("a.yml", "# virt-doctor: ignore[plain-tcp] lab\nuri: qemu+tcp://h.example/system\n"),
    ("a.yml", "uri: \"qemu+tcp://h.example/system\"  # virt-doctor: ignore[plain-tcp] lab\n"),
    ("a.ini", "[x]\n; virt-doctor: ignore[plain-tcp] lab\nuri = qemu+tcp://h.example/system\n"),
    (
        "libvirt.conf",
        "# virt-doctor: ignore[security] lab\nuri_default = \"qemu+tcp://h.example/system\"\n",
    ),
    ("a.hcl", "# virt-doctor: ignore[plain-tcp] lab\nuri = \"qemu+tcp://h.example/system\"\n"),
    ("a.hcl", "uri = \"qemu+tcp://h.example/system\" // virt-doctor: ignore[plain-tcp] lab\n"),
    ("a.hcl", "/* virt-doctor: ignore[plain-tcp] lab */\nuri = \"qemu+tcp://h.example/system\"\n"),
    (
        "a.sh",
        "# virt-doctor: ignore[plain-tcp] lab\nvirsh \\\n  -c qemu+tcp://h.example/system list\n",
    ),
    (
        "a.xml",
        "<!-- virt-doctor: ignore[plain-tcp] lab -->\n<uri>qemu+tcp://h.example/system</uri>\n",
    ),
    ("a.go", "f(\"qemu+tcp://h.example/system\") // virt-doctor: ignore[plain-tcp] lab\n"),
    ("a.ps1", "# virt-doctor: ignore[plain-tcp] lab\n$u = 'qemu+tcp://h.example/system'\n"),
    ("a.lua", "-- virt-doctor: ignore[plain-tcp] lab\nuri = \"qemu+tcp://h.example/system\"\n"),
    (
        "a.yml",
        "# virt-doctor: ignore-file[plain-tcp] lab\na: 1\nuri: qemu+tcp://h.example/system\r\n",
    ),
    ("Vagrantfile", "x.uri = 'qemu+tcp://h.example/system' # virt-doctor: ignore[plain-tcp] lab\n"),
];

#[test]
fn a_comment_silences_in_every_language() {
    for (name, text) in FILES {
        let folder = written(name, text);
        let ran = lint(folder.path(), &["."]);
        assert_eq!(ran.stdout, "", "{name}: {text}");
        ran.assert_code(0);
        // The same comment about another rule: the finding stands, the comment is in vain.
        let other = text.replace("[plain-tcp]", "[wrong-path]").replace("[security]", "[settings]");
        fs::write(folder.path().join(name), other).unwrap();
        let ran = lint(folder.path(), &["."]);
        ran.assert_code(1).assert_says("[plain-tcp]").assert_says("[unused-suppression]");
    }
}

#[test]
fn silenced_findings_are_counted_and_not_shown() {
    let (name, text) = FILES[0];
    let folder = written(name, text);
    let ran = Run::new(&["lint", "--format", "json", name]).folder(folder.path()).run();
    let document: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    crate::contract::assert_valid("lint_document", &document);
    assert_eq!(document["summary"]["suppressed"], 1);
    assert_eq!(document["summary"]["warnings"], 0);
    assert_eq!(document["findings"], serde_json::json!([]));
    Run::new(&["lint", name])
        .folder(folder.path())
        .run()
        .assert_says("nothing found in 1 URI of 1 file, 1 suppressed");
}

#[test]
fn what_is_wrong_with_a_comment_is_told() {
    for (comment, said) in [
        (
            "ignore[plain-tpc] lab",
            "1:56: warning[unknown-suppression]: there is no rule or subject `plain-tpc`",
        ),
        ("ignore[plain-tcp]", "1:36: warning[suppression-without-reason]"),
        ("ignore[plain-tcp] until 2027-01-31", "1:36: warning[suppression-without-reason]"),
        ("ignore[plain-tcp, port-zero] lab", "1:67: warning[unused-suppression]: `port-zero`"),
        (
            "ignore[plain-tcp] lab until 2026-05-31",
            "1:77: error[expired-suppression]: `plain-tcp` was to be silent until 2026-05-31",
        ),
        (
            "ignore[plain-tcp] lab until 2026-02-30",
            "1:77: error[expired-suppression]: `2026-02-30` is no day",
        ),
        ("ignore plain-tcp", "1:36: warning[unknown-suppression]"),
    ] {
        let uri = "u: \"qemu+tcp://h.example/system\"";
        let folder = written("a.yml", &format!("{uri} # virt-doctor: {comment}\n"));
        let ran = lint(folder.path(), &["a.yml"]);
        ran.assert_code(1);
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert!(lines.iter().any(|line| line.starts_with(&format!("a.yml:{said}"))), "{lines:#?}");
        let is_back = !comment.starts_with("ignore[plain-tcp")
            || comment.contains("2026-05-31")
            || comment.contains("2026-02-30");
        assert_eq!(ran.stdout.contains("[plain-tcp]: "), is_back, "{comment}: {lines:#?}");
    }
}

#[test]
fn a_day_counts_to_its_end() {
    let text = "u: \"qemu+tcp://h.example/system\" # virt-doctor: ignore[plain-tcp] lab until 2027-01-31\n";
    let folder = written("a.yml", text);
    for (today, code) in [("2027-01-31", 0), ("2027-02-01", 1)] {
        Run::new(&["lint", "--today", today, "a.yml"])
            .folder(folder.path())
            .run()
            .assert_code(code);
    }
}

#[test]
fn of_a_rule_that_was_not_asked_nothing_is_said() {
    let text = "u: \"qemu+tls://h.example/system\" # virt-doctor: ignore[plain-tcp] lab\n";
    let folder = written("a.yml", text);
    lint(folder.path(), &["a.yml"]).assert_code(1).assert_says("[unused-suppression]");
    lint(folder.path(), &["--ignore", "plain-tcp", "a.yml"]).assert_code(0);
}

#[test]
fn what_is_silenced_is_not_mended() {
    let text = "# virt-doctor: ignore[security, misspelt-path] a test of ours\n\
                u: \"qemu+ssh://joe:hunter2@h.example/sytem\"\n\
                v: \"qemu+ssh://h.example/sytem\"\n";
    let folder = written("a.yml", text);
    lint(folder.path(), &["--fix", "--unsafe-fixes", "a.yml"]).assert_code(0);
    let mended = fs::read_to_string(folder.path().join("a.yml")).unwrap();
    assert_eq!(
        mended,
        text.replace("v: \"qemu+ssh://h.example/sytem", "v: \"qemu+ssh://h.example/system")
    );
}

#[test]
fn comments_in_vain_are_taken_out() {
    let folder = written(
        "a.yml",
        "# virt-doctor: ignore[port-zero] once\n\
         u: qemu+tls://h.example/system # virt-doctor: ignore[plain-tcp] once\n\
         # virt-doctor: ignore[port-zero, plain-tcp, wrong-path] lab\n\
         v: qemu+tcp://h.example/system\n",
    );
    lint(folder.path(), &["--fix", "a.yml"]).assert_code(0);
    let mended = fs::read_to_string(folder.path().join("a.yml")).unwrap();
    assert_eq!(
        mended,
        "u: qemu+tls://h.example/system\n\
         # virt-doctor: ignore[plain-tcp] lab\n\
         v: qemu+tcp://h.example/system\n"
    );
}

#[test]
fn many_comments_take_no_long_time() {
    let line = "# virt-doctor: ignore[plain-tcp] lab\n";
    let text = format!("{}u: qemu+tcp://h.example/system\n", line.repeat(50_000));
    let folder = written("a.yml", &text);
    lint(folder.path(), &["a.yml"]).assert_code(0);
    let text = format!("{line}u: qemu+tcp://h.example/system\n").repeat(5_000);
    fs::write(folder.path().join("a.yml"), text).unwrap();
    lint(folder.path(), &["a.yml"]).assert_code(0);
    // In a comment of several lines that never ends.
    let text = format!("/*\n{}u", "virt-doctor: ignore[plain-tcp] lab\n".repeat(20_000));
    fs::write(folder.path().join("a.go"), text).unwrap();
    lint(folder.path(), &["--allow-empty", "a.go"]);
}
