//! A password between the user's colon and the `@`, in letters of a URI.

use std::net::Ipv6Addr;

use super::{Secret, SecretKind};
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Driver;
use crate::tables::parameters::Reader;
use crate::tables::transports::Transport;
use crate::text::Letters;

/// How many colons are looked at. What follows more of them is hidden.
const MOST_COLONS: usize = 32;

/// The password in a URI that stands at `start..end`: from the first colon that may
/// end a user to the last `@`.
pub(super) fn password(letters: &Letters<'_>, start: usize, end: usize) -> Option<Secret> {
    let text = &letters.bytes[..end];
    let ats = || memchr::memchr_iter(b'@', &text[start..]).map(|at| start + at);
    let first = ats().next()?;
    // Beside one that is not escaped, an escaped one is part of a name, unless all of
    // this URI is escaped.
    let is_escaped = memchr::memchr_iter(b':', &text[start..first])
        .any(|colon| letters.depth(start + colon) > 0);
    let plain = ats().rfind(|at| !is_escaped && letters.depth(*at) == 0);
    let at = plain.or_else(|| ats().next_back())?;
    let start = after_scheme(text, start, at);
    let mut from = start;
    for left in (0..MOST_COLONS).rev() {
        let colon = from + memchr::memchr(b':', &text[from..at])?;
        if let Some(beyond) = address(text, start, colon)
            .or_else(|| port(text, start, colon, at))
            .or_else(|| inner_scheme(text, colon, at))
            .filter(|_| left > 0)
        {
            from = beyond;
            continue;
        }
        let word = text[start..colon].iter().rposition(|byte| is_delimiter(*byte));
        let word = word.map_or(start, |at| start + at + 1);
        let place = |from: usize, to: usize| {
            let end = letters.place(to).start;
            crate::text::Span {
                start: if from < to { letters.place(from).start } else { end },
                end,
            }
        };
        return (colon + 1 < at).then(|| Secret {
            span: letters.span(colon + 1, at),
            word: place(word, colon),
            kind: SecretKind::Userinfo,
        });
    }
    None
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b':' | b'/' | b'?' | b'#' | b'@' | b'&' | b';' | b'=')
}

/// Behind the scheme and its colon, where there is one. A word before a colon without
/// slashes is one only if it is known: else it is a user.
fn after_scheme(text: &[u8], start: usize, at: usize) -> usize {
    let head = &text[start..at];
    let Some(colon) = head.iter().position(|byte| is_delimiter(*byte)) else { return start };
    if head[colon] != b':' {
        return start;
    }
    let junk = head.iter().position(u8::is_ascii_alphanumeric).unwrap_or(0).min(colon);
    let mut words = head[junk..colon].split(|byte| *byte == b'+');
    let is_known = |word: &[u8]| {
        Driver::named(&word.to_ascii_lowercase()).is_some() || Transport::named(word).is_some()
    };
    let is_scheme = text[start + colon..].starts_with(b"://") || words.any(is_known);
    if is_scheme { start + colon + 1 } else { start }
}

/// The end of the IPv6 address that the colon stands in.
fn address(text: &[u8], start: usize, colon: usize) -> Option<usize> {
    let before = &text[start..colon];
    let first = before
        .iter()
        .rposition(|byte| matches!(byte, b'@' | b'/' | b'[' | b'=' | b'?'))
        .map_or(start, |at| start + at + 1);
    let rest = &text[first..];
    let length = rest.iter().position(|byte| !(byte.is_ascii_hexdigit() || b":.".contains(byte)));
    let end = first + length.unwrap_or(rest.len());
    let stops = !matches!(text.get(end), Some(b'@'));
    let address = std::str::from_utf8(&text[first..end]).ok()?;
    (stops && address.parse::<Ipv6Addr>().is_ok()).then_some(end)
}

/// The end of the port behind the colon. Without an `@` before it, text up to one in the
/// path is rather a password with a slash in it.
fn port(text: &[u8], start: usize, colon: usize, at: usize) -> Option<usize> {
    let rest = &text[colon + 1..at];
    let digits = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let ends = digits <= 5 && matches!(rest[digits], b'/' | b'?' | b'#');
    let has_user = text[start..colon].contains(&b'@');
    let is_in_path = !rest.iter().any(|byte| matches!(byte, b'?' | b'#'));
    (ends && (has_user || !is_in_path)).then_some(colon + 1 + digits)
}

/// Behind the colon of the scheme of a URI within this one that has a colon more.
fn inner_scheme(text: &[u8], colon: usize, at: usize) -> Option<usize> {
    let rest = &text[colon..at];
    (rest.starts_with(b"://") && rest[1..].contains(&b':')).then_some(colon + 1)
}

/// Whether some client has a parameter of this name.
pub(super) fn known_parameter(name: &[u8]) -> bool {
    let readers = [
        Reader::Remote,
        Reader::Esx,
        Reader::Hyperv,
        Reader::Go(UriDialect::GoLibvirt),
        Reader::Go(UriDialect::Terraform08),
        Reader::Go(UriDialect::Terraform09),
    ];
    readers.iter().any(|reader| {
        reader.table().iter().any(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
    })
}
