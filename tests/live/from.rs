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

/// Without virt-doctor there.
fn with_shell() -> Lab {
    let lab = Lab::new().with_sshd("").with_key().with_known_host();
    lab.server.sh("! command -v virt-doctor");
    lab
}

#[test]
fn a_shell_there_sees_name_port_and_socket() {
    let lab = with_shell();
    let missing = check(&lab, &["qemu:///system"]);
    missing.assert_cause("socket-missing");
    assert_eq!(missing.statuses()[2], "daemon not-reached");
    lab.server.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    let closed = check(&lab, &["qemu:///system"]);
    closed.assert_cause("socket-not-permitted");
    assert!(closed.cause()["message"].as_str().unwrap().contains("0770 root:libvirt"));
    lab.server.sh("chmod 777 /run/libvirt/libvirt-sock");
    let open = check(&lab, &["qemu:///system"]);
    assert_eq!(open.target()["verdict"], "unsure", "{:#}", open.document);
    assert_eq!(open.statuses(), ["uri ok", "local ok", "daemon skipped", "driver skipped"]);
    let refused = check(&lab, &[&format!("qemu+ssh://{CLIENT}/system")]);
    refused.assert_cause("port-refused");
    let unknown = check(&lab, &["qemu+tcp://nobody.test/system"]);
    unknown.assert_cause("name-unknown");
    let by_name = check(&lab, &["qemu+tcp://server.test/system", "qemu+tls://server.test/system"]);
    assert_eq!(by_name.hop("name")["evidence"]["resolution"]["addresses"][0], SERVER);
    assert_eq!(by_name.hop("network")["status"], "ok");
    assert_eq!(by_name.target()["verdict"], "unsure");
    assert_eq!(by_name.document["targets"][1]["cause"], "ca-certificate-missing");
    let words = ["check", "--from", "server.test", "qemu:///system"];
    let said = lab.client.as_user(&[], PROGRAM, &words);
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.contains("· daemon   not to be seen with a shell only\n"), "{said}");
}

/// libvirt.conf, the user and the installed libvirt are those of the other host.
#[test]
fn a_shell_there_tells_of_its_machine() {
    let lab = with_shell();
    lab.server.write_home(
        ".config/libvirt/libvirt.conf",
        "uri_default = \"test:///default\"\nuri_aliases = [ 'src=qemu:///session' ]\n",
        0o600,
    );
    assert_eq!(check(&lab, &["src"]).target()["uri"], "qemu:///session");
    check(&lab, &[]).assert_ok();
    // Nothing is left there, and what stands in a URI is no command.
    let files = || lab.server.sh(&format!("find /run {} | sort", lab.server.home().display()));
    let before = files();
    let proof = "/tmp/vd-proof-of-run";
    check(
        &lab,
        &[
            &format!("qemu+tcp://h';touch%20{proof};'/system"),
            "qemu:///system?socket=/x';touch%20/tmp/vd-proof-of-run;'",
        ],
    );
    assert!(!fs::exists(proof).unwrap());
    assert_eq!(files(), before);
}

#[test]
fn without_bash_nc_tells_of_ports() {
    let lab = Lab::new();
    let folder = lab.server.programs(&[
        "nc=/bin/nc.openbsd",
        "sh",
        "id",
        "ssh",
        "getent",
        "ls",
        "readlink",
        "tail",
        "cat",
    ]);
    let lab = lab.with_sshd(&format!("SetEnv PATH={folder}")).with_key().with_known_host();
    let refused = check(&lab, &[&format!("qemu+tcp://{CLIENT}/system")]);
    refused.assert_cause("port-refused");
    let open = check(&lab, &[&format!("qemu+ssh://{SERVER}/system")]);
    assert_eq!(open.hop("network")["status"], "ok", "{:#}", open.document);
}
