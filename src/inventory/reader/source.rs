//! Source code: string literals, over several lines or raw, and the names before them.
//!
//! What is no literal and no comment is left as its line is.

use std::rc::Rc;

use super::quoted::{between_quotes, decoded, numbered};
use super::{Document, Text};
use crate::inventory::around::language_of;
use crate::inventory::context::Context;
use crate::inventory::spelling::Spelling;

/// Whose literals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::inventory) enum Language {
    Python,
    Go,
    Ruby,
}

pub(super) fn texts(document: &Document<'_>, language: Language) -> Vec<Text> {
    let bytes = document.text.as_bytes();
    let mut names = Names::default();
    let mut texts = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = comment(bytes, at, language) {
            at = end;
        } else if let Some(literal) = Literal::at(bytes, at, language) {
            if document.wants(literal.start, literal.end) {
                texts.extend(text(document, &literal, &names));
            }
            at = literal.end;
            names.see_literal(bytes, &literal);
        } else {
            names.see(bytes, at);
            at += 1;
        }
    }
    texts
}

/// The end of the comment that begins here.
fn comment(bytes: &[u8], at: usize, language: Language) -> Option<usize> {
    let rest = &bytes[at..];
    let line = || at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    match language {
        Language::Python => (rest[0] == b'#').then(line),
        Language::Ruby if rest.starts_with(b"=begin") && (at == 0 || bytes[at - 1] == b'\n') => {
            Some(memchr::memmem::find(rest, b"\n=end").map_or(bytes.len(), |end| at + end + 5))
        }
        Language::Ruby => (rest[0] == b'#').then(line),
        Language::Go if rest.starts_with(b"//") => Some(line()),
        Language::Go if rest.starts_with(b"/*") => {
            Some(memchr::memmem::find(rest, b"*/").map_or(bytes.len(), |end| at + end + 2))
        }
        Language::Go => None,
    }
}

struct Literal {
    start: usize,
    end: usize,
    /// How many bytes of it are marks, before and behind the text.
    open: usize,
    close: usize,
    is_raw: bool,
    /// Whether it can have lines of its own.
    is_long: bool,
}

impl Literal {
    fn at(bytes: &[u8], start: usize, language: Language) -> Option<Self> {
        let quote = bytes[start];
        let rest = &bytes[start..];
        let before = start.checked_sub(1).map(|at| bytes[at]);
        let (is_raw, is_long, marks) = match (language, quote) {
            (Language::Go, b'`') => (true, true, 1),
            (Language::Python, b'"' | b'\'') => {
                let is_raw = matches!(before, Some(b'r' | b'R'));
                let is_long = rest.starts_with(&[quote; 3]);
                (is_raw, is_long, if is_long { 3 } else { 1 })
            }
            (Language::Go, b'"' | b'\'') => (false, false, 1),
            // A single quote has but two escapes.
            (Language::Ruby, b'"' | b'\'') => (quote == b'\'', true, 1),
            _ => return None,
        };
        let mut at = start + marks;
        while at < bytes.len() {
            match bytes[at] {
                b'\\' if quote != b'`' => at += 2,
                b'\n' if !is_long => return None,
                byte if byte == quote && bytes[at..].starts_with(&[quote; 3][..marks]) => {
                    let end = at + marks;
                    return Some(Self { start, end, open: marks, close: marks, is_raw, is_long });
                }
                _ => at += 1,
            }
        }
        None
    }
}

/// The name that what stands here is assigned to or given as.
#[derive(Default)]
struct Names {
    /// The last word, as a place in the text.
    word: Option<(usize, usize)>,
    key: Option<Rc<str>>,
    outer: Vec<Option<Rc<str>>>,
    /// Whether a statement begins here: a literal would be a docstring.
    is_begun: bool,
}

impl Names {
    fn see(&mut self, bytes: &[u8], at: usize) {
        let byte = bytes[at];
        match byte {
            b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                self.word = match self.word {
                    Some((start, end)) if end == at => Some((start, at + 1)),
                    _ => Some((at, at + 1)),
                };
            }
            b'=' if bytes.get(at + 1) != Some(&b'=')
                && at.checked_sub(1).is_none_or(|before| !b"=!<>".contains(&bytes[before])) =>
            {
                self.assign(bytes);
            }
            b':' if bytes.get(at + 1) != Some(&b'=') => self.assign(bytes),
            b'(' | b'[' | b'{' => self.outer.push(self.key.clone()),
            b')' | b']' | b'}' => self.key = self.outer.pop().flatten(),
            b',' => self.key = self.outer.last().cloned().flatten(),
            b'\n' if self.outer.is_empty() => {
                self.key = None;
                self.is_begun = false;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() && byte != b'\n' {
            // The prefix of a literal is no statement.
            let prefix = b"rRuUbBfF".contains(&byte)
                && matches!(bytes.get(at + 1), Some(b'"' | b'\'' | b'r' | b'R'));
            self.is_begun |= !prefix;
        }
    }

    fn assign(&mut self, bytes: &[u8]) {
        self.key = self.word.take().map(|(start, end)| {
            let word = bytes[start..end].rsplit(|byte| *byte == b'.').next().unwrap_or_default();
            String::from_utf8_lossy(word).into()
        });
    }

    /// A literal before a colon or an arrow is a name too.
    fn see_literal(&mut self, bytes: &[u8], literal: &Literal) {
        let rest = bytes[literal.end..].trim_ascii_start();
        if rest.starts_with(b":") || rest.starts_with(b"=>") {
            self.word = Some((literal.start + literal.open, literal.end - literal.close));
        }
        self.is_begun = true;
    }
}

fn text(document: &Document<'_>, literal: &Literal, names: &Names) -> Option<Text> {
    let (start, end) = (literal.start, literal.end);
    let inner = document.bytes(start + literal.open, end - literal.close);
    let base = document.base + start + literal.open;
    let spelling: Spelling =
        decoded(inner, base, |text| if literal.is_raw { None } else { escape(text) });
    let key = names.key.as_deref();
    if literal.is_long && inner.contains(&b'\n') {
        let dialect = language_of(None, inner.trim_ascii_start());
        let mut text = document.inner(spelling, (start, end), key, dialect);
        if !names.is_begun {
            // A docstring is documentation.
            text.frame.context = Some(Context::Prose);
            text.frame.dialect = document.dialect.decoded();
        }
        return Some(text);
    }
    // What goes on elsewhere is seen by its line.
    if joins(document.text.as_bytes(), (start, end)) {
        return None;
    }
    let spelling = between_quotes(&spelling, document.in_file(start, end));
    let mut text = document.value(spelling, (start, end), key);
    if !names.is_begun && literal.is_long && literal.open == 3 {
        text.frame.context = Some(Context::Prose);
    }
    Some(text)
}

/// Whether an operator or another literal follows that makes this one a part.
fn joins(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    let is_argument = bytes[..start].ends_with(b"concat(");
    let rest = bytes[end..].trim_ascii_start();
    [&b"+"[..], b"..", b"<<", b". ", b"%"].iter().any(|mark| rest.starts_with(mark))
        || is_argument && rest.starts_with(b",")
}

/// The escapes that all of them have.
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
        b'\n' => return Some((None, 2)),
        byte @ (b'"' | b'\'' | b'\\') => char::from(*byte),
        _ => return numbered(text).map(|(value, length)| (Some(value), length)),
    };
    Some((Some(value), 2))
}

#[cfg(test)]
mod tests {
    use crate::inventory::reader::tests::{contexts, found};

    #[test]
    fn escapes_have_their_places() {
        for name in ["a.py", "a.go", "a.rb"] {
            let found = found(name, "uri = \"\\x71emu+ssh://h/sytem?a=\\u00e9\"\n");
            assert_eq!(found[0].uri, "qemu+ssh://h/sytem?a=é", "{name}");
            assert_eq!(found[0].at("qemu"), "\\x71emu");
            assert_eq!(found[0].at("sytem"), "sytem");
            assert_eq!(found[0].key.as_deref(), Some("uri"));
        }
    }

    #[test]
    fn literals() {
        for (name, text, expected) in [
            ("a.py", "\"\"\"Connects.\n\nAs qemu:///x does.\n\"\"\"\n", vec!["prose qemu:///x"]),
            ("a.py", "def f():\n    r'''As qemu:///x.'''\n", vec!["prose qemu:///x"]),
            (
                "a.py",
                "C = \"\"\"\nuri_default = 'qemu:///x'\n# qemu:///y\n\"\"\"\n",
                vec!["code qemu:///x", "comment qemu:///y"],
            ),
            (
                "a.py",
                "libvirt_uris = [\n  'esx://h/',\n  u'qemu:///x',\n]\n",
                vec!["code esx://h/", "code qemu:///x"],
            ),
            ("a.py", "x = {'libvirt_uri': 'esx://h/'}\n", vec!["code esx://h/"]),
            (
                "a.py",
                "# qemu:///x\nx = 'a # qemu:///y'\n",
                vec!["comment qemu:///x", "code qemu:///y"],
            ),
            (
                "a.py",
                "libvirt.open('qemu+ssh://' + h + '/system')\n",
                vec!["code qemu+ssh://\u{1a}"],
            ),
            ("a.go", "x := `\nlibvirt_uri: esx://h/\n`\n", vec!["code esx://h/"]),
            (
                "a.go",
                "c := C{LibvirtURI: \"esx://h/\"} // qemu:///x\n",
                vec!["code esx://h/", "comment qemu:///x"],
            ),
            (
                "Vagrantfile",
                "libvirt.uri = 'qemu:///x'\nx = <<~EOF\n  a = qemu:///y\nEOF\n",
                vec!["code qemu:///x", "heredoc qemu:///y"],
            ),
            (
                "a.rb",
                "x = { :libvirt_uri => 'esx://h/', \"kvm_uri\" => \"esx://i/\" }\n",
                vec!["code esx://h/", "code esx://i/"],
            ),
        ] {
            assert_eq!(contexts(name, text), expected, "{name}: {text}");
        }
    }
}
