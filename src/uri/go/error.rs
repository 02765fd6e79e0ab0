//! Go's own words for what it cannot read.

use std::fmt;

use bstr::{BStr, BString, ByteSlice as _};

/// Why Go refuses a text, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoError {
    /// The text without its fragment, or with it where that is at fault.
    pub(super) text: BString,
    pub(super) what: Fault,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    Control,
    NoScheme,
    ColonInFirstSegment,
    OpenBracket,
    Port(BString),
    Userinfo,
    Escape(BString),
    HostCharacter(BString),
}

impl fmt::Display for GoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "parse {}: ", Quoted(self.text.as_bstr()))?;
        match &self.what {
            Fault::Control => f.write_str("net/url: invalid control character in URL"),
            Fault::NoScheme => f.write_str("missing protocol scheme"),
            Fault::ColonInFirstSegment => {
                f.write_str("first path segment in URL cannot contain colon")
            }
            Fault::OpenBracket => f.write_str("missing ']' in host"),
            Fault::Port(port) => write!(f, "invalid port {} after host", Quoted(port.as_bstr())),
            Fault::Userinfo => f.write_str("net/url: invalid userinfo"),
            Fault::Escape(escape) => {
                write!(f, "invalid URL escape {}", Quoted(escape.as_bstr()))
            }
            Fault::HostCharacter(byte) => {
                write!(f, "invalid character {} in host name", Quoted(byte.as_bstr()))
            }
        }
    }
}

/// Go's `%q`.
pub(crate) struct Quoted<'a>(pub(crate) &'a BStr);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for (start, end, character) in self.0.char_indices() {
            match character {
                '\u{fffd}' if self.0[start..end] != "\u{fffd}".as_bytes() => {
                    for byte in self.0[start..end].bytes() {
                        write!(f, "\\x{byte:02x}")?;
                    }
                }
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\u{7}' => f.write_str("\\a")?,
                '\u{8}' => f.write_str("\\b")?,
                '\u{c}' => f.write_str("\\f")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                '\u{b}' => f.write_str("\\v")?,
                '\0'..='\u{1f}' | '\u{7f}' => write!(f, "\\x{:02x}", u32::from(character))?,
                _ => write!(f, "{character}")?,
            }
        }
        f.write_str("\"")
    }
}
