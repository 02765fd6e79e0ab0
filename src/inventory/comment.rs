//! Where the comments of a text stand: those to the end of a line, and those over
//! several lines, found in one pass.

use std::ops::Range;

use super::context::{Block, BlockPlace, Dialect};

/// Reads the comments of a text, line after line.
pub(super) struct Comments<'t> {
    text: &'t [u8],
    dialect: Dialect,
    /// Where the comment ends that was open at the end of the last line.
    open_until: usize,
    /// No comment over several lines is closed any more.
    unclosed: bool,
    /// Whether it may have comments of templates.
    is_template: bool,
}

/// Comments of Jinja, Go templates and ERB, which may stand in a file of any kind.
const OF_TEMPLATES: [(&[u8], &[u8]); 4] =
    [(b"{#", b"#}"), (b"{{/*", b"*/"), (b"{{- /*", b"*/"), (b"<%#", b"%>")];

/// The comments of a line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LineComments(Vec<Range<usize>>);

impl LineComments {
    /// Whether one holds this place.
    pub(super) fn hold(&self, at: usize) -> bool {
        let before = self.0.partition_point(|range| range.start <= at);
        before.checked_sub(1).is_some_and(|index| at < self.0[index].end)
    }
}

impl<'t> Comments<'t> {
    pub(super) fn new(text: &'t [u8], dialect: Dialect) -> Self {
        Self { text, dialect, open_until: 0, unclosed: false, is_template: false }
    }

    /// Those of a part of a file, which may be a template of one.
    pub(super) fn of_part(text: &'t [u8], part: Range<usize>, dialect: Dialect) -> Self {
        let is_template = may_be_template(&text[part], dialect);
        Self { is_template, ..Self::new(text, dialect) }
    }

    /// Whether a line can be read without those before it.
    pub(super) fn end_with_their_line(&self) -> bool {
        self.dialect.block.is_none() && !self.is_template
    }

    /// The comments of a line; the lines of a text with comments over several lines
    /// have to be read in order.
    pub(super) fn of_line(&mut self, start: usize, end: usize) -> LineComments {
        let mut ranges = Vec::new();
        let mut at = start;
        if self.open_until > start {
            ranges.push(start..self.open_until.min(end));
            at = self.open_until;
        }
        let line = &self.text[..end];
        let indent =
            start + line[start..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        let mut quotes = Quotes::default();
        while let Some(mark) = self.next_mark(at, end) {
            quotes.see(&line[at..mark]);
            let before = mark.checked_sub(1).filter(|before| *before >= start);
            let before = before.map(|before| line[before]);
            if let Some(close) = self.template_comment(mark, before) {
                ranges.push(mark..close.min(end));
                at = close;
                self.open_until = close;
            } else if let Some(block) = self.block_at(mark, start, before, quotes)
                && let Some(close) = self.close(block, mark)
            {
                ranges.push(mark..close.min(end));
                at = close;
                self.open_until = close;
            } else if self.line_mark_at(&line[mark..], mark <= indent, before, quotes) {
                ranges.push(mark..end);
                break;
            } else {
                quotes.see(&line[mark..=mark]);
                at = mark + 1;
            }
        }
        for range in &mut ranges {
            *range = range.start - start..range.end.max(start) - start;
        }
        LineComments(ranges)
    }

    /// The next byte that begins a mark of some kind.
    fn next_mark(&self, at: usize, end: usize) -> Option<usize> {
        let first = |mark: &[u8]| mark.first().copied();
        let marks = self.dialect.line_marks.iter().filter_map(|mark| first(mark.as_bytes()));
        let block = self.dialect.block.and_then(|block| first(block.open));
        let template: &[u8] = if self.is_template { b"{<" } else { b"" };
        let mut begins = [None; 6];
        for (slot, byte) in
            begins.iter_mut().zip(marks.chain(block).chain(template.iter().copied()))
        {
            *slot = Some(byte);
        }
        let rest = self.text.get(at..end)?;
        rest.iter().position(|byte| begins.contains(&Some(*byte))).map(|offset| at + offset)
    }

    fn block_at(
        &self,
        at: usize,
        start: usize,
        before: Option<u8>,
        quotes: Quotes,
    ) -> Option<Block> {
        let block = self.dialect.block.filter(|_| !self.unclosed)?;
        let placed = match block.place {
            BlockPlace::Anywhere => true,
            BlockPlace::Apart => {
                let opens = |byte: u8| byte.is_ascii_whitespace() || b"(,;{}[=".contains(&byte);
                !quotes.are_open() && before.is_none_or(opens)
            }
            BlockPlace::LineStart => at == start,
        };
        (placed && self.text[at..].starts_with(block.open)).then_some(block)
    }

    /// The end of a comment of a template that begins at `at`.
    fn template_comment(&mut self, at: usize, before: Option<u8>) -> Option<usize> {
        // `${#array[@]}` is shell's.
        if !self.is_template || before == Some(b'$') {
            return None;
        }
        let rest = &self.text[at..];
        let (_, close) = OF_TEMPLATES.iter().find(|(open, _)| rest.starts_with(open))?;
        let found = memchr::memmem::find(rest, close);
        self.is_template = found.is_some();
        found.map(|offset| at + offset + close.len())
    }

    /// The end of a comment that begins at `at`.
    fn close(&mut self, block: Block, at: usize) -> Option<usize> {
        let inner = at + block.open.len();
        let found = memchr::memmem::find(&self.text[inner..], block.close);
        self.unclosed = found.is_none();
        found.map(|offset| inner + offset + block.close.len())
    }

    /// Whether a mark stands by itself there: at the beginning of the line, or after
    /// a blank and not within quotes.
    fn line_mark_at(
        &self,
        text: &[u8],
        at_beginning: bool,
        before: Option<u8>,
        quotes: Quotes,
    ) -> bool {
        let apart = before.is_none_or(|byte| byte.is_ascii_whitespace()) && !quotes.are_open();
        // Comments over several lines that are not closed end with their line.
        let block = self.dialect.block.filter(|_| self.unclosed).map(|block| block.open);
        let marks = self.dialect.line_marks.iter().map(|mark| mark.as_bytes());
        marks.chain(block).any(|mark| {
            let alone = at_beginning
                || match mark {
                    b";" | b" * " => false,
                    b"<!--" => true,
                    _ => apart,
                };
            alone && text.starts_with(mark)
        })
    }
}

/// Which quotes are open on a line.
#[derive(Debug, Clone, Copy, Default)]
struct Quotes {
    double: bool,
    single: bool,
}

impl Quotes {
    fn see(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.double ^= *byte == b'"';
            self.single ^= *byte == b'\'';
        }
    }

    fn are_open(self) -> bool {
        self.double || self.single
    }
}

/// Whether no comment of a text can go on over the end of a line.
pub(super) fn all_end_with_their_line(text: &[u8], dialect: Dialect) -> bool {
    let has = |block: Block| memchr::memmem::find(text, block.open).is_some();
    !dialect.block.is_some_and(has) && !may_be_template(text, dialect)
}

fn may_be_template(text: &[u8], dialect: Dialect) -> bool {
    let has = |(open, _): &(&[u8], &[u8])| memchr::memmem::find(text, open).is_some();
    !dialect.is_prose() && OF_TEMPLATES.iter().any(has)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The text with every byte of a comment as `~`.
    fn veiled(name: &str, text: &str) -> String {
        let mut comments =
            Comments::of_part(text.as_bytes(), 0..text.len(), Dialect::of(Path::new(name)));
        let mut start = 0;
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end_matches('\n');
            let found = comments.of_line(start, start + bare.len());
            let veil = |(at, byte)| if found.hold(at) { '~' } else { byte };
            out.extend(bare.char_indices().map(veil));
            out.push_str(&line[bare.len()..]);
            start += line.len();
        }
        out
    }

    #[test]
    fn text_behind_a_comment_counts_again() {
        for (name, text, expected) in [
            ("a.xml", "<!-- a --> b <!--c\nd\ne--> f", "~~~~~~~~~~ b ~~~~~\n~\n~~~~ f"),
            ("a.xml", "<!-- a\nb", "~~~~~~\nb"),
            ("a.go", "a /* b\nc */ d // e", "a ~~~~\n~~~~ d ~~~~"),
            ("a.go", "x(\"/*\") y \"a /* b\"\nz */", "x(\"/*\") y \"a /* b\"\nz */"),
            ("a.go", "a /etc/* b\n*/", "a /etc/* b\n*/"),
            ("a.go", "// a /* b\nc", "~~~~~~~~~\nc"),
            ("a.go", "/* a // b */ c", "~~~~~~~~~~~~ c"),
            ("a.go", "a /* b\nc", "a ~~~~\nc"),
            ("main.tf", "/*\na\n*/\nb # c", "~~\n~\n~~\nb ~~~"),
            ("a.rb", "a\n=begin\nb\n=end\nc", "a\n~~~~~~\n~\n~~~~\nc"),
            ("a.rb", " =begin\nb\n=end", " =begin\nb\n=end"),
            ("a.ps1", "<# a\nb #> c # d", "~~~~\n~~~~ c ~~~"),
            ("a.yml", "a # b\nc: \"# d\"", "a ~~~\nc: \"# d\""),
            ("a.yml.j2", "{# a\nb #} c: ${#d}", "~~~~\n~~~~ c: ${#d}"),
            ("a.yml", "{{- /* a */ -}} {{/* b */}}", "~~~~~~~~~~~ -}} ~~~~~~~~~}}"),
            ("a.conf.erb", "<%# a %> b <%= c %>", "~~~~~~~~ b <%= c %>"),
            ("a.yml", "{# a\nb", "{# a\nb"),
            ("a.md", "# a {#b}\n{#c #}", "# a {#b}\n{#c #}"),
        ] {
            assert_eq!(veiled(name, text), expected, "{name}: {text}");
        }
    }
}
