//! Characters that a file writes with others: `\u0026` in JSON, `&amp;` in XML,
//! `\&` in a shell command.

use crate::uri::HOLE;

/// Which ways of writing characters hold where a URI stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// None but a line feed that nothing else can be.
    None,
    /// `\"`, `\u0026`, `\x26` of a string in double quotes.
    String,
    /// The same and `\/`, which in other strings only a regular expression has.
    Json,
    /// `&amp;`, `&#38;`.
    Entities,
    /// `\&`, `\?`, `\;`, `\=` outside quotes.
    Shell,
    /// `\:`, `\=`, `\#`, `\!` and `\u0026` of Java's properties.
    Properties,
}

/// What is written at a place with more than one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escape {
    /// One character, and how many bytes of the file it takes.
    Character { value: char, length: usize },
    /// The end of a line: nothing of a URI.
    End,
}

impl Escape {
    /// Whether it writes a character that a scheme has or that follows one. Those that
    /// nothing else can be written for are not looked for.
    pub(super) fn is_of_scheme(self, mark: u8) -> bool {
        match self {
            Self::Character { value, length } => {
                let short = length == 2 && mark == b'\\' && value != ':';
                !short && (value.is_ascii_alphanumeric() || matches!(value, '+' | ':' | '/'))
            }
            Self::End => false,
        }
    }
}

impl Escapes {
    /// The escape that begins `text`, if one does.
    pub(super) fn read(self, text: &[u8]) -> Option<Escape> {
        let (value, length) = match (self, text.first()?) {
            (Self::Entities, b'&') => entity(text)?,
            (Self::Shell, b'\\') => match text.get(1)? {
                byte @ (b'&' | b'?' | b';' | b'=') => (char::from(*byte), 2),
                _ => return line_feed(text),
            },
            (Self::Properties, b'\\') => match text.get(1)? {
                byte @ (b':' | b'=' | b'#' | b'!' | b'\\' | b' ') => (char::from(*byte), 2),
                b'u' => unit(text)?,
                _ => return None,
            },
            (Self::Json, b'\\') if text.get(1) == Some(&b'/') => ('/', 2),
            (Self::String | Self::Json, b'\\') => match text.get(1)? {
                b'n' | b'r' | b't' => return Some(Escape::End),
                byte @ (b'"' | b'\'' | b'\\') => (char::from(*byte), 2),
                b'x' => (char::from_u32(digits(text.get(2..4)?, 16)?)?, 4),
                b'u' => unit(text)?,
                b'U' => (char::from_u32(digits(text.get(2..10)?, 16)?)?, 10),
                _ => return None,
            },
            (Self::None, b'\\') => return line_feed(text),
            _ => return None,
        };
        // A text that holds the mark of placeholders itself stays as it is.
        (value != char::from(HOLE)).then_some(Escape::Character { value, length })
    }
}

/// `\u0026`, and two of them for a character beyond.
fn unit(text: &[u8]) -> Option<(char, usize)> {
    let first = digits(text.get(2..6)?, 16)?;
    if let Some(value) = char::from_u32(first) {
        return Some((value, 6));
    }
    let second = text.get(6..)?.strip_prefix(b"\\u")?;
    let second = digits(second.get(..4)?, 16)?;
    let pair = (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(&second);
    let value =
        pair.then(|| char::from_u32(0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00)));
    value.flatten().map(|value| (value, 12))
}

/// `\n` that no word goes on behind.
fn line_feed(text: &[u8]) -> Option<Escape> {
    let alone = text.starts_with(b"\\n") && !text.get(2).is_some_and(u8::is_ascii_alphanumeric);
    alone.then_some(Escape::End)
}

/// The longest entity read: `&#x0010ffff;`.
const LONGEST_ENTITY: usize = 12;

pub(super) fn entity(text: &[u8]) -> Option<(char, usize)> {
    let name = text.strip_prefix(b"&")?;
    let end = name.iter().take(LONGEST_ENTITY - 1).position(|byte| *byte == b';')?;
    let value = match &name[..end] {
        b"amp" => '&',
        b"lt" => '<',
        b"gt" => '>',
        b"quot" => '"',
        b"apos" => '\'',
        [b'#', b'x' | b'X', number @ ..] => char::from_u32(digits(number, 16)?)?,
        [b'#', number @ ..] => char::from_u32(digits(number, 10)?)?,
        _ => return None,
    };
    Some((value, end + 2))
}

fn digits(text: &[u8], radix: u32) -> Option<u32> {
    let digit = |byte: &u8| char::from(*byte).is_digit(radix);
    if text.is_empty() || !text.iter().all(digit) {
        return None;
    }
    u32::from_str_radix(str::from_utf8(text).ok()?, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_written_with_others() {
        for (escapes, text, expected) in [
            (Escapes::Json, "\\/x", Some(('/', 2))),
            (Escapes::Json, "\\u0026m", Some(('&', 6))),
            (Escapes::String, "\\/x", None),
            (Escapes::String, "\\\"", Some(('"', 2))),
            (Escapes::String, "\\u0026m", Some(('&', 6))),
            (Escapes::String, "\\x26m", Some(('&', 4))),
            (Escapes::String, "\\u00e9", Some(('é', 6))),
            (Escapes::String, "\\ud83d\\ude00", Some(('\u{1f600}', 12))),
            (Escapes::String, "\\U00000026", Some(('&', 10))),
            (Escapes::String, "\\ud83d", None),
            (Escapes::String, "\\ud83d\\u0041", None),
            (Escapes::String, "\\u001a", None),
            (Escapes::String, "\\u00", None),
            (Escapes::String, "\\w+", None),
            (Escapes::String, "&amp;", None),
            (Escapes::Entities, "&amp;x", Some(('&', 5))),
            (Escapes::Entities, "&#38;", Some(('&', 5))),
            (Escapes::Entities, "&#x26;", Some(('&', 6))),
            (Escapes::Entities, "&quot;", Some(('"', 6))),
            (Escapes::Entities, "&mode=x;", None),
            (Escapes::Entities, "&;", None),
            (Escapes::Entities, "&#;", None),
            (Escapes::Shell, "\\&x", Some(('&', 2))),
            (Escapes::Shell, "\\/x", None),
            (Escapes::None, "\\/x", None),
            (Escapes::None, "\\name", None),
        ] {
            let read = escapes.read(text.as_bytes());
            let expected = expected.map(|(value, length)| Escape::Character { value, length });
            assert_eq!(read, expected, "{text}");
        }
        assert_eq!(Escapes::String.read(b"\\n"), Some(Escape::End));
        assert_eq!(Escapes::None.read(b"\\n\""), Some(Escape::End));
    }
}
