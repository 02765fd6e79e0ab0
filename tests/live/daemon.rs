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
    lab.server.sh("mkdir -p /etc/sasl2; echo 'mech_list: digest-md5' > /etc/sasl2/libvirt.conf");
    lab.server.libvirtd("auth_tcp = \"sasl\"");
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    assert_eq!(checked.target()["verdict"], "needs-input", "{:#}", checked.document);
    assert_eq!(checked.target()["cause"], "sasl-asked");
    assert_eq!(checked.hop("daemon")["status"], "needs-input");
    assert_eq!(checked.hop("driver")["status"], "skipped");
    assert_eq!(checked.hop("daemon")["evidence"]["mechanisms"]["answered"][0], "DIGEST-MD5");
    let message = checked.cause()["message"].as_str().unwrap();
    assert!(message.ends_with("a login by SASL: DIGEST-MD5"), "{message}");
    assert_eq!(checked.code, 1);
}

#[test]
fn a_login_whose_mechanism_is_not_installed() {
    let lab = Lab::new();
    lab.server.sh("mkdir -p /etc/sasl2; echo 'mech_list: nonesuch' > /etc/sasl2/libvirt.conf");
    lab.server.libvirtd("auth_tcp = \"sasl\"");
    let uri = format!("qemu+tcp://{SERVER}/system");
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_cause("sasl-not-working");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
}

/// Root is let in without a question; for others a person may have to say yes.
#[test]
fn polkit_is_asked() {
    let lab = Lab::new();
    lab.client.libvirtd("auth_unix_rw = \"polkit\"");
    let checked = lab.client.check(&[], &["qemu:///system"]);
    assert_eq!(checked.target()["verdict"], "needs-input", "{:#}", checked.document);
    assert_eq!(checked.target()["cause"], "polkit-asked");
    assert!(lab.client.virsh(&[], "qemu:///system").is_err(), "there is nobody to say yes");
    lab.client.check(&[], &["--readonly", "qemu:///system"]).assert_ok();
    lab.client.check_as_root(&["qemu:///system"]).assert_ok();
}

#[test]
fn as_many_clients_as_it_takes() {
    let lab = Lab::new().with_libvirtd("max_clients = 2\nmax_anonymous_clients = 2");
    for _ in 0..2 {
        lab.client.serve(&format!("nc.openbsd -d {SERVER} 16509"));
    }
    lab.server.until("test $(ss -Htn state established '( sport = :16509 )' | wc -l) -ge 2");
    let checked = lab.client.check(&[], &[&format!("qemu+tcp://{SERVER}/system")]);
    checked.assert_cause("daemon-silent");
    assert!(checked.took.as_secs() < 10, "{:?}", checked.took);
}

#[test]
fn a_web_server_is_not_libvirt() {
    let lab = Lab::new();
    // nginx and others answer at once to what is no request.
    let script = lab.server.folder.join("web");
    std::fs::write(&script, "#!/bin/sh\nprintf 'HTTP/1.1 400 Bad Request\\r\\n\\r\\n'\nsleep 1\n")
        .unwrap();
    lab.server.sh(&format!("chmod 755 {}", script.display()));
    lab.server.serve(&format!("ncat -lk 16509 --exec {}", script.display()));
    lab.server.until("ss -ltn | grep -q ':16509 '");
    let uri = format!("qemu+tcp://{SERVER}/system");
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_cause("not-libvirt");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri));
    assert!(checked.cause()["message"].as_str().unwrap().contains("a web server"));
}

/// Whatever it sends, and however slowly, there is an end.
#[test]
fn a_peer_that_never_ends() {
    let lab = Lab::new();
    // A packet of libvirt's program, far longer than any answer; events; a trickle.
    for (port, name, body) in [
        (2001, "large", "printf '\\000\\377\\377\\377\\040\\000\\200\\206'; cat /dev/zero"),
        (
            2002,
            "events",
            "while :; do printf '\\000\\000\\000\\034\\040\\000\\200\\206\\000\\000\\000\\001\\000\\000\\000\\007\\000\\000\\000\\002\\000\\000\\000\\000\\000\\000\\000\\000'; done",
        ),
        (2003, "trickle", "while :; do printf '\\000'; sleep 0.3; done"),
    ] {
        let script = lab.server.folder.join(name);
        std::fs::write(&script, format!("#!/bin/sh\n{body}\n")).unwrap();
        lab.server.sh(&format!("chmod 755 {}", script.display()));
        lab.server.serve(&format!("ncat -l {port} --exec {}", script.display()));
        lab.server.until(&format!("ss -ltn | grep -q ':{port} '"));
        let uri = format!("qemu+tcp://{SERVER}:{port}/system");
        let checked = lab.client.check(&[], &["--ports", "plan", &uri]);
        assert_eq!(checked.target()["cause"], "not-libvirt", "{name}: {:#}", checked.document);
        assert!(checked.took.as_secs() < 10, "{name}: {:?}", checked.took);
    }
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
