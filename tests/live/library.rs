//! Clients that speak ssh themselves: what ssh may stand for, what it may not, and that a
//! login in their place leaves nothing behind. The faults of these ways are in the lab.

use crate::lab::{Checked, Lab, SERVER};

fn lab(sshd: &str) -> Lab {
    Lab::new().with_sshd(sshd).with_key().with_known_host().with_libvirtd("")
}

/// The check could not decide, and says so.
#[track_caller]
fn assert_not_judged(checked: &Checked, words: &str) {
    assert_eq!(checked.target()["verdict"], "unsure", "{:#}", checked.document);
    assert_eq!(checked.target()["cause"], "library-not-judged");
    let message = checked.cause()["message"].as_str().unwrap();
    assert!(message.contains(words), "{message}");
}

fn logins(lab: &Lab) -> usize {
    let log = std::fs::read_to_string(lab.server.folder.join("servers.log")).unwrap();
    log.matches("Connection from").count().max(log.matches("Accepted publickey").count())
}

#[test]
fn a_new_host_key_is_taken_and_not_written_down() {
    let lab = lab("");
    for transport in ["libssh", "libssh2"] {
        let uri = format!("qemu+{transport}://joe@{SERVER}/system?known_hosts_verify=auto");
        let checked = lab.client.check(&[], &[&uri]);
        checked.assert_ok();
    }
    assert!(!lab.client.home().join(".config").exists());
    assert_eq!(logins(&lab), 2);
}

#[test]
fn the_providers_log_in_with_keys_of_their_own() {
    let lab = lab("");
    for (client, uri) in [
        ("terraform@0.8", format!("qemu+ssh://joe@{SERVER}/system")),
        ("terraform@0.8", format!("qemu+ssh://joe@{SERVER}/system?keyfile=~/.ssh/id_ed25519")),
        ("terraform@0.9", format!("qemu://joe@{SERVER}/system")),
        ("go-libvirt", format!("qemu+ssh://{SERVER}/system")),
    ] {
        let checked = lab.client.check(&[], &["--client", client, &uri]);
        checked.assert_ok();
        let argv = checked.hop("session")["evidence"]["argv"].to_string();
        assert!(argv.contains("\"-N\"") && argv.contains("\"-F\",\"none\""), "{argv}");
    }
}

#[test]
fn what_the_provider_takes_of_ssh_config_is_not_guessed() {
    let lab = lab("");
    lab.client.write_home(".ssh/config", &format!("Host {SERVER}\n Port 2222\n"), 0o600);
    let uri = format!("qemu+ssh://joe@{SERVER}/system");
    let checked = lab.client.check(&[], &["--client", "terraform@0.8", &uri]);
    assert_not_judged(&checked, "~/.ssh/config");
    assert_eq!(logins(&lab), 0);
    // A host that it says nothing of.
    lab.client.write_home(".ssh/config", "Host kvm9\n Port 2222\n", 0o600);
    lab.client.check(&[], &["--client", "terraform@0.8", &uri]).assert_ok();
}

#[test]
fn a_key_that_others_may_read_is_no_matter_to_a_library() {
    let lab = lab("");
    lab.client.sh(&format!("chmod 644 {}/.ssh/id_ed25519", lab.client.home().display()));
    for (client, uri) in [
        ("libvirt", format!("qemu+libssh://joe@{SERVER}/system?known_hosts_verify=ignore")),
        ("go-libvirt", format!("qemu+ssh://joe@{SERVER}/system")),
    ] {
        let checked = lab.client.check(&[], &["--client", client, &uri]);
        assert_not_judged(&checked, "others may read the key");
    }
    assert!(
        lab.client
            .virsh(&[], &format!("qemu+libssh://joe@{SERVER}/system?known_hosts_verify=ignore"))
            .is_ok()
    );
}

#[test]
fn a_password_is_not_sent() {
    let lab = lab("Match all\nPasswordAuthentication yes");
    std::fs::write(lab.server.folder.join("authorized_keys"), "").unwrap();
    let uri = format!("qemu+ssh://joe:lab-password@{SERVER}/system");
    let checked = lab.client.check(&[], &["--client", "go-libvirt", &uri]);
    assert_not_judged(&checked, "password");
    assert!(!checked.document.to_string().contains("lab-password"));
    lab.client.write_home(
        ".config/libvirt/auth.conf",
        "[credentials-a]\npassword=lab-password\n[auth-ssh-default]\ncredentials=a\n",
        0o600,
    );
    let uri = format!("qemu+libssh2://joe@{SERVER}/system?known_hosts_verify=ignore");
    let checked = lab.client.check(&[], &[&uri]);
    assert_not_judged(&checked, ".config/libvirt/auth.conf");
    let log = std::fs::read_to_string(lab.server.folder.join("servers.log")).unwrap();
    assert!(!log.contains("Failed password"), "{log}");
}

#[test]
fn without_the_program_ssh_nothing_is_tried() {
    let lab = lab("");
    let uri = format!("qemu+libssh://joe@{SERVER}/system?known_hosts_verify=ignore");
    let checked = lab.client.check(&[("PATH", "/nonexistent")], &[&uri]);
    assert_not_judged(&checked, "which is not on this machine");
    assert_eq!(logins(&lab), 0);
    // What is certain is said all the same.
    let uri = format!("qemu+libssh://joe@{SERVER}/system");
    lab.client.check(&[("PATH", "/nonexistent")], &[&uri]).assert_cause("library-host-key-unknown");
}
