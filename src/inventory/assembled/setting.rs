//! One setting of a tool: its name, and its value with the places of its text.

use crate::inventory::hole::Holes;
use crate::text::Span;

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: String,
    pub(super) value: Value,
}

/// The value of a setting: text, placeholders, or text with placeholders in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// From its first to its last byte, without quotes.
    pub(super) span: Span,
    pub(super) runs: Vec<Run>,
}

/// A part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) file: Span,
    pub(super) hole: bool,
}

impl Value {
    /// The text at a place, with placeholders in it.
    pub(super) fn templated(file: &[u8], span: Span) -> Self {
        let holes = Holes::new(&file[..span.end as usize]);
        let mut value = Self { span, runs: Vec::new() };
        let mut at = span.start as usize;
        while at < span.end as usize {
            let hole = holes.end(at);
            let end = hole.unwrap_or(at + 1);
            value.push(Span::new(at, end), hole.is_some());
            at = end;
        }
        value
    }

    /// The text at a place as it is.
    pub(super) fn literal(span: Span) -> Self {
        Self { span, runs: vec![Run { file: span, hole: false }] }
    }

    /// Something at a place that stands for unknown text.
    pub(super) fn unknown(span: Span) -> Self {
        Self { span, runs: vec![Run { file: span, hole: true }] }
    }

    fn push(&mut self, file: Span, hole: bool) {
        match self.runs.last_mut() {
            Some(run) if !hole && !run.hole => run.file.end = file.end,
            _ => self.runs.push(Run { file, hole }),
        }
    }

    /// The text, where all of it is known.
    pub(super) fn text<'f>(&self, file: &'f [u8]) -> Option<&'f [u8]> {
        (!self.runs.iter().any(|run| run.hole)).then(|| self.span.of(file))
    }
}

/// The value of the setting of this name; of several the last one counts.
pub(super) fn named<'s>(settings: &'s [Setting], name: &str) -> Option<&'s Value> {
    settings.iter().rev().find(|setting| setting.name == name).map(|setting| &setting.value)
}

/// The lines of a text with their places, without line ends.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    text.split(|byte| *byte == b'\n').map(move |line| {
        let at = start;
        start += line.len() + 1;
        (at, line.strip_suffix(b"\r").unwrap_or(line))
    })
}

/// How many blanks a line begins with.
pub(super) fn indent(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The place of a piece of a text.
pub(super) fn place(text: &[u8], piece: &[u8]) -> Span {
    let start = piece.as_ptr() as usize - text.as_ptr() as usize;
    Span::new(start, start + piece.len())
}

/// The value without the quotes around it.
pub(super) fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [open @ (b'"' | b'\''), inner @ .., close] if open == close => inner,
        other => other,
    }
}
