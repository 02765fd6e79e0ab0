//! Texts between quotes: their characters, and the quotes around them.

use crate::inventory::spelling::Spelling;
use crate::text::Span;

/// Puts quotes around a text that stands in some in the file, so that what is read from
/// it ends where the text ends. They are such as the text has not itself.
pub(super) fn between_quotes(inner: &Spelling, place: Span) -> Spelling {
    let free = [b'"', b'\'', b'`'].into_iter().find(|quote| !inner.text.contains(quote));
    let Some(quote) = free else { return inner.clone() };
    let mut outer = Spelling::default();
    outer.push_written(Span::empty(place.start as usize), char::from(quote));
    outer.append(inner);
    outer.push_written(Span::empty(place.end as usize), char::from(quote));
    outer
}

/// Reads a text in which a backslash or a doubled quote writes a character: `escape`
/// gives the character at a place and its length there, and what else stands there is
/// the text's own.
pub(super) fn decoded(
    raw: &[u8],
    base: usize,
    mut escape: impl FnMut(&[u8]) -> Option<(Option<char>, usize)>,
) -> Spelling {
    let mut spelling = Spelling::default();
    let mut at = 0;
    while at < raw.len() {
        if let Some((value, length)) = escape(&raw[at..]) {
            if let Some(value) = value {
                spelling.push_written(Span::new(base + at, base + at + length), value);
            }
            at += length;
        } else {
            spelling.push(raw[at], base + at);
            at += 1;
        }
    }
    spelling
}

/// `\x26`, `\u0026`, `\U00000026`: the character and its length. A pair of surrogates is one.
pub(super) fn numbered(text: &[u8]) -> Option<(char, usize)> {
    let digits = match text.get(1)? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        _ => return None,
    };
    let first = hexadecimal(text, 2, digits)?;
    if let Some(value) = char::from_u32(first) {
        return Some((value, 2 + digits));
    }
    let rest = text.get(2 + digits..)?;
    let second = rest.starts_with(b"\\u").then(|| hexadecimal(rest, 2, 4))??;
    let is_pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
    let value = is_pair.then(|| 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((char::from_u32(value)?, 2 + digits + 6))
}

fn hexadecimal(text: &[u8], from: usize, digits: usize) -> Option<u32> {
    let text = std::str::from_utf8(text.get(from..from + digits)?).ok()?;
    text.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(text, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_by_number() {
        for (text, expected) in [
            ("\\x26a", Some(('&', 4))),
            ("\\u0071emu", Some(('q', 6))),
            ("\\U0001f600", Some(('\u{1f600}', 10))),
            ("\\ud83d\\ude00x", Some(('\u{1f600}', 12))),
            ("\\ud83d", None),
            ("\\u+071", None),
            ("\\n", None),
            ("\\", None),
        ] {
            assert_eq!(numbered(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn quotes_are_such_as_the_text_has_not() {
        let mut inner = Spelling::default();
        inner.copy(b"a\"b", 11);
        let outer = between_quotes(&inner, Span::new(10, 15));
        assert_eq!(outer.text, b"'a\"b'");
        assert_eq!(outer.in_file(Span::new(1, 4)), Span::new(11, 14));
    }
}
