//! Readers of documents: what the structure says of a place that its line does not settle.
//!
//! A reader is asked only for documents with such places, and only for the texts around
//! them. What it gives is a text as the document means it, with the place in the file of
//! every character; the search for URIs then runs over that text. A document that its
//! reader cannot read is left as the lines are, and that is said.

use std::ops::Range;

use super::context::{Context, Dialect};
use super::scan::{Frame, Lines, Unsettled};
use super::spelling::Spelling;
use super::yaml_key::shell_key;
use crate::text::Span;

mod csv;
mod hcl;
mod ini;
mod json;
mod properties;
mod quoted;
mod source;
mod toml;
mod xml;
mod yaml;

pub(super) use source::Language;

/// How much of a file is given to readers, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// The largest document.
    pub(super) document: usize,
    /// All documents together.
    pub(super) sum: usize,
}

pub(super) const LIMITS: Limits = Limits { document: 1 << 20, sum: 4 << 20 };

/// Who reads a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    Yaml,
    Toml,
    Json,
    Hcl,
    Ini,
    Properties,
    Xml,
    Csv,
    Source(Language),
}

/// Why a file was read as plain text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PlainText {
    /// What the document should have been.
    pub(crate) format: &'static str,
    /// Where in the file it is none, and what the parser says to that.
    pub(crate) broken: Option<(usize, String)>,
}

/// A text of a document.
#[derive(Debug, PartialEq, Eq)]
struct Text {
    spelling: Spelling,
    /// From its first byte in the file to its last one, quotes included.
    place: Span,
    frame: Frame,
}

/// Where a document is none.
#[derive(Debug, PartialEq, Eq)]
struct Broken {
    at: usize,
    why: String,
}

/// The part of a file that is read, and the places in it that are asked for.
struct Document<'t> {
    text: &'t str,
    /// Where it begins in the file.
    base: usize,
    dialect: Dialect,
    wanted: &'t [Unsettled],
}

impl Document<'_> {
    /// The place in the file of a place in the document.
    fn in_file(&self, start: usize, end: usize) -> Span {
        Span::new(self.base + start, self.base + end)
    }

    /// Whether a place that is asked for stands there.
    fn wants(&self, start: usize, end: usize) -> bool {
        let from = self.wanted.partition_point(|place| place.at < self.base + start);
        self.wanted.get(from).is_some_and(|place| place.at < self.base + end)
    }

    fn bytes(&self, start: usize, end: usize) -> &[u8] {
        &self.text.as_bytes()[start..end]
    }

    /// A text that is a value, spelled so.
    fn value(&self, spelling: Spelling, (start, end): (usize, usize), key: Option<&str>) -> Text {
        let place = self.in_file(start, end);
        let key = key.map(str::to_owned);
        Text { spelling, place, frame: Frame { key, ..Frame::of(self.dialect.decoded()) } }
    }

    /// A text with lines of another language. What it is, it is as a whole.
    fn inner(
        &self,
        spelling: Spelling,
        (start, end): (usize, usize),
        key: Option<&str>,
        dialect: Dialect,
    ) -> Text {
        let context = self.dialect.context(false, b"", 0, 0);
        let frame = Frame { dialect, context: Some(context), key: key.map(str::to_owned) };
        Text { spelling, place: self.in_file(start, end), frame }
    }
}

impl Reader {
    /// What its documents are called.
    fn format(self) -> &'static str {
        match self {
            Self::Yaml => "YAML",
            Self::Toml => "TOML",
            Self::Json => "JSON",
            Self::Hcl => "HCL",
            Self::Xml => "XML",
            Self::Ini | Self::Properties | Self::Csv | Self::Source(_) => "text",
        }
    }

    /// Whether it costs no more than the search by lines, and always knows more.
    pub(super) fn reads_all(self) -> bool {
        match self {
            Self::Yaml | Self::Toml | Self::Json | Self::Hcl | Self::Ini => false,
            Self::Properties | Self::Xml | Self::Csv | Self::Source(_) => true,
        }
    }

    fn read(self, document: &Document<'_>) -> Result<Vec<Text>, Broken> {
        match self {
            Self::Yaml => yaml::texts(document),
            Self::Toml => toml::texts(document),
            Self::Json => json::texts(document),
            Self::Hcl => hcl::texts(document),
            Self::Xml => xml::texts(document),
            Self::Ini => Ok(ini::texts(document)),
            Self::Properties => Ok(properties::texts(document)),
            Self::Csv => Ok(csv::texts(document)),
            Self::Source(language) => Ok(source::texts(document, language)),
        }
    }
}

/// Reads what the lines left unsettled, and puts what it finds in the place of what the
/// lines said. Gives the reason where that could not be done.
///
/// `part` is the whole text, or some whole documents of it.
pub(super) fn refine(
    text: &[u8],
    part: Range<usize>,
    dialect: Dialect,
    limits: Limits,
    lines: &mut Lines,
) -> Option<PlainText> {
    let reader = dialect.reader.filter(|_| !lines.unsettled.is_empty())?;
    let mut plain = None;
    let mut give_up = |broken| {
        plain.get_or_insert(PlainText { format: reader.format(), broken });
    };
    lines.unsettled.sort_by_key(|place| place.at);
    let unsettled = std::mem::take(&mut lines.unsettled);
    let mut texts = Vec::new();
    let mut sum = 0;
    for (base, part) in documents(text, part, reader, &unsettled) {
        let from = unsettled.partition_point(|place| place.at < base);
        let to = unsettled.partition_point(|place| place.at < base + part.len());
        let wanted = &unsettled[from..to];
        if wanted.is_empty() {
            continue;
        }
        if part.len() > limits.document || sum + part.len() > limits.sum {
            if wanted.iter().any(|place| place.is_pressing) {
                give_up(None);
            }
            continue;
        }
        sum += part.len();
        let read = match std::str::from_utf8(part) {
            Ok(text) => reader.read(&Document { text, base, dialect, wanted }),
            Err(error) => Err(Broken { at: error.valid_up_to(), why: "not UTF-8".to_owned() }),
        };
        match read {
            Ok(read) => texts.extend(read),
            Err(broken) => give_up(Some((base + broken.at, broken.why))),
        }
    }
    replace(lines, texts, text);
    plain
}

/// The same for lines of a document that is too large for its reader.
pub(super) fn too_large(dialect: Dialect, lines: &Lines) -> Option<PlainText> {
    let is_pressing = lines.unsettled.iter().any(|place| place.is_pressing);
    let reader = dialect.reader.filter(|_| is_pressing)?;
    Some(PlainText { format: reader.format(), broken: None })
}

/// The documents that are asked for: all of the text, or what stands between the marks of
/// YAML.
fn documents<'t>(
    text: &'t [u8],
    part: Range<usize>,
    reader: Reader,
    unsettled: &[Unsettled],
) -> Vec<(usize, &'t [u8])> {
    let mut ends = ends(text, part.clone(), reader).peekable();
    let mut documents = Vec::new();
    let mut start = part.start;
    for place in unsettled {
        if place.at < start {
            continue;
        }
        while let Some(end) = ends.next_if(|end| *end <= place.at) {
            start = end;
        }
        let end = ends.peek().copied().unwrap_or(part.end);
        documents.push((start, &text[start..end]));
        start = end;
    }
    documents
}

/// Where a document ends and the next one begins.
fn ends(text: &[u8], part: Range<usize>, reader: Reader) -> impl Iterator<Item = usize> {
    let is_mark =
        |rest: &[u8]| rest.starts_with(b"---") && rest.get(3).is_none_or(u8::is_ascii_whitespace);
    let base = part.start;
    let text = if reader == Reader::Yaml { &text[part] } else { b"" };
    memchr::memmem::find_iter(text, b"\n---")
        .map(|feed| feed + 1)
        .filter(move |at| is_mark(&text[*at..]))
        .map(move |at| base + at)
}

/// What of a text may be read apart from the rest of it, in order and without gaps:
/// documents that may be given to their reader, and those that are too large for it.
/// None where it is not known which will be.
pub(super) fn apart(
    text: &[u8],
    reader: Option<Reader>,
    limits: Limits,
) -> Option<Vec<(Range<usize>, bool)>> {
    let Some(reader) = reader else { return Some(vec![(0..text.len(), true)]) };
    let mut found: Vec<(Range<usize>, bool)> = Vec::new();
    let (mut start, mut sum) = (0, 0);
    for end in ends(text, 0..text.len(), reader).chain([text.len()]) {
        let is_large = end - start > limits.document;
        match found.last_mut() {
            Some((last, false)) if !is_large => last.end = end,
            _ => found.push((start..end, is_large)),
        }
        sum += if is_large { 0 } else { end - start };
        start = end;
    }
    (sum <= limits.sum).then_some(found)
}

/// Puts what stands in the texts in the place of what their lines held.
fn replace(lines: &mut Lines, mut texts: Vec<Text>, file: &[u8]) {
    if texts.is_empty() {
        return;
    }
    texts.sort_by_key(|text| text.place);
    let mut end = 0;
    texts.retain(|text| {
        let is_apart = text.place.start >= end;
        end = end.max(text.place.end);
        is_apart
    });
    let within = |at: u32| {
        let next = texts.partition_point(|text| text.place.start <= at);
        next.checked_sub(1).is_some_and(|index| at < texts[index].place.end)
    };
    lines.found.retain(|found| !within(found.span.start));
    for mut text in texts {
        if text.frame.dialect.kind == "yaml" && is_for_shell(file, &text) {
            text.frame.dialect = Dialect::of_language("sh").decoded();
            text.frame.context.get_or_insert(Context::Value);
        }
        let mut read = Lines::default();
        read.read(&text.spelling.text, &text.frame);
        // Another quote must not be one of those around the whole text.
        let outer = file.get(text.place.start as usize).copied();
        let found = read.found.into_iter().map(|found| text.spelling.place(found).quoted_in(outer));
        lines.found.extend(found);
    }
    lines.found.sort_by_key(|found| found.span.start);
}

/// Whether a shell reads a text, by the key under which it stands.
fn is_for_shell(file: &[u8], text: &Text) -> bool {
    let start = text.place.start as usize;
    let line = memchr::memrchr(b'\n', &file[..start]).map_or(0, |at| at + 1);
    shell_key(file, line)
}

#[cfg(test)]
mod tests;
