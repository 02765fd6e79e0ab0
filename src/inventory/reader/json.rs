//! JSON, with comments and lenient where people are: strings, and the names before them.

use std::rc::Rc;

use jsonc_parser::tokens::Token;
use jsonc_parser::{Scanner, ScannerOptions};

use super::quoted::{between_quotes, decoded, numbered};
use super::{Broken, Document, Text};
use crate::inventory::around::language_of;

/// An object or a list that is open.
struct Level {
    close: Token<'static>,
    /// In an object: the name of the value that comes.
    key: Option<Rc<str>>,
}

pub(super) fn texts(document: &Document<'_>) -> Result<Vec<Text>, Broken> {
    let text = document.text.strip_prefix('\u{feff}').unwrap_or(document.text);
    let shift = document.text.len() - text.len();
    let mut scanner = Scanner::new(text, &ScannerOptions::default());
    let mut levels: Vec<Level> = Vec::new();
    let mut texts = Vec::new();
    // The string before: a name, if a colon follows it.
    let mut last: Option<Rc<str>> = None;
    loop {
        let token = scanner.scan().map_err(|error| Broken {
            at: shift + error.range().start,
            why: error.kind().to_string(),
        })?;
        let Some(token) = token else { break };
        let place = (shift + scanner.token_start(), shift + scanner.token_end());
        match token {
            Token::OpenBrace => levels.push(Level { close: Token::CloseBrace, key: None }),
            Token::OpenBracket => {
                let key = levels.last().and_then(|level| level.key.clone());
                levels.push(Level { close: Token::CloseBracket, key });
            }
            Token::CloseBrace | Token::CloseBracket
                if levels.pop().is_none_or(|level| level.close != token) =>
            {
                return Err(Broken { at: place.0, why: "a bracket that closes none".into() });
            }
            Token::Colon => {
                if let Some(level) = levels.last_mut() {
                    level.key = last.take();
                }
            }
            Token::String(value) => {
                if document.wants(place.0, place.1) {
                    let key = levels.last().and_then(|level| level.key.as_deref());
                    texts.extend(string(document, &value, place, key));
                }
                last = Some(value.into());
            }
            Token::Word(word) => last = Some(word.into()),
            _ => {}
        }
    }
    if levels.is_empty() {
        Ok(texts)
    } else {
        Err(Broken { at: document.text.len(), why: "a bracket is not closed".into() })
    }
}

fn string(
    document: &Document<'_>,
    value: &str,
    (start, end): (usize, usize),
    key: Option<&str>,
) -> Option<Text> {
    let raw = document.bytes(start, end);
    let inner = raw.get(1..raw.len().checked_sub(1)?)?;
    let spelling = decoded(inner, document.base + start + 1, escape);
    if spelling.text != value.as_bytes() {
        return None;
    }
    // A text of several lines is one of another language.
    if value.trim_end().contains('\n') {
        let file = key.filter(|key| key.contains('.')).map(str::as_bytes);
        let first = value.lines().next().unwrap_or_default();
        let dialect = language_of(file, first.as_bytes());
        return Some(document.inner(spelling, (start, end), key, dialect));
    }
    let spelling = between_quotes(&spelling, document.in_file(start, end));
    Some(document.value(spelling, (start, end), key))
}

/// The escapes of RFC 8259, section 7, and a line feed that JSON5 lets be escaped.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b'b' => '\x08',
        b'f' => '\x0c',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\x0b',
        b'0' => '\0',
        b'\n' => return Some((None, 2)),
        b'u' | b'x' => return numbered(text).map(|(value, length)| (Some(value), length)),
        byte if byte.is_ascii() => char::from(*byte),
        _ => return None,
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{Found, found};

    #[test]
    fn escapes_have_their_places() {
        let text = r#"{"libvirt_uri": "\u0071emu+ssh:\/\/h/sytem?a=\ud83d\ude00"}"#;
        let found = found("a.json", text);
        assert_eq!(found[0].uri, "qemu+ssh://h/sytem?a=\u{1f600}");
        assert_eq!(found[0].key.as_deref(), Some("libvirt_uri"));
        assert_eq!(found[0].at("sytem"), "sytem");
        assert_eq!(found[0].at("qemu"), r"\u0071emu");
        assert_eq!(found[0].at("://h"), r":\/\/h");
        assert_eq!(found[0].at("\u{1f600}"), r"\ud83d\ude00");
    }

    #[test]
    fn a_list_has_the_name_before_it() {
        let text = "{\"libvirt_uris\": [\n  \"esx://h.example/\", // c\n  {\"a\": 1},\n  \"qemu:///sytem\"\n]}";
        let found = found("a.json", text);
        let keys: Vec<_> = found.iter().map(|found| found.key.as_deref()).collect();
        assert_eq!(keys, [Some("libvirt_uris"), Some("libvirt_uris")]);
        assert_eq!(found[0].uri, "esx://h.example/");
    }

    #[test]
    fn texts_of_other_languages() {
        let text = r##"{"user_data": ["#!/bin/sh\n# qemu:///x\nvirsh -c qemu:///sytem\n"]}"##;
        let contexts: Vec<_> = found("a.json", text).iter().map(Found::context).collect();
        assert_eq!(contexts, ["comment qemu:///x", "value qemu:///sytem"]);
    }

    #[test]
    fn what_is_broken_is_read_by_lines() {
        for text in ["{\"a\": [\"qemu:///sytem\"}", "[\"qemu:///sytem\"", "]\n\"qemu:///sytem\""] {
            assert_eq!(found("a.json", text)[0].uri, "qemu:///sytem", "{text}");
        }
    }
}
