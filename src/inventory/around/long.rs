//! Strings of TOML over several lines, between three quotes.

use super::{Inner, language_of};
use crate::inventory::context::Context;

#[derive(Default)]
pub(in crate::inventory) struct LongStrings {
    open: Option<u8>,
    inner: Option<Inner>,
}

impl LongStrings {
    /// The lines that have one of the marks are the file's own.
    pub(super) fn see(&mut self, line: &[u8]) -> Option<&Inner> {
        let was_open = self.open.is_some();
        let mut at = 0;
        let mut marked = false;
        while let Some(offset) = memchr::memchr2(b'"', b'\'', &line[at..]) {
            let mark = at + offset;
            let quote = line[mark];
            if !line[mark..].starts_with(&[quote; 3]) {
                at = mark + 1;
                continue;
            }
            if self.open.is_none_or(|open| open == quote) {
                self.open = if self.open.is_none() { Some(quote) } else { None };
                marked = true;
            }
            at = mark + 3;
        }
        if marked || !was_open {
            self.inner = None;
            return None;
        }
        let inner =
            || Inner { dialect: language_of(None, line), context: Context::Value, key: None };
        Some(self.inner.get_or_insert_with(inner))
    }
}
