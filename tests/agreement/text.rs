//! Bytes that are mostly text: as JSON, and for a person.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};

/// What a client printed, logged or was given.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Saved", into = "Saved")]
pub(crate) struct Text(pub(crate) Vec<u8>);

/// A JSON string, or base64 where the bytes are no UTF-8.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Saved {
    Plain(String),
    Raw { base64: String },
}

impl From<Saved> for Text {
    fn from(saved: Saved) -> Self {
        match saved {
            Saved::Plain(text) => Self(text.into_bytes()),
            Saved::Raw { base64 } => Self(BASE64.decode(base64).expect("base64 that we wrote")),
        }
    }
}

impl From<Text> for Saved {
    fn from(text: Text) -> Self {
        match String::from_utf8(text.0) {
            Ok(text) => Self::Plain(text),
            Err(error) => Self::Raw { base64: BASE64.encode(error.as_bytes()) },
        }
    }
}

impl From<&[u8]> for Text {
    fn from(bytes: &[u8]) -> Self {
        Self(bytes.to_vec())
    }
}

impl Text {
    pub(crate) fn lossy(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
