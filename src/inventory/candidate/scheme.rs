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

const PATH_WORDS: [&[u8]; 2] = [b"system", b"session"];

/// How much a scheme proves.
pub(super) enum Evidence {
    Strong,
    /// Enough where a name or a command says that a URI follows.
    Weak,
    /// Any scheme, where a name says that a URI follows.
    OnlyIfAsked,
}

pub(super) fn classify(scheme: &str, after: &[u8]) -> Option<Evidence> {
    let (driver, transport) =
        scheme.split_once('+').map_or((scheme, None), |(driver, rest)| (driver, Some(rest)));
    let hole = char::from(crate::uri::HOLE);
    let known = Driver::named(driver.as_bytes()).is_some();
    let common = COMMON_WORDS.contains(&driver);
    let has_path_word = PATH_WORDS.iter().any(|word| is_path(after, word));
    let full = after.starts_with(b"://");
    if known && !full {
        // `qemu:/system`, `qemu+ssh:host/system`; not `qemu:commandline`, not a mount.
        let strong = match transport {
            Some(transport) => Transport::named(transport.as_bytes()).is_some() && after.len() > 1,
            None => begins_with_path_word(after) || after.starts_with(b"///"),
        };
        return strong.then_some(Evidence::Strong);
    }
    if known && !common {
        return Some(Evidence::Strong);
    }
    if known {
        let transport = transport.is_some_and(|word| Transport::named(word.as_bytes()).is_some());
        let default = driver == "test" && is_path(after, b"default");
        let sure = default
            || (has_path_word
                && (transport
                    || matches!(
                        driver,
                        "vz" | "ch" | "network" | "storage" | "nodedev" | "interface" | "secret"
                    )));
        return Some(if sure && driver != "remote" { Evidence::Strong } else { Evidence::Weak });
    }
    if !full {
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
        return Some(if has_path_word && matches!(driver, "kvm" | "libvirt") {
            Evidence::Weak
        } else {
            Evidence::OnlyIfAsked
        });
    }
    let transport_known = transport.is_some_and(|word| {
        Transport::named(word.as_bytes()).is_some()
            || nearest(word, Transport::ALL.map(Transport::name)).is_some()
    });
    let near = nearest(
        driver,
        DRIVERS
            .iter()
            .filter(|driver| !COMMON_WORDS.contains(&driver.name))
            .map(|driver| driver.name),
    );
    let driver_near = near.is_some() && driver.len() > 3;
    match (transport_known, driver_near || Mistaken::named(driver).is_some()) {
        (true, true) => Some(Evidence::Strong),
        (false, true) | (true, false) if has_path_word => Some(Evidence::Strong),
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

/// `:/system`, `:system`.
fn begins_with_path_word(after: &[u8]) -> bool {
    let rest = after.strip_prefix(b":").unwrap_or(after);
    let rest = rest.strip_prefix(b"/").unwrap_or(rest);
    PATH_WORDS.iter().any(|word| {
        rest.strip_prefix(*word)
            .is_some_and(|rest| rest.is_empty() || matches!(rest[0], b'?' | b'/' | b'#'))
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
        known && (after.starts_with(b"///") && begins_with_path_word(&after[2..]))
    }
}
