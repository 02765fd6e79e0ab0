//! The INI family: values that go on over several lines, and the keys that they have.
//!
//! libvirt.conf and GVariant write lists over lines, oslo and configparser indent what
//! goes on, systemd ends the line before with a backslash. What they escape is little:
//! GVariant's strings are decoded, no other text is.

use super::quoted::{between_quotes, decoded, numbered};
use super::{Document, Text};
use crate::inventory::spelling::Spelling;

pub(super) fn texts(document: &Document<'_>) -> Vec<Text> {
    let bytes = document.text.as_bytes();
    let mut texts = Vec::new();
    let mut value: Option<Value<'_>> = None;
    let mut start = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let end = start + line.len();
        let goes_on = value.as_ref().is_some_and(|value| value.goes_on(line));
        if goes_on {
            if let Some(value) = &mut value {
                value.see(line);
            }
        } else {
            value = Value::begin(line);
        }
        if let Some(value) = &value {
            let from = if goes_on { start } else { start + value.offset };
            if document.wants(from, end) {
                value.texts(document, (from, end), &mut texts);
            }
        }
        start = end;
    }
    texts
}

/// The value of a key, up to some line.
struct Value<'t> {
    key: &'t str,
    /// Where it begins on its first line.
    offset: usize,
    /// Brackets that are open.
    depth: usize,
    /// Whether the last line ends with a backslash.
    is_joined: bool,
}

impl<'t> Value<'t> {
    fn begin(line: &'t [u8]) -> Option<Self> {
        let separator = memchr::memchr2(b'=', b':', line)?;
        if line[separator] == b':'
            && line.get(separator + 1).is_some_and(|byte| !byte.is_ascii_whitespace())
        {
            return None;
        }
        let name = line[..separator].trim_ascii();
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
        if name.is_empty() || !name.iter().all(is_name) {
            return None;
        }
        let key = std::str::from_utf8(name).ok()?;
        let mut value = Self { key, offset: separator + 1, depth: 0, is_joined: false };
        value.see(&line[separator + 1..]);
        Some(value)
    }

    fn goes_on(&self, line: &[u8]) -> bool {
        let trimmed = line.trim_ascii();
        let is_indented = line.first().is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        let is_section = trimmed.starts_with(b"[") && self.depth == 0;
        self.is_joined
            || (self.depth > 0 && !trimmed.is_empty())
            || (is_indented && !is_section && !trimmed.is_empty() && Value::begin(line).is_none())
    }

    fn see(&mut self, line: &[u8]) {
        let line = line.trim_ascii_end();
        self.is_joined = line.ends_with(b"\\");
        if line.trim_ascii_start().starts_with(b"#") {
            return;
        }
        let mut quote = None;
        for byte in line {
            match (quote, byte) {
                (Some(open), byte) if open == *byte => quote = None,
                (None, b'"' | b'\'') => quote = Some(*byte),
                (None, b'[') => self.depth += 1,
                (None, b']') => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// The strings of a list that GVariant would decode, else nothing but the key for
    /// the line.
    fn texts(&self, document: &Document<'_>, (start, end): (usize, usize), texts: &mut Vec<Text>) {
        let line = document.bytes(start, end);
        let is_comment = matches!(line.trim_ascii_start().first(), Some(b'#' | b';'));
        if is_comment {
            return;
        }
        let key = Some(self.key);
        if self.depth == 0 && !line.trim_ascii_start().starts_with(b"[") || !line.contains(&b'\\') {
            let mut spelling = Spelling::default();
            spelling.copy(line, document.base + start);
            let mut text = document.value(spelling, (start, end), key);
            // Comments behind a value are such as the file's own.
            text.frame.dialect = document.dialect;
            texts.push(text);
            return;
        }
        let mut at = 0;
        while let Some(open) = line[at..].iter().position(|byte| matches!(byte, b'"' | b'\'')) {
            let open = at + open;
            let Some(close) = closing(line, open) else { return };
            let inner = decoded(&line[open + 1..close], document.base + start + open + 1, escape);
            let place = (start + open, start + close + 1);
            if document.wants(place.0, place.1) {
                let spelling = between_quotes(&inner, document.in_file(place.0, place.1));
                texts.push(document.value(spelling, place, key));
            }
            at = close + 1;
        }
    }
}

/// The quote that closes the one at `open`.
fn closing(line: &[u8], open: usize) -> Option<usize> {
    let mut at = open + 1;
    while at < line.len() {
        match line[at] {
            b'\\' => at += 2,
            byte if byte == line[open] => return Some(at),
            _ => at += 1,
        }
    }
    None
}

/// The escapes of GVariant's text format.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b'a' => '\x07',
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\x0b',
        b'u' | b'U' => return numbered(text).map(|(value, length)| (Some(value), length)),
        byte if byte.is_ascii() => char::from(*byte),
        _ => return None,
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn lists_of_gvariant() {
        let text = "[org/virt-manager/virt-manager/connections]\nuris=['qemu:///x', 'qemu+ssh://h/sytem?keyfile=/a\\'b\\u0020c']\n";
        let found = found("a.ini", text);
        assert_eq!(found[0].uri, "qemu:///x");
        assert_eq!(found[1].uri, "qemu+ssh://h/sytem?keyfile=/a'b c");
        assert_eq!(found[1].key.as_deref(), Some("uris"));
        assert_eq!(found[1].at("sytem"), "sytem");
        assert_eq!(found[1].at("a'b c"), "a\\'b\\u0020c");
    }

    #[test]
    fn values_go_on() {
        for (name, text, keys) in [
            (
                "libvirt.conf",
                "uri_aliases = [\n  \"a=qemu:///x\",\n  # b\n  'qemu:///y'\n]\n",
                vec!["a", "uri_aliases"],
            ),
            ("a.conf", "[x]\nconnect_uri =\n        esx://h/\ny = 1\n", vec!["connect_uri"]),
            (
                "a.service",
                "[Service]\nExecStart=/bin/x \\\n  -a \\\n  'qemu:///x'\n",
                vec!["ExecStart"],
            ),
            (
                "hosts.ini",
                "[kvm]\nh1 libvirt_uri=qemu+ssh://h1/system kvm_uri=esx://h/\n",
                vec!["libvirt_uri", "kvm_uri"],
            ),
            (".env", "LIBVIRT_URIS=qemu:///x,esx://h/\n", vec!["LIBVIRT_URIS", "LIBVIRT_URIS"]),
        ] {
            let found = found(name, text);
            let found: Vec<_> = found.iter().filter_map(|found| found.key.as_deref()).collect();
            assert_eq!(found, keys, "{text}");
        }
        assert_eq!(
            contexts("a.conf", "a = [\n 'qemu:///x', # qemu:///y\n # qemu:///z\n]\n"),
            ["value qemu:///x", "comment qemu:///y", "comment qemu:///z"]
        );
    }
}
