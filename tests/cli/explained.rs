//! Pasted error texts: what clients put around them, and what comes of hostile ones.

use serde_json::Value;

use crate::contract::assert_valid;
use crate::run::Run;

/// The document for a paste.
fn explained(paste: &[u8]) -> Value {
    let ran = Run::new(&["explain", "--format", "json", "-"]).stdin(paste).run();
    let document: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_valid("text_document", &document);
    let code = i32::from(document["errors"].as_array().unwrap().is_empty());
    ran.assert_code(code);
    document
}

/// Each: what was pasted, the first cause, what to check.
const WRAPPED: &[(&str, &str, &str)] = &[
    (
        "error: Failed to connect socket to '/run/user/1000/libvirt/virtqemud-sock': No such file or directory\nerror: failed to connect to the hypervisor\n",
        "user-daemon-not-started",
        "virt-doctor check qemu:///session",
    ),
    (
        "╷\n│ Error: Unable to Connect to Libvirt\n│ \n│   with provider[\"registry.terraform.io/dmacvicar/libvirt\"],\n│   on main.tf line 9, in provider \"libvirt\":\n│    9: provider \"libvirt\" {\n│ \n│ An error occurred while connecting to libvirt.\n│ \n│ URI: qemu+ssh://joe@kvm1.example/system\n│ \n│ Error: failed to dial libvirt: ssh: handshake failed: knownhosts: key is\n│ unknown\n╵\n",
        "go-host-key-unknown",
        "virt-doctor check --client terraform@0.9 qemu+ssh://joe@kvm1.example/system",
    ),
    (
        "Traceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/libvirt.py\", line 140, in open\n    raise libvirtError('virConnectOpen() failed')\nlibvirt.libvirtError: authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'\n",
        "polkit-without-agent",
        "virt-doctor check qemu:///system",
    ),
    (
        "virError(Code=38, Domain=7, Message='Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied')",
        "not-in-group",
        "virt-doctor check qemu:///system",
    ),
    (
        "Error while connecting to Libvirt: Error making a connection to libvirt URI qemu+ssh://joe@kvm1.example/system?no_verify=1:\nCall to virConnectOpen failed: End of file while reading data: sh: 1: nc: not found: Input/output error\n",
        "remote-netcat-missing",
        "virt-doctor check 'qemu+ssh://joe@kvm1.example/system?no_verify=1'",
    ),
    (
        "2026-01-01 10:00:00.123 7 ERROR nova.virt.libvirt.driver [-] [instance: 3f] Live Migration failure: operation failed: Failed to connect to remote libvirt URI qemu+tcp://kvm2.example/system: unable to connect to server at 'kvm2.example:16509': No route to host: libvirt.libvirtError: operation failed\n",
        "migration-second-hop",
        "virt-doctor check qemu+tcp://kvm2.example/system",
    ),
    (
        "fatal: [kvm1]: FAILED! => {\"changed\": false, \"msg\": \"End of file while reading data: nc: invalid option -- 'U'\\nnc -h for help: Input/output error\", \"ansible_password\": \"geheim77\"}",
        "remote-netcat-without-unix",
        "virt-doctor check qemu+ssh://HOST/system",
    ),
    (
        "Unable to connect to libvirt qemu+ssh://joe@kvm1.example/system.\n\nCannot recv data: joe@kvm1.example: Permission denied (publickey).: Connection reset by peer\n\nVerify that an appropriate libvirt daemon is running\non the remote host.\n",
        "ssh-key-refused",
        "virt-doctor check qemu+ssh://joe@kvm1.example/system",
    ),
    (
        "Nov 23 02:01:54 kvm1 python3[12]: libvirt: XML-RPC error : Cannot recv data: @@@@@@@@@@@@@@@@@@\nNov 23 02:01:54 kvm1 python3[12]: @    WARNING: REMOTE HOST IDENTIFICATION\nNov 23 02:01:54 kvm1 python3[12]: HAS CHANGED!     @\n",
        "host-key-changed",
        "virt-doctor check qemu+ssh://HOST/system",
    ),
    (
        "\u{1b}[31;1merror:\u{1b}[0m unable to connect to server at '\u{1b}[1mkvm1.example:16514\u{1b}[0m': Connection refused\n",
        "daemon-port-closed",
        "virt-doctor check qemu+tls://kvm1.example/system",
    ),
    (
        "error: Cannot recv data: ssh: connect to host kvm1.example port 2222: Connection refu\nsed: Connection reset by peer\n",
        "ssh-port-closed",
        "virt-doctor check qemu+ssh://kvm1.example:2222/system",
    ),
    (
        "kex_exchange_identification: Connection closed by remote host\nerror: End of file while reading data: : Input/output error\nerror: internal error: client socket is closed\n",
        "too-many-logins",
        "virt-doctor check qemu+ssh://HOST/system",
    ),
];

#[test]
fn what_clients_put_around_an_error() {
    for (paste, cause, command) in WRAPPED {
        let document = explained(paste.as_bytes());
        assert_eq!(document["causes"][0]["cause"], *cause, "{paste}\n{document:#}");
        assert_eq!(document["check"]["command"], *command, "{paste}");
    }
}

#[test]
fn every_format_is_as_the_schema_says() {
    for (paste, _, _) in WRAPPED {
        let ran = Run::new(&["explain", "--format", "jsonl", "-"]).stdin(*paste).run();
        for line in ran.stdout.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            assert_valid(&format!("{}_line", line["type"].as_str().unwrap()), &line);
            assert_valid("line", &line);
        }
        assert!(ran.stdout.lines().count() > 2);
    }
}

#[test]
fn an_error_may_be_the_argument() {
    let text = "error: Cannot recv data: Host key verification failed.: Connection reset by peer";
    Run::new(&["explain", text])
        .run()
        .assert_code(0)
        .assert_says("virt-doctor explain host-key-unknown");
    let words: Vec<&str> = std::iter::once("explain").chain(text.split(' ')).collect();
    Run::new(&words).run().assert_code(0).assert_says("host-key-unknown");
    let concise = Run::new(&["explain", "--format", "concise", text]).run();
    assert!(concise.stdout.starts_with("1: host-key-unknown: "), "{}", concise.stdout);
}

#[test]
fn what_is_not_known_is_said_to_be() {
    let ran = Run::new(&["explain", "-"]).stdin("error: out of cheese\u{1b}[2J\u{202e}\n").run();
    ran.assert_code(1).assert_says("out of cheese").assert_says("LC_ALL=C");
    assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{}", ran.stdout);
    let head = "error: failed to connect to the hypervisor\n";
    Run::new(&["explain", "-"]).stdin(head).run().assert_code(1).assert_says("in another line");
    let no_text = vec![0xfe; 10_000];
    Run::new(&["explain", "-"]).stdin(no_text).run().assert_code(1).assert_says("no line of text");
    for empty in ["", " \n\n"] {
        Run::new(&["explain", "-"]).stdin(empty).run().assert_code(2).assert_says("no text");
    }
    let long = vec![b'x'; 4 * 1024 * 1024 + 1];
    Run::new(&["explain", "-"]).stdin(long).run().assert_code(2).assert_says("4 MiB");
    Run::new(&["explain", "socket-mising"]).run().assert_code(2).assert_says("`socket-missing`?");
}

#[test]
fn hostile_text_does_no_harm() {
    let error = b"Host key verification failed.";
    let long = [b"'/".repeat(500_000), error.to_vec()].concat();
    let controls: Vec<u8> = (0..=255).collect();
    let controls =
        [controls, error.to_vec(), b"\x1b]0;x\x07\xff\xfe\xed\xa0\x80".to_vec()].concat();
    let zero = [b"\0".repeat(1000), error.to_vec()].concat();
    let at = [b"a:b@".repeat(250_000), b": Permission denied (publickey)".to_vec()].concat();
    for (paste, cause) in [
        (long, Some("host-key-unknown")),
        (controls, Some("host-key-unknown")),
        (zero, Some("host-key-unknown")),
        (at, None),
    ] {
        let document = explained(&paste);
        if let Some(cause) = cause {
            assert_eq!(document["causes"][0]["cause"], cause);
        }
        let shown = Run::new(&["explain", "-"]).stdin(paste).run();
        let harmless = |letter: char| letter == '\n' || !letter.is_control();
        assert!(shown.stdout.chars().all(harmless), "{}", shown.stdout);
        assert!(shown.stdout.len() < 100_000);
    }
}

#[test]
fn no_secret_of_a_paste_is_shown() {
    for paste in [
        "$ virsh -c qemu+ssh://joe:geheim77@kvm1.example/system\nerror: Cannot recv data: joe:geheim77@kvm1.example: Permission denied (publickey).: Connection reset by peer",
        "error: internal error: Unable to parse URI qemu+ssh://joe:geheim77 x@kvm1.example/system",
        "error: internal error: Unable to parse URI qemu+ssh://kvm1.example /system?password=geheim77",
        "parse \"qemu+ssh://joe:geheim77#@kvm1.example/system\": invalid port \":geheim77\" after host",
        "fatal: => {\"password\": \"geheim77\", \"msg\": \"out of cheese\"}",
        "error: db_password=geheim77 out of cheese",
        "Cannot recv data: password: geheim77 nonsense: Connection reset by peer",
        "error: joe:geheim77@kvm1.example out of cheese",
        "no connection driver available for qemu+foo://joe:geheim77@kvm1.example/system",
    ] {
        for format in ["text", "concise", "json", "jsonl"] {
            let ran = Run::new(&["explain", "--format", format, "-"]).stdin(paste).run();
            assert!(!ran.stdout.contains("geheim77"), "{paste}\n{}", ran.stdout);
        }
    }
}
