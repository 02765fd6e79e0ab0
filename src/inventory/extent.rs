//! Where a connection URI ends, and what in it is a placeholder.

use crate::text::Span;
use crate::uri::HOLE;

use super::context::Context;
use super::hole;
use super::located::{Located, Piece};

/// Reads from `begin` to the end of the URI, within the line `start..end`. With
/// `entities`, `&amp;` is one `&`, as XML writes it.
pub(super) fn read(
    text: &[u8],
    begin: usize,
    (start, end): (usize, usize),
    entities: bool,
) -> Option<Located> {
    let before = begin.checked_sub(1).filter(|at| *at >= start).map(|at| text[at]);
    let quote = before.filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let mut reader = Reader {
        text,
        end,
        quote,
        entities,
        uri: Vec::new(),
        pieces: Vec::new(),
        depth: 0,
        in_value: false,
    };
    let stop = reader.run(begin);
    let stop = reader.trim(begin, stop);
    if stop <= begin {
        return None;
    }
    if let Some(piece) = continued(text, stop, end) {
        reader.push_hole(piece);
    }
    Some(Located {
        text: reader.uri,
        pieces: reader.pieces,
        span: Span::new(begin, stop),
        context: Context::Value,
        key: None,
    })
}

/// How XML writes `&`.
const ENTITY: &[u8] = b"&amp;";

struct Reader<'t> {
    text: &'t [u8],
    end: usize,
    /// The quote in which the URI stands, if it begins right behind one.
    quote: Option<u8>,
    entities: bool,
    uri: Vec<u8>,
    pieces: Vec<Piece>,
    /// Open brackets within the URI.
    depth: usize,
    /// Whether it is within the value of a parameter.
    in_value: bool,
}

impl Reader<'_> {
    fn run(&mut self, begin: usize) -> usize {
        let limit = self.quoted_end(begin).unwrap_or(self.end);
        let mut at = begin;
        while at < limit {
            let byte = self.text[at];
            if let Some(stop) = self.hole_end(at).filter(|stop| *stop <= limit) {
                self.push_hole(Span::new(at, stop));
                at = stop;
            } else if self.entities && self.text[at..limit].starts_with(ENTITY) {
                self.push_one(Span::new(at, at + ENTITY.len()), b'&');
                self.in_value = false;
                at += ENTITY.len();
            } else if self.ends(at, limit) {
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

    /// Where the quoted text ends that the URI stands in; none where it goes on
    /// as a sentence.
    fn quoted_end(&self, begin: usize) -> Option<usize> {
        let quote = self.quote?;
        let mut at = begin;
        while at < self.end {
            match hole::end(&self.text[..self.end], at) {
                Some(stop) if self.text[at] != b'`' => at = stop,
                _ if self.text[at] == b'\\' => at += 2,
                _ if self.text[at] == quote => break,
                _ => at += 1,
            }
        }
        let at = at.min(self.end);
        if self.text.get(at) != Some(&quote) {
            return None;
        }
        let blanks = self.text[begin..at].iter().filter(|byte| **byte == b' ').count();
        (blanks <= 2 && !is_sentence(&self.text[begin..at])).then_some(at)
    }

    fn hole_end(&self, at: usize) -> Option<usize> {
        let stop = hole::end(&self.text[..self.end], at)?;
        // A closing quote of code is no command substitution.
        if self.text[at] == b'`' && (self.quote == Some(b'`') || self.quote.is_some()) {
            return None;
        }
        // `<` right behind the URI begins a tag, not a stand-in.
        let in_place = self
            .uri
            .last()
            .is_none_or(|last| !last.is_ascii_alphanumeric() || self.text[at] != b'<');
        in_place.then_some(stop)
    }

    /// Whether the URI ends before this byte.
    fn ends(&mut self, at: usize, limit: usize) -> bool {
        let byte = self.text[at];
        if self.quote.is_some() && limit < self.end {
            return byte == b'\n';
        }
        match byte {
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
            _ => false,
        }
    }

    /// In shell a quote in the middle of a word joins: `a"$B"c`.
    fn quote_within_word(&self, at: usize) -> Option<usize> {
        let byte = self.text[at];
        if self.quote.is_some() || !matches!(byte, b'"' | b'\'') {
            return None;
        }
        let opens = self.text.get(at + 1) == Some(&b'$');
        let closes =
            self.pieces.last().is_some_and(|piece| piece.hole && piece.file.end as usize == at)
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
        let offset = self.uri.len();
        self.uri.push(byte);
        self.in_value = byte == b'=' || self.in_value && byte != b'&';
        match self.pieces.last_mut() {
            Some(piece) if !piece.hole && piece.file.end as usize == at => {
                piece.file = Span::new(piece.file.start as usize, at + 1);
            }
            _ => self.pieces.push(Piece {
                at: Span::empty(offset).start,
                file: Span::new(at, at + 1),
                hole: false,
            }),
        }
    }

    fn push_hole(&mut self, file: Span) {
        self.push_one(file, HOLE);
    }

    /// One byte for more than one of the file.
    fn push_one(&mut self, file: Span, byte: u8) {
        let at = Span::empty(self.uri.len()).start;
        self.uri.push(byte);
        self.pieces.push(Piece { at, file, hole: true });
    }

    /// Takes off what belongs to the sentence around it, not to the URI.
    fn trim(&mut self, begin: usize, mut stop: usize) -> usize {
        if self.quote.is_some() && self.text.get(stop) == self.quote.as_ref() {
            return stop;
        }
        while let Some(piece) = self.pieces.last().copied().filter(|piece| !piece.hole) {
            let last = self.text[stop - 1];
            let trailing = matches!(
                last,
                b'.' | b',' | b';' | b':' | b'!' | b')' | b'}' | b'*' | b'\'' | b'"'
            );
            // `qemu:` and `://` themselves are no punctuation.
            let scheme = last == b':' && !self.uri[..self.uri.len() - 1].contains(&b':');
            if !trailing || scheme || stop - 1 < begin || piece.file.end as usize != stop {
                break;
            }
            self.uri.pop();
            stop -= 1;
            let piece = self.pieces.last_mut().expect("a piece was just looked at");
            piece.file = Span::new(piece.file.start as usize, stop);
            if piece.file.is_empty() {
                self.pieces.pop();
            }
        }
        stop
    }
}

/// More words than a URI with blanks by mistake would have.
fn is_sentence(text: &[u8]) -> bool {
    let mut words = text.split(|byte| *byte == b' ');
    words.next();
    let rest: Vec<&[u8]> = words.collect();
    // A blank before anything that belongs to a URI is a mistake in it.
    !rest.is_empty()
        && rest
            .iter()
            .all(|word| word.iter().all(|byte| byte.is_ascii_alphabetic() || *byte == b'.'))
        && rest.len() > 1
}

/// Whether the string goes on elsewhere: `"qemu+ssh://" + host`. What follows is
/// a placeholder at its end.
fn continued(text: &[u8], stop: usize, end: usize) -> Option<Span> {
    let quote = *text.get(stop)?;
    if stop >= end || !matches!(quote, b'"' | b'\'' | b'`') {
        return None;
    }
    let rest = text[stop + 1..end].trim_ascii_start();
    let joins = rest.starts_with(b"+")
        || rest.starts_with(b"..")
        || rest.starts_with(b"<<")
        || (rest.starts_with(b". ") || rest.starts_with(b".$"));
    joins.then(|| Span::empty(stop))
}
