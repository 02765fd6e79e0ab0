//! Names and commands that say that a connection URI follows.

use super::edge::default_of;

/// Names that hold a connection URI and nothing else.
const URI_KEYS: &[&str] = &[
    "connection_uri",
    "live_migration_uri",
    "hypervisor.uri",
    "hypervisor_uri",
    "migration_uri",
    "uri_default",
    "power_address",
    "connect_uri",
    "target_uri",
    "vbmc_libvirt_uri",
    "libvirturi",
    "default_uri",
];

/// The name before `=` or `:`, as in `libvirt_uri: "` or `uri_default = "`.
pub(in crate::inventory) fn key_before(before: &[u8]) -> Option<String> {
    if let Some(name) = default_of(before) {
        return Some(String::from_utf8_lossy(name).into_owned());
    }
    let trimmed = trim_openers(before);
    let (separator, rest) =
        trimmed.split_last().map(|(last, rest)| (*last, rest.trim_ascii_end()))?;
    if !matches!(separator, b':' | b'=') {
        return None;
    }
    let rest = rest
        .strip_suffix(b":")
        .or(rest.strip_suffix(b"?"))
        .or(rest.strip_suffix(b"="))
        .unwrap_or(rest)
        .trim_ascii_end();
    let rest = rest.strip_suffix(b"\"").or(rest.strip_suffix(b"'")).unwrap_or(rest);
    let start = rest
        .iter()
        .rposition(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')))
        .map_or(0, |at| at + 1);
    // Pulumi's name has the colon in it.
    let start =
        if rest[..start].ends_with(b"libvirt:") { start - b"libvirt:".len() } else { start };
    let key = &rest[start..];
    (!key.is_empty()).then(|| String::from_utf8_lossy(key).into_owned())
}

/// Without blanks, quotes and brackets that open a value.
fn trim_openers(mut before: &[u8]) -> &[u8] {
    loop {
        let trimmed = before.trim_ascii_end();
        let trimmed = match trimmed.last() {
            Some(b'"' | b'\'' | b'[' | b'(' | b'`') => &trimmed[..trimmed.len() - 1],
            _ => trimmed,
        };
        if trimmed.len() == before.len() {
            return before;
        }
        before = trimmed;
    }
}

/// Whether nothing stands here but what opens a value, or separates those of a list.
pub(super) fn opens_value(before: &[u8]) -> bool {
    before.iter().all(|byte| byte.is_ascii_whitespace() || b"\"'`[]()-,;|".contains(byte))
}

/// Whether this is a name for connection URIs.
pub(in crate::inventory) fn is_uri_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let last = key.rsplit('.').next().unwrap_or(&key);
    let subjects = ["libvirt", "virsh", "kvm", "qemu", "hypervisor"];
    URI_KEYS.contains(&last)
        || URI_KEYS.contains(&key.as_str())
        || (subjects.iter().any(|subject| key.contains(subject))
            && ["uri", "uris", "url", "urls"].iter().any(|word| last.ends_with(word)))
}

/// Options of commands that take a connection URI.
const OPTIONS: [&[u8]; 6] =
    [b"-c", b"--connect", b"-ic", b"-oc", b"--libvirt.uri", b"--libvirt-uri"];

/// What the names of those commands hold.
const PROGRAMS: [&[u8]; 4] = [b"virsh", b"virt-", b"libvirt", b"qemu"];

/// How far before a URI its command may begin, in bytes.
const LONGEST_COMMAND: usize = 200;

/// A command whose option takes a connection URI stands before.
pub(in crate::inventory) fn is_command(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(LONGEST_COMMAND)..];
    let end = near.iter().rposition(|byte| !matches!(byte, b'"' | b'\'' | b' ' | b'='));
    let near = &near[..end.map_or(0, |end| end + 1)];
    OPTIONS.iter().any(|option| near.ends_with(option))
        && PROGRAMS.iter().any(|program| memchr::memmem::find(near, program).is_some())
}
