//! The strict reading: yes or no, exactly as libxml2's `xmlParseURI` says it.
//!
//! libxml2 tries the absolute form first and, where that fails, the relative
//! one. Text that begins with a scheme and a colon can never be a relative
//! reference (no colon in its first segment), so which form it is, is decided
//! here by looking, not by trying twice.

use super::bytes::{DIGIT, FRAGMENT, HOLE, HOST, PATH, QUERY, SCHEME, Table, USER, run};
use super::{Port, Uri};
use crate::text::Span;

/// The parts of `text`, or none where libxml2 refuses it.
pub(super) fn parse<'a>(text: &'a [u8], table: &Table) -> Option<Uri<'a>> {
    let mut uri = Uri::blank(text);
    let mut at = 0;
    if let Some(end) = scheme_end(text, table) {
        uri.set_scheme(Span::new(0, end));
        at = end + 1;
    }
    if text[at..].starts_with(b"//") {
        uri.slashes = true;
        at = authority(&mut uri, at + 2, table)?;
    }
    let path_start = at;
    at = if text.get(at) == Some(&b'/') {
        if uri.slashes { segments(text, at, table) } else { absolute_path(text, at, table) }
    } else if uri.slashes {
        at
    } else {
        rootless_path(text, at, uri.scheme.is_some(), table)
    };
    uri.path = Span::new(path_start, at);
    if text.get(at) == Some(&b'?') {
        let end = run(text, at + 1, QUERY, table);
        uri.query = Some(Span::new(at + 1, end));
        at = end;
    }
    if text.get(at) == Some(&b'#') {
        let end = run(text, at + 1, FRAGMENT, table);
        uri.fragment = Some(Span::new(at + 1, end));
        at = end;
    }
    (at == text.len()).then_some(uri)
}

/// Where the scheme ends, if the text begins with one and a colon.
pub(super) fn scheme_end(text: &[u8], table: &Table) -> Option<usize> {
    let first = *text.first()?;
    if !(first.is_ascii_alphabetic() || (first == HOLE && table[HOLE as usize] != 0)) {
        return None;
    }
    let end = 1 + text[1..].iter().take_while(|byte| table[**byte as usize] & SCHEME != 0).count();
    (text.get(end) == Some(&b':')).then_some(end)
}

/// `[user@]host[:port]`; returns where it ends.
fn authority(uri: &mut Uri<'_>, start: usize, table: &Table) -> Option<usize> {
    let text = uri.text;
    let mut at = start;
    let user_end = run(text, at, USER, table);
    if text.get(user_end) == Some(&b'@') {
        uri.user = Some(Span::new(at, user_end));
        at = user_end + 1;
    }
    let host_end = if text.get(at) == Some(&b'[') {
        // Anything up to the bracket, checked by nobody; but C's text ends at a NUL.
        let close = at + memchr::memchr2(b']', 0, &text[at..])?;
        if text[close] == 0 {
            return None;
        }
        close + 1
    } else {
        run(text, at, HOST, table)
    };
    if host_end > at {
        uri.host = Some(Span::new(at, host_end));
    }
    if text.get(host_end) != Some(&b':') {
        return Some(host_end);
    }
    let digits = host_end + 1;
    let end = digits
        + text[digits..].iter().take_while(|byte| table[**byte as usize] & DIGIT != 0).count();
    let digits = Span::new(digits, end);
    uri.port = Some(Port { span: digits, value: port(digits.of(text))? });
    Some(end)
}

/// The value of a port, none where a hole is part of it. Nothing where libxml2
/// refuses it: empty, or over `INT_MAX`.
#[expect(clippy::option_option, reason = "refused and unknown are two answers")]
fn port(digits: &[u8]) -> Option<Option<u32>> {
    if digits.is_empty() {
        return None;
    }
    if digits.contains(&HOLE) {
        return Some(None);
    }
    let mut value = 0u32;
    for digit in digits {
        value = value.checked_mul(10)?.checked_add(u32::from(digit - b'0'))?;
        if value > i32::MAX as u32 {
            return None;
        }
    }
    Some(Some(value))
}

/// `*( "/" segment )`.
fn segments(text: &[u8], mut at: usize, table: &Table) -> usize {
    while text.get(at) == Some(&b'/') {
        at = run(text, at + 1, PATH, table);
    }
    at
}

/// `"/" [ segment-nz *( "/" segment ) ]`: after the first slash there is either
/// a segment or nothing.
fn absolute_path(text: &[u8], at: usize, table: &Table) -> usize {
    let end = run(text, at + 1, PATH, table);
    if end == at + 1 { end } else { segments(text, end, table) }
}

/// A path that does not begin with a slash. Without a scheme its first segment
/// holds no colon.
fn rootless_path(text: &[u8], at: usize, has_scheme: bool, table: &Table) -> usize {
    let mut end = run(text, at, PATH, table);
    if !has_scheme && let Some(colon) = memchr::memchr(b':', &text[at..end]) {
        end = at + colon;
    }
    if end == at { at } else { segments(text, end, table) }
}
