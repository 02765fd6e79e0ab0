//! TOML: strings of all four kinds, and the keys that they stand under.

use std::borrow::Cow;

use toml_parser::decoder::Encoding;
use toml_parser::parser::{EventReceiver, RecursionGuard, parse_document};
use toml_parser::{ErrorSink, ParseError, Source, Span};

use super::quoted::{between_quotes, decoded, numbered};
use super::{Broken, Document, Text};
use crate::inventory::around::block;
use crate::inventory::spelling::Spelling;

/// How deep lists and tables within lines may be.
const DEEPEST: u32 = 100;

pub(super) fn texts(document: &Document<'_>) -> Result<Vec<Text>, Broken> {
    let source = Source::new(document.text);
    let tokens = source.lex().into_vec();
    let mut error: Option<ParseError> = None;
    let mut reading = Reading { document, source, key: None, outer: Vec::new(), texts: Vec::new() };
    parse_document(&tokens, &mut RecursionGuard::new(&mut reading, DEEPEST), &mut error);
    match error {
        None => Ok(reading.texts),
        Some(error) => Err(Broken {
            at: error.unexpected().or(error.context()).map_or(0, |span| span.start()),
            why: error.description().to_owned(),
        }),
    }
}

struct Reading<'d, 't> {
    document: &'d Document<'t>,
    source: Source<'t>,
    key: Option<Span>,
    /// The keys around the table or list that is open.
    outer: Vec<Option<Span>>,
    texts: Vec<Text>,
}

impl Reading<'_, '_> {
    fn leave(&mut self) {
        self.key = self.outer.pop().flatten();
    }

    fn string(&self, span: Span, kind: Encoding) -> Option<Text> {
        let place = (span.start(), span.end());
        let raw = self.source.get(span)?;
        let mut value = Cow::Borrowed("");
        let mut error: Option<ParseError> = None;
        let raw = toml_parser::Raw::new_unchecked(raw.as_str(), Some(kind), span);
        let _kind = raw.decode_scalar(&mut value, &mut error);
        let spelling = spelling(raw.as_bytes(), self.document.base + span.start(), kind)?;
        if error.is_some() || spelling.text != value.as_bytes() {
            return None;
        }
        let key = self.key.and_then(|key| self.source.get(key));
        let key = key.map(|key| key.as_str().trim_matches(['"', '\'']));
        if value.trim_end().contains('\n') {
            let first = value.lines().next().unwrap_or_default();
            let dialect = block(key, None, first.as_bytes()).dialect;
            return Some(self.document.inner(spelling, place, key, dialect));
        }
        let spelling = between_quotes(&spelling, self.document.in_file(place.0, place.1));
        Some(self.document.value(spelling, place, key))
    }
}

impl EventReceiver for Reading<'_, '_> {
    fn simple_key(&mut self, span: Span, _kind: Option<Encoding>, _error: &mut dyn ErrorSink) {
        self.key = Some(span);
    }

    fn array_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.outer.push(self.key);
        true
    }

    fn array_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.leave();
    }

    fn inline_table_open(&mut self, _span: Span, _error: &mut dyn ErrorSink) -> bool {
        self.outer.push(self.key);
        true
    }

    fn inline_table_close(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.leave();
    }

    fn value_sep(&mut self, _span: Span, _error: &mut dyn ErrorSink) {
        self.key = self.outer.last().copied().flatten();
    }

    fn scalar(&mut self, span: Span, kind: Option<Encoding>, _error: &mut dyn ErrorSink) {
        if let Some(kind) = kind
            && self.document.wants(span.start(), span.end())
        {
            let text = self.string(span, kind);
            self.texts.extend(text);
        }
    }
}

/// How a string is spelled, without its quotes.
fn spelling(raw: &[u8], base: usize, kind: Encoding) -> Option<Spelling> {
    let quotes = match kind {
        Encoding::LiteralString | Encoding::BasicString => 1,
        Encoding::MlLiteralString | Encoding::MlBasicString => 3,
    };
    let mut inner = raw.get(quotes..raw.len().checked_sub(quotes)?)?;
    let mut base = base + quotes;
    if quotes == 3 {
        // A line feed right behind the quotes is no part of the text.
        let rest = inner.strip_prefix(b"\r\n").or(inner.strip_prefix(b"\n")).unwrap_or(inner);
        base += inner.len() - rest.len();
        inner = rest;
    }
    let is_basic = matches!(kind, Encoding::BasicString | Encoding::MlBasicString);
    Some(decoded(inner, base, |text| if is_basic { escape(text) } else { None }))
}

/// The escapes of TOML 1.1; a backslash at the end of a line joins it to the next text.
fn escape(text: &[u8]) -> Option<(Option<char>, usize)> {
    if text.first() != Some(&b'\\') {
        return None;
    }
    let value = match text.get(1)? {
        b'b' => '\x08',
        b't' => '\t',
        b'n' => '\n',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        byte @ (b'"' | b'\\') => char::from(*byte),
        b' ' | b'\t' | b'\r' | b'\n' => {
            let white = text[1..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            return Some((None, 1 + white));
        }
        _ => return numbered(text).map(|(value, length)| (Some(value), length)),
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn escapes_have_their_places() {
        let text = "libvirt_uri = \"\\u0071emu+ssh://h/sytem?a=\\u00e9&b=\\x41\" # c\n";
        let found = found("a.toml", text);
        assert_eq!(found[0].uri, "qemu+ssh://h/sytem?a=é&b=A");
        assert_eq!(found[0].key.as_deref(), Some("libvirt_uri"));
        assert_eq!(found[0].at("qemu"), "\\u0071emu");
        assert_eq!(found[0].at("sytem"), "sytem");
        assert_eq!(found[0].at("é"), "\\u00e9");
    }

    #[test]
    fn lines_are_joined() {
        let found = found("a.toml", "a = \"\"\"\nqemu+ssh://h\\\n\n   /sytem\"\"\"\n");
        assert_eq!(found[0].uri, "qemu+ssh://h/sytem");
        assert_eq!(found[0].at("h/s"), "h\\\n\n   /s");
    }

    #[test]
    fn strings_under_their_keys() {
        for (text, expected) in [
            (
                "[x]\nlibvirt_uris = [\n  'esx://h/', # c\n  { a = 1 },\n  \"qemu:///sytem\",\n]\n",
                vec!["value esx://h/", "value qemu:///sytem"],
            ),
            (
                "x = '''\nuri_default = \"qemu:///sytem\"\n# qemu:///x\n'''\n",
                vec!["value qemu:///sytem", "comment qemu:///x"],
            ),
            ("x = 'virsh -c qemu:///sytem'\n", vec!["value qemu:///sytem"]),
            ("description = \"Try qemu:///sytem\"\n", vec!["value qemu:///sytem"]),
        ] {
            assert_eq!(contexts("a.toml", text), expected, "{text}");
        }
    }
}
