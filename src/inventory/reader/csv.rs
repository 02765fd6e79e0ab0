//! CSV: cells, quoted or not, under the names of the first line.

use super::quoted::{between_quotes, decoded};
use super::{Document, Text};
use crate::inventory::spelling::Spelling;

pub(super) fn texts(document: &Document<'_>) -> Vec<Text> {
    let bytes = document.text.as_bytes();
    let first = &bytes[..memchr::memchr(b'\n', bytes).unwrap_or(bytes.len())];
    // The first of those that lists are separated by.
    let comma = [b'\t', b';', b','].into_iter().find(|comma| first.contains(comma)).unwrap_or(b',');
    let mut cells = Cells { bytes, comma, at: 0 };
    let mut names: Vec<String> = Vec::new();
    let mut texts = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let Some(cell) = cells.next_cell() {
        if row == 0 {
            let name = decoded(cell.inner(bytes), 0, escape).text;
            names.push(String::from_utf8_lossy(name.trim_ascii()).into_owned());
        }
        if document.wants(cell.start, cell.end) {
            let key = names.get(column).filter(|_| row > 0).map(String::as_str);
            texts.push(text(document, &cell, key));
        }
        (row, column) = if cell.ends_row { (row + 1, 0) } else { (row, column + 1) };
    }
    texts
}

struct Cells<'t> {
    bytes: &'t [u8],
    comma: u8,
    at: usize,
}

struct Cell {
    start: usize,
    end: usize,
    is_quoted: bool,
    ends_row: bool,
}

impl Cell {
    fn inner<'t>(&self, bytes: &'t [u8]) -> &'t [u8] {
        let quotes = usize::from(self.is_quoted);
        &bytes[self.start + quotes..(self.end - quotes).max(self.start + quotes)]
    }
}

impl Cells<'_> {
    fn next_cell(&mut self) -> Option<Cell> {
        if self.at >= self.bytes.len() {
            return None;
        }
        let start = self.at;
        let is_quoted = self.bytes[start] == b'"';
        let mut at = start + usize::from(is_quoted);
        let mut open = is_quoted;
        while at < self.bytes.len() {
            match self.bytes[at] {
                b'"' if open && self.bytes.get(at + 1) == Some(&b'"') => at += 1,
                b'"' if is_quoted => open = !open,
                byte if !open && (byte == self.comma || byte == b'\n') => break,
                _ => {}
            }
            at += 1;
        }
        let at = at.min(self.bytes.len());
        self.at = at + 1;
        let ends_row = self.bytes.get(at).is_none_or(|byte| *byte == b'\n');
        let end = start + self.bytes[start..at].trim_ascii_end().len();
        // A quote that is never closed opens nothing.
        let is_quoted = is_quoted && end >= start + 2 && self.bytes[end - 1] == b'"';
        Some(Cell { start, end, is_quoted, ends_row })
    }
}

fn text(document: &Document<'_>, cell: &Cell, key: Option<&str>) -> Text {
    let inner = cell.inner(document.text.as_bytes());
    let base = document.base + cell.start + usize::from(cell.is_quoted);
    let place = (cell.start, cell.end);
    if cell.is_quoted {
        let spelling =
            between_quotes(&decoded(inner, base, escape), document.in_file(place.0, place.1));
        return document.value(spelling, place, key);
    }
    let mut spelling = Spelling::default();
    spelling.copy(inner, base);
    document.value(spelling, place, key)
}

/// RFC 4180, section 2: a quote within quotes is doubled.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    text.starts_with(b"\"\"").then_some((Some('"'), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::found;

    #[test]
    fn cells_under_their_names() {
        let text = "host,libvirt_uri\na,\"qemu+ssh://h/sytem?a=\"\"b\"\"&sshauth=agent,privkey\"\nb,esx://h/\r\n";
        let found = found("a.csv", text);
        assert_eq!(found[0].uri, "qemu+ssh://h/sytem?a=\"b\"&sshauth=agent,privkey");
        assert_eq!(found[0].key.as_deref(), Some("libvirt_uri"));
        assert_eq!(found[0].at("\"b\""), "\"\"b\"\"");
        assert_eq!(found[0].at("sytem"), "sytem");
        assert_eq!(found[1].uri, "esx://h/");
    }

    #[test]
    fn a_list_without_names() {
        let found = found("a.csv", "qemu:///sytem;2\n\"qemu:///x");
        let uris: Vec<_> = found.iter().map(|found| &*found.uri).collect();
        assert_eq!(uris, ["qemu:///sytem", "qemu:///x"]);
    }
}
