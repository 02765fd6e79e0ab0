//! The same check as another host sees it.

use std::fs;

use serde_json::Value;

use crate::lab::{CLIENT, Checked, Lab, PROGRAM, SERVER, USER};

/// A server with a login and libvirtd, and with virt-doctor where logins find it.
fn with_doctor() -> Lab {
    let lab = Lab::new();
    let folder = lab.server.programs(&[&format!("virt-doctor={PROGRAM}")]);
    lab.with_sshd(&format!("SetEnv PATH={folder}:/usr/bin:/bin"))
        .with_key()
        .with_known_host()
        .with_libvirtd("")
}

fn check(lab: &Lab, arguments: &[&str]) -> Checked {
    lab.client.check(&[], &[&["--from", "server.test"], arguments].concat())
}

#[test]
fn virt_doctor_there_looks() {
    let lab = with_doctor();
    lab.client.check(&[], &["qemu:///system"]).assert_cause("socket-missing");
    let there = check(&lab, &["qemu:///system"]);
    there.assert_ok();
    assert_eq!(there.target()["from"], "server.test");
    // The second hop: from the server to this host, where nobody listens.
    let back = check(&lab, &[&format!("qemu+tcp://{CLIENT}/system"), "qemu:///system"]);
    back.assert_cause("port-refused");
    assert_eq!(back.document["targets"][1]["verdict"], "ok");
    let words = ["check", "--from", "server.test", "qemu:///system"];
    let said = lab.client.as_user(&[], PROGRAM, &words);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.starts_with("qemu:///system   seen from server.test\n"), "{said}");
}

#[test]
fn aliases_and_defaults_are_those_of_the_other_host() {
    let lab = with_doctor();
    lab.server.write_home(
        ".config/libvirt/libvirt.conf",
        "uri_default = \"test:///default\"\nuri_aliases = [ 'src=qemu:///system' ]\n",
        0o600,
    );
    assert_eq!(check(&lab, &["src"]).target()["uri"], "qemu:///system");
    assert_eq!(check(&lab, &[]).target()["uri"], "test:///default");
    let readonly = check(&lab, &["-r", "src"]);
    assert_eq!(readonly.target()["plan"]["readonly"], true);
}

#[test]
fn a_secret_is_in_no_list_of_processes_and_in_no_file() {
    let lab = with_doctor();
    let file = lab.client.home().join("e.json");
    let uri = format!("qemu+tcp://joe:geheim77@{SERVER}/system");
    let saving = ["--save-evidence", file.to_str().unwrap(), &uri];
    let checked = check(&lab, &saving);
    assert_eq!(checked.target()["verdict"], "ok", "{:#}", checked.document);
    let saved = fs::read_to_string(&file).unwrap();
    assert!(!saved.contains("geheim77") && saved.contains("joe:***@"), "{saved}");
    let replayed = lab.client.check(&[], &["--evidence", file.to_str().unwrap()]);
    assert_eq!(replayed.target()["findings"], checked.target()["findings"]);
}

#[test]
fn a_host_that_cannot_be_asked() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host();
    for (host, why) in [
        ("-oProxyCommand=touch", "--from takes a host"),
        ("nosuch@server.test", "ssh says: nosuch@server.test: Permission denied"),
        (CLIENT, "ssh says: ssh: connect to host 192.0.2.1 port 22: Connection refused"),
    ] {
        let words = ["check", &format!("--from={host}"), "qemu:///system"];
        let output = lab.client.as_user(&[], PROGRAM, &words);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(why), "{said}");
        assert_eq!(output.status.code(), Some(2), "{USER}: {said}");
    }
}

/// Evidence on standard output stands alone there.
#[test]
fn evidence_to_standard_output() {
    let lab = Lab::new();
    let words = ["check", "--save-evidence", "-", "test:///default"];
    let output = lab.client.as_user(&[], PROGRAM, &words);
    let saved: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(saved["targets"][0]["uri"], "test:///default");
    assert_eq!(output.status.code(), Some(0));
}
