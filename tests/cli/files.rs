//! Files in: lists of them, folders as git sees them, what `--inspect` tells, and the same
//! bytes out whatever the number of threads.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use nix::sys::stat::Mode;
use serde_json::{Value, json};

use crate::contract::assert_valid;
use crate::run::{Ran, Run};

fn write(folder: &Path, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn run_in(folder: &Path, arguments: &[&str]) -> Ran {
    Run::new(arguments).folder(folder).run()
}

#[test]
fn a_list_names_files() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[
            (".gitignore", "ignored.yml\n"),
            ("a b.yml", "u: qemu:///sytem\n"),
            ("ignored.yml", "u: qemu:///sytem\n"),
            ("other.yml", "u: qemu:///sytem\n"),
            ("sub/c.yml", "u: qemu:///sytem\n"),
            ("list", "a b.yml\n\nignored.yml\nsub\na b.yml"),
        ],
    );
    let files = |ran: &Ran| -> Vec<String> {
        ran.stdout.lines().map(|line| line.split(':').next().unwrap().to_owned()).collect()
    };
    let expected = ["a b.yml", "ignored.yml", "sub/c.yml"];
    for command in ["lint", "uris"] {
        let code = i32::from(command == "lint");
        let options = [command, "--format", "concise", "--file-list"];
        let with = |list| [&options[..], &[list]].concat();
        let ran = run_in(folder.path(), &with("list"));
        assert_eq!(files(ran.assert_code(code)), expected, "{command}");
        let list = || Run::new(&with("-")).folder(folder.path());
        let ran = list().stdin("a b.yml\nignored.yml\nsub/c.yml\n").run();
        assert_eq!(files(ran.assert_code(code)), expected, "{command}");
        let nul = [&with("-")[..], &["-0"]].concat();
        let nul = Run::new(&nul).folder(folder.path());
        let ran = nul.stdin("a b.yml\0ignored.yml\0sub/c.yml\0").run();
        assert_eq!(files(ran.assert_code(code)), expected, "{command}");
        let ran = list().stdin("gone.yml\na b.yml\n").run();
        ran.assert_code(2).assert_says("gone.yml: No such file or directory");
        assert_eq!(files(&ran)[..1], ["a b.yml"], "{command}");
        list().stdin("").run().assert_code(3);
        let named = [&with("list")[..], &["other.yml"]].concat();
        let ran = run_in(folder.path(), &named);
        assert_eq!(files(&ran), [&["other.yml"], &expected[..]].concat(), "{command}");
        run_in(folder.path(), &with("nolist")).assert_code(2).assert_says("nolist: No such file");
        let both = [&with("-")[..], &["-"]].concat();
        run_in(folder.path(), &both).assert_code(2).assert_says("standard input is either");
        run_in(folder.path(), &[command, "-0"]).assert_code(2).assert_says("--file-list");
    }
}

#[test]
fn a_file_counts_once() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &[("a.yml", "u: qemu:///sytem\n")]);
    let ran = run_in(folder.path(), &["lint", "--format", "json", "a.yml", ".", "./a.yml"]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(document["summary"]["files"], 1, "{document:#}");
}

/// A folder with one of everything that is not read, and what is.
fn everything(folder: &Path) {
    write(
        folder,
        &[
            (".git/config", "u: qemu:///sytem\n"),
            (".git/info/exclude", "excluded\n"),
            (".gitignore", "# what is made\n/build/\n*.log\n!kept.log\n"),
            (".github/ci.yml", "u: qemu:///system\n# qemu:///x\n"),
            ("baseline.toml", "# virt-doctor baseline\nversion = 1\nfindings = []\n"),
            ("bin", "u: qemu:///sytem\0"),
            ("build/hosts.yml", "u: qemu:///sytem\n"),
            ("excluded", "u: qemu:///sytem\n"),
            ("hosts.yml", "libvirt_uri: \"{{ u }}\"\na: qemu:///system\nb: qemu:///session\n"),
            ("kept.log", "nothing\n"),
            ("sub/.ignore", "local.yml\n"),
            ("sub/a.log", "u: qemu:///sytem\n"),
            ("sub/local.yml", "u: qemu:///sytem\n"),
            ("sub/main.tf", "uri = \"qemu:///system\"\n"),
            ("sub/virt-doctor.toml", "client = \"libvirt@9.0\"\n"),
        ],
    );
    std::os::unix::fs::symlink("hosts.yml", folder.join("link.yml")).unwrap();
    nix::unistd::mkfifo(&folder.join("pipe"), Mode::S_IRWXU).unwrap();
}

const INSPECTED: &str = "\
.git: not read: a repository's own folder
.github/ci.yml: yaml, 1 URI, 1 in comments or prose, libvirt@11.3
.gitignore: text, no URI, libvirt@11.3
baseline.toml: not read: a baseline of virt-doctor
bin: not read: binary
build: not read: ignored by .gitignore:2: /build/
excluded: not read: ignored by .git/info/exclude:1: excluded
hosts.yml: yaml, 2 URIs, 1 only a placeholder, libvirt@11.3
kept.log: text, no URI, libvirt@11.3
link.yml: not read: a symbolic link
pipe: not read: not a regular file
sub/.ignore: text, no URI, libvirt@9.0, sub/virt-doctor.toml
sub/a.log: not read: ignored by .gitignore:3: *.log
sub/local.yml: not read: ignored by sub/.ignore:1: local.yml
sub/main.tf: hcl, 1 URI, libvirt@9.0, sub/virt-doctor.toml
sub/virt-doctor.toml: toml, no URI, libvirt@9.0, sub/virt-doctor.toml
";

#[test]
fn what_is_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    everything(folder.path());
    for command in ["lint", "uris"] {
        let ran = run_in(folder.path(), &[command, "--inspect"]);
        let expected = format!("{INSPECTED}7 read, 9 not read, 4 URIs\n");
        assert_eq!(ran.assert_code(0).stdout, expected, "{command}");
        let ran = run_in(folder.path(), &[command, "--inspect", "--format", "concise", "."]);
        assert_eq!(ran.assert_code(0).stdout, INSPECTED, "{command}");
        let ran = run_in(folder.path(), &[command, "--inspect", "--format", "json"]);
        let document: Value = serde_json::from_str(&ran.assert_code(0).stdout).unwrap();
        assert_valid("inspect_document", &document);
        assert_eq!(document["summary"], json!({"read": 7, "not_read": 9, "uris": 4}));
        let by = json!({"file": ".gitignore", "line": 2, "pattern": "/build/"});
        assert_eq!(
            document["paths"][5],
            json!({"path": "build", "read": false, "why": "ignored", "ignored_by": by})
        );
        let ran = run_in(folder.path(), &[command, "--inspect", "--format", "jsonl", "sub"]);
        let lines: Vec<Value> =
            ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 6, "{}", ran.stdout);
        for line in &lines {
            assert_valid("line", line);
        }
        assert_eq!(lines[3]["config"], "sub/virt-doctor.toml");
    }
    // What is told is what is done.
    let ran = run_in(folder.path(), &["uris"]);
    assert_eq!(ran.assert_code(0).stdout.lines().count(), 4, "{}", ran.stdout);
}

#[test]
fn what_inspection_cannot_read_is_a_problem() {
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        &[("a.yml", "u: qemu:///system\n"), ("bad/virt-doctor.toml", "x\n"), ("bad/b.yml", "")],
    );
    let ran = run_in(folder.path(), &["lint", "--inspect", "--format", "concise"]);
    ran.assert_code(2).assert_says("bad/virt-doctor.toml:1:");
    assert!(ran.stdout.contains("bad/b.yml: not read: see the problems\n"), "{}", ran.stdout);
    let ran = run_in(folder.path(), &["uris", "--inspect", "gone.yml"]);
    ran.assert_code(2).assert_says("gone.yml: No such file");
    for wrong in [
        &["lint", "--inspect", "qemu:///system"][..],
        &["lint", "--inspect", "-"],
        &["uris", "--inspect", "-"],
        &["lint", "--inspect", "--fix"],
        &["lint", "--inspect", "--format", "sarif"],
    ] {
        run_in(folder.path(), wrong).assert_code(2).assert_says("--inspect");
    }
}

/// The large file: its lines, and every how many of them one is wrong.
const LINES: usize = 5000;
const EVERY: usize = 100;

/// Many files of several kinds, and a large one that is judged in parts.
fn crowd(folder: &Path) {
    for number in 0..100 {
        let kind = ["yml", "tf", "md", "sh"][number % 4];
        let text = match number % 3 {
            0 => "nothing: here\n".to_owned(),
            1 => format!("uri: \"qemu+ssh://kvm{number}.example/system\"\n"),
            _ => format!("uri: \"qemu+tcp://u:pw{number}@kvm{number}.example/sytem\"\n"),
        };
        write(folder, &[(&format!("sub{}/f{number}.{kind}", number % 7), &text)]);
    }
    let mut large = String::new();
    for number in 0..LINES {
        let uri = match number % EVERY {
            0 => format!("qemu+ssh://joe:pw{number}@kvm.example/sytem"),
            _ => "qemu+ssh://joe@kvm.example/system".to_owned(),
        };
        let comment = match number {
            800 => "virt-doctor: ignore[misspelt-path] it is meant",
            801 => "virt-doctor: ignore[plain-tcp] it is in vain",
            _ => "",
        };
        writeln!(large, "- {{n: é, uri: \"{uri}\"}} # {comment}{:80}", "").unwrap();
    }
    assert!(large.len() > 4 << 17, "so much is no part");
    write(folder, &[("large.yml", &large)]);
}

#[test]
fn threads_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    crowd(folder.path());
    for arguments in [
        &["lint", "--format", "text"][..],
        &["lint", "--format", "jsonl"],
        &["lint", "--format", "sarif", "."],
        &["uris", "--format", "jsonl", "--include", "comments,prose"],
        &["lint", "--inspect"],
        &["lint", "--diff", "--unsafe-fixes"],
    ] {
        let with = |threads| [arguments, &["--threads", threads]].concat();
        let [one, two, many] =
            ["1", "2", "13"].map(|threads| run_in(folder.path(), &with(threads)));
        assert!(one.stdout.lines().count() > 60, "{arguments:?}: {}", one.stderr);
        for other in [two, many] {
            assert!(one.stdout == other.stdout, "{arguments:?}");
            assert_eq!((one.status, &one.stderr), (other.status, &other.stderr), "{arguments:?}");
        }
    }
}

#[test]
fn parts_of_a_large_file_have_their_places() {
    let folder = tempfile::tempdir().unwrap();
    crowd(folder.path());
    let select = "misspelt-path,unused-suppression";
    let options = ["lint", "--format", "jsonl", "--select", select, "large.yml"];
    let ran = run_in(folder.path(), &options);
    let text = fs::read_to_string(folder.path().join("large.yml")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for line in ran.assert_code(1).stdout.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        if line["rule"] != "misspelt-path" {
            continue;
        }
        let number = |place: &str, name: &str| -> usize {
            usize::try_from(line[place][name].as_u64().unwrap()).unwrap()
        };
        let source = lines[number("start", "line") - 1];
        let (from, to) = (number("start", "column") - 1, number("end", "column") - 1);
        let letters: String = source.chars().skip(from).take(to - from).collect();
        assert!("/sytem".contains(&letters) && letters.len() > 4, "{letters} in {source}");
        assert_eq!(&text[number("start", "byte")..number("end", "byte")], letters);
        found.push(number("start", "line"));
    }
    // The one on line 801 is silenced.
    let expected = (0..LINES).step_by(EVERY).filter(|number| *number != 800);
    assert_eq!(found, expected.map(|number| number + 1).collect::<Vec<_>>());
    let ran = run_in(folder.path(), &["lint", "--select", select, "large.yml"]);
    ran.assert_says("--> large.yml:4901:").assert_says("4901 |").assert_says("***");
    assert!(!ran.stdout.contains("pw4900"), "{}", ran.stdout);
}

#[test]
fn a_large_file_has_its_baseline() {
    let folder = tempfile::tempdir().unwrap();
    crowd(folder.path());
    let options = ["lint", "--baseline", "b.toml", "--format", "json", "large.yml"];
    let update = [&options[..], &["--update-baseline"]].concat();
    run_in(folder.path(), &update);
    let ran = run_in(folder.path(), &[&options[..], &["--ignore", "inventory"]].concat());
    let document: Value = serde_json::from_str(&ran.assert_code(0).stdout).unwrap();
    assert!(document["summary"]["baselined"].as_u64().unwrap() >= 99, "{}", ran.stdout);
    assert_eq!(document["findings"], json!([]));
}

#[test]
fn findings_are_printed_file_by_file() {
    let folder = tempfile::tempdir().unwrap();
    let long = "- uri: \"qemu:///system\"\n".repeat(10_000);
    write(folder.path(), &[("a.yml", "u: qemu:///sytem\n"), ("b.yml", &long)]);
    for format in ["text", "concise", "jsonl"] {
        let start = Instant::now();
        let mut child = Command::new(env!("CARGO_BIN_EXE_virt-doctor"))
            .args(["lint", "--threads", "1", "--format", format])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let first = start.elapsed();
        assert!(line.contains("misspelt-path"), "{format}: {line}");
        out.read_to_string(&mut line).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}: {line}");
        assert!(first * 2 < start.elapsed(), "{format}: {first:?} of {:?}", start.elapsed());
        let findings = line.matches("`qemu` does not open").count();
        assert_eq!(findings, 1, "{format}: {line}");
    }
}
