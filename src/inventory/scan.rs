//! Finds the connection URIs of a text: line by line, and by the structure of its
//! document where the lines do not settle what a place means.

use std::cell::OnceCell;
use std::ops::Range;

use super::around::Around;
use super::assembled::assembled;
use super::candidate::Search;
use super::comment::Comments;
use super::context::{Context, Dialect};
use super::line::Line;
use super::located::Located;
use super::part::Part;
use super::reader::{self, LIMITS, Limits, PlainText};
use super::whole;

/// What some editors put before the first line.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// In the order of the text.
    pub(crate) found: Vec<Located>,
    /// Values that are nothing but a placeholder, under a name for URIs.
    pub(crate) holes: usize,
    /// Why its structure was left aside, where that may have cost something.
    pub(crate) plain_text: Option<PlainText>,
}

/// Finds the connection URIs of a file.
pub(crate) fn scan(text: &[u8], dialect: Dialect) -> Scan {
    scan_part(text, &Part::whole(text), dialect)
}

/// Finds those of a part of a file. Their places are places in the file.
pub(crate) fn scan_part(text: &[u8], part: &Part, dialect: Dialect) -> Scan {
    scan_within(LIMITS, text, part, dialect)
}

/// The same with other limits.
pub(super) fn scan_within(limits: Limits, text: &[u8], part: &Part, dialect: Dialect) -> Scan {
    let mut lines = Lines::default();
    lines.read_part(text, part.range.clone(), &Frame::of(dialect));
    let plain_text = if part.is_of_document {
        reader::too_large(dialect, &lines)
    } else {
        reader::refine(text, part.range.clone(), dialect, limits, &mut lines)
    };
    if part.range.len() == text.len() {
        lines.found.extend(assembled(text, dialect));
    }
    lines.found.sort_by_key(|located| located.span.start);
    Scan { found: lines.found, holes: lines.holes, plain_text }
}

/// What is known of a text before its first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) dialect: Dialect,
    /// What is in it, where it is no comment; else its language says it.
    pub(super) context: Option<Context>,
    /// The name that it is assigned to.
    pub(super) key: Option<String>,
}

impl Frame {
    pub(super) fn of(dialect: Dialect) -> Self {
        Self { dialect, context: None, key: None }
    }
}

/// What lines hold.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) found: Vec<Located>,
    pub(super) holes: usize,
    /// In order: where the structure of the document may say more.
    pub(super) unsettled: Vec<Unsettled>,
}

/// A place that its line does not settle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unsettled {
    pub(super) at: usize,
    /// Whether the line may be misread, and not only lack its key.
    pub(super) is_pressing: bool,
}

impl Lines {
    /// Reads all lines of a text.
    pub(super) fn read(&mut self, text: &[u8], frame: &Frame) {
        self.read_part(text, 0..text.len(), frame);
    }

    /// Reads some lines of a text: all, or those of a part of it.
    fn read_part(&mut self, text: &[u8], part: Range<usize>, frame: &Frame) {
        let dialect = frame.dialect;
        let mut around = Around::new(text, part.clone(), dialect);
        let mut comments = Comments::of_part(text, part.clone(), dialect);
        let mut provider = whole::Provider::new(dialect);
        let Range { mut start, end: last } = part;
        if start == 0 && text.starts_with(BOM) {
            start = BOM.len();
        }
        while start < last {
            let end = memchr::memchr(b'\n', &text[start..last]).map_or(last, |at| start + at);
            let line = &text[start..end];
            let inner = around.see(start, line);
            let known = if inner.is_some() || comments.end_with_their_line() {
                OnceCell::new()
            } else {
                OnceCell::from(comments.of_line(start, end))
            };
            let search = || Search {
                line: Line::new(text, start, end, inner.map_or(dialect, |inner| inner.dialect)),
                outer: dialect,
                inner,
                context: frame.context.or(inner.map(|inner| inner.context)),
                key: inner.map_or(frame.key.as_deref(), |inner| inner.key.as_deref()),
                comments: known,
            };
            provider.see(line);
            // Most lines hold nothing that could begin a URI, and name none.
            let may_begin = memchr::memchr2(b':', b'/', line).is_some();
            let may_name = whole::may_name(line);
            if may_begin || may_name {
                let search = search();
                let before = self.found.len();
                if may_begin {
                    search.collect(self);
                }
                if may_name {
                    let found = &self.found[before..];
                    self.holes += whole::count(&search.line, found, provider.is_open(), |at| {
                        search.is_comment(at)
                    });
                }
            }
            start = end + 1;
        }
    }
}
