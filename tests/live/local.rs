//! The local socket.

use crate::lab::{Lab, USER};

const URI: &str = "qemu:///system";

#[test]
fn healthy_unix() {
    let lab = Lab::new();
    lab.client.libvirtd("");
    assert!(lab.client.virsh(&[], URI).is_ok());
    let checked = lab.client.check(&[], &[URI]);
    checked.assert_ok();
    let socket = &checked.hop("local")["evidence"]["socket"];
    assert_eq!(socket["peer"]["process"], "libvirtd");
    assert_eq!((&socket["kind"], &socket["connect"]), (&"socket".into(), &"accepted".into()));
    assert!(
        socket["folders"].as_array().unwrap().iter().all(|folder| folder["searchable"] == true)
    );
}

#[test]
fn the_daemon_is_down() {
    let lab = Lab::new();
    let missing = lab.client.check(&[], &[URI]);
    missing.assert_cause("socket-missing");
    assert_eq!(Err(missing.quote()), lab.client.virsh(&[], URI));
    lab.client.libvirtd("");
    let pid = format!("$(cat {}/libvirtd.pid)", lab.client.folder.display());
    lab.client.sh(&format!("kill -9 {pid}"));
    // A dying daemon still accepts.
    lab.client.until(&format!("! kill -0 {pid} 2>/dev/null"));
    let stale = lab.client.check(&[], &[URI]);
    stale.assert_cause("socket-refused");
    assert_eq!(Err(stale.quote()), lab.client.virsh(&[], URI));
}

#[test]
fn this_user_may_not() {
    let lab = Lab::new();
    lab.client.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    let checked = lab.client.check(&[], &[URI]);
    checked.assert_cause("socket-not-permitted");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], URI));
    assert_eq!(checked.cause()["remedy"][0]["command"], format!("usermod -aG libvirt {USER}"));
    // The read-only twin is seen beside it.
    let others = checked.hop("local")["evidence"]["other_sockets"].as_array().unwrap();
    assert!(others.iter().any(
        |other| other["path"] == "/var/run/libvirt/libvirt-sock-ro" && other["listens"] == true
    ));
    lab.client.sh("chmod 700 /run/libvirt");
    let closed = lab.client.check(&[], &[URI]);
    closed.assert_cause("socket-not-permitted");
    assert!(
        closed.cause()["message"].as_str().unwrap().contains("folder /var/run/libvirt is closed"),
        "{}",
        closed.cause()
    );
}

#[test]
fn a_group_that_is_granted_but_not_active() {
    let lab = Lab::new();
    lab.client.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    lab.client.sh(&format!("usermod -aG libvirt {USER}"));
    lab.client.check(&[], &[URI]).assert_ok();
    // A session from before: the group is in the database, not in the process.
    let output = lab.client.sh(&format!(
        "setpriv --reuid {USER} --regid {USER} --clear-groups env HOME={} {} check --format json {URI} || true",
        lab.client.home().display(),
        env!("CARGO_BIN_EXE_virt-doctor")
    ));
    let document: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(document["targets"][0]["cause"], "socket-group-not-active", "{document:#}");
}

#[test]
fn something_else_in_its_place() {
    let lab = Lab::new();
    lab.client.sh("mkdir -m 777 /run/folder; touch /run/file; chmod 666 /run/file");
    for path in ["/run/folder", "/run/file"] {
        let uri = format!("qemu:///system?socket={path}");
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause("not-a-socket");
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    }
}

/// The user's own daemon would be started by the client; a check starts nothing.
#[test]
fn a_session_daemon_is_not_started() {
    let lab = Lab::new();
    let checked = lab.client.check(&[], &["qemu:///session"]);
    assert_eq!(checked.target()["verdict"], "unsure", "{:#}", checked.document);
    let findings = checked.target()["findings"].as_array().unwrap();
    assert!(findings.iter().all(|finding| finding["severity"] != "error"), "{findings:#?}");
    assert!(!lab.client.sh("ps ax -o args=").contains("libvirtd"));
    let forbidden = lab.client.check(&[("LIBVIRT_AUTOSTART", "0")], &["qemu:///session"]);
    forbidden.assert_cause("socket-missing");
}

#[test]
fn a_name_and_a_path_that_no_file_has() {
    let lab = Lab::new();
    let long = format!("/{}", "x".repeat(200));
    for (socket, rule) in
        [("@abs", "abstract-socket"), ("", "empty-socket"), (&long, "socket-too-long")]
    {
        let uri = format!("qemu+unix:///system?socket={socket}");
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause(rule);
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    }
}

#[test]
fn a_program_that_is_not_here() {
    let lab = Lab::new();
    for program in ["/nonexistent", "nonexistent"] {
        let uri = format!("qemu+ext:///system?command={program}");
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause("program-missing");
        if program == "nonexistent" {
            // Of a path its child says so, and virsh may be the quicker one to give up.
            let said = lab.client.virsh(&[], &uri).unwrap_err();
            assert!(said.ends_with(&checked.quote()), "{said}");
        }
        let rules: Vec<&str> = checked.target()["findings"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|finding| finding["rule"].as_str())
            .collect();
        assert_eq!(rules, ["program-in-uri", "program-missing"]);
    }
}

#[test]
fn the_test_driver_opens_what_is_there() {
    let lab = Lab::new();
    let made_up = lab.client.check(&[], &["test:///default"]);
    made_up.assert_ok();
    assert!(lab.client.virsh(&[], "test:///default").is_ok());
    for (uri, rule) in [
        ("test:///nonexistent.xml", "test-file-missing"),
        ("test:///Default", "test-default-misspelt"),
    ] {
        let checked = lab.client.check(&[], &[uri]);
        checked.assert_cause(rule);
        let said = lab.client.virsh(&[], uri).unwrap_err();
        assert!(said.ends_with(&checked.quote()), "{said}");
    }
}
