//! The same check as another user.

use std::process::Stdio;

use crate::lab::{Lab, PROGRAM, USER};

const URI: &str = "qemu:///system";

#[test]
fn a_group_of_the_user_decides() {
    let lab = Lab::new();
    lab.client.sh("useradd -r -G libvirt -d /nonexistent -s /usr/sbin/nologin svc");
    lab.client.libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
    lab.client.check_as_root(&["--as-user", "svc", URI]).assert_ok();
    let other = lab.client.check_as_root(&[&format!("--as-user={USER}"), URI]);
    other.assert_cause("socket-not-permitted");
    assert_eq!(other.cause()["remedy"][0]["command"], format!("usermod -aG libvirt {USER}"));
    // As the user would have it by logging in.
    let own = lab.client.check(&[], &[URI]);
    assert_eq!(own.target()["findings"], other.target()["findings"]);
    let number = lab.client.sh(&format!("id -u {USER}"));
    lab.client
        .check_as_root(&["--as-user", number.trim(), URI])
        .assert_cause("socket-not-permitted");
    lab.client.check_as_root(&["--as-user", "root", URI]).assert_ok();
}

#[test]
fn nothing_of_root_is_left() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host().with_libvirtd("");
    let uri = "qemu+ssh://server.test/system";
    let output = lab
        .client
        .command(PROGRAM)
        .args(["check", "--format", "json", "--as-user", USER, uri])
        .env("SSH_AUTH_SOCK", "/run/root-agent")
        .env("LIBVIRT_DEFAULT_URI", "xen:///")
        .env("XDG_RUNTIME_DIR", "/run/user/0")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let document: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let target = &document["targets"][0];
    assert_eq!(target["verdict"], "ok", "{document:#}");
    assert_eq!(target["hops"][1]["evidence"]["agent"]["state"], "unset");
    let key = format!("{}/.ssh/id_ed25519", lab.client.home().display());
    assert_eq!(target["hops"][4]["evidence"]["accepted"]["name"], key, "{document:#}");
    // The user's own libvirt.conf, without naming a subcommand.
    lab.client.write_home(
        ".config/libvirt/libvirt.conf",
        "uri_default = \"test:///default\"\n",
        0o600,
    );
    let output = lab
        .client
        .command(PROGRAM)
        .args(["--as-user", USER])
        .env("LIBVIRT_DEFAULT_URI", "xen:///")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(said.starts_with("test:///default   from uri_default of "), "{said}");
    // The user's rights, too: what root may write is closed.
    let output = lab
        .client
        .command(PROGRAM)
        .args([
            "check",
            "--as-user",
            USER,
            "--save-evidence",
            "/etc/evidence.json",
            "test:///default",
        ])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("Permission denied"), "{said}");
}

#[test]
fn who_may_not_and_who_is_not() {
    let lab = Lab::new();
    for (by_root, name, why) in [
        (false, "root", "--as-user is for root"),
        (true, "nobody-of-that-name", "there is no user nobody-of-that-name"),
    ] {
        let words = ["check", "--as-user", name, "test:///default"];
        let output = if by_root {
            lab.client.command(PROGRAM).args(words).output().unwrap()
        } else {
            lab.client.as_user(&[], PROGRAM, &words)
        };
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(why), "{said}");
    }
    // Nor by saying that it has been done.
    let words = ["check", "--as-user", "root", "test:///default"];
    let output = lab.client.as_user(&[("VIRT_DOCTOR_LOGIN", "0")], PROGRAM, &words);
    assert_eq!(output.status.code(), Some(2));
}
