//! Where in a text a connection URI may begin.
//!
//! Three things make one: a driver that libvirt has, a transport that it has
//! (or nearly has), or a name before it that says that a connection URI
//! follows. Words that other programs use as schemes need the latter.

use std::cell::{Cell, OnceCell};

mod edge;
mod key;
mod scheme;

use self::edge::{default_start, has_left_edge, scheme_with_hole, word_start};
use self::key::opens_value;
pub(super) use self::key::{is_command, is_uri_key, key_before};
use self::scheme::{After, Evidence, classify, is_colonless, is_driver};
use super::around::Inner;
use super::comment::{Comments, LineComments};
use super::context::{Context, Dialect, Embeds};
use super::extent;
use super::line::Line;
use super::located::Located;
use super::reader::Reader;
use super::scan::{Lines, Unsettled};

/// The search for the URIs of a line. Every byte is read as part of one URI at most.
pub(super) struct Search<'t> {
    pub(super) line: Line<'t>,
    /// The language of the whole text.
    pub(super) outer: Dialect,
    /// The text of another language that the line belongs to.
    pub(super) inner: Option<&'t Inner>,
    /// What is in the line, where it is no comment; else its language says it.
    pub(super) context: Option<Context>,
    /// The name that a URI at the beginning of the line is assigned to.
    pub(super) key: Option<&'t str>,
    /// Its comments, once somebody wants to know.
    pub(super) comments: OnceCell<LineComments>,
}

impl Search<'_> {
    pub(super) fn is_comment(&self, at: usize) -> bool {
        let Line { text, start, end, dialect, .. } = self.line;
        self.comments.get_or_init(|| Comments::new(text, dialect).of_line(start, end)).hold(at)
    }

    fn context(&self, located: &Located) -> Context {
        let [begin, end] =
            [located.span.start, located.span.end].map(|at| at as usize - self.line.start);
        let (line, dialect) = (self.line.bytes(), self.line.dialect);
        let plain = dialect.context(self.is_comment(begin), line, begin, end);
        match (plain, self.context) {
            (Context::Comment, _) => Context::Comment,
            (_, Some(context)) => context,
            (plain, None) => plain,
        }
    }

    pub(super) fn collect(&self, lines: &mut Lines) {
        let line = self.line.bytes();
        let mut before_last = Before::default();
        let mut at = 0;
        if let Some(hidden) = self.hidden() {
            lines.unsettled.push(Unsettled { at: self.line.start + hidden, is_pressing: true });
        }
        while let Some(offset) = memchr::memchr2(b':', b'/', &line[at..]) {
            let mark = at + offset;
            at = mark + 1;
            let Some(begin) = self.begins(mark) else { continue };
            let before = &line[..begin];
            let asked = OnceCell::new();
            let asked = || asked.get_or_init(|| self.asked(before, &before_last));
            // Reading goes far; the scheme is at hand.
            let scheme = String::from_utf8_lossy(&line[begin..mark]);
            let is_named = Cell::new(true);
            let promised = has_hole(&line[begin..mark])
                || proves(&scheme, &After::on_line(&line[mark..]), || {
                    is_named.set(asked().key.as_deref().is_some_and(|key| !is_generic(key)));
                    asked().any()
                });
            if !promised {
                if !is_named.get() && is_driver(&scheme) {
                    self.lacks_name(begin, lines);
                }
                continue;
            }
            let asked = asked();
            let in_command = asked.by_command && self.line.dialect.has_shell_commands();
            let Some(read) = extent::read(&self.line, self.line.start + begin, in_command) else {
                continue;
            };
            at = at.max(read.read_to - self.line.start);
            let mut located = read.located;
            if is_connection(&located, asked) {
                located.context = self.context(&located);
                located.key.clone_from(&asked.key);
                self.settle(&located, lines);
                before_last = Before { end: at, key: located.key.clone() };
                lines.found.push(located);
            } else if self.has_reader() && located.text.contains(&b'\\') {
                // A regular expression, or an escape that only the reader knows.
                let at = self.line.start + begin;
                lines.unsettled.push(Unsettled { at, is_pressing: false });
            }
        }
    }

    /// What says that a connection URI follows; the name of a list goes for all of it.
    fn asked(&self, before: &[u8], last: &Before) -> Asked {
        let mut asked = Asked::before(before);
        if asked.key.is_none() {
            let key = if last.end > 0 && before.get(last.end..).is_some_and(opens_value) {
                last.key.clone()
            } else {
                self.key.filter(|_| opens_value(before)).map(str::to_owned)
            };
            asked.by_key = key.as_deref().is_some_and(is_uri_key);
            asked.key = key;
        }
        asked
    }

    /// Notes that the structure of the document may have a name where the line has none.
    fn lacks_name(&self, begin: usize, lines: &mut Lines) {
        let before = &self.line.bytes()[..begin];
        let likely = opens_value(before)
            || matches!(before.trim_ascii_end().last(), Some(b':' | b'='))
            || before.ends_with(b"\"")
            || before.ends_with(b"'")
            || self.outer.reader.is_some_and(Reader::reads_all);
        if likely && self.has_reader() {
            let at = self.line.start + begin;
            lines.unsettled.push(Unsettled { at, is_pressing: false });
        }
    }

    fn has_reader(&self) -> bool {
        let known = matches!(self.outer.embeds, Embeds::Blocks | Embeds::LongStrings);
        self.outer.reader.is_some() && (self.inner.is_none() || known)
    }

    /// Notes where the line does not settle what was found.
    fn settle(&self, located: &Located, lines: &mut Lines) {
        let Some(reader) = self.outer.reader.filter(|_| self.has_reader()) else { return };
        if located.context == Context::Comment && self.inner.is_none() {
            return;
        }
        let (begin, end) = (located.span.start as usize, located.span.end as usize);
        let is_pressing = self.inner.is_some() || self.line.is_broken_off(begin, end);
        if is_pressing || located.key.as_deref().is_none_or(is_generic) || reader.reads_all() {
            lines.unsettled.push(Unsettled { at: begin, is_pressing });
        }
    }

    /// Where the line has a character of a scheme that is written with others.
    fn hidden(&self) -> Option<usize> {
        if !self.has_reader() {
            return None;
        }
        let dialect = self.line.dialect;
        let (line, mark) = (self.line.bytes(), dialect.escape_mark()?);
        memchr::memchr_iter(mark, line).find(|at| {
            let quoted = dialect.escapes(Some(b'"'));
            quoted.read(&line[*at..]).is_some_and(|escape| escape.is_of_scheme(mark))
        })
    }

    /// Where the scheme begins whose end is at `mark`, a colon or the first of two
    /// slashes without a colon.
    fn begins(&self, mark: usize) -> Option<usize> {
        let line = self.line.bytes();
        if line[mark] == b'/' {
            let colonless = line[mark..].starts_with(b"//")
                && mark > 0
                && line[mark - 1] != b':'
                && line[mark - 1] != b'/';
            return colonless
                .then(|| word_start(line, mark))
                .filter(|begin| is_colonless(&line[*begin..mark], &line[mark..]));
        }
        let begin = scheme_with_hole(line, mark)
            .unwrap_or_else(|| default_start(line, word_start(line, mark)));
        (begin < mark && has_left_edge(line, begin)).then_some(begin)
    }
}

/// Keys whose value has its name elsewhere: `name: LIBVIRT_URI` beside `value: …`.
fn is_generic(key: &str) -> bool {
    matches!(key, "default" | "value")
}

/// The URI before, on the same line.
#[derive(Default)]
struct Before {
    end: usize,
    key: Option<String>,
}

/// Whether what stands before says that a connection URI follows.
struct Asked {
    key: Option<String>,
    by_key: bool,
    by_command: bool,
}

impl Asked {
    fn before(before: &[u8]) -> Self {
        let key = key_before(before);
        let by_key = key.as_deref().is_some_and(is_uri_key);
        Self { key, by_key, by_command: is_command(before) }
    }

    fn any(&self) -> bool {
        self.by_key || self.by_command
    }
}

/// `qemu+{{ transport }}`: what else could it be.
fn has_hole(scheme: &[u8]) -> bool {
    !scheme.iter().all(|byte| edge::is_scheme_byte(*byte))
}

/// Whether a scheme and what follows it are those of a connection.
fn proves(scheme: &str, after: &After<'_>, asked: impl Fn() -> bool) -> bool {
    classify(scheme, after).is_some_and(|evidence| match evidence {
        Evidence::Strong => true,
        Evidence::Weak => asked(),
        Evidence::OnlyIfAsked => after.is_full() && asked(),
    })
}

/// Whether what was read is really a libvirt connection.
fn is_connection(located: &Located, asked: &Asked) -> bool {
    let colon = memchr::memchr(b':', &located.text);
    let slashes = memchr::memmem::find(&located.text, b"//");
    let end = match (colon, slashes) {
        (Some(colon), Some(slashes)) => colon.min(slashes),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => return false,
    };
    let scheme = String::from_utf8_lossy(&located.text[..end]);
    let after = &located.text[end..];
    !is_pattern(&located.text)
        && (asked.by_key || !is_bare_mention(after, located))
        && proves(&scheme, &After::in_uri(after), || asked.any())
}

/// Regular expressions and globs over URIs.
fn is_pattern(text: &[u8]) -> bool {
    let has = |pattern: &[u8]| memchr::memmem::find(text, pattern).is_some();
    has(b"\\")
        || has(b"(?")
        || has(b"[^")
        || has(b".*")
        || has(b".+")
        || (has(b"(") && has(b"|"))
        || matches!(text.last(), Some(b'*' | b'+'))
}

/// `qemu+ssh://` by itself, as in "use qemu+ssh:// for that": only a mention,
/// unless it is the whole value of a name for URIs.
fn is_bare_mention(after: &[u8], located: &Located) -> bool {
    after == b"://"
        || after == b":"
        || after == b"//"
        || after.iter().skip(3).all(|byte| *byte == crate::uri::HOLE)
            && after.len() == 4
            && ends_in_dots(located)
}

/// `qemu+tcp://...`
fn ends_in_dots(located: &Located) -> bool {
    located.pieces.last().is_some_and(|piece| piece.hole && piece.file.len() == 3)
}

#[cfg(test)]
mod tests;
