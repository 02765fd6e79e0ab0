//! What the page of `unquoted-ampersand` says, shown by the shell itself on its examples.

use std::fs;
use std::process::Command;

use crate::run::Run;

const PAGE: &str = "rules/inventory/unquoted-ampersand.md";

/// The commands of the page's shell scripts: those with a finding, and the others.
fn commands() -> (Vec<String>, Vec<String>) {
    let page = fs::read_to_string(PAGE).unwrap();
    let (mut bad, mut good) = (Vec::new(), Vec::new());
    for block in page.split("```sh list.sh\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match line.split_once("  # error: ") {
                Some((command, _)) => bad.push(command.to_owned()),
                None => good.push(line.to_owned()),
            }
        }
    }
    assert!(bad.len() >= 2 && good.len() >= 3);
    (bad, good)
}

/// What `virsh` is given where a shell runs the command.
fn given(command: &str) -> Vec<String> {
    let script = format!(
        "virsh() {{ printf '%s\\n' \"$@\"; }}\nlist() {{ :; }}\nHOST=kvm1.example\n{command}\nwait"
    );
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(output.stderr.is_empty(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn the_shell_takes_the_rest_of_the_uri_away() {
    let (bad, good) = commands();
    for command in &bad {
        let cut = ["-c", "qemu+ssh://kvm1.example/system?no_tty=1"];
        assert_eq!(given(command), cut, "{command}");
    }
    for command in &good {
        assert_eq!(given(command).last().map(String::as_str), Some("list"), "{command}");
    }
}

#[test]
fn quotes_keep_it_together() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("list.sh");
    let (bad, _) = commands();
    fs::write(&file, bad.join("\n")).unwrap();
    let lint = |arguments: &[&str]| {
        let all = [&["lint", "--fix"], arguments, &["list.sh"]].concat();
        Run::new(&all).folder(folder.path()).run()
    };
    lint(&[]).assert_code(1).assert_says("1 mistake fixed");
    lint(&["--unsafe-fixes"]).assert_code(0).assert_says("1 mistake fixed");
    let mended = fs::read_to_string(&file).unwrap();
    assert_eq!(mended.lines().count(), bad.len());
    for command in mended.lines() {
        let whole = ["-c", "qemu+ssh://kvm1.example/system?no_tty=1&keyfile=/keys/id", "list"];
        assert_eq!(given(command), whole, "{command}");
    }
}

#[test]
fn a_secret_in_what_is_cut_off_is_not_shown() {
    let line = "virsh -c qemu+ssh://kvm1.example/system?no_tty=1&password=hunter2 list\n";
    let ran = Run::new(&["lint", "-", "--stdin-filename", "list.sh"]).stdin(line).run();
    ran.assert_code(1).assert_says("unquoted-ampersand");
    assert!(!ran.stdout.contains("hunter2"), "{}", ran.stdout);
}
