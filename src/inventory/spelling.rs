//! A text and how a file spells it: where each of its characters stands.
//!
//! What a document means and what its bytes are differ where it has escapes, entities,
//! folded lines or doubled quotes. The text is what is read, the places are the file's.

use crate::text::Span;
use crate::uri::HOLE;

use super::located::{Located, Origin, Piece, in_file};

/// A text, run by run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Spelling {
    pub(super) text: Vec<u8>,
    /// In the order of the text, without gaps in it. Bytes of the file between two of
    /// them are no part of the text.
    pub(super) pieces: Vec<Piece>,
}

impl Spelling {
    /// An empty one, with room for most URIs.
    pub(super) fn with_room() -> Self {
        Self { text: Vec::with_capacity(64), pieces: Vec::with_capacity(1) }
    }

    /// A byte that the file has itself.
    pub(super) fn push(&mut self, byte: u8, file: usize) {
        match self.pieces.last_mut() {
            Some(piece) if !piece.hole && piece.file.end as usize == file => {
                piece.file = Span::new(piece.file.start as usize, file + 1);
            }
            _ => self.begin(Span::new(file, file + 1), false),
        }
        self.text.push(byte);
    }

    /// Bytes that the file has itself, from here on.
    pub(super) fn copy(&mut self, bytes: &[u8], file: usize) {
        if bytes.is_empty() {
            return;
        }
        match self.pieces.last_mut() {
            Some(piece) if !piece.hole && piece.file.end as usize == file => {
                piece.file = Span::new(piece.file.start as usize, file + bytes.len());
            }
            _ => self.begin(Span::new(file, file + bytes.len()), false),
        }
        self.text.extend_from_slice(bytes);
    }

    /// A placeholder.
    pub(super) fn push_hole(&mut self, file: Span) {
        self.begin(file, true);
        self.text.push(HOLE);
    }

    /// A character written with others. Of one with several bytes the first one has
    /// the whole place, so that the place of the character is the place of all.
    pub(super) fn push_written(&mut self, mut file: Span, value: char) {
        for &byte in value.encode_utf8(&mut [0; 4]).as_bytes() {
            self.begin(file, true);
            self.text.push(byte);
            file = Span::empty(file.end as usize);
        }
    }

    /// Another text behind this one.
    pub(super) fn append(&mut self, other: &Spelling) {
        other.copy_to(self, Span::new(0, other.text.len()));
    }

    fn begin(&mut self, file: Span, hole: bool) {
        self.pieces.push(Piece { at: Span::empty(self.text.len()).start, file, hole });
    }

    /// The place in the file of a place in the text.
    pub(super) fn in_file(&self, span: Span) -> Span {
        in_file(&self.pieces, span)
    }

    /// A URI found in the text, with its places in the file.
    pub(super) fn place(&self, found: Located) -> Located {
        let mut uri = Spelling::default();
        for (index, piece) in found.pieces.iter().enumerate() {
            let next = found.pieces.get(index + 1);
            let end = next.map_or(found.text.len(), |next| next.at as usize);
            let bytes = &found.text[piece.at as usize..end];
            if piece.hole {
                uri.begin(self.in_file(piece.file), true);
                uri.text.extend_from_slice(bytes);
            } else {
                self.copy_to(&mut uri, piece.file);
            }
        }
        debug_assert_eq!(uri.text, found.text, "its pieces are the whole URI");
        let span = self.in_file(found.span);
        let origin = match found.origin {
            Origin::CutByShell(cut) => Origin::CutByShell(cut.placed(|span| self.in_file(span))),
            origin => origin,
        };
        Located { text: uri.text, pieces: uri.pieces, span, origin, ..found }
    }

    /// Adds the part of the text at `span` to another one.
    fn copy_to(&self, other: &mut Spelling, span: Span) {
        let mut at = span.start;
        let mut index = self.pieces.partition_point(|piece| piece.at <= at).saturating_sub(1);
        while at < span.end {
            let next = self.pieces.get(index + 1);
            let end = next.map_or(span.end, |next| next.at.min(span.end));
            let bytes = &self.text[at as usize..end as usize];
            match self.pieces.get(index) {
                Some(piece) if piece.hole => {
                    other.begin(piece.file, true);
                    other.text.extend_from_slice(bytes);
                }
                Some(piece) => other.copy(bytes, (piece.file.start + at - piece.at) as usize),
                None => return,
            }
            at = end;
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Context;

    #[test]
    fn a_uri_of_a_text_has_the_places_of_the_file() {
        // "\u0071emu:\/\/h/a\<line feed>b"
        let mut text = Spelling::default();
        text.push_written(Span::new(1, 7), 'q');
        text.copy(b"emu:", 7);
        text.push_written(Span::new(11, 13), '/');
        text.push_written(Span::new(13, 15), '/');
        text.copy(b"h/a", 15);
        text.copy(b"b", 20);
        assert_eq!(text.text, b"qemu://h/ab");
        let found = Located {
            text: b"qemu://h/ab".to_vec(),
            pieces: vec![Piece { at: 0, file: Span::new(0, 11), hole: false }],
            span: Span::new(0, 11),
            context: Context::Value,
            key: None,
            origin: Origin::Written,
        };
        let placed = text.place(found);
        assert_eq!(placed.span, Span::new(1, 21));
        for (uri, file, whole) in
            [((0, 4), (1, 10), false), ((1, 4), (7, 10), true), ((9, 11), (17, 21), false)]
        {
            let uri = Span::new(uri.0, uri.1);
            assert_eq!(placed.in_file(uri), Span::new(file.0, file.1));
            assert_eq!(!placed.crosses_pieces(uri), whole);
        }
    }
}
