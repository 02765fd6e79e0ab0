//! A text letter by letter, however it is escaped.
//!
//! What a client reads from a URI is decoded, what it hands on is encoded anew, and a
//! shell or an error message quotes it: the same letters each time.

use std::borrow::Cow;

use super::Span;

/// The bytes that a text stands for, and where each of them is written.
#[derive(Debug, Clone, Default)]
pub(crate) struct Letters<'t> {
    pub(crate) bytes: Cow<'t, [u8]>,
    /// Empty where each byte stands for itself.
    places: Vec<Span>,
}

impl<'t> Letters<'t> {
    /// With percent escapes decoded, also those of an escaped `%`.
    pub(crate) fn of(text: &'t [u8]) -> Self {
        if memchr::memchr(b'%', text).is_none() {
            return Self { bytes: Cow::Borrowed(text), places: Vec::new() };
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut places = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let (byte, length) = escape(&text[at..]).unwrap_or((text[at], 1));
            bytes.push(byte);
            places.push(Span::new(at, at + length));
            at += length;
        }
        Self { bytes: Cow::Owned(bytes), places }
    }

    /// Without the marks that quoting puts in, and what is no character: a text that was
    /// made readable on its way lost it.
    pub(crate) fn unquoted(text: &'t [u8]) -> Self {
        let letters = Self::of(text);
        let is_plain = |byte: &u8| byte.is_ascii() && !matches!(byte, b'\'' | b'"' | b'\\');
        if letters.bytes.iter().all(is_plain) {
            return letters;
        }
        let mut kept = Self::default();
        let mut at = 0;
        let mut bytes = Vec::with_capacity(letters.bytes.len());
        for chunk in letters.bytes.utf8_chunks() {
            for character in chunk.valid().chars() {
                let end = at + character.len_utf8();
                if !matches!(character, '\'' | '"' | '\\' | '\u{fffd}') {
                    bytes.extend_from_slice(&letters.bytes[at..end]);
                    kept.places.extend((at..end).map(|at| letters.place(at)));
                }
                at = end;
            }
            at += chunk.invalid().len();
        }
        kept.bytes = Cow::Owned(bytes);
        kept
    }

    /// Where a letter is written.
    pub(crate) fn place(&self, at: usize) -> Span {
        self.places.get(at).copied().unwrap_or_else(|| Span::new(at, at + 1))
    }

    /// Where some in a row are written; at least one.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        self.place(start).to(self.place(end - 1))
    }

    /// How often the letter is escaped.
    pub(crate) fn depth(&self, at: usize) -> usize {
        self.place(at).len() / 2
    }
}

/// The byte of the escape at the beginning, and its length.
fn escape(text: &[u8]) -> Option<(u8, usize)> {
    let mut rest = text.strip_prefix(b"%")?;
    while rest.starts_with(b"25")
        && rest.get(2..4).is_some_and(|next| next.iter().all(u8::is_ascii_hexdigit))
    {
        rest = &rest[2..];
    }
    let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?;
    Some((byte, text.len() - rest.len() + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_any_depth_are_letters() {
        for (text, bytes) in [
            ("a:b", "a:b"),
            ("a%3Ab", "a:b"),
            ("%253a%25", ":%"),
            ("100%", "100%"),
            ("%+1%zz", "%+1%zz"),
            ("%2", "%2"),
        ] {
            assert_eq!(Letters::of(text.as_bytes()).bytes.as_ref(), bytes.as_bytes(), "{text}");
        }
        let letters = Letters::of(b"a%253Ab");
        assert_eq!(
            (letters.span(1, 3), letters.depth(0), letters.depth(1)),
            (Span::new(1, 7), 0, 2)
        );
    }

    #[test]
    fn quoting_is_no_letter() {
        for text in [&b"it's"[..], br"it'\''s", b"it%27s", b"i\xffts", "it\u{fffd}s".as_bytes()] {
            assert_eq!(Letters::unquoted(text).bytes.as_ref(), b"its");
        }
        assert_eq!(Letters::unquoted(br"'a'\''b'").span(0, 2), Span::new(1, 7));
    }
}
