//! The ssh session: healthy, and each way in which the server does not let us in.

use crate::lab::{Lab, PROGRAM, SERVER};

fn uri() -> String {
    format!("qemu+ssh://joe@{SERVER}/system")
}

#[test]
fn healthy_through_the_helper() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    assert!(lab.client.virsh(&[], &uri()).is_ok());
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_ok();
    assert_eq!(
        checked.statuses(),
        [
            "uri ok",
            "local ok",
            "name ok",
            "network ok",
            "session ok",
            "remote ok",
            "daemon ok",
            "driver ok"
        ]
    );
    let session = &checked.hop("session")["evidence"];
    assert_eq!(session["method"], "publickey");
    assert!(session["accepted"]["fingerprint"].as_str().unwrap().starts_with("SHA256:"));
    assert_eq!(checked.hop("daemon")["evidence"]["outcome"]["answered"][0], "none");
    // One login is enough, and nothing is left running there.
    let log = std::fs::read_to_string(lab.server.folder.join("servers.log")).unwrap();
    assert!(!lab.server.sh("ps ax -o args=").contains("virt-ssh-helper"), "{log}");
}

/// What hinders us and not the client is no failure of the connection.
#[test]
fn no_folder_for_temporary_files() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.client.check(&[("TMPDIR", "/nonexistent")], &[&uri()]).assert_ok();
    let closed =
        "for folder in /var/tmp /dev/shm /tmp; do mount -t tmpfs -o ro tmpfs $folder; done";
    let script = format!("{closed}; {PROGRAM} check --format json {}", uri());
    let output = lab.client.command("unshare").args(["-m", "sh", "-c", &script]).output().unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let target = &document["targets"][0];
    assert_eq!(target["verdict"], "unsure", "{document:#}");
    assert_eq!(target["hops"][4]["status"], "skipped");
    assert!(target["findings"].as_array().unwrap().is_empty(), "{document:#}");
}

/// The client finds ssh without PATH, and so do we.
#[test]
fn no_path_for_programs() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    for (path, connects) in [("", true), ("PATH=", false)] {
        let run = |command: &str| {
            let home = lab.client.home();
            let environment = format!("env -i HOME={} {path}", home.display());
            let user = "setpriv --reuid joe --regid joe --init-groups";
            let script = format!("cd /; {user} {environment} {command}");
            lab.client.command("sh").args(["-c", &script]).output().unwrap().status.success()
        };
        assert_eq!(run(&format!("/usr/bin/virsh -c {} uri", uri())), connects, "{path}");
        assert_eq!(run(&format!("{PROGRAM} check {}", uri())), connects, "{path}");
    }
}

#[test]
fn healthy_through_netcat_with_a_key_from_the_agent() {
    let lab = Lab::new();
    let path = lab.server.programs(&[&crate::lab::BASICS[..], &["nc=/bin/nc.openbsd"]].concat());
    let lab = lab
        .with_sshd(&format!("SetEnv PATH={path}"))
        .with_key()
        .with_known_host()
        .with_libvirtd("");
    let socket = lab.client.home().join("agent.sock");
    let socket = socket.to_str().unwrap();
    let shell = format!(
        "rm -f {socket}; ssh-agent -a {socket} >/dev/null; SSH_AUTH_SOCK={socket} ssh-add -q ~/.ssh/id_ed25519; rm ~/.ssh/id_ed25519*"
    );
    let output = lab.client.as_user(&[], "sh", &["-c", &shell]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let checked = lab.client.check(&[("SSH_AUTH_SOCK", socket)], &[&uri()]);
    checked.assert_ok();
    assert_eq!(checked.hop("session")["evidence"]["accepted"]["in_agent"], true);
    let agent = &checked.hop("local")["evidence"]["agent"];
    assert_eq!(agent["state"], "answered");
    assert_eq!(agent["keys"][0]["kind"], "ssh-ed25519");
    assert_eq!(agent["keys"][0]["comment"], "joe@client");
    let listed = lab.client.as_user(&[("SSH_AUTH_SOCK", socket)], "ssh-add", &["-l"]);
    let fingerprint = agent["keys"][0]["fingerprint"].as_str().unwrap();
    assert!(String::from_utf8_lossy(&listed.stdout).contains(fingerprint), "as ssh-add prints it");
}

#[test]
fn no_agent_and_no_key() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.client.sh(&format!("rm {}/.ssh/id_ed25519*", lab.client.home().display()));
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("ssh-agent-missing");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    let gone = lab.client.check(&[("SSH_AUTH_SOCK", "/nonexistent")], &[&uri()]);
    gone.assert_cause("ssh-agent-missing");
    assert!(gone.cause()["message"].as_str().unwrap().contains("does not exist"));
}

#[test]
fn an_empty_agent_and_no_key() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    lab.client.sh(&format!("rm {}/.ssh/id_ed25519*", lab.client.home().display()));
    let socket = lab.client.home().join("agent.sock");
    let socket = socket.to_str().unwrap();
    lab.client.as_user(&[], "ssh-agent", &["-a", socket]);
    let checked = lab.client.check(&[("SSH_AUTH_SOCK", socket)], &[&uri()]);
    checked.assert_cause("ssh-agent-empty");
    let batch = format!("{}?no_tty=1", uri());
    lab.client.check(&[("SSH_AUTH_SOCK", socket)], &[&batch]).assert_cause("no-tty-without-key");
}

#[test]
fn a_key_that_the_server_does_not_take() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    std::fs::write(lab.server.folder.join("authorized_keys"), "").unwrap();
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("ssh-key-refused");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    let message = checked.cause()["message"].as_str().unwrap();
    assert!(message.contains("ED25519 SHA256:") && message.contains("id_ed25519"), "{message}");
    assert_eq!(checked.hop("session")["evidence"]["methods"][0], "publickey");
    assert_eq!(checked.hop("session")["status"], "failed");
    assert_eq!(checked.hop("remote")["status"], "not-reached");
}

#[test]
fn an_unknown_host_key() {
    let lab = Lab::new().with_sshd("").with_key().with_libvirtd("");
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("host-key-unknown");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    let key =
        lab.server.sh(&format!("ssh-keygen -lf {}/host_key.pub", lab.server.folder.display()));
    let fingerprint = key.split(' ').nth(1).unwrap();
    assert!(checked.cause()["message"].as_str().unwrap().contains(fingerprint));
    // With no_verify it works, and leaves no trace in the user's file.
    lab.client.check(&[], &[&format!("{}?no_verify=1", uri())]).assert_ok();
    assert!(!lab.client.home().join(".ssh/known_hosts").exists(), "a check writes nothing down");
}

#[test]
fn a_changed_host_key() {
    let lab = Lab::new().with_sshd("").with_key().with_libvirtd("");
    lab.client
        .sh(&format!("ssh-keygen -q -t ed25519 -N '' -f {}/other", lab.client.folder.display()));
    let other = std::fs::read_to_string(lab.client.folder.join("other.pub")).unwrap();
    lab.client.write_home(".ssh/known_hosts", &format!("{SERVER} {other}"), 0o600);
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("host-key-changed");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    let command = checked.cause()["remedy"][0]["command"].as_str().unwrap();
    let file = lab.client.home().join(".ssh/known_hosts");
    assert_eq!(command, format!("ssh-keygen -f '{}' -R '{SERVER}'", file.display()));
}

#[test]
fn a_server_that_accepts_and_says_nothing() {
    let lab = Lab::new();
    lab.server.serve("nc.openbsd -lk -p 22");
    lab.server.until("ss -ltn | grep -q ':22 '");
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("ssh-timed-out");
    assert!(checked.took.as_secs() < 10, "{:?}", checked.took);
    assert!(!lab.client.sh("ps ax -o args=").contains("ssh -v"), "ssh is ended");
}

#[test]
fn something_else_on_the_port() {
    let lab = Lab::new().with_libvirtd("");
    let uri = format!("qemu+ssh://joe@{SERVER}:16509/system");
    let checked = lab.client.check(&[], &[&uri]);
    checked.assert_cause("not-an-ssh-server");
    assert!(checked.cause()["message"].as_str().unwrap().contains("libvirt without TLS"));
}

#[test]
fn ssh_config_decides_where_ssh_goes() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    let config = format!("Host kvm7\n  HostName {SERVER}\n  User joe\n");
    lab.client.write_home(".ssh/config", &config, 0o600);
    let checked = lab.client.check(&[], &["qemu+ssh://kvm7/system"]);
    checked.assert_ok();
    let name = &checked.hop("name")["evidence"];
    assert_eq!(
        (name["host"].as_str(), name["from_ssh_config"].as_bool()),
        (Some(SERVER), Some(true))
    );
    // libvirt's own resolver does not know the alias.
    lab.client.check(&[], &["qemu+tcp://kvm7/system"]).assert_cause("name-only-in-ssh-config");
}

#[test]
fn a_proxy_makes_the_port_an_observation() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    let config = format!(
        "Host far.test\n  ProxyCommand nc.openbsd {SERVER} 22\n  HostKeyAlias {SERVER}\n  User joe\n"
    );
    lab.client.write_home(".ssh/config", &config, 0o600);
    let checked = lab.client.check(&[], &["qemu+ssh://far.test/system"]);
    checked.assert_ok();
    assert_eq!(checked.hop("name")["status"], "skipped");
}

#[test]
fn there_is_no_ssh() {
    let lab = Lab::new();
    let checked = lab.client.check(&[("PATH", "/nonexistent")], &[&uri()]);
    checked.assert_cause("ssh-program-missing");
    let said = lab.client.as_user(
        &[],
        "env",
        &["PATH=/nonexistent", "/usr/bin/virsh", "-c", &uri(), "uri"],
    );
    assert!(String::from_utf8_lossy(&said.stderr).contains(&checked.quote()));
}
