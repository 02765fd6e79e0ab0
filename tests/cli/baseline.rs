//! `lint --baseline`: what is known is not told, what is new and what is gone is.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{Ran, Run};

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let yml = "a: qemu:///sytem\nb: \"qemu+ssh://joe:hunter2@{{ h }}/system\"\nc: qemu:///sytem\n";
    fs::write(folder.path().join("sub/a.yml"), yml).unwrap();
    let json = "{\"uri\": \"qemu+tcp://h.example/system?password=hunter2\u{202e}\"}\n";
    fs::write(folder.path().join("b.json"), json).unwrap();
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Ran {
    let common = ["lint", "--format", "concise", "--baseline", "known.toml"];
    Run::new(&[&common, arguments].concat()).folder(folder).run()
}

fn known(folder: &Path) -> String {
    fs::read_to_string(folder.join("known.toml")).unwrap()
}

#[test]
fn what_is_listed_is_not_told_again() {
    let folder = folder();
    let path = folder.path();
    let ran = lint(path, &["--update-baseline", "."]);
    ran.assert_code(0);
    assert_eq!(ran.stdout, "");
    let list = known(path);
    assert!(
        list.contains(
            "file = \"sub/a.yml\", rule = \"misspelt-path\", uri = \"qemu:///sytem\", count = 2"
        ),
        "{list}"
    );
    assert!(list.contains("uri = \"qemu+ssh://joe:***@{{ h }}/system\""), "{list}");
    assert!(!list.contains("hunter2") && !list.contains('\u{202e}'), "{list}");
    let mut lines: Vec<&str> = list.lines().filter(|line| line.starts_with("  {")).collect();
    assert!(lines.len() > 4, "{list}");
    lines.sort_unstable();
    assert!(list.contains(&lines.join("\n")), "in order: {list}");
    let ran =
        Run::new(&["lint", "--format", "json", "--baseline", "known.toml", "."]).folder(path).run();
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    crate::contract::assert_valid("lint_document", &document);
    assert_eq!(document["findings"], serde_json::json!([]));
    assert!(document["summary"]["baselined"].as_u64() > Some(4), "{document:#}");
    assert_eq!(document["summary"]["uris"], 4, "the list is no inventory: {document:#}");
    // From elsewhere, after an edit around it, and with another password.
    let yml = fs::read_to_string(path.join("sub/a.yml")).unwrap();
    fs::write(path.join("sub/a.yml"), format!("# more\n\n{}", yml.replace("hunter2", "geheim")))
        .unwrap();
    Run::new(&["lint", "--baseline", "../known.toml", "."])
        .folder(path.join("sub"))
        .run()
        .assert_code(0);
    lint(path, &["--update-baseline", "."]).assert_code(0);
    assert_eq!(known(path), list, "it says the same");
}

#[test]
fn what_is_new_fails_as_always() {
    let folder = folder();
    let path = folder.path();
    lint(path, &["--update-baseline", "."]).assert_code(0);
    let mut yml = fs::read_to_string(path.join("sub/a.yml")).unwrap();
    yml.push_str("d: qemu:///sytem\n");
    fs::write(path.join("sub/a.yml"), &yml).unwrap();
    let ran = lint(path, &["."]);
    ran.assert_code(1).assert_says("sub/a.yml:4:11: error[misspelt-path]");
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    // The same in another file is another finding.
    fs::write(path.join("c.yml"), "a: qemu:///sytem\n").unwrap();
    lint(path, &["c.yml"]).assert_code(1);
}

#[test]
fn what_is_listed_in_vain_is_told() {
    let folder = folder();
    let path = folder.path();
    lint(path, &["--update-baseline", "."]).assert_code(0);
    let list = known(path);
    fs::write(path.join("sub/a.yml"), "a: qemu:///sytem\n").unwrap();
    let ran = lint(path, &["."]);
    ran.assert_code(0)
        .assert_says("known.toml:")
        .assert_says("note[stale-baseline-entry]: `misspelt-path` finds this 1 times in sub/a.yml, and 2 are listed")
        .assert_says("note[stale-baseline-entry]: `password-in-uri` does not find this in sub/a.yml any more");
    lint(path, &["--fail-on", "note", "."]).assert_code(1);
    lint(path, &["--error", "stale-baseline-entry", "."]).assert_code(1);
    // Nobody asked about that file, or by that rule.
    assert_eq!(lint(path, &["b.json"]).stdout, "");
    assert_eq!(lint(path, &["--select", "plain-tcp,stale-baseline-entry", "."]).stdout, "");
    fs::remove_file(path.join("b.json")).unwrap();
    lint(path, &["sub"]).assert_code(0).assert_says("b.json is not there any more");
    // The list is made anew only of what was looked at.
    fs::write(path.join("b.json"), "{}\n").unwrap();
    lint(path, &["--update-baseline", "sub"]).assert_code(0);
    let after = known(path);
    assert!(after.contains("uri = \"qemu:///sytem\", count = 1"), "{after}");
    let of_json = |list: &str| list.lines().filter(|line| line.contains("b.json")).count();
    assert_eq!(of_json(&after), of_json(&list), "{after}");
    lint(path, &["--update-baseline", "."]).assert_code(0);
    assert_eq!(of_json(&known(path)), 0);
}

#[test]
fn a_list_that_cannot_be_used_is_an_error() {
    let folder = folder();
    let path = folder.path();
    lint(path, &["."])
        .assert_code(2)
        .assert_says("known.toml: No such file or directory; --update-baseline makes it");
    for (text, said) in [
        ("<<<<<<< ours\n", "known.toml:1:9: "),
        ("version = 1\nfindings = [\n  { file = \"a\" },\n]\n", "known.toml:3:3: missing field"),
        ("version = 9\nfindings = []\n", "known.toml:1:11: this release reads version 1 only"),
    ] {
        fs::write(path.join("known.toml"), text).unwrap();
        for update in [&["."][..], &["--update-baseline", "."]] {
            lint(path, update).assert_code(2).assert_says(said);
        }
        assert_eq!(known(path), text, "it is left as it was");
    }
    for special in ["/dev/zero", "sub"] {
        Run::new(&["lint", "--baseline", special, "."])
            .folder(path)
            .run()
            .assert_code(2)
            .assert_says(&format!("{special}: it is not a regular file"));
    }
    Run::new(&["lint", "--update-baseline", "."]).folder(path).run().assert_code(2);
    lint(path, &["--update-baseline", "--diff", "."]).assert_code(2);
    fs::remove_file(path.join("known.toml")).unwrap();
    Run::new(&["lint", "--baseline", "no/such/known.toml", "--update-baseline", "."])
        .folder(path)
        .run()
        .assert_code(2)
        .assert_says("no/such/known.toml: could not be written");
}

#[test]
fn suppressions_come_before_the_list_and_are_not_in_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "u: qemu:///sytem # virt-doctor: ignore[misspelt-path] r\n\
                v: qemu:///sytem # virt-doctor: ignore[misspelt-path]\n";
    fs::write(folder.path().join("a.yml"), text).unwrap();
    lint(folder.path(), &["--update-baseline", "a.yml"])
        .assert_code(1)
        .assert_says("[suppression-without-reason]");
    assert!(known(folder.path()).ends_with("findings = [\n]\n"));
}

#[test]
fn a_fix_leaves_alone_what_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yml");
    // The listed one has a second mistake, which is listed too: an edit would make both new.
    let old = "a: qemu+ssh://h.example/system?keyfil=/k&socket=/a b\n\
               b: qemu+ssh://h.example/system?keyfil=/old\n";
    fs::write(&file, old).unwrap();
    lint(folder.path(), &["--update-baseline", "a.yml"]).assert_code(0);
    let list = known(folder.path());
    // New: another URI, and a listed one once more.
    let new = "c: qemu+ssh://h.example/system?keyfil=/new\n\
               d: qemu+ssh://h.example/system?keyfil=/old\n";
    fs::write(&file, format!("{old}{new}")).unwrap();
    let diff = Run::new(&["lint", "--diff", "--unsafe-fixes", "--baseline", "known.toml", "a.yml"])
        .folder(folder.path())
        .run();
    let removed = |line: &&str| line.starts_with('-') && !line.starts_with("---");
    assert_eq!(diff.stdout.lines().filter(removed).count(), 2, "{}", diff.stdout);
    lint(folder.path(), &["--fix", "--unsafe-fixes", "a.yml"]).assert_code(0);
    let mended = format!("{old}{}", new.replace("keyfil", "keyfile"));
    assert_eq!(fs::read_to_string(&file).unwrap(), mended);
    assert_eq!(known(folder.path()), list);
    // All at once: what can be mended is not listed.
    fs::write(&file, new).unwrap();
    fs::remove_file(folder.path().join("known.toml")).unwrap();
    lint(folder.path(), &["--fix", "--update-baseline", "a.yml"]).assert_code(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), new.replace("keyfil", "keyfile"));
    assert!(known(folder.path()).ends_with("findings = [\n]\n"), "{}", known(folder.path()));
    // Who wants them mended leaves the list out.
    fs::write(&file, old).unwrap();
    Run::new(&["lint", "--fix", "a.yml"]).folder(folder.path()).run();
    assert!(!fs::read_to_string(&file).unwrap().contains("keyfil="));
}
