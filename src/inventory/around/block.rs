//! Block scalars of YAML: `key: |` and the lines that stand further in.

use std::ops::Range;

use super::{Inner, is_script_key, language_of};
use crate::inventory::context::{Context, Dialect};

#[derive(Default)]
pub(in crate::inventory) struct Blocks {
    open: Option<Block>,
}

struct Block {
    /// The column that its lines stand behind; none for the whole document.
    parent: Option<usize>,
    key: Option<String>,
    /// Once its first line was seen.
    inner: Option<Inner>,
}

impl Block {
    /// Whether a line is no part of it any more.
    fn ends(&self, indent: usize, text: &[u8]) -> bool {
        let is_out = !text.is_empty() && self.parent.is_some_and(|parent| indent <= parent);
        is_out || indent == 0 && matches!(text, b"---" | b"...")
    }
}

impl Blocks {
    /// Where the blocks of a text stand, from the line behind the header to the line that
    /// is no part of it any more.
    pub(super) fn all(text: &[u8]) -> Vec<Range<usize>> {
        let behind =
            |at: usize| memchr::memchr(b'\n', &text[at..]).map_or(text.len(), |feed| at + feed + 1);
        let mut found = Vec::new();
        let mut at = 0;
        while let Some(mark) = memchr::memchr2(b'|', b'>', &text[at..]).map(|mark| at + mark) {
            let start = memchr::memrchr(b'\n', &text[at..mark]).map_or(at, |feed| at + feed + 1);
            at = behind(mark);
            let mut blocks = Self::default();
            blocks.see(line(text, start, at));
            if blocks.open.is_none() {
                continue;
            }
            let first = at;
            while at < text.len() {
                let next = behind(at);
                let (indent, words) = indented(line(text, at, next));
                if blocks.open.as_ref().is_some_and(|block| block.ends(indent, words)) {
                    break;
                }
                at = next;
            }
            found.push(first..at);
        }
        found
    }

    pub(super) fn see(&mut self, line: &[u8]) -> Option<&Inner> {
        let (indent, text) = indented(line);
        if self.open.as_ref().is_some_and(|block| block.ends(indent, text)) {
            self.open = None;
        }
        if self.open.is_none() {
            // Most lines end with something else.
            if is_header_end(text) {
                self.open = open(indent, text);
            }
            return None;
        }
        let block = self.open.as_mut()?;
        if !text.is_empty() && block.inner.is_none() {
            block.inner = Some(self::block(block.key.as_deref(), None, text));
        }
        block.inner.as_ref()
    }
}

/// A line of a text, without its line feed.
fn line(text: &[u8], start: usize, next: usize) -> &[u8] {
    let line = &text[start..next];
    line.strip_suffix(b"\n").unwrap_or(line)
}

/// How far a line is indented, and its words.
fn indented(line: &[u8]) -> (usize, &[u8]) {
    let indent = line.iter().take_while(|byte| **byte == b' ').count();
    (indent, line[indent..].trim_ascii_end())
}

/// Whether a header of a block may end like this: `|`, `>-`, `|2+ # comment`.
fn is_header_end(text: &[u8]) -> bool {
    match text.last() {
        Some(b'|' | b'>') => true,
        Some(b'-' | b'+' | b'0'..=b'9') => {
            text.iter().rev().take(3).any(|byte| matches!(byte, b'|' | b'>'))
        }
        _ => memchr::memmem::find(text, b" #").is_some_and(|at| {
            at <= 200
                && text[..at]
                    .trim_ascii_end()
                    .iter()
                    .rev()
                    .take(3)
                    .any(|byte| matches!(byte, b'|' | b'>'))
        }),
    }
}

fn open(indent: usize, text: &[u8]) -> Option<Block> {
    if text.starts_with(b"#") {
        return None;
    }
    let text = memchr::memmem::find(text, b" #").map_or(text, |at| &text[..at]).trim_ascii_end();
    let marks = text.iter().rev().take_while(|byte| matches!(byte, b'-' | b'+' | b'0'..=b'9'));
    let text = &text[..text.len() - marks.count()];
    let mut before = text.strip_suffix(b"|").or(text.strip_suffix(b">"))?;
    if before.last().is_some_and(|byte| !byte.is_ascii_whitespace()) {
        return None;
    }
    // `!tag` and `&anchor` may stand between.
    loop {
        before = before.trim_ascii_end();
        let word = before.iter().rposition(|byte| *byte == b' ').map_or(0, |at| at + 1);
        match before.get(word) {
            Some(b'!' | b'&') => before = &before[..word],
            _ => break,
        }
    }
    // Where the key stands, behind the dashes of its list.
    let mut at = 0;
    let mut dash = None;
    while before[at..].starts_with(b"-") && matches!(before.get(at + 1), None | Some(b' ')) {
        dash = Some(indent + at);
        at += 1 + before[at + 1..].iter().take_while(|byte| **byte == b' ').count();
    }
    let name = &before[at..];
    let (parent, key) = match name.strip_suffix(b":") {
        Some(key) => (Some(indent + at), Some(unquoted(key))),
        None if name.is_empty() => (dash, None),
        None if name == b"---" => (None, None),
        None => return None,
    };
    Some(Block { parent, key, inner: None })
}

fn unquoted(key: &[u8]) -> String {
    let key = key.trim_ascii();
    let key = key.strip_prefix(b"\"").and_then(|key| key.strip_suffix(b"\"")).unwrap_or(key);
    let key = key.strip_prefix(b"'").and_then(|key| key.strip_suffix(b"'")).unwrap_or(key);
    String::from_utf8_lossy(key).into_owned()
}

/// What a block under this key holds, written to this file.
pub(in crate::inventory) fn block(key: Option<&str>, file: Option<&str>, first: &[u8]) -> Inner {
    let dialect = match (key, file) {
        (Some(key), _) if is_script_key(key) => Dialect::of_language("sh"),
        (_, Some(file)) => language_of(Some(file.as_bytes()), first),
        (Some(key), None) if key.contains('.') => language_of(Some(key.as_bytes()), first),
        _ => language_of(None, first),
    };
    Inner { dialect, context: Context::Value, key: key.map(str::to_owned) }
}
