//! Inventories that nobody should have: the command says what it can, names what it cannot
//! read, and goes on; it never panics, never hangs, and never takes memory without end.
//!
//! What git can hold stands in `fixtures/hostile`; the rest is made here.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

mod folder;
#[path = "../cli/run.rs"]
#[allow(dead_code, reason = "shared with the tests of the command line")]
mod run;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::folder::{GOOD, Hostile, bounded};
use self::run::{Ran, Run};

const FIXTURES: &str = "fixtures/hostile";
const FORMATS: [&str; 8] =
    ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"];

/// The files of the fixtures.
fn fixtures() -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(FIXTURES).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() > 30, "{} files", paths.len());
    paths
}

/// It ended by itself, and wrote nothing that a terminal or a log would obey.
#[track_caller]
fn assert_sound(ran: &Ran, what: &str) {
    let code = ran.status.code();
    assert!(matches!(code, Some(0..=3)), "{what}: {}\n{}", ran.status, ran.stderr);
    assert!(!ran.stderr.contains("panicked"), "{what}: {}", ran.stderr);
    assert_not_obeyed(&ran.stdout, what);
    assert_not_obeyed(&ran.stderr, what);
}

#[track_caller]
fn assert_not_obeyed(text: &str, what: &str) {
    if let Some(letter) = text.chars().find(|letter| is_obeyed(*letter)) {
        panic!("{what}: {letter:?} in\n{}", text.escape_debug());
    }
}

/// Control characters except those of a text, and what changes the direction of reading,
/// ends a line or is not seen.
fn is_obeyed(letter: char) -> bool {
    (letter.is_control() && !matches!(letter, '\n' | '\t'))
        || matches!(
            letter,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[test]
fn the_check_for_control_characters_finds_them() {
    for letter in ['\x1b', '\r', '\u{9b}', '\u{202e}', '\u{2028}', '\u{feff}'] {
        assert!(is_obeyed(letter), "{letter:?}");
    }
}

/// Each by itself, in every format.
#[test]
fn one_by_one() {
    for path in fixtures() {
        let name = path.to_str().unwrap();
        lint_in_every_format(name);
        for arguments in [
            &["uris", "--include", "comments,prose", name][..],
            &["uris", "--include", "comments,prose", "--format", "json", name],
            &["lint", "--unsafe-fixes", "--diff", name],
        ] {
            assert_sound(&bounded(arguments).run(), &arguments.join(" "));
        }
        // From standard input, as if of another kind.
        let bytes = fs::read(&path).unwrap();
        for other in ["x.yml", "x.json", "x.tf", "x.sh", "x.xml", "x.toml", "x.conf", "x.py"] {
            let arguments = ["uris", "--format", "jsonl", "--stdin-filename", other, "-"];
            let ran = bounded(&arguments).stdin(&bytes[..]).run();
            assert_sound(&ran, &format!("{name} as {other}"));
        }
    }
}

/// What stands in a file that is broken is found as far as it can be read.
#[test]
fn broken_files_are_judged() {
    for path in fixtures() {
        let name = path.file_name().unwrap().to_str().unwrap();
        let ran = bounded(&["lint", "--format", "concise", path.to_str().unwrap()]).run();
        let holds_nothing = matches!(name, "empty.yml" | "only-newlines.conf" | "utf-16.yml");
        let code = ran.status.code();
        assert_eq!(code, Some(if holds_nothing { 3 } else { 1 }), "{name}: {}", ran.stderr);
    }
}

/// All in one run, beside a good file with a mistake.
#[test]
fn all_together() {
    let hostile = Hostile::new();
    for path in fixtures() {
        fs::copy(&path, hostile.path().join(path.file_name().unwrap())).unwrap();
    }
    for format in FORMATS {
        let ran = bounded(&["lint", "--format", format, "."]).folder(hostile.path()).run();
        assert_sound(&ran, format);
        assert_eq!(ran.status.code(), Some(1), "{format}: {}", ran.stderr);
    }
    let ran = hostile.lint(&["--format", "json", "."]);
    assert_good_is_judged(&ran.stdout);
}

/// The finding of the good file is there.
#[track_caller]
fn assert_good_is_judged(document: &str) {
    let document: Value = serde_json::from_str(document).unwrap();
    let found = document["findings"].as_array().unwrap();
    let of_good = found.iter().filter(|finding| finding["file"] == GOOD);
    let rules: Vec<&str> = of_good.map(|finding| finding["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["misspelt-path"]);
}

/// What is no file and nobody named is passed over; what somebody named is a problem.
#[test]
fn what_is_no_file() {
    let hostile = Hostile::new();
    hostile.fifo("fifo.yml");
    hostile.socket("socket.yml");
    hostile.link("self.yml", "self.yml");
    hostile.link("loop", ".");
    hostile.link("gone.yml", "nowhere.yml");
    hostile.link("zero.yml", "/dev/zero");
    let ran = hostile.lint(&["--format", "json", "."]);
    assert_good_is_judged(&ran.assert_code(1).stdout);
    for (name, says) in [
        ("fifo.yml", "it is not a regular file"),
        ("socket.yml", "it is not a regular file"),
        ("zero.yml", "it is not a regular file"),
        ("self.yml", "Too many levels of symbolic links"),
        ("gone.yml", "No such file or directory"),
    ] {
        let ran = hostile.lint(&["--format", "json", "--file", name, "--file", GOOD]);
        ran.assert_code(2);
        assert_good_is_judged(&ran.stdout);
        assert_eq!(ran.stderr, format!("virt-doctor: {name}: {says}\n"));
        let problem = &serde_json::from_str::<Value>(&ran.stdout).unwrap()["problems"][0];
        assert_eq!(problem["file"], name);
        assert_eq!(problem["message"], says);
        let ran = bounded(&["uris", name, GOOD]).folder(hostile.path()).run();
        ran.assert_code(2).assert_says(&format!("{name}: {says}"));
        assert!(ran.stdout.starts_with(GOOD), "{}", ran.stdout);
    }
    // Followed when it is named, once.
    let ran = hostile.lint(&["--format", "json", "loop"]);
    ran.assert_code(1);
}

#[test]
fn what_may_not_be_read() {
    let hostile = Hostile::new();
    fs::write(hostile.path().join("closed.yml"), "u: qemu:///sytem\n").unwrap();
    fs::create_dir(hostile.path().join("closed")).unwrap();
    hostile.set_mode("closed.yml", 0o000);
    hostile.set_mode("closed", 0o000);
    let ran = Run::as_ordinary_user(hostile.path(), &["lint", "--format", "json", "."])
        .folder(hostile.path())
        .run();
    hostile.set_mode("closed", 0o755);
    ran.assert_code(2);
    assert_good_is_judged(&ran.stdout);
    for name in ["closed.yml", "closed"] {
        ran.assert_says(&format!("virt-doctor: {name}: Permission denied\n"));
    }
}

/// Names of files are text from outside too.
#[test]
fn names_that_a_terminal_obeys() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let hostile = Hostile::new();
    let names: [&[u8]; 8] = [
        b"\x1b]0;title\x07\x1b[2J.yml",
        "\u{202e}lmy.a.yml".as_bytes(),
        "a\u{2028}b\u{9b}2J.yml".as_bytes(),
        b"line\nbreak\r.yml",
        b"no-utf-8\xff\xfe.yml",
        b"-rf --fix.yml",
        b"::error::x%0A.yml",
        b" .yml",
    ];
    for name in names {
        let path = hostile.path().join(OsStr::from_bytes(name));
        fs::write(&path, "libvirt_uri: qemu:///sytem\n").unwrap();
        fs::create_dir(path.with_extension("d")).unwrap();
    }
    for format in FORMATS {
        let ran = hostile.lint(&["--format", format, "."]);
        assert_sound(&ran, format);
        assert_eq!(ran.status.code(), Some(1), "{format}");
        if format == "concise" {
            assert_eq!(ran.stdout.lines().count(), names.len() + 1, "{}", ran.stdout);
        }
    }
    let ran = bounded(&["uris", "."]).folder(hostile.path()).run();
    assert_sound(&ran, "uris");
    assert_eq!(ran.stdout.lines().count(), names.len() + 1, "{}", ran.stdout);
    let ran = Run::new(&["lint", "--file"]).raw_argument(b"\x1b[2J\xff\xe2\x80\xae").run();
    assert_sound(ran.assert_code(2), "an argument");
}

/// Deep nesting, of each kind of file: a reader that calls itself for each level would
/// run out of stack.
#[test]
fn deep_nesting() {
    const DEPTH: usize = 100_000;
    for (name, open, middle, close) in [
        ("a.json", "[", "\"qemu:///sytem\"", "]"),
        ("b.json", "{\"a\":", "\"qemu:///sytem\"", "}"),
        ("a.jsonc", "[ // x\n", "\"qemu:///sytem\"", "]"),
        ("a.yml", "[", "\"qemu:///sytem\"", "]"),
        ("b.yml", "{a: ", "qemu:///sytem", "}"),
        ("c.yml", "- ", "qemu:///sytem\n", ""),
        ("d.yml", "? ", "qemu:///sytem\n", ""),
        ("a.toml", "[", "\"qemu:///sytem\"", "]"),
        ("b.toml", "{a = ", "\"qemu:///sytem\"", "}"),
        ("a.tf", "a {\n", "uri = \"qemu:///sytem\"\n", "}\n"),
        ("b.tf", "[", "\"qemu:///sytem\"", "]"),
        ("c.tf", "\"${", "\"qemu:///sytem\"", "}\""),
        ("d.tf", "(", "\"qemu:///sytem\"", ")"),
        ("e.tf", "!", "\"qemu:///sytem\"", ""),
        ("a.xml", "<a>", "qemu:///sytem", "</a>"),
        ("a.sh", "$(", "virsh -c qemu:///sytem", ")"),
        ("b.sh", "${a:-", "qemu:///sytem", "}"),
        ("c.sh", "cat <<E\n", "qemu:///sytem\n", "E\n"),
        ("a.rb", "#{\"", "qemu:///sytem", "\"}"),
        ("a.j2", "{{ ", "qemu:///sytem", " }}"),
        ("b.j2", "{% if a %}", "qemu:///sytem", "{% endif %}"),
        ("a.md", "> ", "qemu:///sytem\n", ""),
        ("a.ini", "[", "qemu:///sytem", "]"),
    ] {
        let head = if name == "a.toml" || name == "b.toml" { "x = " } else { "" };
        let closed = format!("{head}{}{middle}{}\n", open.repeat(DEPTH), close.repeat(DEPTH));
        let left_open = format!("{head}{}{middle}", open.repeat(DEPTH));
        for text in [closed, left_open] {
            let arguments = ["lint", "--format", "concise", "--stdin-filename", name, "-"];
            let ran = bounded(&arguments).stdin(text).run();
            assert_sound(&ran, name);
        }
    }
}

/// Levels of indentation: 2000 lines, each deeper than the one before.
#[test]
fn deep_indentation() {
    let line = |depth: usize| format!("{}a:\n", " ".repeat(depth));
    let mut text: String = (0..2000).map(line).collect();
    text.push_str(&" ".repeat(2000));
    text.push_str("libvirt_uri: qemu:///sytem\n");
    let ran = bounded(&["lint", "--stdin-filename", "a.yml", "-"]).stdin(text).run();
    assert_sound(&ran, "a.yml");
    ran.assert_code(1).assert_says("misspelt-path");
}

/// Aliases of aliases stand for more text than any machine can hold.
#[test]
fn aliases_are_not_unfolded() {
    for name in ["yaml-bomb.yml", "xml-bomb.xml"] {
        let path = Path::new(FIXTURES).join(name);
        let arguments = ["uris", "--format", "json", path.to_str().unwrap()];
        let ran = bounded(&arguments).run();
        let document: Value = serde_json::from_str(&ran.assert_code(0).stdout).unwrap();
        assert!(document["uris"].as_array().unwrap().len() < 5, "{name}");
    }
}

#[test]
fn lines_of_a_megabyte() {
    for name in
        ["a.yml", "a.json", "a.toml", "a.tf", "a.ini", "a.sh", "a.py", "a.xml", "a.csv", "a.md"]
    {
        for piece in ["x", "\"", "\\", "é", "a: b, ", "\0"] {
            let text = format!(
                "a: \"qemu:///sytem\" {}\nlibvirt_uri: qemu:///sytem\n",
                piece.repeat(1_000_000 / piece.len())
            );
            let arguments = ["lint", "--format", "concise", "--stdin-filename", name, "-"];
            let ran = bounded(&arguments).stdin(text).run();
            let what = format!("{name}: {piece:?}");
            assert_sound(&ran, &what);
            let longest = ran.stdout.lines().map(str::len).max().unwrap_or(0);
            assert!(longest < 1000, "{what}: a line of {longest} bytes");
        }
    }
}

/// Files that are large, and files that say so.
#[test]
fn large_files() {
    let hostile = Hostile::new();
    hostile.sparse("hole.yml", 200 << 20);
    hostile.sparse("larger.yml", 3 << 30);
    let ran = hostile.lint(&["--format", "json", "."]);
    ran.assert_code(2).assert_says("larger.yml: it is larger than 2 GiB");
    assert_good_is_judged(&ran.stdout);
    let lines = "name: value # nothing to see here\n".repeat((8 << 20) / 34);
    hostile.write("long.yml", format!("{lines}libvirt_uri: qemu:///sytem\n").as_bytes());
    let arguments = ["lint", "--format", "concise", "long.yml"];
    let ran = bounded(&arguments).folder(hostile.path()).run();
    ran.assert_code(1).assert_says("misspelt-path");
}

/// A thousand URIs with mistakes in a file.
#[test]
fn many_mistakes() {
    let hostile = Hostile::new();
    let text = "libvirt_uri: qemu+ssh://h.example/sytem?keyfil=/k\n".repeat(1000);
    hostile.write("many.yml", text.as_bytes());
    let path = hostile.path().join("many.yml");
    lint_in_every_format(path.to_str().unwrap()).assert_code(1);
}

/// One run, a report of each format.
#[track_caller]
fn lint_in_every_format(file: &str) -> Ran {
    let reports = tempfile::tempdir().unwrap();
    let report = |format: &str| reports.path().join(format).to_str().unwrap().to_owned();
    let options: Vec<String> =
        FORMATS.iter().map(|format| format!("--format={format}={}", report(format))).collect();
    let mut arguments = vec!["lint", file];
    arguments.extend(options.iter().map(String::as_str));
    let ran = bounded(&arguments).run();
    assert_sound(&ran, &format!("lint {file}"));
    for format in FORMATS {
        let text = fs::read_to_string(report(format)).unwrap();
        assert_not_obeyed(&text, &format!("lint --format {format} {file}"));
    }
    ran
}
