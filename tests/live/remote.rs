//! The remote side: helper, netcat, the socket there.

use std::fs;

use serde_json::Value;

use crate::lab::{BASICS, Lab, PROGRAM, SERVER, USER};

fn uri() -> String {
    format!("qemu+ssh://joe@{SERVER}/system")
}

/// A server whose logins find only these programs.
fn with_programs(more: &[&str]) -> Lab {
    let lab = Lab::new();
    let path = lab.server.programs(&[&BASICS[..], more].concat());
    lab.with_sshd(&format!("SetEnv PATH={path}")).with_key().with_known_host()
}

#[test]
fn neither_helper_nor_nc() {
    let lab = with_programs(&[]).with_libvirtd("");
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("remote-netcat-missing");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    assert_eq!(checked.cause()["remedy"][0]["command"], "apt-get install netcat-openbsd");
    let remote = &checked.hop("remote")["evidence"];
    assert_eq!(remote["user"], USER);
    assert_eq!(remote["noise"], "");
    let socket = remote["sockets"]
        .as_array()
        .unwrap()
        .iter()
        .find(|socket| socket["on_the_way"] == true)
        .unwrap();
    assert_eq!((&socket["exists"], &socket["writable"]), (&true.into(), &true.into()));
}

#[test]
fn nc_without_unix_sockets() {
    let lab = with_programs(&["nc=/bin/nc.traditional"]).with_libvirtd("");
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("remote-netcat-without-unix");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    assert!(checked.cause()["message"].as_str().unwrap().contains("netcat-traditional"));
    assert_eq!(checked.hop("remote")["evidence"]["netcat"]["kind"], "traditional");
}

#[test]
fn no_socket_there() {
    for more in [&["nc=/bin/nc.openbsd"][..], &["virt-ssh-helper"], &["nc=/usr/bin/ncat"]] {
        let lab = with_programs(more);
        let checked = lab.client.check(&[], &[&uri()]);
        checked.assert_cause("remote-socket-missing");
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()), "{more:?}");
    }
}

#[test]
fn the_login_may_not_open_the_socket() {
    for more in [&["nc=/bin/nc.openbsd"][..], &["virt-ssh-helper"]] {
        let lab = with_programs(more)
            .with_libvirtd("unix_sock_group = \"libvirt\"\nunix_sock_rw_perms = \"0770\"");
        let checked = lab.client.check(&[], &[&uri()]);
        checked.assert_cause("remote-socket-not-permitted");
        assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()), "{more:?}");
        assert_eq!(checked.cause()["remedy"][0]["command"], "usermod -aG libvirt joe");
    }
}

#[test]
fn a_stale_socket_there() {
    let lab = with_programs(&["nc=/bin/nc.openbsd"]).with_libvirtd("");
    lab.server.sh(&format!("kill -9 $(cat {}/libvirtd.pid)", lab.server.folder.display()));
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("remote-socket-refused");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
}

#[test]
fn a_login_that_prints() {
    let lab = with_programs(&["nc=/bin/nc.openbsd", "bash"]).with_libvirtd("");
    lab.server.sh(&format!("usermod -s /bin/bash {USER}"));
    lab.server.write_home(".bashrc", "echo Welcome to kvm1\n", 0o644);
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("remote-noise");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()), "packet arithmetic");
    assert!(checked.hop("remote")["evidence"]["noise"].as_str().unwrap().contains("Welcome"));
}

#[test]
fn an_account_without_a_shell() {
    let lab = with_programs(&[]).with_libvirtd("");
    lab.server.sh(&format!("usermod -s /usr/sbin/nologin {USER}"));
    let checked = lab.client.check(&[], &[&uri()]);
    checked.assert_cause("remote-no-shell");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &uri()));
    assert!(checked.cause()["message"].as_str().unwrap().contains("currently not available"));
}

#[test]
fn the_helper_is_asked_for_and_missing() {
    let lab = with_programs(&["nc=/bin/nc.openbsd"]).with_libvirtd("");
    let native = format!("{}?proxy=native", uri());
    let checked = lab.client.check(&[], &[&native]);
    checked.assert_cause("remote-helper-missing");
    assert_eq!(Err(checked.quote()), lab.client.virsh(&[], &native));
}

/// `command=`, `netcat=` and an odd `socket=` run nothing unless that is said.
#[test]
fn what_the_uri_names_is_not_run() {
    let lab = with_programs(&["nc=/bin/nc.openbsd", "touch"]).with_libvirtd("");
    let proof = lab.server.folder.join("home").join(USER).join("proof");
    let proof = proof.to_str().unwrap();
    let here = lab.client.home().join("proof");
    lab.client.write_home("tool", &format!("#!/bin/sh\necho run > {}\n", here.display()), 0o755);
    for uri in [
        format!("{}?socket=/var/run/libvirt/libvirt-sock%3Btouch%20{proof}", uri()),
        format!("{}?netcat=/bin/touch%20{proof}", uri()),
        format!("{}?command={}", uri(), lab.client.home().join("tool").display()),
        format!("qemu+ext:///system?command={}", lab.client.home().join("tool").display()),
    ] {
        let checked = lab.client.check(&[], &[&uri]);
        assert_eq!(checked.target()["verdict"], "unsure", "{uri}: {:#}", checked.document);
        assert_eq!(checked.target()["cause"], "command-not-run", "{uri}");
        assert_eq!(checked.code, 1);
        assert!(!fs::exists(proof).unwrap() && !here.exists(), "{uri} was run");
    }
    // With leave it is what the client does.
    let injected = format!("{}?socket=/var/run/libvirt/libvirt-sock%3Btouch%20{proof}", uri());
    lab.client.check(&[], &["--allow-command", &injected]);
    assert!(fs::exists(proof).unwrap(), "the test would notice");
    let named = format!("{}?netcat=nc", uri());
    lab.client.check(&[], &["--allow-command", &named]).assert_ok();
}

/// A comment silences what stands beside the causes, and never one of them.
#[test]
fn several_causes_stay_where_others_are_silenced() {
    let lab = Lab::new().with_sshd("").with_key().with_known_host();
    lab.server.sh(&format!("usermod -s /bin/false {USER}"));
    let comment = "virt-doctor: ignore[unverified-peer, remote-forced-command] it is a lab";
    let text = format!("uri: {}?no_verify=1 # {comment}\n", uri());
    lab.client.write_home("hosts.yml", &text, 0o644);
    let file = lab.client.home().join("hosts.yml");
    let checked = lab.client.check(&[], &[file.to_str().unwrap()]);
    checked.assert_cause("remote-no-shell");
    let causes = checked.target()["causes"].as_array().unwrap();
    let found = |cause: &Value| {
        let at = usize::try_from(cause["finding"].as_u64().unwrap()).unwrap();
        checked.target()["findings"][at]["rule"].clone()
    };
    assert_eq!(
        causes.iter().map(found).collect::<Vec<_>>(),
        ["remote-no-shell", "remote-forced-command"]
    );
}

#[test]
fn the_readme_shows_what_is_printed() {
    let lab = with_programs(&["nc=/bin/nc.traditional"]).with_libvirtd("");
    let output = lab.client.as_user(
        &[("NO_COLOR", "1")],
        PROGRAM,
        &["check", "qemu+ssh://joe@server.test/system"],
    );
    let printed = String::from_utf8(output.stdout).unwrap();
    let readme = include_str!("../../README.md");
    let shown = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    assert_eq!(without_chance(shown), without_chance(&printed), "{printed}");
}

/// The same on every run and on every release of Debian.
fn without_chance(text: &str) -> Vec<String> {
    let chance = |word: &&str| {
        word.starts_with("SHA256:")
            || word.contains("OpenSSH")
            || word.starts_with("Debian")
            || word.starts_with("9.")
            || word.parse::<f64>().is_ok()
    };
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let words = line.split_whitespace().filter(|word| !chance(word));
            // Of a path of the lab its last part.
            let short = |word: &str| match word.rsplit_once('/') {
                Some((folder, name)) if !folder.contains(':') => name.to_owned(),
                _ => word.to_owned(),
            };
            words.map(short).collect::<Vec<_>>().join(" ")
        })
        .collect()
}
