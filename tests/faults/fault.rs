//! One file of the lab: what is broken and what must be said about it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;

/// A fault, or a healthy connection where `cause` and `verdict` are absent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Fault {
    /// Folder and file name.
    #[serde(skip)]
    pub(crate) name: String,
    /// What is broken, in a line.
    pub(crate) what: String,
    /// What is connected to; empty for what libvirt takes by itself.
    pub(crate) uri: String,
    /// What is there before anything is broken.
    #[serde(default)]
    pub(crate) needs: Vec<Need>,
    /// The client that connects, where it is not virsh: `go-libvirt`.
    pub(crate) peer: Option<String>,
    /// Whether root runs the client; else the lab's user.
    #[serde(default)]
    pub(crate) as_root: bool,
    /// What the user's environment has beside HOME, USER and PATH.
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    /// Options of `check`.
    #[serde(default)]
    pub(crate) options: Vec<String>,
    /// Options of virsh.
    #[serde(default)]
    pub(crate) virsh_options: Vec<String>,
    #[serde(default)]
    pub(crate) client: Side,
    #[serde(default)]
    pub(crate) server: Side,
    /// The rule that must be named; none where the connection works.
    pub(crate) cause: Option<String>,
    /// The rules that may be the cause as well, the likelier first.
    #[serde(default)]
    pub(crate) rivals: Vec<String>,
    /// What must be decided, where it is not `ok` without a cause and `fails` with one.
    pub(crate) verdict: Option<String>,
    /// Whether virsh connects, by a password that we do not send: nothing can be proved.
    #[serde(default)]
    pub(crate) unproven: bool,
    /// A part of what virsh said when the fault was written down; none where it says nothing.
    pub(crate) virsh: Option<String>,
    /// What it says instead, by chance.
    pub(crate) or_virsh: Option<String>,
    /// Why these words do not lead `explain -` to the cause, where they are too poor.
    pub(crate) unexplained: Option<String>,
    /// How long virsh is waited for, in seconds.
    #[serde(default = "patience")]
    pub(crate) patience: u64,
    /// Whether what we say that virsh would say is what it says.
    #[serde(default = "yes")]
    pub(crate) quotes: bool,
    /// Words that the cause's message must hold: a path, a name, a fingerprint's kind.
    #[serde(default)]
    pub(crate) says: Vec<String>,
}

/// How long virsh may take; longer means that it is silent.
const fn patience() -> u64 {
    8
}

const fn yes() -> bool {
    true
}

/// A part of a healthy lab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Need {
    /// Addresses of IPv6 beside those of IPv4: 2001:db8::1 and ::2, fe80::1 and ::2.
    Ipv6,
    /// sshd on the server.
    Sshd,
    /// A key of the client's user that sshd takes.
    Key,
    /// The server's key in the user's known_hosts.
    KnownHost,
    /// The server's key in libvirt's own known_hosts of the user, for libssh and libssh2.
    LibvirtKnownHost,
    /// libvirtd on the server.
    Libvirtd,
    /// libvirtd on the client's own host.
    LocalLibvirtd,
    /// A CA, and certificates of the server and of the client, where libvirt looks for them.
    Certificates,
    /// systemd as the first process of the server, with the units of libvirtd, none of
    /// them started.
    Systemd,
    /// The same on the client.
    LocalSystemd,
}

/// What is different on one of the two hosts.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Side {
    /// Shell, as root, before the servers start.
    pub(crate) before: String,
    /// The programs that a login over ssh finds, beside the basic ones.
    pub(crate) programs: Option<Vec<String>>,
    /// Lines of sshd_config.
    pub(crate) sshd: String,
    /// Lines of libvirtd.conf.
    pub(crate) libvirtd: String,
    /// When libvirtd believes to be: it does not start with a certificate that has expired.
    pub(crate) faketime: Option<String>,
    /// Servers, a shell command each; they end with the host.
    pub(crate) serve: Vec<String>,
    /// Shell, as root, when everything runs.
    pub(crate) after: String,
    /// Shell, as the lab's user, after that.
    pub(crate) user: String,
}

/// All faults, by name.
pub(crate) fn all(folder: &Path) -> Vec<Fault> {
    let mut found = Vec::new();
    for hop in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if !hop.is_dir() {
            continue;
        }
        for file in fs::read_dir(&hop).unwrap().map(|entry| entry.unwrap().path()) {
            if file.extension().is_none_or(|kind| kind != "toml") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let mut fault: Fault =
                toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let part = |path: &Path| path.file_stem().unwrap().to_string_lossy().into_owned();
            fault.name = format!("{}/{}", part(&hop), part(&file));
            found.push(fault);
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}
