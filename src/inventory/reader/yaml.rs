//! YAML: scalars in every style, with the key that they stand under.
//!
//! granit-parser tells what a scalar means and where it stands, this file how the one is
//! spelled by the other. Where both do not agree the scalar is left as its lines are.
//! Aliases are never followed: what they stand for was read where it stands.

use granit_parser::{Event, Parser, ScalarStyle, options};

use super::quoted::{between_quotes, decoded, numbered};
use super::{Broken, Document, Text};
use crate::inventory::around::block;
use crate::inventory::spelling::Spelling;
use crate::text::Span;

/// A mapping or a list that is open.
struct Level {
    is_mapping: bool,
    /// In a mapping: the next node is a key.
    wants_key: bool,
    key: Option<String>,
    /// Where the block scalars of this mapping are among the texts.
    blocks: Vec<usize>,
    /// The file that a sibling names.
    file: Option<String>,
    /// What `name:` says, for the `value:` beside it.
    name: Option<String>,
}

/// Keys whose sibling is the content of the file that they name.
const FILE_KEYS: [&str; 4] = ["path", "dest", "name", "filename"];

pub(super) fn texts(document: &Document<'_>) -> Result<Vec<Text>, Broken> {
    let options = options! { emit_comments: false, emit_unresolved_aliases: true };
    let mut reading = Reading { document, levels: Vec::new(), texts: Vec::new() };
    // Its offsets are those of the text without the mark.
    let text = document.text;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| Broken {
            at: error.marker().byte_offset().unwrap_or_default(),
            why: error.info(),
        })?;
        match event {
            Event::MappingStart(..) => reading.open(true),
            Event::SequenceStart(..) => reading.open(false),
            Event::MappingEnd | Event::SequenceEnd => reading.close(),
            Event::Scalar(value, style, ..) => {
                let range = span.byte_range().unwrap_or_default();
                reading.scalar(&value, style, (range.start, range.end));
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => reading.node(None),
            _ => {}
        }
    }
    Ok(reading.texts)
}

struct Reading<'d, 't> {
    document: &'d Document<'t>,
    levels: Vec<Level>,
    texts: Vec<Text>,
}

impl Reading<'_, '_> {
    fn open(&mut self, is_mapping: bool) {
        self.levels.push(Level {
            is_mapping,
            wants_key: is_mapping,
            key: None,
            blocks: Vec::new(),
            file: None,
            name: None,
        });
    }

    fn close(&mut self) {
        let Some(level) = self.levels.pop() else { return };
        if let Some(file) = level.file {
            for index in level.blocks {
                let text = &mut self.texts[index];
                let inner =
                    block(text.frame.key.as_deref(), Some(&file), first_line(&text.spelling.text));
                text.frame.dialect = inner.dialect;
            }
        }
        self.node(None);
    }

    /// A node is complete: a key, with its text where it has one, or a value.
    fn node(&mut self, text: Option<&str>) {
        let Some(level) = self.levels.last_mut().filter(|level| level.is_mapping) else { return };
        if level.wants_key {
            level.key = text.map(str::to_owned);
        } else if let (Some(key), Some(text)) = (&level.key, text) {
            if FILE_KEYS.contains(&key.as_str()) && text.contains(['/', '.']) {
                level.file = Some(text.to_owned());
            } else if key == "name" {
                level.name = Some(text.to_owned());
            }
        }
        level.wants_key = !level.wants_key;
    }

    /// The key that a value here stands under, through lists.
    fn key(&self) -> Option<&str> {
        let level = self.levels.iter().rev().find(|level| level.is_mapping)?;
        let named = level.name.as_deref().filter(|_| level.key.as_deref() == Some("value"));
        named.or(level.key.as_deref())
    }

    fn scalar(&mut self, value: &str, style: ScalarStyle, (start, end): (usize, usize)) {
        let is_key = self.levels.last().is_some_and(|level| level.is_mapping && level.wants_key);
        if !is_key && self.document.wants(start, end) {
            self.value(value, style, (start, end));
        }
        self.node(Some(value));
    }

    fn value(&mut self, value: &str, style: ScalarStyle, range: (usize, usize)) {
        let Some(spelling) = spelling(self.document, value, style, range) else { return };
        let key = self.key();
        let is_block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
        if !is_block {
            let text = self.document.value(spelling, range, key);
            self.texts.push(text);
            return;
        }
        let inner = block(key, None, first_line(&spelling.text));
        let text = self.document.inner(spelling, range, key, inner.dialect);
        if let Some(level) = self.levels.last_mut().filter(|level| level.is_mapping) {
            level.blocks.push(self.texts.len());
        }
        self.texts.push(text);
    }
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|byte| *byte == b'\n').next().unwrap_or_default()
}

/// How the file spells a scalar; none where that is not what the parser read.
fn spelling(
    document: &Document<'_>,
    value: &str,
    style: ScalarStyle,
    (start, end): (usize, usize),
) -> Option<Spelling> {
    let raw = document.bytes(start, end);
    let base = document.base + start;
    let place = document.in_file(start, end);
    match style {
        ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => {
            folded(raw, base, value.as_bytes())
        }
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
            let inner = raw.get(1..raw.len().checked_sub(1)?)?;
            let is_double = style == ScalarStyle::DoubleQuoted;
            let spelling = quoted(inner, base + 1, is_double);
            (spelling.text == value.as_bytes()).then(|| between_quotes(&spelling, place))
        }
    }
}

/// A scalar whose lines are the file's, but for what stands between them.
fn folded(raw: &[u8], base: usize, value: &[u8]) -> Option<Spelling> {
    let mut spelling = Spelling::default();
    let mut gap = base;
    let mut at = 0;
    let mut value_at = 0;
    for line in raw.split_inclusive(|byte| *byte == b'\n') {
        let content = line.trim_ascii();
        let content_at = base + at + (line.len() - line.trim_ascii_start().len());
        at += line.len();
        if content.is_empty() {
            continue;
        }
        value_at += white(value, value_at, &mut spelling, Span::new(gap, content_at));
        if !value[value_at..].starts_with(content) {
            return None;
        }
        spelling.copy(content, content_at);
        value_at += content.len();
        gap = content_at + content.len();
    }
    value_at += white(value, value_at, &mut spelling, Span::new(gap, base + raw.len()));
    (value_at == value.len()).then_some(spelling)
}

/// Copies the white space at a place of the value, which the file spells so; gives how
/// much there is.
fn white(value: &[u8], at: usize, spelling: &mut Spelling, mut file: Span) -> usize {
    let rest = &value[at..];
    let white = &rest[..rest.len() - rest.trim_ascii_start().len()];
    for byte in white {
        spelling.push_written(file, char::from(*byte));
        file = Span::empty(file.end as usize);
    }
    white.len()
}

/// A scalar in quotes: its escapes, and lines that are folded.
fn quoted(raw: &[u8], base: usize, is_double: bool) -> Spelling {
    let mut spelling = Spelling::default();
    let mut at = 0;
    while at < raw.len() {
        let blanks = raw[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let feeds = raw[at..at + blanks].iter().filter(|byte| **byte == b'\n').count();
        if feeds > 0 {
            let place = Span::new(base + at, base + at + blanks);
            if feeds == 1 {
                spelling.push_written(place, ' ');
            } else {
                feed(&mut spelling, place, feeds - 1);
            }
        } else {
            spelling.copy(&raw[at..at + blanks], base + at);
        }
        at += blanks;
        let end = raw[at..].iter().position(u8::is_ascii_whitespace);
        let end = end.map_or(raw.len(), |length| at + length);
        let joined =
            is_double && joins(&raw[at..end]) && matches!(raw.get(end), Some(b'\n' | b'\r'));
        let word = if joined { &raw[at..end - 1] } else { &raw[at..end] };
        // An escaped blank belongs to the word before it.
        let escaped =
            is_double && !joined && joins(word) && matches!(raw.get(end), Some(b' ' | b'\t'));
        let word = if escaped { &raw[at..=end] } else { word };
        let escape = |text: &[u8]| if is_double { double(text) } else { single(text) };
        spelling.append(&decoded(word, base + at, escape));
        at += word.len();
        if joined {
            let blanks = raw[at + 1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            let white = &raw[at + 1..at + 1 + blanks];
            let feeds = white.iter().filter(|byte| **byte == b'\n').count();
            feed(&mut spelling, Span::new(base + at, base + at + 1 + blanks), feeds - 1);
            at += 1 + blanks;
        }
    }
    spelling
}

fn feed(spelling: &mut Spelling, mut place: Span, count: usize) {
    for _ in 0..count {
        spelling.push_written(place, '\n');
        place = Span::empty(place.end as usize);
    }
}

/// Whether a word ends with a backslash that is not written itself.
fn joins(word: &[u8]) -> bool {
    word.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

fn single(text: &[u8]) -> Option<(Option<char>, usize)> {
    text.starts_with(b"''").then_some((Some('\''), 2))
}

/// The escapes of YAML 1.2, section 5.7.
fn double(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        byte @ (b' ' | b'"' | b'/' | b'\\') => char::from(*byte),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return numbered(text).map(|(value, length)| (Some(value), length)),
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests;
