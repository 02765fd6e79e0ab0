//! What in a URI must not be shown.
//!
//! Found in the text, whatever the parse makes of it: a slash too many or a `?` in a
//! password makes the user a path to libxml2, and the password is one all the same.
//! Where it is not clear how far a password goes, more is hidden rather than less.

mod userinfo;
mod words;

use self::userinfo::{known_parameter, password};
use self::words::is_common;
use super::Uri;
use crate::text::{Letters, Span, Veil, apart};

/// A secret and its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) span: Span,
    /// The word before it: the user, or the name of the parameter.
    pub(crate) word: Span,
    pub(crate) kind: SecretKind,
}

/// What tells that it is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SecretKind {
    /// It stands between a colon and an `@`.
    Userinfo,
    /// It stands behind a name that says so.
    Named,
}

impl Uri<'_> {
    /// Hides the secrets of this URI in every form.
    pub(crate) fn veil(&self) -> Veil {
        Veil::of(self.text(), secret_spans(self.text()), is_common)
    }
}

/// Where the secrets of a URI stand in it, in order and apart.
pub(crate) fn secret_spans(text: &[u8]) -> Vec<Span> {
    apart(secrets(text).into_iter().map(|secret| secret.span).collect())
}

/// The secrets of a URI. One may stand within another.
pub(crate) fn secrets(text: &[u8]) -> Vec<Secret> {
    let mut found = Vec::new();
    if !may_hold_secrets(text) {
        return found;
    }
    let letters = Letters::of(text);
    let query = query_start(&letters);
    found.extend(password(&letters, 0, query));
    let mut at = query;
    while at < letters.bytes.len() {
        let end = section_end(&letters, at + 1, 0);
        let name_end = at + 1 + name_length(&letters.bytes[at + 1..]);
        let has_value = letters.bytes.get(name_end) == Some(&b'=');
        found.extend(password(&letters, if has_value { name_end + 1 } else { at + 1 }, end));
        at = end;
    }
    let (mut within, mut within_depth) = (0, 0);
    for equals in memchr::memchr_iter(b'=', &letters.bytes) {
        let name = name_before(&letters.bytes, equals);
        let depth = letters.depth(equals);
        let is_hidden = equals < within && depth >= within_depth;
        if is_hidden || !is_secret_name(&letters.bytes[name..equals]) {
            continue;
        }
        let end = section_end(&letters, equals + 1, depth);
        (within, within_depth) = (end, depth);
        if equals + 1 < end {
            found.push(Secret {
                span: letters.span(equals + 1, end),
                word: letters.span(name, equals),
                kind: SecretKind::Named,
            });
        }
    }
    found
}

/// Whether it is worth a closer look. Most URIs hold neither an escape, nor an `@` after
/// a colon that is not the scheme's, nor a name that tells of a secret.
fn may_hold_secrets(text: &[u8]) -> bool {
    if memchr::memchr(b'%', text).is_some() {
        return true;
    }
    let userinfo = memchr::memrchr(b'@', text).is_some_and(|at| {
        let colon = memchr::memchr(b':', &text[..at]);
        colon.is_some_and(|colon| {
            !text[colon..].starts_with(b"://")
                || memchr::memchr(b':', &text[colon + 1..at]).is_some()
        })
    });
    userinfo
        || memchr::memchr_iter(b'=', text)
            .any(|equals| is_secret_name(&text[name_before(text, equals)..equals]))
}

/// Where the query begins: at the first `?` or `#` with a parameter behind it that some
/// client or this module knows. Any other may be part of a password.
fn query_start(letters: &Letters<'_>) -> usize {
    let text = &letters.bytes;
    let is_query = |at: usize| {
        let section = |at: usize| {
            let name = &text[at + 1..at + 1 + name_length(&text[at + 1..])];
            text.get(at + 1 + name.len()) == Some(&b'=')
                && (known_parameter(name) || is_secret_name(name))
        };
        let rest = &text[at + 1..];
        let end = rest.iter().position(|byte| matches!(byte, b'?' | b'#'));
        let end = end.map_or(text.len(), |end| at + 1 + end);
        std::iter::once(at)
            .chain(memchr::memchr2_iter(b'&', b';', &text[at..end]).map(|found| at + found))
            .any(section)
    };
    memchr::memchr2_iter(b'?', b'#', text)
        .find(|at| letters.depth(*at) == 0 && is_query(*at))
        .unwrap_or(text.len())
}

/// Where a value ends: before a separator that is escaped as its `=` at most and has a
/// name behind it.
fn section_end(letters: &Letters<'_>, start: usize, depth: usize) -> usize {
    let text = &letters.bytes;
    let is_end = |at: &usize| {
        let rest = &text[*at + 1..];
        let (name, after) = rest.split_at(name_length(rest));
        letters.depth(*at) <= depth
            && match after.first() {
                Some(b'=') => !name.is_empty(),
                None => name.is_empty() || known_parameter(name),
                Some(b'&' | b'#') => known_parameter(name),
                _ => false,
            }
    };
    (start..text.len())
        .filter(|at| matches!(text[*at], b'&' | b';' | b'?' | b'#'))
        .find(is_end)
        .unwrap_or(text.len())
}

/// Bytes of the name at the beginning.
fn name_length(text: &[u8]) -> usize {
    text.iter().position(|byte| !is_name_byte(*byte)).unwrap_or(text.len())
}

/// Where the name before a `=` begins.
fn name_before(text: &[u8], equals: usize) -> usize {
    text[..equals].iter().rposition(|byte| !is_name_byte(*byte)).map_or(0, |at| at + 1)
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// Whether a parameter of this name holds a secret, although no libvirt reads one.
fn is_secret_name(name: &[u8]) -> bool {
    /// Anywhere in the name.
    const WITHIN: [&[u8]; 7] =
        [b"passw", b"passphrase", b"secret", b"token", b"api_key", b"apikey", b"api-key"];
    let ends = |word: &[u8]| {
        name.len() >= word.len() && name[name.len() - word.len()..].eq_ignore_ascii_case(word)
    };
    let begins = name.get(..4).is_some_and(|start| start.eq_ignore_ascii_case(b"pass"));
    begins
        || ends(b"pwd")
        || ends(b"pass")
        || (0..name.len()).any(|at| {
            // Few letters begin such a word.
            matches!(name[at] | 0x20, b'p' | b's' | b't' | b'a')
                && WITHIN.iter().any(|word| {
                    name[at..].get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word))
                })
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The URI with its secrets in braces.
    fn marked(uri: &str) -> String {
        let mut marked = uri.to_owned();
        for span in secret_spans(uri.as_bytes()).into_iter().rev() {
            marked.insert(span.end as usize, '}');
            marked.insert(span.start as usize, '{');
        }
        marked
    }

    #[test]
    fn secrets_are_found_whatever_the_parse() {
        for expected in [
            "qemu+ssh://joe:{hunter2}@h.example/system",
            "qemu+ssh:/joe:{hunter2}@h.example/system",
            "qemu+ssh:///joe:{hunter2}@h.example/system",
            "qemu+ssh:joe:{hunter2}@h.example/system",
            "qemu+ssh//joe:{hunter2}@h.example/system",
            "joe:{hunter2}@h.example",
            "joe:{hunter2}@h.example:22/system",
            "qemu+ssh://:{hunter2}@h.example/system",
            "qemu+ssh://joe:{sec/ret}@h.example/system",
            "qemu+ssh://joe:{12/ret}@h.example/system",
            "qemu+ssh://joe:{s?cret}@h.example/system",
            "qemu+ssh://joe:{s#cret}@h.example/system",
            "qemu+ssh://joe:{s?cret}@h.example/system?name=qemu:///x",
            "qemu+ssh://joe:{p@s?w@rd}@h.example/system",
            "qemu+ssh://joe:{a?b=c}@h.example/system",
            "qemu+ssh://joe:{1234}@h.example/system",
            "qemu+ssh://joe@corp.example:{hunter2}@h.example/system",
            "qemu+ssh://joe%3A{hunter2}@h.example/system",
            "qemu+ssh://joe%253A{hunter2}%2540h.example/system",
            "qemu+ssh://h/system?name=qemu://joe:{hunter2}@other.example/system&x=1",
            "qemu+ssh://h/system?name=qemu%3A%2F%2Fjoe%3A{hunter2}%40other.example%2Fsystem",
            "esx://h.example/?proxy=http://joe:{hunter2}@proxy.example:3128",
            "qemu+ssh://h.example/system&password={hunter2}",
            "qemu+ssh://h.example/system?a=1;password={hunter2}&c=3",
            "qemu+ssh://h.example/system?x=1&amp;password={hunter2}&y=2",
            "qemu+ssh://h.example/system#password={hunter2}",
            "qemu+ssh://h.example/system?PWD={a%26b}&db_token={x;y}&no_tty&z=1",
            "qemu+ssh://h.example/system?name=qemu:///%3Fpassword%3D{a%2526b}%26c%3Dd",
            "qemu+ssh://h.example/system?passphrase={a&b}&c=d",
            "qemu+ssh://h.example/system?name=qemu://joe:{a##b&&c}@other.example/system",
            "qemu+ssh://h.example/system?name=qemu%3A%2F%2Fjoe%3A{a@b}%40other.example",
            "qemu+ssh://joe:{hunter2}@h.example/%40x",
        ] {
            assert_eq!(marked(&expected.replace(['{', '}'], "")), expected);
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for uri in [
            "qemu:///system",
            "qemu+ssh://joe@h.example/system",
            "qemu+ssh://joe@h.example:22/system",
            "qemu+ssh://h.example:22/system?keyfile=/home/joe@corp/key",
            "qemu+ssh://joe@[2001:db8::7]:22/system?keyfile=/k",
            "qemu+ssh://joe@2001:db8::7/system",
            "qemu+ssh://[2001:db8::7]/system?name=qemu+ssh://joe@h",
            "qemu+ssh://2001:db8::7/system?foo=a@b",
            "qemu:joe@h.example/system",
            "qemu+ssh:joe@h.example/system",
            "qemu+ssh:/joe@h.example/system",
            "qemu+ssh://joe:@h.example/system",
            "qemu+libssh://h.example/system?sshauth=password&keyfile=/k",
            "qemu+ssh://h.example/system?password=",
            "vpx://joe@vc.example:443/dc/esx@1",
        ] {
            assert_eq!(marked(uri), uri);
        }
    }

    #[test]
    fn passwords_are_hidden_as_written_and_decoded() {
        let uri = "qemu+ssh://bob:hunter2%21@h/system?password=geheim";
        let veil = Uri::parse(uri.as_bytes()).unwrap().veil();
        for text in [uri, "bob:hunter2!@h: Permission denied", "-l bob:hunter2! geheim"] {
            let shown = veil.show(text).to_string();
            assert!(!shown.contains("hunter") && !shown.contains("geheim"), "{shown}");
        }
    }
}
