//! libvirt's own protocol: what answers, and what it asks for.

use crate::lab::{Lab, SERVER};

#[test]
fn an_ssh_server_is_not_libvirt() {
    let lab = Lab::new().with_sshd("");
    let uri = format!("qemu+tcp://{SERVER}:22/system");
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_cause("not-libvirt");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    assert!(checked.quote().contains("packet 1397966889 bytes"));
}

#[test]
fn a_daemon_that_hangs() {
    let lab = Lab::new().with_libvirtd("");
    lab.server.sh(&format!("kill -STOP $(cat {}/libvirtd.pid)", lab.server.folder.display()));
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    checked.assert_cause("daemon-silent");
    assert!(checked.took.as_secs() < 10);
}

#[test]
fn a_daemon_that_hangs_behind_ssh() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.server.sh(&format!("kill -STOP $(cat {}/libvirtd.pid)", lab.server.folder.display()));
    let checked = lab.client.check(&[], &[&format!("qemu+ssh://joe@{SERVER}/system")]);
    checked.assert_cause("daemon-silent");
    assert!(checked.took.as_secs() < 12, "{:?}", checked.took);
    assert!(!lab.client.sh("ps ax -o args=").contains("ssh -v"), "ssh is ended");
}

#[test]
fn a_login_is_asked_for() {
    let lab = Lab::new();
    lab.server.libvirtd("auth_tcp = \"sasl\"");
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    assert_eq!(checked.target()["verdict"], "needs-input", "{:#}", checked.document);
    assert_eq!(checked.target()["cause"], "sasl-asked");
    assert_eq!(checked.hop("daemon")["status"], "needs-input");
    assert_eq!(checked.code, 1);
}

#[test]
fn a_socket_of_another_daemon() {
    let lab = Lab::new();
    lab.client.libvirtd("");
    let checked =
        lab.client.check_as_root(&["qemu:///system?socket=/run/libvirt/libvirt-admin-sock"]);
    checked.assert_cause("daemon-error");
    assert!(checked.quote().contains("Cannot find program"), "{}", checked.quote());
}

#[test]
fn a_service_that_closes_at_once() {
    let lab = Lab::new();
    lab.server.serve("ncat -lk 16509 --exec /bin/false");
    lab.server.until("ss -ltn | grep -q ':16509 '");
    let uri = format!("qemu+tcp://{SERVER}/system");
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_cause("daemon-closes");
}
