//! Byte ranges, and the line and column that a person or an editor counts.

use std::ops::Range;

/// A range of bytes in a text: start inclusive, end exclusive, 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The range `start..end`.
    ///
    /// # Panics
    /// Never for texts below 4 GiB, which every reader ensures.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        debug_assert!(start <= end);
        Self { start: offset(start), end: offset(end) }
    }

    /// An empty range: a place between two bytes.
    #[must_use]
    pub fn empty(at: usize) -> Self {
        Self::new(at, at)
    }

    /// As an index into the text.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it holds no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// From the start of the earlier to the end of the later one.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within.
    #[must_use]
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// Whether the two share a byte, or an empty one lies within the other.
    #[must_use]
    pub fn touches(self, other: Self) -> bool {
        self.start <= other.end && other.start <= self.end
    }

    /// The same place in a text that has so many bytes before this one.
    #[must_use]
    pub(crate) fn moved(self, bytes: u32) -> Self {
        Self { start: self.start + bytes, end: self.end + bytes }
    }

    /// The bytes of `text` at this place.
    #[must_use]
    pub fn of(self, text: &[u8]) -> &[u8] {
        &text[self.range()]
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).expect("texts are below 4 GiB: every reader refuses larger ones")
}

/// A place as people count: line and column from 1, the column in Unicode code
/// points; bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// Offset in bytes, from 0.
    pub byte: u32,
}

impl Position {
    /// The same place in a text that has so many whole lines before this one.
    #[must_use]
    pub(crate) fn moved(self, lines: u32, bytes: u32) -> Self {
        Self { line: self.line + lines, byte: self.byte + bytes, ..self }
    }
}

/// Where the lines of a text begin: turns offsets into positions.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    text: &'a [u8],
    starts: Vec<u32>,
    /// Within long lines: an offset, and the code points of the line before it.
    marks: Vec<(u32, u32)>,
}

/// How far apart the marks of a long line are, in bytes.
const MARK_EVERY: usize = 4096;

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a [u8]) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text).map(|at| offset(at + 1)));
        let mut lines = Self { text, starts, marks: Vec::new() };
        for line in 0..lines.starts.len() {
            let range = lines.range(line);
            if range.len() > MARK_EVERY {
                lines.mark(range);
            }
        }
        lines
    }

    fn mark(&mut self, line: Range<usize>) {
        let (mut at, mut columns) = (line.start, 0);
        while at + MARK_EVERY < line.end {
            let next = boundary(self.text, at + MARK_EVERY).min(line.end);
            columns += code_points(&self.text[at..next]);
            self.marks.push((offset(next), offset(columns)));
            at = next;
        }
    }

    /// The bytes of a line, counted from 0, with its line feed.
    fn range(&self, line: usize) -> Range<usize> {
        let end = self.starts.get(line + 1).map_or(self.text.len(), |next| *next as usize);
        self.starts[line] as usize..end
    }

    fn line_of(&self, byte: u32) -> usize {
        self.starts.partition_point(|start| *start <= byte) - 1
    }

    /// The bytes of the line that holds this one, without its line feed.
    pub(crate) fn line_at(&self, byte: u32) -> Range<usize> {
        let range = self.range(self.line_of(byte));
        let feed = usize::from(self.text[range.clone()].ends_with(b"\n"));
        range.start..range.end - feed
    }

    /// The position of a byte; past the end, that of the end.
    pub(crate) fn position(&self, byte: u32) -> Position {
        let byte = byte.min(offset(self.text.len()));
        let line = self.line_of(byte);
        let start = self.starts[line];
        let marked = self.marks.partition_point(|(at, _)| *at <= byte).checked_sub(1);
        let (from, columns) =
            marked.map(|at| self.marks[at]).filter(|(at, _)| *at >= start).unwrap_or((start, 0));
        let before = &self.text[from as usize..byte as usize];
        let column = columns as usize + code_points(before) + 1;
        Position { line: offset(line + 1), column: offset(column), byte }
    }
}

/// The next place that is not within a character. Four bytes on, a byte that
/// continues one belongs to none.
pub(crate) fn boundary(text: &[u8], at: usize) -> usize {
    let continues = |byte: &&u8| **byte & 0xc0 == 0x80;
    at + text[at.min(text.len())..].iter().take(4).take_while(continues).count()
}

/// Code points as a lossy reader counts them: a byte that is not UTF-8 is one.
fn code_points(bytes: &[u8]) -> usize {
    bytes
        .utf8_chunks()
        .map(|chunk| chunk.valid().chars().count() + usize::from(!chunk.invalid().is_empty()))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_code_points() {
        let lines = Lines::of("a\né: x\r\n".as_bytes());
        assert_eq!(lines.position(0), Position { line: 1, column: 1, byte: 0 });
        assert_eq!(lines.position(6), Position { line: 2, column: 4, byte: 6 });
        assert_eq!(lines.position(99), Position { line: 3, column: 1, byte: 9 });
    }

    #[test]
    fn long_lines_count_as_short_ones_do() {
        for piece in ["x", "é", "\u{1f600}", "aé\u{20ac}"] {
            let text = format!("{}\nb", piece.repeat(20_000));
            let lines = Lines::of(text.as_bytes());
            for at in [1, 4095, 4096, 4097, 4098, 4099, 8192, 12_301, 19_999] {
                let end = text.char_indices().nth(at).unwrap().0;
                assert_eq!(lines.position(offset(end)).column as usize, at + 1, "{piece} {at}");
            }
            assert_eq!(lines.position(offset(text.len())).column, 2);
        }
    }

    #[test]
    fn a_broken_byte_is_one_column() {
        assert_eq!(Lines::of(b"\xff\xfex").position(2).column, 3);
    }
}
