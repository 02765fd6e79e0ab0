//! Cuts a large text into parts of which each is read by itself, so that several threads
//! read one file, and no more is kept of it at a time than parts of it hold.
//!
//! A text is cut only where what is found in its parts is what is found in the whole:
//! between lines of which no comment and no text of another language goes on, never
//! within a document that its reader may be asked for, and not at all where a tool's
//! settings stand in it.

use std::ops::Range;

use super::around::Apart;
use super::assembled::assembled;
use super::comment::all_end_with_their_line;
use super::context::Dialect;
use super::reader;
use super::whole::Provider;

/// How long a part is at least, in bytes: so long that to begin one costs nothing beside it,
/// so short that it and what is found in it stay close to the processor.
const LENGTH: usize = 1 << 17;

/// Lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(super) range: Range<usize>,
    /// Whether it is cut out of a document that is too large for its reader.
    pub(super) is_of_document: bool,
}

impl Part {
    /// All lines.
    pub(super) fn whole(text: &[u8]) -> Self {
        Self { range: 0..text.len(), is_of_document: false }
    }
}

/// The parts of a text, in order and without gaps.
pub(crate) fn parts(text: &[u8], dialect: Dialect) -> Vec<Part> {
    cut(text, dialect).unwrap_or_else(|| vec![Part::whole(text)])
}

/// None where it cannot be cut.
fn cut(text: &[u8], dialect: Dialect) -> Option<Vec<Part>> {
    if text.len() <= LENGTH || Provider::is_followed(dialect) {
        return None;
    }
    let documents = reader::apart(text, dialect.reader)?;
    if documents.iter().all(|(_, is_large)| !is_large)
        || !all_end_with_their_line(text, dialect)
        || !assembled(text, dialect).is_empty()
    {
        return None;
    }
    let lines = Apart::of(text, dialect)?;
    let mut parts = Vec::with_capacity(text.len() / LENGTH + documents.len());
    for (document, is_large) in documents {
        if lines.behind(document.start) != document.start {
            return None;
        }
        let mut start = document.start;
        let is_of_document = is_large && dialect.reader.is_some();
        while is_large && document.end - start > LENGTH {
            let from = start + LENGTH;
            let Some(feed) = memchr::memchr(b'\n', &text[from..document.end]) else { break };
            let end = lines.behind(from + feed + 1).min(document.end);
            parts.push(Part { range: start..end, is_of_document });
            start = end;
        }
        if start < document.end {
            parts.push(Part { range: start..document.end, is_of_document });
        }
    }
    Some(parts)
}
