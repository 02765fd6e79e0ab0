//! A URI and the places in its file where its pieces stand.

use std::borrow::Cow;

use crate::text::Span;
use crate::uri::HOLE;

use super::Context;
use super::assembled::{Assembly, Tool};
use super::shell::Cut;

/// A URI found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Located {
    /// The URI, one [`HOLE`] for each placeholder.
    pub(crate) text: Vec<u8>,
    /// Where each run of its bytes stands in the file, in order, without gaps in `text`.
    pub(crate) pieces: Vec<Piece>,
    /// From its first to its last byte in the file; from the first to the last of its
    /// parts.
    pub(crate) span: Span,
    pub(crate) context: Context,
    /// The name that it is assigned to, where one stands before it.
    pub(crate) key: Option<String>,
    pub(crate) origin: Origin,
}

/// How a URI comes to be where it is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It stands there.
    Written,
    /// It stands in a command, and a shell takes the rest of it away.
    CutByShell(Cut),
    /// A tool puts it together from settings that stand there.
    Assembled(Assembly),
}

/// A run of bytes of the URI and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Where the run begins in the URI.
    pub(crate) at: u32,
    /// Where it stands in the file.
    pub(crate) file: Span,
    /// Whether it is a placeholder, an escape or an entity: one byte of the URI, any
    /// length in the file.
    pub(crate) hole: bool,
}

/// The place in the file of a place in the text that these pieces spell.
pub(super) fn in_file(pieces: &[Piece], span: Span) -> Span {
    let end = offset(pieces, span.end, true);
    // Before and behind bytes that are no part of the text is the same place of it.
    let start = if span.is_empty() { end } else { offset(pieces, span.start, false) };
    Span { start: start.min(end), end }
}

/// Where a byte of the text stands; as the end of a span, just behind the byte before it.
fn offset(pieces: &[Piece], at: u32, as_end: bool) -> u32 {
    let beyond = if as_end { at.saturating_sub(1) } else { at };
    let index = pieces.partition_point(|piece| piece.at <= beyond).saturating_sub(1);
    let Some(piece) = pieces.get(index) else { return 0 };
    let within = at - piece.at.min(at);
    if piece.hole {
        return if within == 0 { piece.file.start } else { piece.file.end };
    }
    (piece.file.start + within).min(piece.file.end)
}

impl Located {
    pub(crate) fn is_templated(&self) -> bool {
        self.text.contains(&HOLE)
    }

    /// The same within quotes of the file, which what is cut off must not be put in.
    pub(super) fn quoted_in(mut self, outer: Option<u8>) -> Self {
        if let (Origin::CutByShell(cut), Some(outer)) = (&mut self.origin, outer) {
            cut.avoid(outer);
        }
        self
    }

    /// The tool that puts it together, if one does.
    pub(crate) fn built_by(&self) -> Option<Tool> {
        match &self.origin {
            Origin::Assembled(assembly) => Some(assembly.tool),
            Origin::Written | Origin::CutByShell(_) => None,
        }
    }

    /// The place in the file of a place in the URI.
    pub(crate) fn in_file(&self, span: Span) -> Span {
        if let Origin::Assembled(assembly) = &self.origin {
            return assembly.in_file(self, span);
        }
        if self.pieces.is_empty() {
            Span::empty(self.span.start as usize)
        } else {
            in_file(&self.pieces, span)
        }
    }

    /// The places in the file that a place in the URI is made of: several, where a tool
    /// puts it together.
    pub(crate) fn all_in_file(&self, span: Span) -> Vec<Span> {
        match &self.origin {
            Origin::Assembled(assembly) => assembly.all_in_file(self, span),
            Origin::Written | Origin::CutByShell(_) => vec![self.in_file(span)],
        }
    }

    /// Whether somebody wrote any of it, not the tool alone that puts it together.
    pub(crate) fn is_written(&self, span: Span) -> bool {
        !self.all_in_file(span).is_empty()
    }

    /// Whether a replacement there would touch more than one piece: no fix may.
    pub(crate) fn crosses_pieces(&self, span: Span) -> bool {
        let within = |piece: &Piece| {
            let length = if piece.hole { 1 } else { piece.file.end - piece.file.start };
            !piece.hole && piece.at <= span.start && span.end <= piece.at + length
        };
        !self.pieces.iter().any(within)
    }

    /// The URI as it stands in the file, placeholders included, and where in that text
    /// the places of the URI are.
    pub(crate) fn source<'t>(&self, file: &'t [u8], places: &[Span]) -> (Cow<'t, [u8]>, Vec<Span>) {
        if let Origin::Assembled(assembly) = &self.origin {
            let (text, places) = assembly.source(self, file, places);
            return (Cow::Owned(text), places);
        }
        let mut gap = self.span.start;
        let mut ends = Vec::with_capacity(self.pieces.len());
        for (at, piece) in self.pieces.iter().enumerate() {
            let before = at.checked_sub(1).map_or(self.span.start, |at| self.pieces[at].file.end);
            gap += piece.file.start - before;
            ends.push((piece.file.end, gap));
        }
        // Each place is in the file first; then the gaps before it are taken out.
        let within = |offset: u32| {
            let index = ends.partition_point(|(end, _)| *end < offset);
            let gap = ends.get(index).or(ends.last()).map_or(self.span.start, |(_, gap)| *gap);
            offset - gap
        };
        let places = places.iter().map(|place| self.in_file(*place)).map(|place| {
            let end = within(place.end);
            Span { start: within(place.start).min(end), end }
        });
        let places = places.collect();
        if self.pieces.windows(2).all(|pair| pair[0].file.end == pair[1].file.start) {
            return (Cow::Borrowed(self.span.of(file)), places);
        }
        let text: Vec<u8> =
            self.pieces.iter().flat_map(|piece| piece.file.of(file)).copied().collect();
        (Cow::Owned(text), places)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_uri_are_places_in_the_file() {
        // uri: "qemu+ssh://{{ host }}/system"
        let pieces = vec![
            Piece { at: 0, file: Span::new(6, 17), hole: false },
            Piece { at: 11, file: Span::new(17, 27), hole: true },
            Piece { at: 12, file: Span::new(27, 34), hole: false },
        ];
        let located = Located {
            text: b"qemu+ssh://\x1a/system".to_vec(),
            pieces,
            span: Span::new(6, 34),
            context: Context::Value,
            key: None,
            origin: Origin::Written,
        };
        assert_eq!(located.in_file(Span::new(0, 4)), Span::new(6, 10));
        assert_eq!(located.in_file(Span::new(11, 12)), Span::new(17, 27));
        assert_eq!(located.in_file(Span::new(12, 19)), Span::new(27, 34));
        assert_eq!(located.in_file(Span::empty(19)), Span::empty(34));
        assert!(located.is_templated());
    }
}
