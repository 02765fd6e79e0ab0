//! How much a scheme proves: a driver of libvirt, a near miss, or somebody else's.

use crate::tables::drivers::{DRIVERS, Driver, Mistaken};
use crate::tables::transports::Transport;
use crate::text::nearest;

/// Drivers whose names are common words or other programs' schemes: alone they
/// prove nothing.
const COMMON_WORDS: &[&str] = &[
    "test",
    "remote",
    "ch",
    "vz",
    "network",
    "storage",
    "secret",
    "interface",
    "nodedev",
    "hyperv",
    "esx",
    "one",
];

/// First halves of `word+transport` schemes that belong to other programs.
const OTHER_PROGRAMS: &[&str] = &[
    "git",
    "svn",
    "hg",
    "bzr",
    "cvs",
    "gluster",
    "nbd",
    "nbds",
    "rsync",
    "sftp",
    "scp",
    "docker",
    "podman",
    "ssh-remote",
    "vscode",
    "vscode-remote",
    "http",
    "https",
    "ws",
    "wss",
    "redis",
    "rediss",
    "amqp",
    "unix",
    "mysql",
    "postgres",
    "postgresql",
    "mongodb",
    "ldap",
    "iscsi",
    "iser",
    "nfs",
    "sheepdog",
    "udp",
    "tcp",
    "tls",
    "file",
    "cifs",
    "smb",
    "coap",
    "sip",
    "stratum",
    "stratum1",
    "stratum2",
    "kvm",
    "qemu-system",
    "libvirt",
    "xmlrpc",
    "snmp",
    "syslog",
    "rtsp",
    "couchbase",
];

/// Schemes of which none is ever meant for libvirt, whatever the name before them.
const NEVER: &[&str] =
    &["http", "https", "ws", "wss", "ftp", "file", "git", "redis", "amqp", "xenmigr"];

const PATH_WORDS: [&[u8]; 2] = [b"system", b"session"];

/// How much a scheme proves.
pub(super) enum Evidence {
    Strong,
    /// Enough where a name or a command says that a URI follows.
    Weak,
    /// Any scheme, where a name says that a URI follows.
    OnlyIfAsked,
}

/// What stands behind a scheme.
pub(super) struct After<'t> {
    text: &'t [u8],
    /// Whether the text ends with the URI. Else it goes on to the end of the line, and
    /// the answers are those of the most that it may be.
    ends: bool,
}

impl<'t> After<'t> {
    pub(super) fn in_uri(text: &'t [u8]) -> Self {
        Self { text, ends: true }
    }

    pub(super) fn on_line(text: &'t [u8]) -> Self {
        Self { text, ends: false }
    }

    /// Whether it begins with `://`; on a line perhaps written with escapes.
    pub(super) fn is_full(&self) -> bool {
        self.text.starts_with(b"://") || (!self.ends && self.text.starts_with(b":\\"))
    }

    /// Whether the path is this word, perhaps with a query behind it.
    fn has_path(&self, word: &[u8]) -> bool {
        if self.ends {
            is_path(self.text, word)
        } else {
            memchr::memmem::find_iter(self.before_next_uri(), word)
                .any(|at| self.text[..at].ends_with(b"/"))
        }
    }

    fn has_path_word(&self) -> bool {
        PATH_WORDS.iter().any(|word| self.has_path(word))
    }

    /// `:/system`, `:system`.
    fn begins_with_path_word(&self) -> bool {
        begins_with_path_word(self.text, self.ends)
    }

    /// The line to where something begins that may be another URI. So a line full of
    /// schemes is searched once, not once for each of them.
    fn before_next_uri(&self) -> &'t [u8] {
        let next = memchr::memchr_iter(b':', self.text)
            .skip(1)
            .find(|at| matches!(self.text.get(at + 1), Some(b'/' | b'\\')));
        &self.text[..next.unwrap_or(self.text.len())]
    }
}

/// Whether a scheme begins with the name of a driver.
pub(super) fn is_driver(scheme: &str) -> bool {
    Driver::named(scheme.split('+').next().unwrap_or_default().as_bytes()).is_some()
}

pub(super) fn classify(scheme: &str, after: &After<'_>) -> Option<Evidence> {
    let (driver, transport) =
        scheme.split_once('+').map_or((scheme, None), |(driver, rest)| (driver, Some(rest)));
    let hole = char::from(crate::uri::HOLE);
    let known = Driver::named(driver.as_bytes()).is_some();
    let common = COMMON_WORDS.contains(&driver);
    let full = after.is_full();
    if known && !full {
        // `qemu:/system`, `qemu+ssh:host/system`; not `qemu:commandline`, not a mount.
        let strong = match transport {
            Some(transport) => {
                Transport::named(transport.as_bytes()).is_some() && after.text.len() > 1
            }
            None => after.begins_with_path_word() || after.text.starts_with(b"///"),
        };
        return strong.then_some(Evidence::Strong);
    }
    if known && !common {
        return Some(Evidence::Strong);
    }
    if known {
        let transport = transport.is_some_and(|word| Transport::named(word.as_bytes()).is_some());
        let default = driver == "test" && after.has_path(b"default");
        let sure = default
            || ((transport
                || matches!(
                    driver,
                    "vz" | "ch" | "network" | "storage" | "nodedev" | "interface" | "secret"
                ))
                && after.has_path_word());
        return Some(if sure && driver != "remote" { Evidence::Strong } else { Evidence::Weak });
    }
    if !full || NEVER.contains(&driver) {
        return None;
    }
    let swapped = transport.is_some_and(|word| {
        Driver::named(word.as_bytes()).is_some_and(|driver| !COMMON_WORDS.contains(&driver.name))
    }) && Transport::named(driver.as_bytes()).is_some();
    if swapped {
        return Some(Evidence::Strong);
    }
    if driver.contains(hole) {
        return Some(Evidence::Weak);
    }
    if OTHER_PROGRAMS.contains(&driver) {
        return Some(if matches!(driver, "kvm" | "libvirt") && after.has_path_word() {
            Evidence::Weak
        } else {
            Evidence::OnlyIfAsked
        });
    }
    let transport_known = transport.is_some_and(|word| {
        Transport::named(word.as_bytes()).is_some()
            || nearest(word, Transport::ALL.map(Transport::name)).is_some()
    });
    let names =
        DRIVERS.iter().map(|driver| driver.name).filter(|name| !COMMON_WORDS.contains(name));
    let driver_near = driver.len() > 3 && nearest(driver, names).is_some();
    match (transport_known, driver_near || Mistaken::named(driver).is_some()) {
        (true, true) => Some(Evidence::Strong),
        (false, true) | (true, false) if after.has_path_word() => Some(Evidence::Strong),
        _ => Some(Evidence::OnlyIfAsked),
    }
}

/// Whether the path is this word, perhaps with a query behind it.
fn is_path(after: &[u8], word: &[u8]) -> bool {
    let end = memchr::memchr3(b'?', b'#', b'&', after).unwrap_or(after.len());
    after[..end]
        .strip_suffix(b"/")
        .unwrap_or(&after[..end])
        .strip_suffix(word)
        .is_some_and(|rest| rest.ends_with(b"/"))
}

fn begins_with_path_word(after: &[u8], ends: bool) -> bool {
    let rest = after.strip_prefix(b":").unwrap_or(after);
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    PATH_WORDS.iter().any(|word| {
        rest.strip_prefix(*word).is_some_and(|rest| match rest.first() {
            None | Some(b'?' | b'/' | b'#') => true,
            Some(byte) => !ends && !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_'),
        })
    })
}

/// `qemu+ssh//host`, `qemu///system`: the colon is missing.
pub(super) fn is_colonless(word: &[u8], after: &[u8]) -> bool {
    let text = String::from_utf8_lossy(word);
    if let Some((driver, transport)) = text.split_once('+') {
        Driver::named(driver.as_bytes()).is_some()
            && Transport::named(transport.as_bytes()).is_some()
    } else {
        let known = Driver::named(word).is_some() && !COMMON_WORDS.contains(&text.as_ref());
        known && (after.starts_with(b"///") && begins_with_path_word(&after[2..], false))
    }
}
