//! `virt-doctor.toml`: which one counts for a file, what it may say, and what is told of it.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::run::{Ran, Run};

const URI: &str = "u: qemu+tcp://h.example/system\n";

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    on_day("2026-06-01", "concise", folder, arguments)
}

fn on_day(today: &str, format: &str, folder: &Path, arguments: &[&str]) -> Ran {
    let common = ["--format", format, "--today", today];
    let arguments = [&arguments[..1], &common, &arguments[1..]].concat();
    Run::new(&arguments).folder(folder).run()
}

#[test]
fn the_nearest_configuration_counts_from_wherever_it_is_asked() {
    let folder = folder(&[
        ("virt-doctor.toml", "[rules]\nignore = [\"plain-tcp\"]\n"),
        ("a.yml", URI),
        ("sub/deep/b.yml", URI),
        ("own/virt-doctor.toml", "[rules]\nerror = [\"plain-tcp\"]\n"),
        ("own/c.yml", URI),
    ]);
    let path = folder.path();
    let ran = run(path, &["lint", "."]);
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    ran.assert_code(1).assert_says("own/c.yml:1:9: error[plain-tcp]");
    // From elsewhere, and from below through `..`.
    let whole = path.join("sub/deep/b.yml");
    run(Path::new("/"), &["lint", whole.to_str().unwrap()]).assert_code(0);
    run(&path.join("own"), &["lint", "../a.yml"]).assert_code(0);
    run(&path.join("sub"), &["lint", "../own/c.yml"]).assert_code(1);
    // For all files: the one that was named, or none.
    run(path, &["lint", "--config", "virt-doctor.toml", "."]).assert_code(0);
    let ran = run(path, &["lint", "--isolated", "."]);
    assert_eq!(ran.stdout.matches("warning[plain-tcp]").count(), 3, "{}", ran.stdout);
    // A file that is not there yet has its name's settings.
    Run::new(&["lint", "--stdin-filename", "sub/x.yml", "-"])
        .folder(path)
        .stdin(URI)
        .run()
        .assert_code(0);
}

#[test]
fn a_file_fails_by_its_own_settings() {
    let folder = folder(&[
        ("a/virt-doctor.toml", "fail-on = \"never\"\n"),
        ("a/a.yml", URI),
        ("b/virt-doctor.toml", "fail-on = \"error\"\n"),
        ("b/b.yml", URI),
    ]);
    run(folder.path(), &["lint", "."]).assert_code(0).assert_says("a/a.yml");
    run(folder.path(), &["lint", "--fail-on", "note", "."]).assert_code(1);
    fs::write(folder.path().join("b/b.yml"), "u: qemu:///sytem\n").unwrap();
    run(folder.path(), &["lint", "."]).assert_code(1);
}

#[test]
fn some_paths_have_settings_of_their_own() {
    let config = "[[paths]]\n\
        match = [\"legacy/**\", \"*.json\"]\n\
        ignore = [\"security\"]\n\
        reason = \"moves to tls\"\n\
        until = 2026-06-30\n\
        [[paths]]\n\
        match = \"legacy/new/\"\n\
        error = [\"plain-tcp\"]\n\
        [[paths]]\n\
        match = \"*.go\"\n\
        client = \"go-libvirt\"\n";
    let folder = folder(&[
        ("virt-doctor.toml", config),
        ("a.yml", URI),
        ("legacy/a.yml", URI),
        ("legacy/new/a.yml", URI),
        ("sub/a.json", "{\"uri\": \"qemu+tcp://h.example/system\"}\n"),
        ("a.go", "x(\"qemu:///session\")\n"),
    ]);
    let ran = on_day("2026-06-01", "json", folder.path(), &["lint", "."]);
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    crate::contract::assert_valid("lint_document", &document);
    let told: Vec<String> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| format!("{} {} {}", one["file"], one["severity"], one["client"]))
        .map(|line| line.replace('"', ""))
        .collect();
    assert!(told.contains(&"a.yml warning libvirt@11.3".to_owned()), "{told:?}");
    assert!(told.contains(&"legacy/new/a.yml error libvirt@11.3".to_owned()), "{told:?}");
    assert!(told.iter().any(|line| line.starts_with("a.go") && line.contains("go-libvirt")));
    assert!(!told.iter().any(|line| line.contains("json") || line.starts_with("legacy/a")));
    assert_eq!(document["summary"]["suppressed"], 2);
    // From below, through a link to the folder, and a day after the last.
    run(&folder.path().join("legacy"), &["lint", "a.yml"]).assert_code(0);
    std::os::unix::fs::symlink("legacy", folder.path().join("link")).unwrap();
    run(folder.path(), &["lint", "link/a.yml"]).assert_code(0);
    on_day("2026-07-01", "concise", folder.path(), &["lint", "legacy/a.yml"])
        .assert_code(1)
        .assert_says("legacy/a.yml:1:9: warning[plain-tcp]")
        .assert_says("virt-doctor.toml:5:9: error[expired-suppression]: `security` was to be silent until 2026-06-30");
}

#[test]
fn an_argument_is_at_no_path() {
    let table = "[[paths]]\nmatch = [\"*\", \"/\"]\nignore = [\"plain-tcp\"]\nreason = \"r\"\n";
    let folder = folder(&[("virt-doctor.toml", table), ("a.yml", URI)]);
    run(folder.path(), &["lint", "a.yml"]).assert_code(0);
    run(folder.path(), &["lint", "qemu+tcp://h.example/system"]).assert_code(1);
}

#[test]
fn nothing_silences_a_locked_rule() {
    let comment = "# virt-doctor: ignore[plain-tcp] lab\n";
    let folder = folder(&[
        ("virt-doctor.toml", "[rules]\nlocked = [\"plain-tcp\"]\n"),
        ("a.yml", &format!("{comment}{URI}")),
    ]);
    let told = "a.yml:2:9: warning[plain-tcp]";
    run(folder.path(), &["lint", "a.yml"])
        .assert_code(1)
        .assert_says(told)
        .assert_says("a.yml:1:23: error[locked-rule-suppressed]");
    run(folder.path(), &["lint", "--ignore", "security", "a.yml"]).assert_says(told);
    run(folder.path(), &["lint", "--select", "uri", "a.yml"]).assert_says(told);
    run(folder.path(), &["lint", "--ignore", "plain-tcp", "a.yml"])
        .assert_code(2)
        .assert_says("`plain-tcp` is locked: nothing may silence it");
    run(folder.path(), &["lint", "--baseline", "b.toml", "--update-baseline", "a.yml"])
        .assert_says(told);
    let table = "[rules]\nlocked = [\"plain-tcp\"]\n[[paths]]\nmatch = \"*\"\n\
                 ignore = [\"plain-tcp\"]\nreason = \"x\"\n";
    fs::write(folder.path().join("virt-doctor.toml"), table).unwrap();
    run(folder.path(), &["lint", "a.yml"])
        .assert_code(2)
        .assert_says("virt-doctor.toml:5:11: `plain-tcp` is locked");
}

#[test]
fn a_broken_configuration_is_told_once_and_the_rest_is_judged() {
    let folder = folder(&[
        ("a.yml", URI),
        ("bad/virt-doctor.toml", "[rules]\nignor = []\n"),
        ("bad/a.yml", URI),
        ("bad/b/b.yml", URI),
        ("names/virt-doctor.toml", "[[paths]]\nmatch = \"x\"\nnote = [\"plain-tpc\"]\n"),
        ("names/a.yml", URI),
    ]);
    let ran = run(folder.path(), &["lint", "."]);
    ran.assert_code(2)
        .assert_says("bad/virt-doctor.toml:2:1: unknown key `ignor`; did you mean `ignore`?")
        .assert_says("names/virt-doctor.toml:3:9: there is no rule or subject `plain-tpc`");
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().count(), 1, "{}", ran.stdout);
    run(&folder.path().join("bad"), &["lint", "a.yml"]).assert_code(2);
    // Nothing is mended by settings that nobody knows.
    run(folder.path(), &["lint", "--fix", "--unsafe-fixes", "bad"]).assert_code(2);
    assert_eq!(fs::read_to_string(folder.path().join("bad/a.yml")).unwrap(), URI);
}

#[test]
fn every_value_knows_where_it_comes_from() {
    let config = "client = \"libvirt@9.0\"\n[rules]\nerror = [\n  \"plain-tcp\",\n]\n\
                  [[paths]]\nmatch = \"x/*.yml\"\nignore = [\"wrong-path\"]\nreason = \"r\"\n";
    let folder = folder(&[("virt-doctor.toml", config), ("x/a.yml", URI)]);
    let because = |arguments: &[&str]| {
        let arguments = [&["rules", "--format", "json"], arguments].concat();
        let ran = Run::new(&arguments).folder(folder.path()).run();
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        crate::contract::assert_valid("rules_document", &document);
        let rules = document["rules"].as_array().unwrap().clone();
        let of = move |name: &str| {
            let rule = rules.iter().find(|rule| rule["rule"] == name).unwrap();
            format!("{} {}", rule["level"], rule["because"]).replace('"', "")
        };
        (document["for"].clone(), of)
    };
    let (here, of) = because(&[]);
    assert_eq!(here, Value::Null);
    assert_eq!(of("plain-tcp"), "error virt-doctor.toml:4");
    assert_eq!(of("wrong-path"), "error its own");
    let (there, of) = because(&["--for", "x/a.yml", "--note", "plain-tcp"]);
    assert_eq!(of("plain-tcp"), "note --note");
    assert_eq!(of("wrong-path"), "off virt-doctor.toml:8, x/*.yml: r");
    assert_eq!(there["client"]["because"], "virt-doctor.toml:1");
    assert_eq!(there["config"], "virt-doctor.toml");
}

#[test]
fn the_schema_accepts_what_the_program_accepts() {
    let ran = Run::new(&["schema", "config"]).run();
    ran.assert_code(0);
    let schema: Value = serde_json::from_str(&ran.stdout).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let accepts = |text: &str| {
        let folder = folder(&[("virt-doctor.toml", text), ("a.yml", "u: qemu:///system\n")]);
        let ran = run(folder.path(), &["lint", "a.yml"]);
        assert!(matches!(ran.status.code(), Some(0 | 2)), "{text}: {}", ran.stderr);
        ran.status.code() == Some(0)
    };
    let valid = |text: &str| {
        let value: toml::Table = toml::from_str(text).unwrap();
        validator.is_valid(&serde_json::to_value(value).unwrap())
    };
    let good = [
        "",
        "client = \"libvirt@9.0\"\nfail-on = \"never\"\n[rules]\nselect = [\"uri\", \"driver\"]\n\
         ignore = [\"security\"]\nerror = [\"plain-tcp\"]\nwarning = [\"wrong-path\"]\n\
         note = [\"port-zero\"]\nlocked = [\"password-in-uri\"]\n\
         [[paths]]\nmatch = \"a/**\"\nignore = [\"plain-tcp\"]\nreason = \"r\"\nuntil = \"2027-01-31\"\n\
         [[paths]]\nmatch = [\"b\", \"c\"]\nerror = [\"uri\"]\nwarning = [\"uri\"]\nnote = [\"uri\"]\n\
         client = \"go-libvirt\"\n",
        "client = \"all\"\n",
    ];
    for text in good {
        assert!(accepts(text) && valid(text), "{text}");
    }
    for text in [
        "colour = true\n",
        "fail-on = \"warn\"\n",
        "client = \"libvrit\"\n",
        "client = \"go-libvirt@1\"\n",
        "[[paths]]\nmatch = \"b\"\nclient = \"libvrit\"\n",
        "client = 9\n",
        "[rules]\nignore = \"uri\"\n",
        "[rules]\nwarn = []\n",
        "[rules]\nignore = [\"No Rule\"]\n",
        "[[paths]]\nignore = []\n",
        "[[paths]]\nmatch = []\n",
        "[[paths]]\nmatch = \"a\"\nselect = [\"uri\"]\n",
        "[[paths]]\nmatch = \"a\"\nignore = [\"uri\"]\n",
        "[[paths]]\nmatch = \"a\"\nignore = [\"uri\"]\nreason = \" \"\n",
        "[[paths]]\nmatch = \"a\"\nreason = \"r\"\n",
        "[[paths]]\nmatch = \"a\"\nuntil = \"2027-01-31\"\n",
        "[[paths]]\nmatch = \"a\"\nignore = [\"uri\"]\nreason = \"r\"\nuntil = \"soon\"\n",
    ] {
        assert!(!accepts(text), "the program takes {text}");
        assert!(!valid(text), "the schema takes {text}");
    }
}
