//! Secrets in pasted text: in URIs, before the `@` of a login, behind a name that says so.

use std::net::Ipv6Addr;

use crate::text::{Shown, Span, apart};
use crate::uri::secret_spans;

/// A piece of text to show, without secrets.
pub(super) fn hidden(text: &str) -> Shown {
    let mut spans = Vec::new();
    for (at, word) in words(text) {
        let moved = |span: Span| Span::new(at + span.start as usize, at + span.end as usize);
        spans.extend(secret_spans(word.as_bytes()).into_iter().map(moved));
        spans.extend(broken_password(text, at, word));
    }
    spans.extend(named(text));
    Shown::masked(text.as_bytes(), &apart(spans))
}

/// The words between blanks and where they stand.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let start = text.as_ptr() as usize;
    let place = move |word: &str| word.as_ptr() as usize - start;
    text.split([' ', '\'', '"'])
        .filter(|word| !word.is_empty())
        .map(move |word| (place(word), word))
}

/// A password with a blank or a quote in it: from the colon of the user to the next `@`
/// behind the word, or the word's end.
fn broken_password(text: &str, at: usize, word: &str) -> Option<Span> {
    let slashes = word.find("://")? + 3;
    let rest = &word[slashes..];
    let colon = rest.find(':').filter(|_| !rest.contains('@') && !rest.starts_with('['))?;
    let value = rest[colon + 1..].split(['/', '?']).next().unwrap_or_default();
    let is_port =
        !value.is_empty() && value.trim_end_matches(':').bytes().all(|b| b.is_ascii_digit());
    let address = rest.split(['/', '?']).next().unwrap_or_default().trim_end_matches(':');
    if is_port || value.is_empty() || address.parse::<Ipv6Addr>().is_ok() {
        return None;
    }
    let start = at + slashes + colon + 1;
    let end = text[start..].find('@').map_or(at + word.len(), |found| start + found);
    Some(Span::new(start, end))
}

/// Values behind `password:` and its like, as in JSON and YAML; `=` is known to the
/// secrets of a URI.
fn named(text: &str) -> Vec<Span> {
    const NAMES: [&str; 6] = ["password", "passwd", "passphrase", "secret", "token", "_pass"];
    let lower = text.to_ascii_lowercase();
    let mut found = Vec::new();
    for name in NAMES {
        for (at, _) in lower.match_indices(name) {
            let end = at + name.len();
            let letters = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
            let more = lower.as_bytes()[end..].iter().take_while(|byte| letters(byte)).count();
            let rest = &lower[end + more..];
            let value = rest.trim_start_matches(['\'', '"', ' ']);
            let Some(value) = value.strip_prefix([':', '=']) else { continue };
            let value = value.trim_start_matches(' ');
            let quote = value.chars().next().filter(|first| ['\'', '"'].contains(first));
            let value = if quote.is_some() { &value[1..] } else { value };
            let close = quote.unwrap_or(' ');
            let start = lower.len() - value.len();
            let length = value.find(close).unwrap_or(value.len());
            if length > 0 {
                found.push(Span::new(start, start + length));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::hidden;

    #[test]
    fn secrets_of_a_paste() {
        for (text, expected) in [
            ("joe:geheim@h.example: Permission denied", "joe:***@h.example: Permission denied"),
            (
                "URI qemu+ssh://joe:ge heim@h.example/system",
                "URI qemu+ssh://joe:***@h.example/system",
            ),
            ("'ansible_password': 'ge heim', 'x': 1", "'ansible_password': '***', 'x': 1"),
            ("\"passwd\": \"ge heim\", 1", "\"passwd\": \"***\", 1"),
            ("password=geheim x", "password=*** x"),
            (
                "at qemu+tcp://h.example:16509/system: a@b",
                "at qemu+tcp://h.example:16509/system: a@b",
            ),
            ("at 'qemu+tcp://2001:db8::7/system' a@b", "at 'qemu+tcp://2001:db8::7/system' a@b"),
            ("Permission denied (publickey,password).", "Permission denied (publickey,password)."),
        ] {
            assert_eq!(hidden(text).as_str(), expected);
        }
    }
}
