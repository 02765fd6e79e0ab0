//! Cuts a large text into parts of which each is read by itself, so that several threads
//! read one file, and no more is kept of it at a time than parts of it hold.
//!
//! A text is cut only where what is found in its parts is what is found in the whole:
//! between lines of which no comment and no text of another language goes on, never
//! within a document that its reader may be asked for, and not at all where a tool's
//! settings stand in it.

use std::ops::Range;

use super::around::Apart;
use super::assembled::assembled;
use super::comment::all_end_with_their_line;
use super::context::Dialect;
use super::reader::{self, LIMITS, Limits};
use super::whole::Provider;

/// How long a part is at least, in bytes: so long that to begin one costs nothing beside it,
/// so short that it and what is found in it stay close to the processor.
const LENGTH: usize = 1 << 17;

/// Lines of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(super) range: Range<usize>,
    /// Whether it is cut out of a document that is too large for its reader.
    pub(super) is_of_document: bool,
}

impl Part {
    /// All lines.
    pub(super) fn whole(text: &[u8]) -> Self {
        Self { range: 0..text.len(), is_of_document: false }
    }
}

/// The parts of a text, in order and without gaps.
pub(crate) fn parts(text: &[u8], dialect: Dialect) -> Vec<Part> {
    cut(text, dialect, LENGTH, LIMITS).unwrap_or_else(|| vec![Part::whole(text)])
}

/// None where it cannot be cut.
fn cut(text: &[u8], dialect: Dialect, length: usize, limits: Limits) -> Option<Vec<Part>> {
    if text.len() <= length || Provider::is_followed(dialect) {
        return None;
    }
    let documents = reader::apart(text, dialect.reader, limits)?;
    if documents.iter().all(|(_, is_large)| !is_large)
        || !all_end_with_their_line(text, dialect)
        || !assembled(text, dialect).is_empty()
    {
        return None;
    }
    let lines = Apart::of(text, dialect)?;
    let mut parts = Vec::with_capacity(text.len() / length + documents.len());
    for (document, is_large) in documents {
        if lines.behind(document.start) != document.start {
            return None;
        }
        let mut start = document.start;
        let is_of_document = is_large && dialect.reader.is_some();
        while is_large && document.end - start > length {
            let from = start + length;
            let Some(feed) = memchr::memchr(b'\n', &text[from..document.end]) else { break };
            let end = lines.behind(from + feed + 1).min(document.end);
            parts.push(Part { range: start..end, is_of_document });
            start = end;
        }
        if start < document.end {
            parts.push(Part { range: start..document.end, is_of_document });
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::inventory::scan::scan_within;

    fn parts_of(name: &str, text: &str) -> Vec<Part> {
        parts(text.as_bytes(), Dialect::of(Path::new(name)))
    }

    #[test]
    fn parts_are_whole_lines() {
        let text = "- uri: \"qemu:///system\"\n".repeat(60_000) + "end";
        let parts = parts_of("a.yml", &text);
        assert!(parts.len() >= 4, "{}", parts.len());
        let mut end = 0;
        for Part { range, is_of_document } in &parts {
            assert!(is_of_document);
            assert_eq!(range.start, end);
            assert!(range.start == 0 || text.as_bytes()[range.start - 1] == b'\n');
            end = range.end;
        }
        assert_eq!(end, text.len());
        let one_line = "x".repeat(3 * LENGTH);
        assert_eq!(parts_of("a.txt", &one_line).len(), 1);
        assert_eq!(parts_of("a.txt", ""), vec![Part { range: 0..0, is_of_document: false }]);
        let exact = "x".repeat(LENGTH) + "\n";
        assert_eq!(parts_of("a.txt", &exact).len(), 1);
    }

    #[test]
    fn what_goes_on_over_lines_is_not_cut() {
        let lines = "a: qemu:///system\n".repeat(60_000);
        for (name, mark) in [
            ("a.go", "/*"),
            ("a.md", "```"),
            ("a.md", "~~~"),
            ("a.xml", "<!--"),
            ("a.sh", "<<"),
            ("a.toml", "'''"),
            ("a.yml", "{# x"),
            ("a.ini", "[libvirt]\nlive_migration_scheme = ssh"),
            ("a.csv", "{{/* x"),
        ] {
            assert!(parts_of(name, &lines).len() > 1, "{name}");
            assert_eq!(parts_of(name, &format!("{lines}{mark}")).len(), 1, "{name}");
        }
        assert_eq!(parts_of("a.tf", &lines).len(), 1);
        let block = format!("{lines}b: |\n  {}", lines.replace('\n', "\n  "));
        let parts = parts_of("a.yml", &format!("{block}\nc: d\n{lines}"));
        let held = |part: &&Part| part.range.contains(&(lines.len() + 9));
        assert!(parts.iter().find(held).unwrap().range.len() > lines.len(), "{parts:?}");
        assert!(parts.len() > 10, "{}", parts.len());
    }

    #[test]
    fn documents_that_may_be_read_are_not_cut() {
        let small = "a: qemu:///system\n".repeat(100);
        let large = "a: qemu:///system\n".repeat(60_000);
        assert_eq!(parts_of("a.yml", &small.repeat(500)).len(), 1);
        let both = format!("{small}---\n{small}---\n{large}---\n{small}");
        let parts = parts_of("a.yml", &both);
        let is_read = |part: &&Part| !part.is_of_document;
        let read: Vec<&[u8]> =
            parts.iter().filter(is_read).map(|part| &both.as_bytes()[part.range.clone()]).collect();
        assert_eq!(
            read,
            [format!("{small}---\n{small}"), format!("---\n{small}")].map(String::into_bytes)
        );
        assert!(parts.len() > 4);
        let many = format!("{small}---\n").repeat(3000);
        assert_eq!(parts_of("a.yml", &many).len(), 1, "more than is given to readers");
    }

    /// The files of the fixtures, one by one and all of a kind in a row.
    fn texts() -> Vec<(PathBuf, Vec<u8>)> {
        let mut texts = Vec::new();
        let mut rows: BTreeMap<&str, (PathBuf, Vec<u8>)> = BTreeMap::new();
        let mut folders = vec![PathBuf::from("fixtures")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = fs::read(&path).unwrap();
                if text.len() > 20_000 {
                    continue;
                }
                let row = rows.entry(Dialect::of_file(&path, &text).kind);
                let (_, row) = row.or_insert_with(|| (path.clone(), Vec::new()));
                row.extend_from_slice(&text);
                texts.push((path, text.repeat(1 + 1500 / text.len().max(1))));
            }
        }
        texts.extend(rows.into_values());
        texts
    }

    #[test]
    fn parts_hold_what_the_whole_holds() {
        let texts = texts();
        assert!(texts.len() > 200, "{}", texts.len());
        let mut cuts: BTreeMap<&str, usize> = BTreeMap::new();
        for (path, text) in &texts {
            let dialect = Dialect::of_file(path, text);
            for (length, document) in [(1, 50), (100, 1), (60, 700), (400, 100)] {
                let limits = Limits { document, sum: 4 * document };
                let Some(parts) = cut(text, dialect, length, limits) else { continue };
                *cuts.entry(dialect.kind).or_default() += parts.len() - 1;
                let whole = scan_within(limits, text, &Part::whole(text), dialect);
                let (mut found, mut holes, mut plain) = (Vec::new(), 0, None);
                for part in &parts {
                    let scan = scan_within(limits, text, part, dialect);
                    found.extend(scan.found);
                    holes += scan.holes;
                    plain = plain.or(scan.plain_text);
                }
                let name = path.display();
                assert_eq!(found, whole.found, "{name}, {length} and {document}");
                assert_eq!(holes, whole.holes, "{name}, {length} and {document}");
                assert_eq!(plain, whole.plain_text, "{name}, {length} and {document}");
            }
        }
        for kind in
            ["yaml", "ini", "json", "toml", "csv", "shell", "python", "prose", "xml", "source"]
        {
            assert!(cuts.get(kind).is_some_and(|cuts| *cuts > 50), "{kind}: {cuts:?}");
        }
    }
}
