//! Text from outside on its way to a person: no secret, no control character.
//!
//! A URI, a file name, a line that ssh printed: any of them may hold a password
//! or an escape sequence. Reports accept such text only as [`Shown`], and the
//! only way to one leads through a [`Veil`](super::Veil), which knows the secrets.

use std::borrow::Cow;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use super::Span;
use super::veil::masked;

/// Text without secrets. `Display` also makes control and bidirectional
/// characters visible; `Serialize` leaves them to JSON's own escapes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Shown {
    text: String,
    /// The bytes, secrets masked, where they are no UTF-8.
    raw: Option<Box<[u8]>>,
}

impl Shown {
    /// Text that this program itself wrote.
    pub(crate) fn ours(text: impl Into<String>) -> Self {
        Self { text: text.into(), raw: None }
    }

    /// The name of a file, which may be any bytes.
    pub(crate) fn path(path: &Path) -> Self {
        Self::masked(path.as_os_str().as_bytes(), &[])
    }

    /// Text from outside with `***` at the places of its secrets, which are in order
    /// and apart.
    pub(crate) fn masked(text: &[u8], secrets: &[Span]) -> Self {
        let text = masked(text, secrets);
        match String::from_utf8_lossy(&text) {
            Cow::Borrowed(text) => Self::ours(text),
            Cow::Owned(lossy) => Self { text: lossy, raw: Some(text.into()) },
        }
    }

    /// Without secrets, control characters as they were.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The text itself, for a program.
    pub(crate) fn into_string(self) -> String {
        self.text
    }

    /// The bytes themselves, for a program.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.raw.map_or_else(|| self.text.into_bytes(), Into::into)
    }

    /// The bytes, where they are no UTF-8 and `as_str` is not all of them.
    pub(crate) fn raw(&self) -> Option<&[u8]> {
        self.raw.as_deref()
    }

    /// The same with something else in the place of a character.
    pub(crate) fn replaced(&self, character: char, with: &str) -> Self {
        Self { text: self.text.replace(character, with), raw: None }
    }

    /// The same with words of this program behind it.
    pub(crate) fn followed_by(mut self, words: &str) -> Self {
        self.text.push_str(words);
        if let Some(raw) = self.raw.take() {
            self.raw = Some([&raw, words.as_bytes()].concat().into());
        }
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Each line by itself, so that a report can indent them.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Self> {
        self.text.lines().map(Self::ours)
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&visible(&self.text))
    }
}

impl serde::Serialize for Shown {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// The text with control and bidirectional characters as something to see.
fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            '\0'..='\u{1f}' => {
                let picture = char::from_u32(0x2400 + character as u32);
                seen.push(picture.expect("U+2400 to U+241F are assigned characters"));
            }
            '\u{7f}' => seen.push('\u{2421}'),
            hidden if is_hidden(hidden) => seen.extend(hidden.escape_unicode()),
            plain => seen.push(plain),
        }
    }
    Cow::Owned(seen)
}

/// Characters that a terminal obeys, that turn the reading direction or end a line, and
/// those that nobody sees.
pub(crate) fn is_hidden(character: char) -> bool {
    // Megabytes of text go through here.
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}'
                | '\u{feff}'
                // A second alphabet, for language tags.
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_bidi_characters_become_visible() {
        assert_eq!(Shown::ours("\u{2028}\u{e0041}").to_string(), "\\u{2028}\\u{e0041}");
        let shown = Shown::ours("a\x1b[2J\r\n\u{202e}b\x7f");
        assert_eq!(shown.to_string(), "a␛[2J␍␊\\u{202e}b␡");
        assert_eq!(serde_json::to_string(&shown).unwrap(), "\"a\\u001b[2J\\r\\n\u{202e}b\u{7f}\"");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept() {
        assert_eq!(Shown::masked(b"\xff", &[]).raw(), Some(&b"\xff"[..]));
        assert_eq!(Shown::masked(b"x", &[]).raw(), None);
        assert_eq!(Shown::masked(b"\xffab", &[Span::new(1, 3)]).raw(), Some(&b"\xff***"[..]));
    }
}
