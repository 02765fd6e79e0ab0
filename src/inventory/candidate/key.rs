//! Names and commands that say that a connection URI follows.

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
pub(super) fn key_before(before: &[u8]) -> Option<String> {
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

/// Whether this is a name for connection URIs.
pub(super) fn is_uri_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    let last = key.rsplit('.').next().unwrap_or(&key);
    let subjects = ["libvirt", "virsh", "kvm", "qemu", "hypervisor"];
    URI_KEYS.contains(&last)
        || URI_KEYS.contains(&key.as_str())
        || (subjects.iter().any(|subject| key.contains(subject))
            && ["uri", "uris", "url", "urls"].iter().any(|word| last.ends_with(word)))
}

/// How far before a URI its command may begin, in bytes.
const LONGEST_COMMAND: usize = 200;

/// A command whose option takes a connection URI stands before.
pub(super) fn is_command(before: &[u8]) -> bool {
    let near = &before[before.len().saturating_sub(LONGEST_COMMAND)..];
    let text = String::from_utf8_lossy(near);
    let text = text.trim_end_matches(['"', '\'', ' ', '=']);
    let option = ["-c", "--connect", "-ic", "-oc", "--libvirt.uri", "--libvirt-uri"]
        .iter()
        .any(|option| text.ends_with(option));
    option && ["virsh", "virt-", "libvirt", "qemu"].iter().any(|program| text.contains(program))
}
