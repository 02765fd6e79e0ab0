//! A line of known_hosts with which Go's ssh takes none of the file.
//!
//! Other readers pass over what they do not understand. Source: `parseLine` in
//! `ssh/knownhosts/knownhosts.go` and `ParsePublicKey` in `ssh/keys.go` of
//! golang.org/x/crypto.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::evidence::Flaw;

/// The kinds of keys that it reads.
const KINDS: &[&str] = &[
    "ssh-rsa",
    "ssh-dss",
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];
/// A certificate's kind ends so.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// The first such line.
pub(crate) fn flaw(file: &str) -> Option<Flaw> {
    let is_file = fs::metadata(Path::new(file)).is_ok_and(|it| it.is_file());
    let text = is_file.then(|| fs::read(file).ok()).flatten()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    text.lines()
        .enumerate()
        .find_map(|(at, line)| Some(Flaw { line: at + 1, why: trouble(line)?.to_owned() }))
}

fn trouble(line: &str) -> Option<&'static str> {
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let first = words.next().filter(|word| !word.starts_with('#'))?;
    let marked = ["@cert-authority", "@revoked"].contains(&first);
    let Some(hosts) = (if marked { words.next() } else { Some(first) }) else {
        return Some("no host");
    };
    if words.next().is_none() {
        return Some("no kind of key");
    }
    let Some(key) = words.next() else { return Some("no key") };
    let Ok(key) = STANDARD.decode(key) else { return Some("a key that is no base64") };
    let Some((kind, rest)) = string(&key) else { return Some("a key that is cut off") };
    let kind = String::from_utf8_lossy(kind);
    if !KINDS.contains(&kind.as_ref()) && !kind.ends_with(CERTIFICATE) {
        return Some("a kind of key that it does not know");
    }
    // Every key has at least one more part.
    if string(rest).is_none() {
        return Some("a key that is cut off");
    }
    // Of a revoked key only the key itself is read.
    if first == "@revoked" {
        return None;
    }
    if hosts.starts_with('|') {
        return (!is_hash(hosts)).then_some("a hash that is none");
    }
    let mut hosts = hosts.split(',').map(|host| host.strip_prefix('!').unwrap_or(host));
    hosts
        .any(|host| host.starts_with('[') && !host.contains("]:"))
        .then_some("a host without its port")
}

/// `|1|SALT|HASH`.
fn is_hash(hosts: &str) -> bool {
    let parts: Vec<&str> = hosts.split('|').collect();
    let is_base64 = |text: &str| STANDARD.decode(text).is_ok();
    matches!(parts[..], ["", "1", salt, hash] if is_base64(salt) && is_base64(hash))
}

/// A length in four bytes, and so many bytes.
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIGd0ZQ9hKZ8W6l3cVqj4ZB0m3m5Zo0Bz0Qe6Yw1oXv9L";

    #[test]
    fn only_what_go_cannot_read_is_a_flaw() {
        let hash = "|1|F1E1KeoE/eEWhi10WpGv4OdiO6Y=|3988QV0VE8wmZL7suNrYQLITLCg=";
        for line in ["", "  ", "# c", &format!("h ssh-ed25519 {KEY}"), &format!("h x {KEY} c d")] {
            assert_eq!(trouble(line), None, "{line}");
        }
        assert_eq!(trouble(&format!("@revoked h ssh-ed25519 {KEY}")), None);
        assert_eq!(trouble(&format!("{hash} ssh-ed25519 {KEY}")), None);
        for line in
            ["h", "h ssh-ed25519", "h ssh-ed25519 AAAA", "h x !!", "@revoked", "h x AAAAAXg="]
        {
            assert!(trouble(line).is_some(), "{line}");
        }
        assert!(trouble(&format!("h ssh-ed25519 {}", &KEY[..40])).is_some());
        for hosts in ["|1|x", "|1|!!|3988QV0VE8wmZL7suNrYQLITLCg=", "|2|AAAA|AAAA", "a,[b]", "![b]"]
        {
            assert!(trouble(&format!("{hosts} ssh-ed25519 {KEY}")).is_some(), "{hosts}");
            assert_eq!(trouble(&format!("@revoked {hosts} ssh-ed25519 {KEY}")), None, "{hosts}");
        }
        assert_eq!(trouble(&format!("[a]:2222,!b ssh-ed25519 {KEY}")), None);
    }
}
