//! Text from outside on its way to a person: no secret, no control character.
//!
//! A URI, a file name, a line that ssh printed: any of them may hold a password
//! or an escape sequence. Reports accept such text only as [`Shown`], and the
//! only way to one leads through a [`Veil`], which knows the secrets.

use std::borrow::Cow;
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What stands where a secret stood.
const MASK: &str = "***";

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
        Veil::default().show(path.as_os_str().as_bytes())
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

/// Characters that a terminal obeys or that turn the reading direction.
pub(crate) fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{61c}')
}

/// The secrets of one connection. Everything shown about it passes here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Veil {
    secrets: Vec<Vec<u8>>,
}

/// Up to this length a secret is replaced only where it stands by itself: the
/// letters of "root" are in too many words.
const SHORT: usize = 5;

impl Veil {
    /// Knows these secrets, in every form in which they may turn up.
    pub(crate) fn hiding(secrets: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut secrets: Vec<Vec<u8>> =
            secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        // The longer first, so that a part of one never splits another.
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
        Self { secrets }
    }

    /// The text without the secrets.
    pub(crate) fn show(&self, text: impl AsRef<[u8]>) -> Shown {
        let mut text = Cow::Borrowed(text.as_ref());
        for secret in &self.secrets {
            if let Cow::Owned(masked) = mask(&text, secret) {
                text = Cow::Owned(masked);
            }
        }
        match String::from_utf8_lossy(&text) {
            Cow::Borrowed(text) => Shown::ours(text),
            Cow::Owned(lossy) => Shown { text: lossy, raw: Some(text.into()) },
        }
    }
}

fn mask<'t>(text: &'t [u8], secret: &[u8]) -> Cow<'t, [u8]> {
    let mut masked: Vec<u8> = Vec::new();
    let mut copied = 0;
    for at in memchr::memmem::find_iter(text, secret) {
        let alone = |neighbour: Option<&u8>| !neighbour.is_some_and(u8::is_ascii_alphanumeric);
        let end = at + secret.len();
        let stands_alone =
            alone(at.checked_sub(1).and_then(|before| text.get(before))) && alone(text.get(end));
        if secret.len() > SHORT || stands_alone {
            masked.extend_from_slice(&text[copied..at]);
            masked.extend_from_slice(MASK.as_bytes());
            copied = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    masked.extend_from_slice(&text[copied..]);
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn veil(secrets: &[&str]) -> Veil {
        Veil::hiding(secrets.iter().map(|secret| secret.as_bytes().to_vec()))
    }

    #[test]
    fn a_password_is_hidden_wherever_it_turns_up() {
        let veil = veil(&["hunter2%21", "hunter2!", "geheim"]);
        for text in [
            "qemu+ssh://bob:hunter2%21@h/system?password=geheim",
            "bob:hunter2!@h: Permission denied",
            "-l bob:hunter2! geheim",
        ] {
            let shown = veil.show(text).to_string();
            assert!(!shown.contains("hunter") && !shown.contains("geheim"), "{shown}");
        }
    }

    #[test]
    fn a_short_password_is_hidden_only_by_itself() {
        assert_eq!(veil(&["a"]).show("bob:a@h as a cat").to_string(), "bob:***@h as *** cat");
    }

    #[test]
    fn control_and_bidi_characters_become_visible() {
        let shown = Veil::default().show("a\x1b[2J\r\n\u{202e}b\x7f");
        assert_eq!(shown.to_string(), "a␛[2J␍␊\\u{202e}b␡");
        assert_eq!(serde_json::to_string(&shown).unwrap(), "\"a\\u001b[2J\\r\\n\u{202e}b\u{7f}\"");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept_without_secrets() {
        assert_eq!(Veil::default().show(b"\xff").raw(), Some(&b"\xff"[..]));
        assert_eq!(Veil::default().show(b"x").raw(), None);
        assert_eq!(veil(&["secret9"]).show(b"\xffsecret9").raw(), Some(&b"\xff***"[..]));
    }
}
