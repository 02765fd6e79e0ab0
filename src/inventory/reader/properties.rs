//! Java's properties: a key, a value with escapes, lines that a backslash joins.

use super::quoted::{decoded, numbered};
use super::{Document, Text};

pub(super) fn texts(document: &Document<'_>) -> Vec<Text> {
    let bytes = document.text.as_bytes();
    let mut texts = Vec::new();
    let mut start = 0;
    while start < bytes.len() {
        let end = logical_end(bytes, start);
        if document.wants(start, end) {
            texts.extend(value(document, (start, end)));
        }
        start = end;
    }
    texts
}

/// The end of the line that begins at `start`, with those that are joined to it.
fn logical_end(bytes: &[u8], start: usize) -> usize {
    let is_comment = matches!(bytes[start..].trim_ascii_start().first(), Some(b'#' | b'!'));
    let mut at = start;
    loop {
        let end = memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |feed| at + feed + 1);
        let line = bytes[at..end].trim_ascii_end();
        let slashes = line.iter().rev().take_while(|byte| **byte == b'\\').count();
        if is_comment || slashes % 2 == 0 || end == bytes.len() {
            return end;
        }
        at = end;
    }
}

fn value(document: &Document<'_>, (start, end): (usize, usize)) -> Option<Text> {
    let line = document.bytes(start, end);
    let indent = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    if matches!(line.get(indent), None | Some(b'#' | b'!')) {
        return None;
    }
    let mut at = indent;
    while at < line.len() && !matches!(line[at], b'=' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
        at += if line[at] == b'\\' { 2 } else { 1 };
    }
    let key_end = at.min(line.len());
    let key = decoded(&line[indent..key_end], 0, escape);
    let blank = |byte: &&u8| matches!(**byte, b' ' | b'\t');
    at = key_end + line[key_end..].iter().take_while(blank).count();
    if matches!(line.get(at), Some(b'=' | b':')) {
        at += 1;
        at += line[at..].iter().take_while(blank).count();
    }
    let spelling = decoded(&line[at..], document.base + start + at, escape);
    let key = String::from_utf8_lossy(&key.text).into_owned();
    Some(document.value(spelling, (start + at, end), Some(&key)))
}

/// The escapes of `java.util.Properties`: a backslash before any other character is that
/// character.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b't' => '\t',
        b'n' => '\n',
        b'r' => '\r',
        b'f' => '\x0c',
        b'u' => return numbered(text).map(|(value, length)| (Some(value), length)),
        feed @ (b'\r' | b'\n') => {
            let feeds = 1 + usize::from(*feed == b'\r' && text.get(2) == Some(&b'\n'));
            let blanks = text[1 + feeds..].iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
            return Some((None, 1 + feeds + blanks.count()));
        }
        byte if byte.is_ascii() => char::from(*byte),
        _ => return None,
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn escapes_have_their_places() {
        let text = "# qemu:///x\nhypervisor.uri=qemu+ssh\\://h\\u002fsytem?a\\=b\\\n   c\n";
        let found = found("agent.properties", text);
        assert_eq!(found[1].uri, "qemu+ssh://h/sytem?a=bc");
        assert_eq!(found[1].key.as_deref(), Some("hypervisor.uri"));
        assert_eq!(found[1].at("://h"), "\\://h");
        assert_eq!(found[1].at("/sytem"), "\\u002fsytem");
        assert_eq!(found[1].at("bc"), "b\\\n   c");
        assert_eq!(found[0].context(), "comment qemu:///x");
    }

    #[test]
    fn keys_and_values() {
        for text in ["kvm.uri esx\\://h/\n", "kvm.uri : esx://h/\n", "a\nkvm.uri=esx://h/"] {
            assert_eq!(contexts("a.properties", text), ["value esx://h/"], "{text}");
        }
    }
}
