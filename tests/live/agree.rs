//! The verdict beside the real virsh without a terminal: `ok` where it connects, and nowhere else.

use crate::lab::{BASICS, Checked, Host, Lab, SERVER};

/// Who asks.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Who {
    User,
    Root,
}

/// Both are asked for the same; the check must not be wiser than virsh, nor less.
#[track_caller]
pub(crate) fn agree(host: &Host, who: Who, options: &[&str], uri: &str) -> Checked {
    let asked: Vec<&str> = options.iter().chain(&["-c", uri]).copied().collect();
    let (virsh, checked) = match who {
        Who::Root => (host.virsh_as_root(&asked), host.check_as_root(&asked)),
        Who::User => {
            let words: Vec<&str> = asked.iter().chain(&["uri"]).copied().collect();
            (host.virsh_words(&words), host.check(&[], &asked))
        }
    };
    let verdict = checked.target()["verdict"].as_str().unwrap();
    assert_eq!(verdict == "ok", virsh.is_ok(), "{uri}: {virsh:?}\n{:#}", checked.document);
    if verdict == "fails" {
        assert_eq!(Err(checked.quote()), virsh, "{uri}");
    }
    checked
}

/// What is open, what is refused by the driver, and what is not there.
const PATHS: [&str; 6] = ["system", "session", "sytem", "", "System", "system/"];

#[test]
fn over_tcp_and_the_local_socket() {
    let lab = Lab::new().with_libvirtd("");
    lab.client.libvirtd("");
    for path in PATHS {
        agree(&lab.client, Who::User, &[], &format!("qemu+tcp://{SERVER}/{path}"));
    }
    for uri in ["test", "xen", "lxc", "vbox", "kvm", "esx"] {
        agree(&lab.client, Who::User, &[], &format!("{uri}+tcp://{SERVER}/system"));
    }
    for uri in ["qemu:///system", "qemu:///sytem", "qemu+unix:///system", "xen:///system"] {
        agree(&lab.client, Who::User, &[], uri);
        agree(&lab.client, Who::Root, &[], uri);
        agree(&lab.client, Who::Root, &["--readonly"], uri);
    }
    agree(&lab.client, Who::Root, &[], "qemu:///session");
    agree(&lab.client, Who::User, &[], "test:///default");
    let name = |name: &str| format!("qemu+tcp://{SERVER}/system?name={name}");
    agree(&lab.client, Who::User, &[], &name("test:///default"));
    agree(&lab.client, Who::User, &[], &name("qemu:///nowhere"));
    agree(&lab.client, Who::User, &[], &format!("qemu+tcp://{SERVER}/system?auth=sasl"));
    agree(&lab.client, Who::User, &[], &format!("qemu+tcp://{SERVER}/system?auth=kerberos"));
    agree(&lab.client, Who::User, &[], &format!("remote+tcp://{SERVER}/"));
}

#[test]
fn over_ssh_through_helper_and_netcat() {
    for program in ["virt-ssh-helper", "nc=/bin/nc.openbsd"] {
        let lab = Lab::new();
        let path = lab.server.programs(&[&BASICS[..], &[program]].concat());
        let lab = lab
            .with_sshd(&format!("SetEnv PATH={path}"))
            .with_key()
            .with_known_host()
            .with_libvirtd("");
        for path in ["system", "sytem"] {
            agree(&lab.client, Who::User, &[], &format!("qemu+ssh://joe@{SERVER}/{path}"));
        }
        for driver in ["test", "lxc"] {
            agree(&lab.client, Who::User, &[], &format!("{driver}+ssh://joe@{SERVER}/default"));
        }
        let uri = format!("qemu+ssh://joe@{SERVER}/system");
        agree(&lab.client, Who::User, &["--readonly"], &uri);
        lab.server.sh("chmod 700 /run/libvirt/libvirt-sock");
        agree(&lab.client, Who::User, &[], &uri);
        agree(&lab.client, Who::User, &["--readonly"], &uri);
    }
}

/// The read-only socket is open to all, the other one to root.
#[test]
fn read_only_where_nothing_else_is_allowed() {
    let lab = Lab::new();
    lab.client.libvirtd("unix_sock_rw_perms = \"0700\"");
    let refused = agree(&lab.client, Who::User, &[], "qemu:///system");
    refused.assert_cause("socket-not-permitted");
    let commands: Vec<&str> = refused.cause()["remedy"]
        .as_array()
        .unwrap()
        .iter()
        .map(|remedy| remedy["command"].as_str().unwrap())
        .collect();
    assert!(commands.contains(&"virsh -r -c qemu:///system"), "{commands:?}");
    agree(&lab.client, Who::User, &["--readonly"], "qemu:///system").assert_ok();
    agree(&lab.client, Who::Root, &[], "qemu:///system").assert_ok();
}
