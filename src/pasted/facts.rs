//! What a text tells beside the error itself: host, port, path, user, its URI.

use std::collections::BTreeMap;

use super::clean::Flat;
use super::hide::hidden;
use crate::tables::drivers::Driver;
use crate::tables::signatures::Match;
use crate::text::Shown;
use crate::uri::Uri;

/// Facts by name; the first that names one is believed.
#[derive(Debug, Default)]
pub(super) struct Facts(BTreeMap<String, String>);

/// Facts that conditions ask for and nobody else.
const INNER: [&str; 9] =
    ["password", "relative", "odd-driver", "userless", "side", "client", "asked", "word", "text"];

impl Facts {
    /// What the whole text tells: its URI, and who speaks.
    pub(super) fn of_text(flat: &Flat) -> Self {
        let mut facts = Self::default();
        if let Some(uri) = uri_in(&flat.text) {
            facts.put("uri", uri);
        }
        if flat.is_of_daemon {
            facts.put("side", "daemon");
        }
        // The words that each release of Terraform's provider puts around Go's.
        let says = |words: &str| flat.lower.contains(words);
        if says("failed to create dialer:")
            || says("an error occurred while connecting to libvirt.")
        {
            facts.put("client", "terraform@0.9");
        } else if says("dmacvicar/libvirt") && says("error: failed to connect:") {
            facts.put("client", "terraform@0.8");
        }
        facts
    }

    /// What an error in it tells.
    pub(super) fn add(&mut self, flat: &Flat, found: &Match) {
        for (name, range) in &found.facts {
            let value = &flat.text[range.clone()];
            match (name.as_str(), value.split_once(':')) {
                ("user", Some((user, _))) => {
                    self.put("user", user);
                    self.put("password", "yes");
                }
                // So ssh calls a host behind a proxy.
                ("host", _) if value == "UNKNOWN" => {}
                ("port", _) if value == "65535" => {}
                // A pattern says where the URI is, the text's own reading where it ends.
                ("uri", _) => self.put("uri", uri_in(value).unwrap_or(value)),
                _ => self.put(name, value),
            }
        }
    }

    /// What follows from the others.
    pub(super) fn conclude(&mut self) {
        if let Some(uri) = self.get("uri").map(str::to_owned) {
            self.read_uri(&uri);
        }
        if self.get("path").is_some_and(|path| !path.starts_with(['/', '~', '$'])) {
            self.put("relative", "yes");
        }
        if let Some(begins) =
            self.get("number").and_then(|number| number.parse().ok()).and_then(begins)
        {
            self.put("begins", &begins);
        }
    }

    fn read_uri(&mut self, text: &str) {
        if secret_in(text) {
            self.put("password", "yes");
        }
        let Ok(uri) = Uri::parse(text.as_bytes()) else { return };
        let lossy = |text: std::borrow::Cow<'_, [u8]>| String::from_utf8_lossy(&text).into_owned();
        if uri.driver().is_none_or(|driver| Driver::named(driver).is_none()) {
            self.put("odd-driver", "yes");
        }
        if let Some(host) = uri.host().map(lossy).filter(|host| !host.is_empty()) {
            self.put("uri-host", &host);
            self.put("host", &host);
        }
        match uri.user().map(lossy) {
            Some(user) => {
                self.put("userless", "no");
                self.put("user", user.split(':').next().unwrap_or_default());
            }
            None => self.put("userless", "yes"),
        }
        if let Some(port) = uri.port().and_then(|port| port.value) {
            self.put("port", &port.to_string());
        }
    }

    fn put(&mut self, name: &str, value: &str) {
        let value = value.trim();
        if !value.is_empty() {
            self.0.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Those that tell a person something.
    pub(super) fn shown(&self) -> Vec<(String, Shown)> {
        let inner = |name: &str| INNER.contains(&name) || name == "uri-host";
        let facts = self.0.iter().filter(|(name, _)| !inner(name));
        facts.map(|(name, value)| (name.clone(), hidden(value))).collect()
    }

    /// Words of a table with the facts in the place of their names in braces; a fact
    /// that is not known is its name in capitals.
    pub(super) fn fill(&self, words: &str) -> Shown {
        let mut filled = String::new();
        let mut rest = words;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
            filled.push_str(before);
            if is_name {
                match self.get(name) {
                    Some(value) => filled.push_str(&shell_word(hidden(value).as_str())),
                    None => filled.push_str(&name.to_ascii_uppercase()),
                }
                rest = after;
            } else {
                filled.push('{');
                rest = &rest[before.len() + 1..];
            }
        }
        filled.push_str(rest);
        Shown::ours(filled)
    }
}

/// A word as a shell takes it to the letter: whoever wrote the error is not to write the
/// commands.
pub(super) fn shell_word(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    if word.chars().all(plain) && !word.starts_with('-') {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn secret_in(uri: &str) -> bool {
    !crate::uri::secret_spans(uri.as_bytes()).is_empty()
}

/// The first URI in a text that a client may have been given: one of a known driver,
/// else one of another word. What an error proposes is none.
fn uri_in(text: &str) -> Option<&str> {
    const PROPOSED: [&str; 4] = ["try ", "want ", "expected '", "try '"];
    const WEB: [&str; 5] = ["http", "https", "ftp", "file", "git"];
    let mut odd = None;
    for (colon, _) in text.match_indices(":/") {
        let is_scheme = |letter: char| letter.is_ascii_alphanumeric() || "+-._".contains(letter);
        let start = text[..colon]
            .rfind(|letter| !is_scheme(letter))
            .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
        let scheme = &text[start..colon];
        let end = text[colon..].find([' ', '\'', '>', ')', '|', '\0']);
        let uri = &text[start..end.map_or(text.len(), |end| colon + end)];
        let uri = uri.trim_end_matches(['.', ',', ':', ';']);
        let before = &text[..start];
        if scheme.is_empty() || PROPOSED.iter().any(|word| before.ends_with(word)) {
            continue;
        }
        let driver = scheme.split('+').next().unwrap_or_default();
        if Driver::named(driver.to_ascii_lowercase().as_bytes()).is_some() {
            return Some(uri);
        }
        let was_asked =
            ["-c ", "-c '", "--connect ", "URI ", "for "].iter().any(|word| before.ends_with(word));
        if odd.is_none()
            && uri[scheme.len()..].starts_with("://")
            && (was_asked || !WEB.contains(&scheme))
        {
            odd = Some(uri);
        }
    }
    odd
}

/// What the first four bytes were that libvirt took for the length of a message: it
/// takes four from the number and prints it as a signed one.
/// Source: libvirt src/rpc/virnetclient.c.
fn begins(number: i64) -> Option<String> {
    let number = u32::try_from(number.rem_euclid(1 << 32)).ok()?;
    let bytes = number.wrapping_add(4).to_be_bytes();
    Some(match bytes {
        [0x15 | 0x16, 3, 0..=4, _] => "TLS alert".to_owned(),
        [0x20, 0, 0x80, 0x86] => "libvirt's own protocol".to_owned(),
        [0x80, 0, 0, _] => "ONC RPC".to_owned(),
        [b'\r', b'\n', ..] => "a line break".to_owned(),
        [0x1b, ..] => "a colour for a terminal".to_owned(),
        _ if bytes.iter().all(|byte| (b' '..=b'~').contains(byte)) => {
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_is_text_that_came_first() {
        for (number, expected) in [
            (1_416_128_879, "This"),
            (1_349_281_117, "Plea"),
            (1_397_966_889, "SSH-"),
            (1_466_264_671, "Welc"),
            (707_406_374, "****"),
            (458_961_001, "a colour for a terminal"),
            (1_213_486_156, "HTTP"),
            (218_762_502, "a line break"),
            (352_518_908, "TLS alert"),
            (536_903_810, "libvirt's own protocol"),
            (-2_147_483_612, "ONC RPC"),
        ] {
            assert_eq!(begins(number).as_deref(), Some(expected), "{number}");
        }
        assert_eq!(begins(5), None);
    }

    #[test]
    fn the_uri_of_a_text() {
        for (text, uri) in [
            ("$ virsh -c qemu+ssh://joe@h.example/system list", "qemu+ssh://joe@h.example/system"),
            ("path '/', try qemu:///system", ""),
            (
                "see https://libvirt.org/kbase for qemu+tcp://h.example/system: refused",
                "qemu+tcp://h.example/system",
            ),
            ("virsh -c http://h.example/system", "http://h.example/system"),
            ("qemu+ssh:/joe@h.example/system.", "qemu+ssh:/joe@h.example/system"),
            ("a:/b", ""),
            ("é://x", ""),
        ] {
            assert_eq!(uri_in(text).unwrap_or_default(), uri, "{text}");
        }
    }

    #[test]
    fn facts_cannot_write_commands() {
        let mut facts = Facts::default();
        facts.put("host", "h;reboot");
        facts.put("path", "it's");
        let filled = facts.fill("ssh {user}@{host} ls {path} ${VAR}");
        assert_eq!(filled.to_string(), "ssh USER@'h;reboot' ls 'it'\\''s' ${VAR}");
    }
}
