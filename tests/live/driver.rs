//! What opens at the end of the way, and what the server says where it does not.

use crate::lab::{Lab, SERVER};

#[test]
fn driver_and_version_are_shown() {
    let lab = Lab::new().with_libvirtd("");
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    checked.assert_ok();
    let driver = &checked.hop("driver")["evidence"];
    assert_eq!(driver["name"], "qemu:///system");
    let version = lab.client.sh("virsh --version");
    let opened = &driver["outcome"]["answered"];
    assert_eq!((&opened["driver"], &opened["libvirt"]), (&"QEMU".into(), &version.trim().into()));
    assert_eq!(checked.hop("driver")["status"], "ok");
    let shown = lab.client.as_user(
        &[("NO_COLOR", "1")],
        crate::lab::PROGRAM,
        &["check", &format!("qemu+tcp://{SERVER}/system")],
    );
    let shown = String::from_utf8(shown.stdout).unwrap();
    let line = format!("  ✓ driver   QEMU, libvirt {}\n", version.trim());
    assert!(shown.contains(&line), "{shown}");
}

/// Nobody is left behind: the daemon has no more clients than before.
#[test]
fn a_check_leaves_no_client() {
    let lab = Lab::new().with_libvirtd("max_clients = 2\nmax_anonymous_clients = 2");
    for _ in 0..5 {
        lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]).assert_ok();
    }
}

/// No name is asked for, and the server says what it took.
#[test]
fn the_servers_own_choice() {
    let lab = Lab::new();
    lab.client.libvirtd("");
    let checked = lab.client.check(&[], &["remote+unix:///system"]);
    checked.assert_ok();
    let driver = &checked.hop("driver")["evidence"];
    assert_eq!(driver["name"], "");
    let opened = &driver["outcome"]["answered"];
    assert_eq!((&opened["driver"], &opened["uri"]), (&"QEMU".into(), &"qemu:///system".into()));
}

#[test]
fn the_driver_is_not_there() {
    let lab = Lab::new().with_libvirtd("");
    for (driver, rule) in [("xen", "driver-not-there"), ("kvm", "invented-driver")] {
        let uri = format!("{driver}+tcp://{SERVER}/system");
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_cause(rule);
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
        assert_eq!(checked.hop("driver")["status"], "failed");
        assert_eq!(checked.hop("driver")["evidence"]["outcome"]["error"]["code"], 5);
    }
}

#[test]
fn the_path_is_refused() {
    let lab = Lab::new().with_libvirtd("");
    let uri = format!("qemu+tcp://{SERVER}/sytem");
    let misspelt = lab.client.check(&[], &[&uri]);
    misspelt.assert_cause("misspelt-path");
    assert_eq!(Err(misspelt.quote()), lab.client.virsh(&[], &uri));
    // The socket of the user's own daemon, asked for root's guests.
    lab.client.sh("mkdir -m 755 /run/own");
    let folder = lab.client.home();
    lab.client.write_home("libvirtd.conf", "unix_sock_dir = \"/run/own\"\n", 0o644);
    lab.client.sh("chown joe /run/own");
    lab.client.serve(&format!(
        "setpriv --reuid joe --regid joe --init-groups env -i HOME={0} XDG_RUNTIME_DIR=/run/own PATH=/usr/sbin:/usr/bin:/bin libvirtd -f {0}/libvirtd.conf",
        folder.display()
    ));
    lab.client.until("test -S /run/own/libvirt-sock || test -S /run/own/libvirt/libvirt-sock");
    let socket = lab.client.sh(
        "ls -d /run/own/libvirt-sock /run/own/libvirt/libvirt-sock 2>/dev/null | head -n 1 || true",
    );
    let uri = format!("qemu:///system?socket={}", socket.trim());
    let other = lab.client.check(&[], &[&uri]);
    other.assert_cause("path-not-opened");
    assert_eq!(Err(other.quote()), lab.client.virsh(&[], &uri));
    assert!(other.cause()["message"].as_str().unwrap().contains("try qemu:///session"));
}

#[test]
fn access_is_controlled() {
    let lab = Lab::new();
    lab.server.libvirtd("access_drivers = [ \"polkit\" ]");
    let uri = format!("qemu+tcp://{SERVER}/system");
    let checked = lab.client.check(&[], &[&uri]);
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    checked.assert_cause("access-denied");
}

/// A daemon whose workers all hang, and one that dies of the question. The real one does
/// neither when it is told to: what it says up to there is played back.
#[test]
fn opening_does_not_end() {
    let lab = Lab::new();
    let octets = |words: &[u32]| {
        let bytes = words.iter().flat_map(|word| word.to_be_bytes());
        bytes.map(|byte| format!("\\{byte:03o}")).collect::<Vec<_>>().concat()
    };
    let answer = octets(&[36, 0x2000_8086, 1, 66, 1, 1, 0, 1, 0]);
    for (port, end, text) in
        [(2001, "sleep 60", "does not finish"), (2002, "head -c 1 >/dev/null", "closes")]
    {
        let script = lab.server.folder.join(port.to_string());
        let body = format!("#!/bin/sh\nhead -c 28 >/dev/null\nprintf '{answer}'\n{end}\n");
        std::fs::write(&script, body).unwrap();
        lab.server.sh(&format!("chmod 755 {}", script.display()));
        lab.server.serve(&format!("ncat -l {port} --exec {}", script.display()));
        lab.server.until(&format!("ss -ltn | grep -q ':{port} '"));
        let uri = format!("qemu+tcp://{SERVER}:{port}/system");
        let checked = lab.client.check(&[], &["--ports", "plan", &uri]);
        checked.assert_cause("open-unanswered");
        let message = checked.cause()["message"].as_str().unwrap();
        assert!(message.contains(text), "{message}");
        assert_eq!(checked.hop("daemon")["status"], "ok");
        assert!(checked.took.as_secs() < 10, "{:?}", checked.took);
    }
}

/// The server would connect onward: it is not made to.
#[test]
fn a_name_that_leads_onward_is_not_opened() {
    let lab = Lab::new().with_libvirtd("");
    lab.client.libvirtd("");
    for name in ["qemu%2Btcp://192.0.2.1/system", "qemu%2Bunix:///system", "elsewhere"] {
        let uri = format!("qemu+tcp://{SERVER}/system?name={name}");
        let before =
            lab.client.sh("ss -tn state time-wait state established | grep -c 16509 || true");
        let checked = lab.client.check(&[], &[&uri]);
        assert_eq!(checked.target()["verdict"], "unsure", "{uri}: {:#}", checked.document);
        assert_eq!(checked.hop("driver")["status"], "skipped");
        let after =
            lab.client.sh("ss -tn state time-wait state established | grep -c 16509 || true");
        assert_eq!(before, after, "nobody called from the server");
    }
    let uri = format!("qemu+tcp://{SERVER}/system?name=qemu%2Btcp://192.0.2.1/system");
    assert!(lab.client.virsh(&[], &uri).is_ok(), "virsh makes the server go on");
    assert_eq!(lab.client.check(&[], &[&uri]).target()["cause"], "onward-name");
}
