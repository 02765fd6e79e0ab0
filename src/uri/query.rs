//! The query, split as libvirt's `virURIParseParams` does it.
//!
//! Its quirks, all kept: `;` separates only where no `&` follows anywhere;
//! `=value` is dropped; a lone `=` names a parameter after the whole rest of
//! the query.

use std::borrow::Cow;

use super::bytes::unescape;
use crate::text::Span;

/// One `name=value` section of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter<'a> {
    text: &'a [u8],
    /// The whole section.
    pub section: Span,
    /// The name, before decoding.
    pub name_span: Span,
    /// The value, before decoding; none without a `=`.
    pub value_span: Option<Span>,
}

impl<'a> Parameter<'a> {
    /// The name, decoded.
    #[must_use]
    pub fn name(&self) -> Cow<'a, [u8]> {
        unescape(self.name_span.of(self.text))
    }

    /// The value, decoded; empty without one.
    #[must_use]
    pub fn value(&self) -> Cow<'a, [u8]> {
        self.value_span.map_or(Cow::Borrowed(&[]), |span| unescape(span.of(self.text)))
    }

    /// Where the value stands; an empty place after the name without one.
    #[must_use]
    pub fn value_or_end(&self) -> Span {
        self.value_span.unwrap_or(Span::empty(self.section.end as usize))
    }
}

/// Iterates over the parameters of a query.
#[derive(Debug, Clone)]
pub struct Parameters<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
    /// Where the last `&` stands; before it, `;` separates nothing.
    last_ampersand: Option<usize>,
    /// How many bytes the names after a lone `=` may still have together.
    rests: usize,
}

/// Each lone `=` names a parameter after all that follows, so that a megabyte of
/// them would name half a terabyte. libvirt itself dies of that; here the names
/// end where they have this many bytes.
const MOST_RESTS: usize = 1 << 20;

impl<'a> Parameters<'a> {
    pub(super) fn new(text: &'a [u8], query: Option<Span>) -> Self {
        let span = query.unwrap_or_default();
        let (start, end) = (span.start as usize, span.end as usize);
        let last_ampersand = memchr::memrchr(b'&', &text[start..end]).map(|at| start + at);
        Self { text, at: start, end, last_ampersand, rests: MOST_RESTS }
    }

    /// The next section and what separates it from its successor.
    fn section(&mut self) -> Span {
        let start = self.at;
        let separator =
            if self.last_ampersand.is_some_and(|last| last >= start) { b'&' } else { b';' };
        let end = memchr::memchr(separator, &self.text[start..self.end])
            .map_or(self.end, |at| start + at);
        self.at = end + 1;
        Span::new(start, end)
    }
}

/// Iterates over the sections of a query as libvirt cuts them, the empty ones
/// and those that it drops included.
#[derive(Debug, Clone)]
pub(crate) struct Sections<'a> {
    parameters: Parameters<'a>,
}

impl<'a> Sections<'a> {
    pub(super) fn new(text: &'a [u8], query: Option<Span>) -> Self {
        let mut parameters = Parameters::new(text, query);
        if query.is_none() {
            parameters.at = parameters.end + 1;
        }
        Self { parameters }
    }
}

impl Iterator for Sections<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        (self.parameters.at <= self.parameters.end).then(|| self.parameters.section())
    }
}

impl<'a> Iterator for Parameters<'a> {
    type Item = Parameter<'a>;

    fn next(&mut self) -> Option<Parameter<'a>> {
        while self.at < self.end {
            let section = self.section();
            if section.is_empty() {
                continue;
            }
            let start = section.start as usize;
            let end = section.end as usize;
            let (name_span, value_span) = match memchr::memchr(b'=', section.of(self.text)) {
                None => (section, None),
                Some(0) if section.len() == 1 => {
                    let Some(left) = self.rests.checked_sub(self.end - start) else { continue };
                    self.rests = left;
                    (Span::new(start, self.end), Some(Span::empty(end)))
                }
                Some(0) => continue,
                Some(equals) => {
                    (Span::new(start, start + equals), Some(Span::new(start + equals + 1, end)))
                }
            };
            return Some(Parameter { text: self.text, section, name_span, value_span });
        }
        None
    }
}
