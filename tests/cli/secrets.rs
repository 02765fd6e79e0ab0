//! No password and no escape sequence reaches a terminal or a log, in any format.

use proptest::prelude::*;
use virt_doctor::Client;
use virt_doctor::lint::Linter;
use virt_doctor::settings::Machine;

use crate::run::Run;

/// What people make of a URI with a password; `{}` is where it stands.
const SHAPES: &[&str] = &[
    "qemu+ssh://joe:{}@kvm1.example/sytem",
    "qemu+ssh://joe:{}@kvm1.example:0/system?password={}&x=\u{1b}[2J",
    "qemu+ssh://joe:{}@/system",
    "qemu+tcp://joe:{}@kvm1.example/",
    "qemu+ssh://joe:{} @kvm1.example/system",
    "qemu+sssh://joe:{}@kvm1.example/system?token={}",
    "ssh://joe:{}@kvm1.example/system",
    "qemu:///system?passwd={}\u{202e}",
    "qemu+ssh:/joe:{}@kvm1.example/system",
    "qemu+ssh:///joe:{}@kvm1.example/system",
    "qemu+ssh:joe:{}@kvm1.example/system",
    "qemu+ssh//joe:{}@kvm1.example/system",
    "joe:{}@kvm1.example",
    "qemu+ssh://:{}@kvm1.example/system",
    "qemu+ssh://joe@corp.example:{}@kvm1.example/system",
    "qemu+libssh://joe:{}@kvm1.example/system?sshauth=password",
    "qemu+ssh://joe%3A{}@kvm1.example/system",
    "qemu+ssh://kvm1.example/system?name=qemu://joe:{}@kvm2.example/system",
    "qemu+ssh://kvm1.example/system?name=qemu%3A%2F%2Fjoe%3A{}%40kvm2.example%2Fsystem",
    "esx://kvm1.example/?proxy=http://joe:{}@proxy.example:3128",
    "qemu+ssh://kvm1.example/system&password={}",
    "qemu+ssh://kvm1.example/system?a=1;password={}&c=3",
    "qemu+ssh://kvm1.example/system?x=1&amp;password={}&y=2",
    "qemu+ssh://kvm1.example/system#password={}",
    "qemu+ssh://joe:{}@kvm1.example/system?mode=direct",
    "qemu+unix://joe:{}@kvm1.example/system",
    "qemu://joe:{}@system",
];

/// Passwords with delimiters in them, or so that they are read as something else.
const PASSWORDS: &[&str] = &[
    "geheim77geheim77",
    "geheim77%68unter2",
    "geheim77/geheim77",
    "geheim77?geheim77",
    "geheim77#geheim77",
    "geheim77@geheim77",
    "geheim77'geheim77",
    "12/geheim77",
];

fn uris(password: &str) -> Vec<String> {
    // `joe@corp.example:12/` is a user, a host and a port, whatever follows.
    let is_port = |shape: &&&str| password.starts_with("12/") && shape.contains("corp");
    let shapes = SHAPES.iter().filter(|shape| !is_port(shape));
    shapes.map(|shape| shape.replace("{}", password)).collect()
}

/// The outputs of a command in every format.
fn outputs(arguments: &[&str], uris: &[String]) -> Vec<(String, String)> {
    let mut outputs = Vec::new();
    for (format, color) in [
        ("text", "never"),
        ("text", "always"),
        ("concise", "never"),
        ("json", "always"),
        ("jsonl", "never"),
        ("sarif", "never"),
        ("github", "never"),
        ("gitlab", "never"),
        ("junit", "never"),
    ] {
        let is_for_platforms = !["text", "concise", "json", "jsonl"].contains(&format);
        if is_for_platforms && arguments[0] != "lint" {
            continue;
        }
        let mut all = [arguments, &["--format", format, "--color", color]].concat();
        for uri in uris {
            all.extend(["--uri", uri]);
        }
        let ran = Run::new(&all).run();
        assert!(!ran.stderr.contains("panicked"), "{}", ran.stderr);
        outputs.push((format!("{all:?}"), format!("{}{}", ran.stdout, ran.stderr)));
    }
    outputs
}

#[track_caller]
fn assert_hidden(outputs: &[(String, String)]) {
    for (call, said) in outputs {
        assert!(said.contains("***"), "{call}: {said}");
        for wrong in ["geheim77", "\u{1b}[2J", "\u{202e}"] {
            let line = said.lines().find(|line| line.contains(wrong));
            assert_eq!(line, None, "{call}");
        }
    }
}

#[test]
fn hidden_by_lint_and_plan() {
    for password in PASSWORDS {
        let uris = uris(password);
        assert_hidden(&outputs(&["lint", "--client", "all"], &uris));
        assert_hidden(&outputs(&["plan", "--client", "all"], &uris));
    }
}

#[test]
fn hidden_in_differences() {
    for password in PASSWORDS {
        let uris = uris(password);
        let mut arguments = vec!["lint", "--diff", "--unsafe-fixes"];
        for uri in &uris {
            arguments.extend(["--uri", uri]);
        }
        let ran = Run::new(&arguments).run();
        let said = format!("{}{}", ran.stdout, ran.stderr);
        let line = said.lines().find(|line| line.contains("geheim77"));
        assert_eq!((said.contains("***"), line), (true, None), "{password}");
    }
}

/// The client refuses these before it touches anything, so that nothing is looked at.
#[test]
fn hidden_by_check() {
    let refused: Vec<String> = [
        "qemu+sssh://joe:geheim77geheim77@kvm1.example/system?token=geheim77geheim77",
        "qemu+ssh//joe:geheim77geheim77@kvm1.example/system",
        "qemu+ssh://joe:geheim77/geheim77@kvm1.example/system",
        "qemu+ssh://joe:geheim77?geheim77@kvm1.example/system",
        "qemu+ssh://joe:geheim77#geheim77@kvm1.example/system",
        "qemu+unix://joe%3Ageheim77geheim77@kvm1.example/system",
        "esx://kvm1.example/?proxy=http://joe:geheim77geheim77@proxy.example:3128",
    ]
    .map(str::to_owned)
    .to_vec();
    assert_hidden(&outputs(&["check"], &refused));
}

#[test]
fn hidden_in_report_files() {
    let folder = tempfile::tempdir().unwrap();
    let formats = ["text", "concise", "json", "jsonl", "sarif", "github", "gitlab", "junit"];
    let outputs = formats.map(|format| format!("--format={format}={format}"));
    for command in ["lint", "check"] {
        let mut arguments = vec![command, "--select", "uri,transport,security"];
        arguments.extend(outputs.iter().map(String::as_str));
        arguments
            .push("qemu+sssh://joe:geheim77geheim77@kvm1.example/system?token=geheim77geheim77");
        arguments.push("qemu+sssh://joe:geheim77geheim77@\u{1b}[2J/");
        Run::new(&arguments).folder(folder.path()).run().assert_code(1);
        for format in formats {
            let said = std::fs::read_to_string(folder.path().join(format)).unwrap();
            assert_hidden(&[(format!("{command} {format}"), said)]);
        }
    }
}

#[test]
fn hidden_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hosts.yml");
    let lines: Vec<String> = PASSWORDS
        .iter()
        .filter(|password| !password.contains('\''))
        .flat_map(|password| uris(password))
        // Where no scheme stands, no URI is seen in a file.
        .filter(|uri| !uri.starts_with("joe") && !uri.contains("ssh//"))
        .map(|uri| format!("libvirt_uri: '{uri}'\n"))
        .collect();
    std::fs::write(&file, lines.concat()).unwrap();
    let path = file.to_str().unwrap();
    for command in ["lint", "plan", "uris"] {
        assert_hidden(&outputs(&[command, path], &[]));
    }
    let ran = Run::new(&["lint", "--diff", "--unsafe-fixes", path]).run();
    assert!(ran.stdout.contains("***") && !ran.stdout.contains("geheim77"), "{}", ran.stdout);
}

#[test]
fn hidden_in_a_baseline_and_what_is_said_of_it() {
    let folder = tempfile::tempdir().unwrap();
    for (at, password) in PASSWORDS.iter().enumerate() {
        let lines: Vec<String> = uris(password)
            .iter()
            .filter(|uri| !uri.starts_with("joe") && !uri.contains("ssh//"))
            .map(|uri| format!("{{\"libvirt_uri\": \"{}\"}}\n", uri.replace('"', "\\\"")))
            .collect();
        std::fs::write(folder.path().join(format!("{at}.json")), lines.concat()).unwrap();
    }
    let common = ["lint", "--baseline", "known.toml", "."];
    let lint = |arguments: &[&str]| {
        let ran = Run::new(&[&common[..], arguments].concat()).folder(folder.path()).run();
        format!("{}{}", ran.stdout, ran.stderr)
    };
    let updated = lint(&["--update-baseline"]);
    let list = std::fs::read_to_string(folder.path().join("known.toml")).unwrap();
    let sarif = lint(&["--format", "sarif"]);
    assert!(sarif.contains("\"unchanged\"") && !updated.contains("geheim77"), "{updated}");
    assert_hidden(&[("the list".to_owned(), list), ("sarif".to_owned(), sarif)]);
    // The list is quoted where it is wrong.
    for at in 0..PASSWORDS.len() {
        std::fs::write(folder.path().join(format!("{at}.json")), "{}\n").unwrap();
    }
    assert_hidden(&[("text".to_owned(), lint(&["--allow-empty"]))]);
}

#[test]
fn fixed_text_keeps_its_secrets_and_the_report_does_not() {
    let text = "a: \"qemu+ssh:///joe:geheim77geheim77@kvm1.example/system\"\n\
        b: \"qemu+ssh://joe%3Ageheim77@kvm1.example/system?keyfile=/a b\"\n";
    let ran = Run::new(&["lint", "--fix", "-"]).stdin(text).run();
    assert!(ran.stdout.contains("joe:geheim77geheim77@"), "{}", ran.stdout);
    assert!(ran.stdout.contains("joe%3Ageheim77@kvm1.example/system?keyfile=/a%20b"));
    assert!(ran.stderr.contains("***") && !ran.stderr.contains("geheim77"), "{}", ran.stderr);
}

#[test]
fn a_common_word_as_password_leaves_the_rest_readable() {
    for (uri, lines) in [
        (
            "qemu+ssh://joe:ssh@h.example/system",
            [
                "qemu+ssh://joe:***@h.example/system",
                "transport  ssh: the program ssh",
                "ssh -l joe:*** -T",
            ],
        ),
        (
            "qemu+ssh://joe:system@h.example/system",
            ["qemu+ssh://joe:***@h.example/system", "asks for   qemu:///system", "-l joe:*** -T"],
        ),
        (
            "qemu+ssh://joe:1@h.example:1/system",
            ["qemu+ssh://joe:***@h.example:1/system", "port       1", "ssh -p 1 -l joe:*** -T"],
        ),
        (
            "qemu+ssh://joe:h.example@h.example/system",
            ["qemu+ssh://joe:***@h.example/system", "host       h.example", "-l joe:*** -T"],
        ),
    ] {
        let ran = Run::new(&["plan", "--uri", uri]).run();
        for line in lines {
            assert!(ran.stdout.contains(line), "{line:?} is not in\n{}", ran.stdout);
        }
        let json = Run::new(&["plan", "--format", "json", "--uri", uri]).run();
        json.assert_says("\"program\": \"ssh\"").assert_says("\"user\": \"joe:***\"");
    }
    let ran = Run::new(&["plan", "--format", "json", "--uri", "qemu:///system?password=ssh"]).run();
    ran.assert_says("\"value\": \"***\"");
}

#[test]
fn a_fix_leaves_no_empty_user() {
    for (uri, mended) in [
        ("qemu+ssh://:geheim77@h.example/system", "+qemu+ssh://h.example/system"),
        ("qemu+ssh://joe:@h.example/system", "+qemu+ssh://joe@h.example/system"),
        ("qemu+ssh://:@h.example/system", "+qemu+ssh://h.example/system"),
        ("qemu+ssh://joe%3Ageheim77@h.example/system", "+qemu+ssh://joe@h.example/system"),
    ] {
        Run::new(&["lint", "--diff", "--unsafe-fixes", "--uri", uri]).run().assert_says(mended);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// A secret that nobody could mistake for a word of this program.
    #[test]
    fn no_finding_holds_a_secret(
        secret in "Q[A-Za-z0-9/?#@:!%$+.,~_-]{6,20}Q",
        shape in prop::sample::select(SHAPES),
    ) {
        let uri = shape.replace("{}", &secret);
        for client in Client::ALL {
            let linter = Linter::new(client, Machine::fixed("2026-01-01".into()));
            for finding in linter.lint(uri.as_bytes()) {
                let said = format!("{finding:?}");
                prop_assert!(!said.contains(&secret), "{uri}: {said}");
            }
        }
    }
}

proptest! {
    // Each case is a process.
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_plan_holds_a_secret(secret in "Q[A-Za-z0-9/?#@:!$+.,~_-]{6,20}Q") {
        for format in ["text", "json"] {
            let uris = uris(&secret);
            let mut arguments = vec!["plan", "--client", "all", "--format", format];
            for uri in &uris {
                arguments.extend(["--uri", uri]);
            }
            let ran = Run::new(&arguments).run();
            let line = ran.stdout.lines().find(|line| line.contains(&secret));
            prop_assert_eq!(line, None, "{}", secret);
        }
    }
}
