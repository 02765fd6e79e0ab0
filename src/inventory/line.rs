//! One line of a text, and what is remembered of it while URIs are read from it.
//!
//! A line may be a whole file. What looks ahead from a URI remembers where it came
//! to, so that the next URI of the line does not look at the same bytes again.

use std::cell::Cell;

use super::context::Dialect;
use super::hole::Holes;

/// Quotes that a value may stand in.
const QUOTES: [u8; 3] = [b'"', b'\'', b'`'];

/// Blanks that a quoted URI may have by mistake; text with more is a sentence.
const MOST_BLANKS: usize = 2;

pub(super) struct Line<'t> {
    /// The whole text; places are places in it.
    pub(super) text: &'t [u8],
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) dialect: Dialect,
    pub(super) holes: Holes<'t>,
    /// For each quote: nothing that begins behind one before this place is a value.
    no_value_before: [Cell<usize>; QUOTES.len()],
}

impl<'t> Line<'t> {
    pub(super) fn new(text: &'t [u8], start: usize, end: usize, dialect: Dialect) -> Self {
        let holes = Holes::new(&text[..end]);
        Self { text, start, end, dialect, holes, no_value_before: Default::default() }
    }

    pub(super) fn bytes(&self) -> &'t [u8] {
        &self.text[self.start..self.end]
    }

    /// The quote right before `begin`. One with a backslash is part of a text in
    /// other quotes.
    pub(super) fn quote_before(&self, begin: usize) -> Option<u8> {
        let at = begin.checked_sub(1).filter(|at| *at >= self.start)?;
        let escaped = at > self.start && self.text[at - 1] == b'\\';
        Some(self.text[at]).filter(|byte| QUOTES.contains(byte) && !escaped)
    }

    /// Where the quoted text ends that a URI at `begin` stands in; none where it
    /// goes on as a sentence.
    pub(super) fn value_end(&self, begin: usize) -> Option<usize> {
        let quote = self.quote_before(begin)?;
        let known = QUOTES.iter().position(|other| *other == quote)?;
        let known = &self.no_value_before[known];
        if begin < known.get() {
            return None;
        }
        let close = self.closing(begin, quote);
        let value = close
            .filter(|at| self.text.get(*at) == Some(&quote) && !is_sentence(&self.text[begin..*at]))
            .filter(|at| *at < self.end);
        if value.is_none() {
            known.set(close.unwrap_or(self.end));
        }
        value
    }

    /// Whether what was read there ends where its text may go on: at the end of a line
    /// without its closing quote, or at a quote or a line feed that is written.
    pub(super) fn is_broken_off(&self, begin: usize, end: usize) -> bool {
        let rest = &self.text[end..self.end];
        let quote = self.quote_before(begin);
        let open = quote.is_some_and(|quote| memchr::memchr(quote, rest).is_none());
        let doubled = matches!(rest, [b'"', b'"', ..] | [b'\'', b'\'', ..]);
        open || doubled || rest.first() == Some(&b'\\')
    }

    /// The next such quote, or the blank that is one too many.
    fn closing(&self, begin: usize, quote: u8) -> Option<usize> {
        let (mut at, mut blanks) = (begin, 0);
        while at < self.end {
            let stop = match self.text[at] {
                byte if byte == quote => return Some(at),
                byte if is_plain(byte) => {
                    at += 1;
                    continue;
                }
                b'\\' => (at + 2).min(self.end),
                b'`' => at + 1,
                _ => self.holes.end(at).unwrap_or(at + 1),
            };
            blanks += self.text[at..stop].iter().filter(|byte| **byte == b' ').count();
            if blanks > MOST_BLANKS {
                return Some(at);
            }
            at = stop;
        }
        None
    }
}

/// Most bytes of most URIs: those that begin no placeholder and no escape, and end nothing.
pub(super) fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'+' | b'?')
}

/// More words than a URI with blanks by mistake would have.
fn is_sentence(text: &[u8]) -> bool {
    let mut words = text.split(|byte| *byte == b' ');
    words.next();
    let rest: Vec<&[u8]> = words.collect();
    // A blank before anything that belongs to a URI is a mistake in it.
    rest.len() > 1
        && rest
            .iter()
            .all(|word| word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'.'))
}
