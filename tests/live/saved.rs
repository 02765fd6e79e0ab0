//! Evidence that one machine saves and another one judges.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::contract;
use crate::lab::{Host, Lab, PROGRAM, SERVER};

/// What a colleague reads: no network, another user, another environment.
fn replay(file: &Path, arguments: &[&str]) -> Output {
    Command::new("unshare")
        .args(["-n", env!("CARGO_BIN_EXE_virt-doctor"), "check", "--evidence"])
        .arg(file)
        .args(arguments)
        .env_clear()
        .env("HOME", "/nowhere")
        .current_dir("/")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The same in text and JSON as it was said there.
fn assert_same(host: &Host, uris: &[&str]) -> String {
    let file = host.home().join("evidence.json");
    let saving = ["check", "--save-evidence", file.to_str().unwrap()];
    let said = |output: &Output| (output.status.code(), text(&output.stdout), text(&output.stderr));
    let live = host.as_user(&[], PROGRAM, &[&saving[..], uris].concat());
    assert_eq!(said(&replay(&file, &[])), said(&live));
    let json = ["--format", "json"];
    let live = host.as_user(&[], PROGRAM, &[&saving[..], &json, uris].concat());
    let replayed = replay(&file, &json);
    let mut documents =
        [&replayed, &live].map(|output| serde_json::from_slice::<Value>(&output.stdout).unwrap());
    contract::assert_valid("check_document", &documents[0]);
    documents.iter_mut().for_each(forget_places_behind_secrets);
    let [replayed_document, live_document] = documents;
    assert_eq!(replayed_document, live_document);
    assert_eq!(replayed.status.code(), live.status.code());
    let saved = fs::read_to_string(file).unwrap();
    contract::assert_valid_evidence(&serde_json::from_str(&saved).unwrap());
    saved
}

/// Places are those in the URI itself, and `***` may be shorter than the secret.
fn forget_places_behind_secrets(value: &mut Value) {
    let has_secret = value["uri"].as_str().is_some_and(|uri| uri.contains("***"));
    match value {
        Value::Array(items) => items.iter_mut().for_each(forget_places_behind_secrets),
        Value::Object(fields) => {
            if has_secret && fields.contains_key("rule") {
                fields.retain(|name, _| !["start", "end", "labels", "fixes"].contains(&&**name));
            }
            fields.values_mut().for_each(forget_places_behind_secrets);
        }
        _ => {}
    }
}

#[test]
fn what_was_seen_is_judged_elsewhere() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.client.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    lab.client.write_home(
        ".config/libvirt/libvirt.conf",
        "uri_aliases = [ 'src=qemu+ssh://192.0.2.2/system' ]\n",
        0o600,
    );
    let uris = [
        &format!("qemu+ssh://{SERVER}/system"),
        &format!("qemu+ssh://nobody@{SERVER}/system"),
        &format!("qemu+tls://{SERVER}/system"),
        &format!("qemu+tcp://{SERVER}:16999/system"),
        "qemu+ext:///system?command=/bin/true",
        "qemu+ssh://nobody.test/system",
        "qemu:///system",
        "qemu:///session",
        "qemu+sssh://x.test/system",
        "src",
        "srx",
        "",
    ];
    let saved = assert_same(&lab.client, &uris);
    let saved: Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(saved["targets"].as_array().unwrap().len(), uris.len());
    assert_same(&lab.client, &uris[..1]);
}

/// Judging opens no socket and starts no program.
#[test]
fn a_file_is_judged_without_looking() {
    let lab = Lab::new().with_sshd("");
    let file = lab.client.home().join("evidence.json");
    let uris = [format!("qemu+ssh://{SERVER}/system"), format!("qemu+tcp://{SERVER}/system")];
    let name = file.to_str().unwrap();
    let output = lab.client.as_user(
        &[],
        PROGRAM,
        &["check", "--save-evidence", name, &uris[0], &uris[1], "qemu:///system"],
    );
    assert_eq!(output.status.code(), Some(1));
    let calls = |arguments: &[&str]| {
        let log = lab.client.folder.join("calls.log");
        let status = Command::new("unshare")
            .args(["-n", "strace", "-f", "-e", "trace=%network,%process", "-o"])
            .arg(&log)
            .arg(env!("CARGO_BIN_EXE_virt-doctor"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(1));
        let log = fs::read_to_string(log).unwrap();
        log.lines()
            .filter_map(|line| line.split_whitespace().nth(1)?.split_once('('))
            .map(|(call, _)| call.to_owned())
            .filter(|call| !["exit_group", "arch_prctl", "exit"].contains(&call.as_str()))
            .collect::<Vec<String>>()
    };
    for words in [&["check", "--evidence", name][..], &["--evidence", name]] {
        assert_eq!(calls(words), ["execve"], "the start of the command itself, and nothing else");
    }
    let looking = calls(&["check", "qemu:///system?socket=/nonexistent"]);
    assert!(looking.contains(&"socket".to_owned()), "{looking:?}");
}

#[test]
fn no_secret_is_saved() {
    let lab = Lab::new().with_sshd("").with_known_host().with_libvirtd("");
    lab.client.write_home(
        ".config/libvirt/libvirt.conf",
        "# hunter2 is the old one\nuri_aliases = [ 'src=qemu+tcp://joe:hunter2@192.0.2.2/system?password=hunter2',\n 'two=esx://192.0.2.2/?token=hunter2' ]\nuri_default = \"qemu+ssh://joe:hunter2@192.0.2.2/system\"\n",
        0o600,
    );
    lab.client.write_home(
        ".ssh/config",
        "Host far.test\n  ProxyCommand env PW=hunter2 nc.openbsd 192.0.2.2 22\n",
        0o600,
    );
    let saved = assert_same(
        &lab.client,
        &[
            "qemu+ssh://far.test/system",
            // ssh takes all of it for the user, and quotes it.
            "qemu+ssh://joe:hunter2@192.0.2.2/system",
            "qemu+ssh://joe%3Ahunter2@192.0.2.2/system?password=hunter2&x=1",
            "qemu+ssh://192.0.2.2/system?command=/bin/sh&db_token=hunter2",
            "src",
            "sr",
        ],
    );
    assert!(!saved.contains("hunter2"), "{saved}");
    assert!(saved.contains("env *** ***"), "{saved}");
    for (uri, said) in [
        ("qemu+ssh://joe:hunter2@192.0.2.2/system", "joe:***@192.0.2.2: Permission denied"),
        ("qemu+tcp://192.0.2.2/system?pass=hunter2", "pass=***"),
        ("qemu+ssh://joe:hun%74er2@192.0.2.2/system", "joe:***"),
        ("", "uri_default"),
    ] {
        let file = lab.client.home().join("one.json");
        let all = ["check", "--save-evidence", file.to_str().unwrap(), uri];
        let variable = [("LIBVIRT_DEFAULT_URI", "qemu+ssh://joe:hunter2@192.0.2.2/system")];
        lab.client.as_user(&variable, PROGRAM, &all);
        let saved = fs::read_to_string(&file).unwrap();
        assert!(!saved.contains("hunter2") && saved.contains(said), "{uri}: {saved}");
    }
}

/// A `/` in the password ends the host to libvirt; `***` does not.
#[test]
fn a_secret_that_decides_how_the_uri_is_read_is_told() {
    let lab = Lab::new();
    let file = lab.client.home().join("evidence.json");
    let uri = "qemu+tcp://joe:12/secret@192.0.2.2/system";
    let live = lab.client.as_user(
        &[],
        PROGRAM,
        &["check", "--save-evidence", file.to_str().unwrap(), uri],
    );
    let told = "reads this URI otherwise without its secret";
    assert!(text(&live.stderr).contains(told), "{}", text(&live.stderr));
    assert_eq!(live.status.code(), Some(1));
    assert!(text(&replay(&file, &[]).stderr).contains(told));
}

#[test]
fn a_file_that_is_no_evidence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.json");
    for (text_of_file, why) in [
        ("", "no evidence"),
        ("[]", "no evidence"),
        ("{\"evidence_version\": 99}", "of version 99"),
        ("{\"evidence_version\": 1, \"targets\": []}", "no evidence"),
    ] {
        fs::write(&file, text_of_file).unwrap();
        let output = replay(&file, &[]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
    for (name, arguments, why) in [
        ("/nonexistent", &[][..], "No such file"),
        ("/", &[], "directory"),
        ("/", &["qemu:///system"], "cannot be used with"),
        ("/", &["--client", "libvirt"], "--client makes no sense"),
    ] {
        let output = replay(Path::new(name), arguments);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}

#[test]
fn a_file_that_cannot_be_written_is_told() {
    let lab = Lab::new();
    let all = ["check", "--save-evidence", "/nonexistent/e.json", "test:///default"];
    let output = lab.client.as_user(&[], PROGRAM, &all);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stdout).contains("ok: nothing here can fail"));
    assert!(text(&output.stderr).contains("the evidence cannot be written: No such file"));
}
