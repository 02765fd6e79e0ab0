//! Heredocs of shell, Ruby and HCL: `<<EOF` and the lines up to `EOF`.

use std::collections::VecDeque;

use super::{Inner, is_script_key, language_of};
use crate::inventory::context::{Context, Dialect, Heredocs};

/// So many marks of a line are looked at.
const MOST_MARKS: usize = 8;

pub(in crate::inventory) struct Heredoc<'t> {
    text: &'t [u8],
    whose: Heredocs,
    /// Those begun and not ended yet; the first one is being read.
    open: VecDeque<Open<'t>>,
    /// One is never ended: what looks like the beginning of one is none, from here on.
    unclosed: bool,
}

struct Open<'t> {
    word: &'t [u8],
    /// Whether blanks may stand before the word that ends it.
    indented: bool,
    inner: Inner,
}

impl Open<'_> {
    fn ends(&self, line: &[u8]) -> bool {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = if self.indented { line.trim_ascii_start() } else { line };
        line == self.word
    }
}

impl<'t> Heredoc<'t> {
    pub(super) fn new(text: &'t [u8], whose: Heredocs) -> Self {
        Self { text, whose, open: VecDeque::new(), unclosed: false }
    }

    pub(super) fn see(&mut self, start: usize, line: &[u8]) -> Option<&Inner> {
        match self.open.front() {
            Some(open) if open.ends(line) => {
                self.open.pop_front();
                None
            }
            Some(_) => self.open.front().map(|open| &open.inner),
            None => {
                self.begin(start, start + line.len());
                None
            }
        }
    }

    fn begin(&mut self, start: usize, end: usize) {
        let line = &self.text[start..end];
        let mut at = 0;
        for _ in 0..MOST_MARKS {
            let Some(offset) = memchr::memmem::find(&line[at..], b"<<") else { return };
            let mark = at + offset;
            at = mark + 2 + line[mark + 2..].iter().take_while(|byte| **byte == b'<').count();
            let doubled = at > mark + 2;
            if self.unclosed || doubled || !is_free(&line[..mark]) {
                continue;
            }
            let Some((word, indented)) = self.word(&line[at..]) else { continue };
            let inner = inner(self.whose, line, self.text.get(end + 1..).unwrap_or_default());
            let open = Open { word, indented, inner };
            let rest = self.text.get(end + 1..).unwrap_or_default();
            if rest.split(|byte| *byte == b'\n').any(|line| open.ends(line)) {
                self.open.push_back(open);
            } else {
                self.unclosed = true;
            }
        }
    }

    /// The word that ends it, and whether blanks may stand before that.
    fn word(&self, after: &'t [u8]) -> Option<(&'t [u8], bool)> {
        let dashed = after.strip_prefix(b"-").or(after.strip_prefix(b"~"));
        let rest = dashed.unwrap_or(after);
        let blanks = rest.len() - rest.trim_ascii_start().len();
        let rest = match self.whose {
            Heredocs::Shell => &rest[blanks..],
            Heredocs::Ruby | Heredocs::Hcl if blanks > 0 => return None,
            Heredocs::Ruby | Heredocs::Hcl => rest,
        };
        let quote = rest.first().copied().filter(|byte| matches!(byte, b'"' | b'\'' | b'\\'));
        let rest = if quote.is_some() { &rest[1..] } else { rest };
        let length =
            rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
        let word = &rest[..length];
        let closed = match quote {
            Some(quote @ (b'"' | b'\'')) => rest.get(length) == Some(&quote),
            _ => true,
        };
        let begins = word.first().is_some_and(|byte| match self.whose {
            // `list << item` appends.
            Heredocs::Ruby => byte.is_ascii_uppercase(),
            Heredocs::Shell | Heredocs::Hcl => !byte.is_ascii_digit(),
        });
        (begins && closed).then_some((word, dashed.is_some()))
    }
}

/// Whether what stands before is no comment, no string and no sum.
fn is_free(before: &[u8]) -> bool {
    let begins = |mark: &[u8]| before.trim_ascii_start().starts_with(mark);
    let comment = begins(b"#") || begins(b"//") || memchr::memmem::find(before, b" #").is_some();
    let sum = memchr::memmem::rfind(before, b"((")
        .is_some_and(|at| memchr::memmem::find(&before[at..], b"))").is_none());
    let quoted = [b'"', b'\'']
        .iter()
        .any(|quote| before.iter().filter(|byte| *byte == quote).count() % 2 == 1);
    !comment && !sum && !quoted
}

/// What it holds, by the command that gets it.
fn inner(whose: Heredocs, line: &[u8], text: &[u8]) -> Inner {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let dialect = match whose {
        Heredocs::Shell => match target(line) {
            Some(file) => language_of(Some(file), first),
            None => command_language(line).unwrap_or_else(|| language_of(None, first)),
        },
        Heredocs::Ruby | Heredocs::Hcl => {
            let name = line.split(|byte| *byte == b'=').next().unwrap_or_default().trim_ascii();
            let is_script = std::str::from_utf8(name).is_ok_and(is_script_key);
            if is_script { Dialect::of_language("sh") } else { language_of(None, first) }
        }
    };
    Inner { dialect, context: Context::Heredoc, key: None }
}

/// The file that the text is written to: `> FILE`, `tee -a FILE`.
fn target(line: &[u8]) -> Option<&[u8]> {
    let mut words = line
        .split(|byte| byte.is_ascii_whitespace() || *byte == b'|')
        .filter(|word| !word.is_empty());
    while let Some(word) = words.next() {
        let file = match word {
            b">" | b">>" => words.next(),
            b"tee" => words.find(|word| !word.starts_with(b"-")),
            _ => word.strip_prefix(b">>").or(word.strip_prefix(b">")),
        };
        let file = file.map(|file| file.strip_prefix(b"\"").unwrap_or(file));
        let file = file.map(|file| file.strip_suffix(b"\"").unwrap_or(file));
        let is_file = |file: &&[u8]| {
            !file.is_empty()
                && !file.starts_with(b"&")
                && !file.starts_with(b"/dev/")
                && !file.starts_with(b"<")
        };
        if let Some(file) = file.filter(is_file) {
            return Some(file);
        }
    }
    None
}

/// The language of the program that reads it.
fn command_language(line: &[u8]) -> Option<Dialect> {
    const SHELLS: [&[u8]; 5] = [b"sh", b"bash", b"zsh", b"ssh", b"su"];
    const PYTHON: [&[u8]; 2] = [b"python", b"python3"];
    let words = || line.split(u8::is_ascii_whitespace);
    let names = |programs: &[&[u8]]| words().any(|word| programs.contains(&word));
    if names(&SHELLS) {
        Some(Dialect::of_language("sh"))
    } else if names(&PYTHON) {
        Some(Dialect::of_language("py"))
    } else {
        None
    }
}
