//! Which byte may stand in which part, and percent-decoding.
//!
//! Source: the `ISA_*` macros and `xmlURIUnescapeString` of libxml2's `uri.c`.

use std::borrow::Cow;

/// Stands for unknown text in a template: the control character SUBSTITUTE,
/// which no URI holds.
pub const HOLE: u8 = 0x1a;

/// A set of parts, one bit each.
pub(super) type Class = u8;

pub(super) const SCHEME: Class = 1;
pub(super) const USER: Class = 1 << 1;
pub(super) const HOST: Class = 1 << 2;
pub(super) const PATH: Class = 1 << 3;
pub(super) const QUERY: Class = 1 << 4;
pub(super) const FRAGMENT: Class = 1 << 5;
pub(super) const DIGIT: Class = 1 << 6;
pub(super) const HEX: Class = 1 << 7;

/// For each byte the parts in which it may stand as it is.
pub(super) type Table = [Class; 256];

/// What libxml2 accepts.
pub(super) const PLAIN: &Table = &table(false);
/// The same, with [`HOLE`] accepted everywhere.
pub(super) const TEMPLATE: &Table = &table(true);

const fn table(holes: bool) -> Table {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let at = byte as usize;
        let unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let delimiter = matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'='
        );
        if unreserved || delimiter {
            classes[at] |= USER | HOST | PATH | QUERY | FRAGMENT;
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.') {
            classes[at] |= SCHEME;
        }
        if byte == b':' {
            classes[at] |= USER | PATH | QUERY | FRAGMENT;
        }
        if byte == b'@' {
            classes[at] |= PATH | QUERY | FRAGMENT;
        }
        if matches!(byte, b'/' | b'?') {
            classes[at] |= QUERY | FRAGMENT;
        }
        // Not RFC 3986: libxml2 takes brackets there for XPointer's sake.
        if matches!(byte, b'[' | b']') {
            classes[at] |= FRAGMENT;
        }
        if byte.is_ascii_digit() {
            classes[at] |= DIGIT;
        }
        if byte.is_ascii_hexdigit() {
            classes[at] |= HEX;
        }
        if byte == u8::MAX {
            break;
        }
        byte += 1;
    }
    if holes {
        classes[HOLE as usize] = 0xff;
    }
    classes
}

/// The end of the run from `at` whose bytes are of `class` or percent escapes.
#[inline]
pub(super) fn run(text: &[u8], mut at: usize, class: Class, table: &Table) -> usize {
    while let Some(&byte) = text.get(at) {
        if table[byte as usize] & class != 0 {
            at += 1;
        } else if byte == b'%' && escape_at(text, at, table) {
            at += 3;
        } else {
            break;
        }
    }
    at
}

/// Whether two hex digits follow the `%` at `at`.
#[inline]
pub(super) fn escape_at(text: &[u8], at: usize, table: &Table) -> bool {
    matches!(text.get(at + 1..at + 3), Some(digits)
        if table[digits[0] as usize] & HEX != 0 && table[digits[1] as usize] & HEX != 0)
}

/// Decodes percent escapes, and ends at a `%00`: the result is a C string.
pub(crate) fn unescape(raw: &[u8]) -> Cow<'_, [u8]> {
    let Some(first) = memchr::memchr(b'%', raw) else {
        return Cow::Borrowed(raw);
    };
    let mut decoded = Vec::with_capacity(raw.len());
    decoded.extend_from_slice(&raw[..first]);
    let mut at = first;
    while at < raw.len() {
        let byte = match raw[at] {
            b'%' if escape_at(raw, at, PLAIN) => {
                at += 3;
                hex(raw[at - 2]) << 4 | hex(raw[at - 1])
            }
            other => {
                at += 1;
                other
            }
        };
        if byte == 0 {
            break;
        }
        decoded.push(byte);
    }
    Cow::Owned(decoded)
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_decode_and_nul_ends() {
        for (raw, decoded) in [
            ("a", "a"),
            ("a%20b", "a b"),
            ("%2F%2f", "//"),
            ("%zz", "%zz"),
            ("a%00b", "a"),
            ("100%", "100%"),
            ("+", "+"),
        ] {
            assert_eq!(unescape(raw.as_bytes()).as_ref(), decoded.as_bytes(), "{raw}");
        }
    }

    #[test]
    fn only_a_template_takes_holes() {
        assert_eq!(PLAIN[HOLE as usize], 0);
        assert_eq!(TEMPLATE[HOLE as usize], 0xff);
        assert!(
            (0..=255u8)
                .filter(|byte| *byte != HOLE)
                .all(|byte| PLAIN[usize::from(byte)] == TEMPLATE[usize::from(byte)])
        );
    }
}
