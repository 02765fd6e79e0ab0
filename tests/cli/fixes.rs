//! `lint --fix`, `--unsafe-fixes` and `--diff`: what is written, what is only shown.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::run::Run;

const BROKEN: &str = "a: \"qemu:///sytem\"\n\
    b: \"qemu+ssh://joe:hunter2@kvm1.example/system?keyfile=/a b\"\r\n\
    c: \"qemu+ssh://2001:db8::7/system\"";

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.yml"), BROKEN).unwrap();
    folder
}

fn lint(folder: &Path, arguments: &[&str]) -> Run {
    Run::new(&[&["lint"], arguments].concat()).folder(folder)
}

#[test]
fn what_has_one_right_answer_is_written_and_nothing_else() {
    let folder = folder();
    let file = folder.path().join("a.yml");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
    lint(folder.path(), &["--fix", "a.yml"]).run().assert_code(1).assert_says("2 mistakes fixed");
    let mended = fs::read_to_string(&file).unwrap();
    let expected = BROKEN.replace("/a b", "/a%20b").replace("//2001:db8::7/", "//[2001:db8::7]/");
    assert_eq!(mended, expected);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
    lint(folder.path(), &["--fix", "a.yml"]).run().assert_code(1);
    assert_eq!(fs::read_to_string(&file).unwrap(), mended, "a second time changes nothing");
}

#[test]
fn what_changes_the_meaning_is_written_where_asked_for() {
    let folder = folder();
    lint(folder.path(), &["--fix", "--unsafe-fixes", "a.yml"]).run().assert_code(0);
    let mended = fs::read_to_string(folder.path().join("a.yml")).unwrap();
    assert!(mended.contains("qemu:///system") && mended.contains("//joe@kvm1"), "{mended}");
}

#[test]
fn a_difference_is_only_shown() {
    let folder = folder();
    lint(folder.path(), &["--diff", "."])
        .run()
        .assert_code(1)
        .assert_says("--- a.yml")
        .assert_says("+c: \"qemu+ssh://[2001:db8::7]/system\"")
        .assert_says("joe:***@");
    assert_eq!(fs::read_to_string(folder.path().join("a.yml")).unwrap(), BROKEN);
    lint(folder.path(), &["--diff", "qemu:///system"]).run().assert_code(0);
    lint(folder.path(), &["--diff", "--uri", "qemu+ssh://2001:db8::7/system"])
        .run()
        .assert_code(1)
        .assert_says("+qemu+ssh://[2001:db8::7]/system");
}

#[test]
fn standard_input_is_printed_mended_with_its_secrets() {
    let ran = Run::new(&["lint", "--fix", "-"]).stdin(BROKEN).run();
    ran.assert_code(1);
    assert!(ran.stdout.contains("joe:hunter2@kvm1.example/system?keyfile=/a%20b"));
    assert!(ran.stderr.contains("error[wrong-path]") || ran.stderr.contains("sytem"));
    assert!(!ran.stderr.contains("hunter2"), "{}", ran.stderr);
}

#[test]
fn a_file_that_cannot_be_written_is_told_and_judged_as_it_is() {
    let folder = folder();
    // A full device takes no byte, whoever writes.
    let file = folder.path().join("b.yml");
    std::os::unix::fs::symlink("/dev/full", &file).unwrap();
    lint(folder.path(), &["--fix", "b.yml"]).run().assert_code(2);
    let closed = folder.path().join("a.yml");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o444)).unwrap();
    Run::as_ordinary_user(folder.path(), &["lint", "--fix"])
        .raw_argument(closed.as_os_str().as_encoded_bytes())
        .run()
        .assert_code(2)
        .assert_says("could not be mended")
        .assert_says("/a b");
}

#[test]
fn combinations_without_a_meaning() {
    Run::new(&["lint", "--fix", "qemu:///system"]).run().assert_code(2).assert_says("--diff");
    Run::new(&["lint", "--diff", "--format", "json", "qemu:///x"]).run().assert_code(2);
}
