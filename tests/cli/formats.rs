//! What platforms read: valid, complete where they allow it, written beside the log.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::run::{Ran, Run};

const FIXTURE: &str = "tests/cmd/formats.in";

fn lint(arguments: &[&str]) -> Ran {
    Run::new(&[&["lint"], arguments].concat()).folder(FIXTURE).run()
}

#[track_caller]
pub(crate) fn sarif(text: &str) -> Value {
    let schema = include_str!("../../fixtures/schemas/sarif-2.1.0.json");
    let mut schema: Value = serde_json::from_str(schema).unwrap();
    // Its pattern is no regular expression; what is written here names no language.
    for object in ["run", "toolComponent"] {
        schema["definitions"][object]["properties"]["language"] = json!({"type": "string"});
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let log: Value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&log)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
    log["runs"][0].clone()
}

#[test]
fn the_sarif_schema_refuses_what_is_wrong() {
    let wrong = json!({"version": "2.1.0", "runs": [{"tool": {}}]}).to_string();
    assert!(std::panic::catch_unwind(|| sarif(&wrong)).is_err());
}

#[test]
fn sarif_is_as_the_standard_and_github_want_it() {
    let ran = lint(&["--format", "sarif", ".", "--file", "missing.yml", "qemu:///sytem"]);
    let run = sarif(&ran.assert_code(2).stdout);
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    let driver = &run["tool"]["driver"];
    assert_eq!(driver["semanticVersion"], env!("CARGO_PKG_VERSION"));
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 6);
    for result in results {
        let rule =
            &driver["rules"][usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap()];
        assert_eq!(rule["id"], result["ruleId"]);
        for field in ["/help/text", "/help/markdown", "/helpUri", "/properties/precision"] {
            assert!(rule.pointer(field).is_some_and(Value::is_string), "{field}: {rule}");
        }
        let is_security = rule["properties"]["tags"][0] == "security";
        assert_eq!(rule["properties"]["security-severity"].is_string(), is_security, "{rule}");
    }
    let of = |rule: &str| results.iter().find(|result| result["ruleId"] == rule).unwrap();
    let duplicate = of("duplicate-parameter");
    assert_eq!(
        duplicate["locations"],
        json!([{"physicalLocation": {
            "artifactLocation": {"uri": "hosts.yml", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 4, "startColumn": 49, "endLine": 4, "endColumn": 56},
        }}])
    );
    let region = &duplicate["relatedLocations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startColumn"], 38);
    assert_eq!(of("plain-tcp")["level"], "warning");
    // Behind an ü, which is two bytes and one code point.
    let password = of("password-in-uri");
    assert_eq!(password["locations"][0]["physicalLocation"]["region"]["startColumn"], 30);
    let edit = &of("misspelt-parameter")["fixes"][0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(edit["deletedRegion"]["startColumn"], 39);
    assert_eq!(edit["insertedContent"]["text"], "keyfile");
    let argument =
        results.iter().find(|result| result["locations"][0]["logicalLocations"].is_array());
    let name = &argument.unwrap()["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
    assert_eq!(name, "qemu:///sytem");
    let invocation = &run["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(
        notification["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
        "missing.yml"
    );
    assert_eq!(notification["level"], "error");
}

#[test]
fn sarif_without_a_finding_is_valid() {
    let run = sarif(&lint(&["--format", "sarif", "good.yml"]).assert_code(0).stdout);
    assert_eq!(run["results"], json!([]));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
}

#[test]
fn sarif_of_a_check_is_valid() {
    let targets = ["qemu:///system?socket=/no/such", "qemu+ext:///system?command=/bin/true"];
    let ran = Run::new(&["check", "--format", "sarif", targets[0], targets[1]]).run();
    let run = sarif(&ran.assert_code(1).stdout);
    assert_eq!(run["results"][0]["ruleId"], "socket-missing");
    let notifications = &run["invocations"][0]["toolExecutionNotifications"];
    assert!(notifications[0]["message"]["text"].as_str().unwrap().contains("unsure"));
}

#[test]
fn sarif_makes_no_link_out_of_what_was_read() {
    let uri = "qemu+ssh://kvm1.example/system?%5Ba%5D(https://kvm2.example)=1";
    let run = sarif(&lint(&["--format", "sarif", uri]).assert_code(1).stdout);
    let mut results = run["results"].as_array().unwrap().iter();
    let unknown = results.find(|result| result["ruleId"] == "unknown-parameter").unwrap();
    let message = unknown["message"]["text"].as_str().unwrap();
    assert!(message.contains("`\\[a\\](https://kvm2.example)`"), "{message}");
}

/// No fix writes asterisks into a file.
#[test]
fn sarif_fixes_hold_no_mask() {
    let uris = [
        "qemu+ssh://joe:geheim77@kvm1.example/system?key_file=geheim77",
        "qemu+ssh://joe:gehe im77@kvm1.example/system?password=ge heim77",
    ];
    let folder = tempfile::tempdir().unwrap();
    let lines: Vec<String> = uris.iter().map(|uri| format!("a: \"{uri}\"\n")).collect();
    fs::write(folder.path().join("hosts.yml"), lines.concat()).unwrap();
    let ran = Run::new(&["lint", "--format", "sarif", "."]).folder(folder.path()).run();
    let run = sarif(&ran.stdout);
    let fixes: Vec<&Value> =
        run["results"].as_array().unwrap().iter().map(|result| &result["fixes"]).collect();
    assert!(fixes.iter().any(|fix| fix.is_array()), "{fixes:?}");
    assert!(!json!(fixes).to_string().contains("***"), "{fixes:?}");
}

#[test]
fn github_gets_what_it_shows_and_is_told_of_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, count: usize, uri: &str| {
        fs::write(folder.path().join(name), format!("a: {uri}\n").repeat(count)).unwrap();
    };
    let commands = |arguments: &[&str]| {
        let arguments = [&["lint", "--format", "github"], arguments].concat();
        let ran = Run::new(&arguments).folder(folder.path()).run();
        let lines: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
        let count = |word: &str| lines.iter().filter(|line| line.starts_with(word)).count();
        ([count("::error "), count("::warning "), count("::notice ")], lines)
    };
    file("errors.yml", 10, "qemu:///sytem");
    let (counts, _) = commands(&["."]);
    assert_eq!(counts, [10, 0, 0]);
    file("more.yml", 2, "qemu:///sytem");
    file("warnings.yml", 13, "qemu+tcp://kvm1.example/system");
    let (counts, lines) = commands(&["."]);
    assert_eq!(counts, [10, 10, 1]);
    assert!(lines.last().unwrap().contains("::5 more not shown here"), "{lines:?}");
    // The notice itself is within what GitHub shows.
    let (counts, lines) = commands(&["--note", "misspelt-path,plain-tcp", "."]);
    assert_eq!(counts, [0, 0, 10]);
    assert!(lines.last().unwrap().contains("::16 more not shown here"), "{lines:?}");
}

#[test]
fn github_commands_cannot_be_made_by_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let name = "a,line=9::b%0A\n::error::x.yml";
    fs::write(folder.path().join(name), "a: qemu:///sy%0A%25tem\n").unwrap();
    let ran = Run::new(&["lint", "--format", "github", "."]).folder(folder.path()).run();
    assert_eq!(ran.assert_code(1).stdout.lines().count(), 1, "{}", ran.stdout);
    assert!(
        ran.stdout
            .starts_with("::error file=a%2Cline=9%3A%3Ab%250A␊%3A%3Aerror%3A%3Ax.yml,line=1,"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("/sy␊%25tem"), "{}", ran.stdout);
}

#[test]
fn gitlab_fingerprints_are_unique_and_outlive_other_lines() {
    let folder = tempfile::tempdir().unwrap();
    let fingerprints = |text: &str| {
        fs::write(folder.path().join("hosts.yml"), text).unwrap();
        let ran = Run::new(&["lint", "--format", "gitlab", "."]).folder(folder.path()).run();
        let report: Value = serde_json::from_str(&ran.stdout).unwrap();
        let of = |entry: &Value| entry["fingerprint"].as_str().unwrap().to_owned();
        report.as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let before = fingerprints("a: qemu:///sytem\nb: qemu:///sytem\nc: qemu:///sesion\n");
    assert_eq!(before.len(), 3);
    assert!(before.iter().all(|hash| hash.len() == 64), "{before:?}");
    assert!(before[0] != before[1] && before[1] != before[2] && before[0] != before[2]);
    let after = fingerprints("# a line\n\na: qemu:///sytem\nb: qemu:///sytem\nc: qemu:///sesion\n");
    assert_eq!(before, after);
}

#[test]
fn junit_is_xml_whatever_it_holds() {
    let folder = tempfile::tempdir().unwrap();
    let name = "<&\"']]>\u{1b}\u{ffff}.yml";
    fs::write(folder.path().join(name), "a: 'qemu:///sy<&\u{1}\u{fffe}]]>tem'\n").unwrap();
    let ran = Run::new(&["lint", "--format", "junit", ".", "--file", "<missing>"])
        .folder(folder.path())
        .run();
    let text = &ran.assert_code(2).stdout;
    // A parser that takes forbidden characters would hide them.
    assert!(!text.chars().any(
        |letter| letter < ' ' && letter != '\n' || ('\u{fffe}'..='\u{ffff}').contains(&letter)
    ));
    let report = roxmltree::Document::parse(text).unwrap();
    let count = |tag: &str| report.descendants().filter(|node| node.has_tag_name(tag)).count();
    let root = report.root_element();
    assert_eq!(root.attribute("tests"), Some(count("testcase").to_string().as_str()));
    assert_eq!(root.attribute("failures"), Some(count("failure").to_string().as_str()));
    assert!(count("failure") > 0);
    assert_eq!((root.attribute("errors"), count("error")), (Some("1"), 1));
    let suite = report.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!(suite.attribute("name"), Some("<&\"']]>␛\u{fffd}.yml"));
}

#[test]
fn several_formats_in_one_run() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("hosts.yml"), "a: qemu:///sytem\n").unwrap();
    let run = |arguments: &[&str]| {
        let arguments = [&["lint", "--format", "sarif=out.sarif"], arguments].concat();
        Run::new(&arguments).folder(folder.path()).run()
    };
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let ran = run(&["--format", "text=log=1.txt", "--color", "always", "."]);
    ran.assert_code(1).assert_says("\u{1b}[");
    assert!(ran.stdout.contains("misspelt-path"), "text is printed without being asked for");
    assert_eq!(sarif(&read("out.sarif"))["results"].as_array().unwrap().len(), 1);
    assert!(read("log=1.txt").contains("misspelt-path") && !read("log=1.txt").contains('\u{1b}'));
    // The report of the last run holds URIs; it is no inventory.
    let ran = run(&["--format", "json", "--format", "text=drawn.txt", "hosts.yml"]);
    assert!(ran.assert_code(1).stdout.starts_with('{'));
    assert!(read("drawn.txt").contains("^^^^^^"), "{}", read("drawn.txt"));
    fs::remove_file(folder.path().join("drawn.txt")).unwrap();
    let ran = run(&["--format", "json", "."]);
    let document: Value = serde_json::from_str(&ran.assert_code(1).stdout).unwrap();
    assert!(
        document["findings"].as_array().unwrap().iter().all(|found| found["file"] == "hosts.yml")
    );
    let ran = run(&["--format", "gitlab=-", "--quiet", "hosts.yml"]);
    assert!(ran.assert_code(1).stdout.starts_with("[\n"), "- is standard output");
}

#[test]
fn a_report_that_cannot_be_written_is_a_problem() {
    for command in ["lint", "check"] {
        let ran =
            Run::new(&[command, "--format=sarif=/no/such/x", "--format=json", "test:///default"])
                .run();
        ran.assert_code(2).assert_says("/no/such/x: the report cannot be written: No such file");
        let document: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(document["problems"][0]["kind"], "not-written");
    }
    Run::new(&["lint", "--format=sarif=/dev/full", "qemu:///sytem"])
        .run()
        .assert_code(2)
        .assert_says("No space left on device");
}

#[test]
fn a_reader_who_leaves_early_still_gets_the_files() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["lint", "check"] {
        let script = format!(
            "{} {command} --format jsonl --format junit=x.xml test:///default test:///x | true; exit ${{PIPESTATUS[0]}}",
            env!("CARGO_BIN_EXE_virt-doctor")
        );
        let mut bash = std::process::Command::new("bash");
        let status = bash.args(["-c", &script]).current_dir(folder.path()).status().unwrap();
        // It may have written all before the reader was gone.
        assert!(matches!(status.code(), Some(0 | 1)), "{command}: {status}");
        let text = fs::read_to_string(folder.path().join("x.xml")).unwrap();
        assert_eq!(text.matches("<testsuite ").count(), 2, "{text}");
        fs::remove_file(folder.path().join("x.xml")).unwrap();
    }
}

#[test]
fn outputs_that_make_no_sense() {
    for (arguments, says) in [
        (&["--format=json", "--format=sarif"][..], "one --format can be printed"),
        (&["--format=json", "--format=sarif=-"], "one --format can be printed"),
        (&["--format=json=x", "--format=sarif=x"], "would be written to x"),
        (&["--format=sarif="], "invalid value 'sarif='"),
        (&["--format=xml=x"], "invalid value 'xml'"),
        (&["--diff", "--format=sarif=x"], "--diff prints a diff"),
    ] {
        let arguments = [arguments, &["qemu:///system"]].concat();
        lint(&arguments).assert_code(2).assert_says(says);
    }
    Run::new(&["plan", "--format=sarif", "qemu:///system"]).run().assert_code(2);
    assert!(!Path::new(FIXTURE).join("x").exists());
}

/// GitHub and GitLab count from the root of the checkout, wherever the job stands.
#[test]
fn paths_begin_at_the_checkout() {
    let folder = tempfile::tempdir().unwrap();
    let top = folder.path().canonicalize().unwrap();
    fs::create_dir(top.join("infra")).unwrap();
    fs::write(top.join("infra/a b.yml"), "a: qemu:///sytem\n").unwrap();
    let run = |format: &str, variable: &str| {
        let run = Run::new(&["lint", "--format", format, "a b.yml"]).folder(top.join("infra"));
        run.env(variable, top.to_str().unwrap()).run().stdout
    };
    assert!(run("github", "GITHUB_WORKSPACE").starts_with("::error file=infra/a b.yml,"));
    assert!(run("gitlab", "CI_PROJECT_DIR").contains("\"path\": \"infra/a b.yml\""));
    let log = sarif(&run("sarif", "GITHUB_WORKSPACE"));
    let place = &log["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(place["uri"], "infra/a%20b.yml");
}

#[test]
fn completions_and_manual_pages() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        Run::new(&["completions", shell]).run().assert_code(0).assert_says("stdin-filename");
    }
    let script = Run::new(&["completions", "bash"]).run().stdout;
    let status = std::process::Command::new("bash").args(["-n", "-c", &script]).status().unwrap();
    assert!(status.success(), "bash can read it");
    let ran = Run::new(&["man"]).run();
    ran.assert_code(0).assert_says(".TH virt-doctor 1").assert_says("Exit codes");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    Run::new(&["man", "--dir", path]).run().assert_code(0);
    let lint = fs::read_to_string(folder.path().join("virt-doctor-lint.1")).unwrap();
    assert!(lint.contains(".TH virt-doctor-lint 1") && lint.contains("sarif"), "{lint}");
    assert!(folder.path().join("virt-doctor-rules-test.1").exists());
    Run::new(&["man", "--dir", "/no/such"]).run().assert_code(2).assert_says("/no/such/");
}

/// A finding about a URI, a known one, one silenced by comment and one for its path; and
/// what is to be said about comments, the configuration and the list themselves.
fn silenced() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        (
            "hosts.yml",
            "a: qemu+tcp://commented.example/system  # virt-doctor: ignore[plain-tcp] lab\n\
             b: qemu+tcp://known.example/system\n\
             c: qemu+ssh://l.example/system?keyfil=/k\n",
        ),
        ("none.yml", "# virt-doctor: ignore-file[plain-tcp] lab\nx: 1\n"),
        ("paths.yml", "a: qemu+tcp://path.example/system\n"),
        (
            "virt-doctor.toml",
            "[[paths]]\nmatch = \"paths.yml\"\nignore = [\"plain-tcp\"]\nreason = \"lab\"\n\n\
             [[paths]]\nmatch = \"old.yml\"\nignore = [\"plain-tcp\"]\nreason = \"lab\"\n\
             until = \"2026-01-01\"\n",
        ),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let head = "# virt-doctor baseline: findings that are known.";
    let entry = |host: &str| {
        format!(
            "  {{ file = \"hosts.yml\", rule = \"plain-tcp\", uri = \"qemu+tcp://{host}.example/system\", count = 1 }},\n"
        )
    };
    let known =
        format!("{head}\nversion = 1\nfindings = [\n{}{}]\n", entry("gone"), entry("known"));
    fs::write(folder.path().join("known.toml"), known).unwrap();
    folder
}

#[test]
fn what_is_silenced_is_in_no_report_and_the_rest_stands_in_its_file() {
    let folder = silenced();
    let report = |format: &str| {
        let common = ["lint", "--today", "2026-06-01", "--baseline", "known.toml", "."];
        let ran = Run::new(&[&common[..], &["--format", format]].concat());
        let ran = ran.folder(folder.path()).run().assert_code(1).stdout.clone();
        for word in ["commented", "known.example", "path.example"] {
            assert!(!ran.contains(word), "{format}: {ran}");
        }
        ran
    };
    let expected = [
        ("hosts.yml", 3, "misspelt-parameter"),
        ("none.yml", 1, "unused-suppression"),
        ("virt-doctor.toml", 10, "expired-suppression"),
        ("known.toml", 4, "stale-baseline-entry"),
    ];
    let summary = serde_json::from_str::<Value>(&report("json")).unwrap()["summary"].clone();
    assert_eq!((&summary["suppressed"], &summary["baselined"]), (&json!(2), &json!(1)));

    let sarif = sarif(&report("sarif"));
    let gitlab: Value = serde_json::from_str(&report("gitlab")).unwrap();
    let (concise, github, junit) = (report("concise"), report("github"), report("junit"));
    assert_eq!(sarif["results"].as_array().unwrap().len(), expected.len());
    assert_eq!(gitlab.as_array().unwrap().len(), expected.len());
    assert_eq!(concise.lines().count(), expected.len());
    assert_eq!(github.lines().count(), expected.len());
    assert!(junit.contains("tests=\"5\" failures=\"4\" errors=\"0\""), "{junit}");
    for (at, (file, line, rule)) in expected.into_iter().enumerate() {
        let place = &sarif["results"][at]["locations"][0]["physicalLocation"];
        assert_eq!(sarif["results"][at]["ruleId"], rule);
        assert_eq!(place["artifactLocation"]["uri"], file);
        assert_eq!(place["region"]["startLine"], line);
        let location = json!({"path": file, "lines": {"begin": line, "end": line}});
        assert_eq!(gitlab[at]["location"], location);
        assert!(concise.contains(&format!("{file}:{line}:")), "{concise}");
        assert!(github.contains(&format!(" file={file},line={line},")), "{github}");
        let suite = junit.split("<testsuite name=").find(|suite| suite.contains(rule)).unwrap();
        assert!(suite.starts_with(&format!("\"{file}\"")), "{junit}");
        assert!(suite.contains(&format!("file=\"{file}\" line=\"{line}\"")), "{junit}");
    }
}
