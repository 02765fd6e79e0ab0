//! Recorded texts again, with all that clients, terminals, logs and people put around them.

use super::{explain, names};

/// Who puts something around a text, and what.
type Wrapper = (&'static str, fn(&str) -> String);

const WRAPPERS: &[Wrapper] = &[
    ("virsh", |text| format!("error: failed to connect to the hypervisor\nerror: {text}\n")),
    ("virsh in its own shell", |text| {
        format!(
            "virsh # connect\nerror: Failed to connect to the hypervisor\nerror: {text}\n\nvirsh # "
        )
    }),
    ("a traceback of Python", |text| {
        format!(
            "libvirt: XML-RPC error : {text}\nTraceback (most recent call last):\n  File \"/usr/lib/python3/dist-packages/libvirt.py\", line 148, in openAuth\n    raise libvirtError('virConnectOpenAuth() failed')\nlibvirt.libvirtError: {text}\n"
        )
    }),
    ("virt-manager", |text| {
        format!(
            "Unable to connect to libvirt.\n\n{text}\n\nTraceback (most recent call last):\n  File \"/usr/share/virt-manager/virtManager/connection.py\", line 923, in _do_open\nlibvirt.libvirtError: {text}\n"
        )
    }),
    ("vagrant-libvirt", |text| {
        format!(
            "Error while connecting to Libvirt: Error making a connection to libvirt URI qemu:///system:\nCall to virConnectOpen failed: {text}\n"
        )
    }),
    ("a binding of C for Go", |text| format!("virError(Code=38, Domain=7, Message='{text}')")),
    ("Terraform's provider 0.8", |text| framed(&format!("Error: failed to connect: {text}"))),
    ("Terraform's provider 0.9", |text| {
        framed(&format!(
            "Error: Unable to Connect to Libvirt\n\n  with provider[\"registry.terraform.io/dmacvicar/libvirt\"],\n  on main.tf line 9, in provider \"libvirt\":\n   9: provider \"libvirt\" {{\n\nAn error occurred while connecting to libvirt.\n\nError: failed to dial libvirt: {text}"
        ))
    }),
    ("Ansible", |text| {
        format!("fatal: [kvm1]: FAILED! => {{\"changed\": false, \"msg\": {}}}\n", json(text))
    }),
    ("a controller's log in JSON", |text| {
        format!(
            "{{\"level\":\"error\",\"ts\":\"2026-01-01T10:00:00Z\",\"msg\":\"Reconciler error\",\"error\":{}}}\n",
            json(text)
        )
    }),
    ("nova's log", |text| {
        let head = "2026-01-01 10:00:00.123 7 ERROR nova.virt.libvirt.host ";
        prefixed(
            &format!("Connection to libvirt failed: {text}: libvirt.libvirtError: {text}"),
            head,
        )
    }),
    ("the journal", |text| prefixed(text, "Nov 23 02:01:54 kvm1 virt-app[812]: ")),
    ("the journal with years", |text| {
        prefixed(text, "2026-11-23T02:01:54+0100 kvm1 virt-app[812]: ")
    }),
    ("docker compose", |text| prefixed(&format!("error: {text}"), "app-1  | ")),
    ("colours", |text| format!("\u{1b}[31;1merror:\u{1b}[0m \u{1b}[1m{text}\u{1b}[0m\u{1b}[K\n")),
    ("Windows", |text| format!("error: {text}\n").replace('\n', "\r\n")),
    ("80 columns", |text| broken(&format!("error: {text}"), 80)),
    ("60 columns", |text| broken(&format!("error: {text}"), 60)),
    ("a letter", |text| prefixed(&format!("I get\nerror: {text}\nwhat now?"), "> ")),
    ("a letter of 72 columns", |text| prefixed(&broken(&format!("error: {text}"), 72), "> ")),
    ("Markdown", |text| format!("Hello,\n```\n$ virsh list\nerror: {text}\n```\nthanks\n")),
    ("a web page", |text| {
        let text = text.replace('&', "&amp;").replace('\'', "&#39;").replace('"', "&quot;");
        format!("<pre>{}</pre>", text.replace('<', "&lt;").replace('>', "&gt;"))
    }),
];

fn prefixed(text: &str, head: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    format!("{head}{}\n", lines.join(&format!("\n{head}")))
}

/// As Terraform frames what it says, with lines that end between words.
fn framed(text: &str) -> String {
    let mut lines = vec![String::new()];
    for line in text.lines() {
        lines.push(String::new());
        for word in line.split(' ') {
            match lines.last_mut() {
                Some(line) if line.len() + word.len() <= 76 => line.extend([" ", word]),
                _ => lines.push(format!(" {word}")),
            }
        }
    }
    format!("╷\n{}╵\n", prefixed(&lines[1..].join("\n"), "│"))
}

/// As a terminal breaks lines, within words.
fn broken(text: &str, columns: usize) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let letters: Vec<char> = line.chars().collect();
        lines.extend(letters.chunks(columns).map(String::from_iter));
    }
    lines.join("\n")
}

fn json(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

#[test]
fn what_is_around_an_error_does_not_hide_it() {
    let mut wrong = Vec::new();
    for row in super::recorded::errors() {
        let text = row.text.strip_prefix("error: ").unwrap_or(&row.text);
        for (who, wrapper) in WRAPPERS {
            // Its own URI speaks for itself; a path was broken behind its slash.
            let about_uri = ["two-slashes", "helper-switched-off"].contains(&row.cause.as_str());
            let other_uri = *who == "vagrant-libvirt" && (about_uri || text.contains("$ virsh"));
            if other_uri || *who == "60 columns" && row.cause == "netcat-parameter-wrong" {
                continue;
            }
            let explanation = explain(wrapper(text).as_bytes());
            let names = names(&explanation);
            if !names.iter().take(3).any(|name| *name == row.cause) {
                wrong.push(format!("{who}: {}: {text}\n    {names:?}", row.cause));
            }
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}
