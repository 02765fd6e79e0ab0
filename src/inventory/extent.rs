//! Where a connection URI ends, and what in it is a placeholder.

use crate::text::Span;

use super::context::Context;
use super::escape::{Escape, Escapes};
use super::line::{Line, is_plain};
use super::located::{Located, Origin};
use super::shell;
use super::spelling::Spelling;

/// What was read.
pub(super) struct Extent {
    pub(super) located: Located,
    /// Up to here it was read; what stands before need not be read again.
    pub(super) read_to: usize,
}

/// Reads from `begin` to the end of the URI, within the line. In an argument of a
/// command, `&` and `;` outside quotes end it as they end the command.
pub(super) fn read(line: &Line<'_>, begin: usize, in_command: bool) -> Option<Extent> {
    let quote = line.quote_before(begin);
    let value_end = line.value_end(begin);
    let escapes = line.dialect.escapes(quote);
    let ends_with_command = in_command && quote.is_none() && shell::ends_commands(line, begin);
    let mut reader = Reader {
        line,
        text: line.text,
        end: line.end,
        quote,
        limit: value_end.unwrap_or(line.end),
        in_quotes: value_end.is_some(),
        ends_with_command,
        escapes,
        uri: Spelling::with_room(),
        colon: None,
        depth: 0,
        in_value: false,
    };
    let read_to = reader.run(begin);
    let stop = reader.trim(begin, read_to);
    if stop <= begin {
        return None;
    }
    let has_holes = reader.uri.pieces.iter().any(|piece| piece.hole);
    let cut = (ends_with_command && line.text[..line.end].get(read_to) == Some(&b'&'))
        .then(|| shell::cut(line, begin, read_to, has_holes))
        .flatten();
    let is_argument = line.text[line.start..begin].ends_with(b"concat(\"");
    if let Some(piece) = continued(line.text, stop, line.end, is_argument) {
        reader.uri.push_hole(piece);
    }
    let located = Located {
        text: reader.uri.text,
        pieces: reader.uri.pieces,
        span: Span::new(begin, stop),
        context: Context::Value,
        key: None,
        origin: cut.map_or(Origin::Written, Origin::CutByShell),
    };
    Some(Extent { located, read_to })
}

struct Reader<'l, 't> {
    line: &'l Line<'t>,
    text: &'t [u8],
    end: usize,
    /// The quote in which the URI stands, if it begins right behind one.
    quote: Option<u8>,
    /// The closing quote, or the end of the line.
    limit: usize,
    /// Whether the closing quote is the end, and nothing else.
    in_quotes: bool,
    ends_with_command: bool,
    escapes: Escapes,
    uri: Spelling,
    /// The first colon in `uri`.
    colon: Option<usize>,
    /// Open brackets within the URI.
    depth: usize,
    /// Whether it is within the value of a parameter.
    in_value: bool,
}

impl Reader<'_, '_> {
    fn run(&mut self, begin: usize) -> usize {
        let mut at = begin;
        while at < self.limit {
            let byte = self.text[at];
            if is_plain(byte) {
                let run = self.text[at..self.limit].iter().take_while(|byte| is_plain(**byte));
                let stop = at + run.count();
                self.uri.copy(&self.text[at..stop], at);
                at = stop;
            } else if let Some(stop) = self.hole_end(at).filter(|stop| *stop <= self.limit) {
                self.uri.push_hole(Span::new(at, stop));
                at = stop;
            } else if let Some(escape) = self.escapes.read(&self.text[at..self.limit]) {
                match escape {
                    Escape::Character { value: '…', length } => {
                        self.uri.push_hole(Span::new(at, at + length));
                        at += length;
                    }
                    Escape::Character { value, length } if !self.ends_decoded(value) => {
                        self.push_decoded(Span::new(at, at + length), value);
                        at += length;
                    }
                    _ => break,
                }
            } else if self.ends(at) {
                break;
            } else if let Some(stop) = self.quote_within_word(at) {
                // "$USER"@"$HOST" in shell: the quotes are not part of the word.
                at = stop;
            } else {
                self.push(at, byte);
                at += 1;
            }
        }
        at
    }

    fn hole_end(&self, at: usize) -> Option<usize> {
        let stop = self.line.holes.end(at)?;
        // A closing quote of code is no command substitution.
        if self.text[at] == b'`' && (self.quote == Some(b'`') || self.quote.is_some()) {
            return None;
        }
        // `<` right behind the URI begins a tag, not a stand-in.
        let in_place = self
            .uri
            .text
            .last()
            .is_none_or(|last| !last.is_ascii_alphanumeric() || self.text[at] != b'<');
        in_place.then_some(stop)
    }

    /// Whether the URI ends before this byte.
    fn ends(&mut self, at: usize) -> bool {
        if self.in_quotes {
            return false;
        }
        match self.text[at] {
            b'&' | b';' => self.ends_with_command,
            b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'>' | b'`' | 0x0b | 0x0c => true,
            // Within brackets it is an alternative of a regular expression.
            b'|' => self.depth == 0,
            b'"' | b'\'' => self.quote_within_word(at).is_none(),
            b',' => !self.comma_belongs(at),
            b'(' | b'[' => {
                self.depth += 1;
                false
            }
            b')' | b']' if self.depth > 0 => {
                self.depth -= 1;
                false
            }
            b')' | b'}' => true,
            b']' => true,
            b'\\' => true,
            // “ and its kin.
            0xe2 => matches!(self.text.get(at..at + 3), Some([_, 0x80, 0x98..=0x9f])),
            _ => false,
        }
    }

    /// Whether a character ends the URI that is written as an escape.
    fn ends_decoded(&self, value: char) -> bool {
        !self.in_quotes && matches!(value, '"' | '\'' | '<' | '>' | '`' | ' ' | '\t' | '\r' | '\n')
    }

    /// In shell a quote in the middle of a word joins: `a"$B"c`.
    fn quote_within_word(&self, at: usize) -> Option<usize> {
        let byte = self.text[at];
        if self.quote.is_some() || !matches!(byte, b'"' | b'\'') {
            return None;
        }
        let opens = self.text.get(at + 1) == Some(&b'$');
        let closes =
            self.uri.pieces.last().is_some_and(|piece| piece.hole && piece.file.end as usize == at)
                && self.text[..at].iter().rev().take(80).any(|other| *other == byte);
        (opens || closes).then_some(at + 1)
    }

    /// `sshauth=agent,privkey`: a comma within a value; else it ends a list's item.
    fn comma_belongs(&self, at: usize) -> bool {
        let rest = &self.text[at + 1..self.end];
        let word = rest
            .iter()
            .take_while(|byte| {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'.')
            })
            .count();
        let next = rest.get(word);
        self.in_value && word > 0 && !matches!(next, Some(b':' | b'='))
    }

    fn push(&mut self, at: usize, byte: u8) {
        self.note(byte);
        self.uri.push(byte, at);
    }

    /// A character written with others.
    fn push_decoded(&mut self, file: Span, value: char) {
        if let Ok(byte) = u8::try_from(value) {
            self.note(byte);
        }
        self.uri.push_written(file, value);
    }

    /// Looks at a byte that comes next.
    fn note(&mut self, byte: u8) {
        if byte == b':' && self.colon.is_none() {
            self.colon = Some(self.uri.text.len());
        }
        self.in_value = byte == b'=' || self.in_value && byte != b'&';
    }

    /// Takes off what belongs to the sentence around it, not to the URI.
    fn trim(&mut self, begin: usize, mut stop: usize) -> usize {
        if self.quote.is_some() && self.text.get(stop) == self.quote.as_ref() {
            return stop;
        }
        while let Some(piece) = self.uri.pieces.last().copied().filter(|piece| !piece.hole) {
            let last = self.text[stop - 1];
            let trailing = matches!(
                last,
                b'.' | b',' | b';' | b':' | b'!' | b')' | b'}' | b'*' | b'\'' | b'"'
            );
            // `qemu:` and `://` themselves are no punctuation.
            let scheme = last == b':' && self.colon == Some(self.uri.text.len() - 1);
            if !trailing || scheme || stop - 1 < begin || piece.file.end as usize != stop {
                break;
            }
            self.uri.text.pop();
            stop -= 1;
            let piece = self.uri.pieces.last_mut().expect("a piece was just looked at");
            piece.file = Span::new(piece.file.start as usize, stop);
            if piece.file.is_empty() {
                self.uri.pieces.pop();
            }
        }
        stop
    }
}

/// Whether the string goes on elsewhere: `"qemu+ssh://" + host`. What follows is
/// a placeholder at its end.
fn continued(text: &[u8], stop: usize, end: usize, is_argument: bool) -> Option<Span> {
    let quote = *text.get(stop)?;
    if stop >= end || !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let rest = text[stop + 1..end].trim_ascii_start();
    let joins = rest.starts_with(b"+")
        || rest.starts_with(b"..")
        || (is_argument && rest.starts_with(b","))
        || rest.starts_with(b"<<")
        || (rest.starts_with(b". ") || rest.starts_with(b".$"));
    joins.then(|| Span::empty(stop))
}
