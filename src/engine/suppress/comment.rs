//! Finds what comments ask the linter to be silent about.
//!
//! `# virt-doctor: ignore[rule, subject] reason until 2027-01-31`, behind what it is
//! about or on a line of its own above it; `ignore-file[…]` near the top is about the
//! whole file. Only a comment of the file's own language counts.

use memchr::memmem;

use crate::inventory::Dialect;
use crate::text::{Span, nearest};

/// What every request begins with.
const CALL: &[u8] = b"virt-doctor:";
/// Within how many lines from the top a request for the whole file stands.
pub(super) const TOP: usize = 20;
/// How far back the beginning of a comment of several lines is looked for, in bytes.
const BACK: usize = 4096;

/// What some editors put before the first line.
const BOM: &[u8] = b"\xef\xbb\xbf";

const ALONE: &str = "ignore";
const WHOLE_FILE: &str = "ignore-file";

/// A request of a comment.
#[derive(Debug)]
pub(super) struct Request {
    /// From `virt-doctor:` to the last letter of the reason.
    pub(super) span: Span,
    /// What to delete to be rid of it; none where other text shares its comment.
    pub(super) removal: Option<Span>,
    /// The names between the brackets.
    pub(super) names: Vec<Span>,
    pub(super) has_reason: bool,
    /// The word behind `until`, where it means to be a date.
    pub(super) until: Option<Span>,
    pub(super) about: About,
}

/// What a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// Findings that stand here; nothing where no text follows it.
    Lines(Option<Span>),
    WholeFile,
    /// It wants the whole file and stands too far down.
    TooFarDown,
    /// It cannot be read.
    Unreadable,
}

/// All requests of a text, in their order.
pub(super) fn requests(text: &[u8], dialect: Dialect) -> Vec<Request> {
    let mut calls = memmem::find_iter(text, CALL).peekable();
    if calls.peek().is_none() {
        return Vec::new();
    }
    let mut reader = Reader { text, dialect, fence: Fence::default(), block: None };
    calls.filter_map(|at| reader.request(at)).collect()
}

/// How comments begin in files of a kind.
fn marks(dialect: Dialect) -> &'static [&'static str] {
    match dialect.kind {
        "yaml" | "toml" | "ruby" | "shell" | "python" | "powershell" | "list" => &["#"],
        "ini" => &["#", ";"],
        "hcl" => &["#", "//", "/*"],
        "json" | "source" => &["//", "/*"],
        "xml" | "prose" => &["<!--"],
        "csv" => &[],
        _ => EVERY_MARK,
    }
}

const EVERY_MARK: &[&str] = &["#", ";", "//", "/*", "<!--", "--"];
/// Comments that end before the line does, and how.
const ENDS: &[(&str, &str)] = &[("/*", "*/"), ("<!--", "-->")];

struct Reader<'t> {
    text: &'t [u8],
    dialect: Dialect,
    fence: Fence,
    /// The comment lines last passed over, and the line below them.
    block: Option<(usize, Option<Span>)>,
}

/// Whether a place of a Markdown text is within a code block.
#[derive(Default)]
struct Fence {
    seen: usize,
    open: bool,
}

impl Fence {
    fn is_open(&mut self, text: &[u8], line_start: usize) -> bool {
        while self.seen < line_start {
            let end = line_end(text, self.seen);
            let line = text[self.seen..end].trim_ascii_start();
            self.open ^= line.starts_with(b"```") || line.starts_with(b"~~~");
            self.seen = end + 1;
        }
        self.open
    }
}

impl Reader<'_> {
    fn request(&mut self, at: usize) -> Option<Request> {
        let text = self.text;
        let start = memchr::memrchr(b'\n', &text[..at]).map_or(0, |feed| feed + 1);
        let start = if start == 0 && text.starts_with(BOM) { BOM.len() } else { start };
        let end = line_end(text, at);
        let marks = self.marks(start);
        let comment = comment(text, (start, at), marks)?;
        let (word, after) = word(&text[at + CALL.len()..end])?;
        let close =
            ENDS.iter().find_map(|(_, close)| memmem::find(&text[at..end], close.as_bytes()));
        let stop = close.map_or(end, |close| at + close);
        let rest = at + CALL.len() + after;
        let list = text.get(rest..stop).unwrap_or_default();
        let last = at + text[at..stop].trim_ascii_end().len();
        let mut request = Request {
            span: Span::new(at, last),
            removal: removal(text, &comment, (start, stop, end)),
            names: Vec::new(),
            has_reason: false,
            until: None,
            about: About::Unreadable,
        };
        let close = memchr::memchr(b']', list).filter(|_| list.starts_with(b"["));
        let Some(close) = close.filter(|_| matches!(word, ALONE | WHOLE_FILE)) else {
            return Some(request);
        };
        request.names = names(text, rest + 1, rest + close);
        if request.names.is_empty() {
            return Some(request);
        }
        let reason = Span::new(rest + close + 1, last.max(rest + close + 1));
        request.until = until(text, reason);
        let reason_end = request.until.map_or(reason.end as usize, |date| date.start as usize);
        let reason = text[reason.start as usize..reason_end].trim_ascii_end();
        let reason =
            reason.strip_suffix(b"until").filter(|_| request.until.is_some()).unwrap_or(reason);
        request.has_reason =
            reason.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80);
        request.about = if word == WHOLE_FILE {
            let line = memchr::memchr_iter(b'\n', &text[..start]).take(TOP).count();
            if line < TOP { About::WholeFile } else { About::TooFarDown }
        } else if comment.alone {
            About::Lines(self.below(end, marks))
        } else {
            About::Lines(Some(Span::new(start, end)))
        };
        Some(request)
    }

    fn marks(&mut self, line_start: usize) -> &'static [&'static str] {
        if self.dialect.kind == "prose" && self.fence.is_open(self.text, line_start) {
            return EVERY_MARK;
        }
        marks(self.dialect)
    }

    /// The first line below a comment that is none; nothing where a blank one comes first.
    fn below(&mut self, end: usize, marks: &[&str]) -> Option<Span> {
        if let Some((last, line)) = self.block.filter(|(last, _)| end <= *last) {
            return line.filter(|_| end <= last);
        }
        let (text, mut at) = (self.text, end);
        let is_comment = |line: &[u8]| {
            let inner =
                ENDS.iter().filter(|(open, _)| marks.contains(open)).map(|(_, close)| *close);
            let star = marks.contains(&"/*").then_some("* ");
            marks
                .iter()
                .copied()
                .chain(inner)
                .chain(star)
                .any(|mark| line.starts_with(mark.as_bytes()))
        };
        let found = loop {
            if at >= text.len() {
                break None;
            }
            let start = at + 1;
            let stop = line_end(text, start.min(text.len()));
            let line = text.get(start..stop).unwrap_or_default().trim_ascii();
            if line.is_empty() {
                break None;
            }
            if !is_comment(line) {
                break Some(continued(text, start, stop));
            }
            at = stop;
        };
        self.block = Some((at, found));
        found
    }
}

/// The line, with those that a backslash joins to it: no comment can stand between them.
fn continued(text: &[u8], start: usize, mut stop: usize) -> Span {
    while text[start..stop].trim_ascii_end().ends_with(b"\\") && stop < text.len() {
        stop = line_end(text, stop + 1);
    }
    Span::new(start, stop)
}

/// The comment that a request stands in.
struct Comment {
    /// Where it begins; none where it began on a line before.
    start: Option<usize>,
    /// Whether nothing stands before it on its line.
    alone: bool,
    /// Whether it goes to the end of its line in any case.
    is_line: bool,
}

/// The comment whose text begins at `at`, on the line that begins at `start`.
fn comment(text: &[u8], (start, at): (usize, usize), marks: &[&str]) -> Option<Comment> {
    let before = text[start..at].trim_ascii_end();
    let spanned = ENDS.iter().filter(|(open, _)| marks.contains(open));
    if before.is_empty() || before.trim_ascii() == b"*" {
        let back = &text[start.saturating_sub(BACK)..start];
        let open = spanned.into_iter().any(|(open, close)| {
            memmem::rfind(back, open.as_bytes()) > memmem::rfind(back, close.as_bytes())
        });
        return open.then_some(Comment { start: None, alone: true, is_line: false });
    }
    let mark = marks.iter().find(|mark| before.ends_with(mark.as_bytes()))?.as_bytes();
    let mut left = before;
    while let Some(shorter) = left.strip_suffix(mark) {
        left = shorter;
    }
    let alone = left.trim_ascii().is_empty();
    let is_line = !ENDS.iter().any(|(open, _)| open.as_bytes() == mark);
    let apart = !is_line || left.last().is_none_or(u8::is_ascii_whitespace);
    let in_string = left.iter().filter(|byte| **byte == b'"').count() % 2 == 1;
    // What is commented out as a whole is not in force, nor is what it asks for.
    let dead =
        !alone && marks.iter().any(|mark| left.trim_ascii_start().starts_with(mark.as_bytes()));
    let is_one = alone || apart && !in_string && !dead;
    is_one.then_some(Comment { start: Some(start + left.len()), alone, is_line })
}

/// What to delete: the line of a comment that stands alone, else the comment and the
/// blanks before it.
fn removal(
    text: &[u8],
    comment: &Comment,
    (line, stop, end): (usize, usize, usize),
) -> Option<Span> {
    let start = comment.start?;
    let close = ENDS.iter().find(|(_, close)| text[stop..end].starts_with(close.as_bytes()));
    let after = match close {
        Some((_, close)) if !comment.is_line => stop + close.len(),
        None if comment.is_line => end,
        _ => return None,
    };
    let rest = text[after..end].trim_ascii();
    if comment.alone && rest.is_empty() {
        return Some(Span::new(line, (end + 1).min(text.len())));
    }
    let start = line + text[line..start].trim_ascii_end().len();
    let after =
        if rest.is_empty() { line + text[line..after].trim_ascii_end().len() } else { after };
    Some(Span::new(start, after))
}

/// The word behind the colon and what follows it, if it is one of ours or nearly.
fn word(text: &[u8]) -> Option<(&'static str, usize)> {
    let blanks = text.len() - text.trim_ascii_start().len();
    let length = text[blanks..]
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        .count();
    let found = std::str::from_utf8(&text[blanks..blanks + length]).ok()?;
    let known = [ALONE, WHOLE_FILE].into_iter().find(|word| *word == found);
    match known {
        Some(word) => Some((word, blanks + length)),
        None => nearest(found, [ALONE, WHOLE_FILE]).map(|_| ("", blanks + length)),
    }
}

/// The names of a list, without the blanks around them.
fn names(text: &[u8], from: usize, to: usize) -> Vec<Span> {
    let mut names = Vec::new();
    let mut at = from;
    for name in text[from..to].split(|byte| *byte == b',') {
        let start = at + (name.len() - name.trim_ascii_start().len());
        if !name.trim_ascii().is_empty() {
            names.push(Span::new(start, start + name.trim_ascii().len()));
        }
        at += name.len() + 1;
    }
    names
}

/// `until 2027-01-31` at the end: the date, right or wrong. "until they answer" is none.
fn until(text: &[u8], reason: Span) -> Option<Span> {
    let words = reason.of(text).trim_ascii_end();
    let blank = words.iter().rposition(u8::is_ascii_whitespace)?;
    let before = words[..blank].trim_ascii_end();
    let last = &words[blank + 1..];
    let asked = before.strip_suffix(b"until")?;
    let apart = asked.last().is_none_or(|byte| !byte.is_ascii_alphanumeric());
    let start = reason.start as usize + blank + 1;
    (apart && last.first().is_some_and(u8::is_ascii_digit))
        .then(|| Span::new(start, start + last.len()))
}

fn line_end(text: &[u8], from: usize) -> usize {
    memchr::memchr(b'\n', &text[from..]).map_or(text.len(), |at| from + at)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn of(name: &str, text: &str) -> Vec<Request> {
        requests(text.as_bytes(), Dialect::of(Path::new(name)))
    }

    fn lines(name: &str, text: &str) -> Vec<String> {
        of(name, text)
            .into_iter()
            .map(|request| match request.about {
                About::Lines(Some(span)) => {
                    String::from_utf8_lossy(span.of(text.as_bytes())).into_owned()
                }
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn a_comment_speaks_of_its_line_or_of_the_one_below() {
        for (name, text, about) in [
            ("a.yml", "x: u  # virt-doctor: ignore[a] r\n", "x: u  # virt-doctor: ignore[a] r"),
            ("a.yml", "# virt-doctor: ignore[a] r\nx: u\ny: v\n", "x: u"),
            ("a.yml", "  ## virt-doctor:ignore[a] r\n# more\n  x: u", "  x: u"),
            ("a.ini", "; virt-doctor: ignore[a] r\nx = u\n", "x = u"),
            ("a.tf", "// virt-doctor: ignore[a] r\nx = u\n", "x = u"),
            ("a.tf", "/* virt-doctor: ignore[a] r */\nx = u\n", "x = u"),
            ("a.go", "/*\n * virt-doctor: ignore[a] r\n */\nx(u)\n", "x(u)"),
            ("a.xml", "<!-- virt-doctor: ignore[a] r -->\n<u/>\n", "<u/>"),
            ("a.xml", "<!--\n  virt-doctor: ignore[a] r\n-->\n<u/>\n", "<u/>"),
            ("a.lua", "-- virt-doctor: ignore[a] r\nx = u\n", "x = u"),
            ("a.sh", "# virt-doctor: ignore[a] r\nx \\\n  u\ny\n", "x \\\n  u"),
            ("a.md", "```yaml\n# virt-doctor: ignore[a] r\nx: u\n```\n", "x: u"),
            ("a.yml", "\u{feff}# virt-doctor: ignore[a] r\nx: u\n", "x: u"),
            ("a.yml", "# virt-doctor: ignore[a] r\n\nx: u\n", "Lines(None)"),
            ("a.yml", "# virt-doctor: ignore[a] r", "Lines(None)"),
            ("a.yml", "# virt-doctor: ignore-file[a] r\n", "WholeFile"),
            ("a.yml", "# virt-doctor: ignore a\n", "Unreadable"),
            ("a.yml", "# virt-doctor: ignore[]\n", "Unreadable"),
            ("a.yml", "# virt-doctor: ignored[a] r\n", "Unreadable"),
        ] {
            assert_eq!(lines(name, text), [about], "{name}: {text}");
        }
        let far = format!("{}# virt-doctor: ignore-file[a] r\n", "x: 1\n".repeat(TOP));
        assert_eq!(lines("a.yml", &far), ["TooFarDown"]);
    }

    #[test]
    fn stacked_comments_speak_of_the_same_line() {
        let text = "# virt-doctor: ignore[a] r\n# virt-doctor: ignore[b] r\nx: u\n";
        assert_eq!(lines("a.yml", text), ["x: u", "x: u"]);
        let text = "# virt-doctor: ignore[a] r\nx: u\n# virt-doctor: ignore[b] r\n";
        assert_eq!(lines("a.yml", text), ["x: u", "Lines(None)"]);
    }

    #[test]
    fn what_is_no_comment_asks_for_nothing() {
        for (name, text) in [
            ("a.yml", "x: // virt-doctor: ignore[a] r\n"),
            ("a.yml", "x: \"a # virt-doctor: ignore[a] r\"\n"),
            ("a.yml", "x: a#virt-doctor: ignore[a] r\n"),
            ("a.yml", "# x: u  # virt-doctor: ignore[a] r\n"),
            ("a.yml", "# virt-doctor: a linter\n"),
            ("a.csv", "# virt-doctor: ignore[a] r\n"),
            ("a.json", "{\"x\": \"# virt-doctor: ignore[a] r\"}\n"),
            ("a.md", "Write `# virt-doctor: ignore[a] r`.\n"),
            ("a.go", "virt-doctor: ignore[a] r\n"),
        ] {
            assert!(of(name, text).is_empty(), "{name}: {text}");
        }
    }

    #[test]
    fn names_reason_and_date_are_told_apart() {
        for (words, names, has_reason, until) in [
            ("[a, b-c] lab only until 2027-01-31", vec!["a", "b-c"], true, Some("2027-01-31")),
            ("[a] until 2027-01-31", vec!["a"], false, Some("2027-01-31")),
            ("[a] lab until they answer", vec!["a"], true, None),
            ("[a] lab until 31.1.2027", vec!["a"], true, Some("31.1.2027")),
            ("[a ,] --", vec!["a"], false, None),
            ("[a]", vec!["a"], false, None),
            ("[a] π", vec!["a"], true, None),
        ] {
            let text = format!("x: u # virt-doctor: ignore{words}\r\n");
            let request = of("a.yml", &text).remove(0);
            let shown =
                |span: &Span| String::from_utf8_lossy(span.of(text.as_bytes())).into_owned();
            assert_eq!(request.names.iter().map(shown).collect::<Vec<_>>(), names, "{words}");
            assert_eq!(request.has_reason, has_reason, "{words}");
            assert_eq!(request.until.as_ref().map(shown).as_deref(), until, "{words}");
        }
    }

    #[test]
    fn what_is_deleted_with_it() {
        for (name, text, left) in [
            ("a.yml", "x: u  # virt-doctor: ignore[a] r\r\ny: v\n", "x: u\r\ny: v\n"),
            ("a.yml", "w: t\n  # virt-doctor: ignore[a] r\nx: u\n", "w: t\nx: u\n"),
            ("a.tf", "x = u /* virt-doctor: ignore[a] r */ y\n", "x = u y\n"),
            ("a.xml", "<u/><!-- virt-doctor: ignore[a] r -->\n", "<u/>\n"),
        ] {
            let removal = of(name, text)[0].removal.unwrap();
            let mut rest = text.as_bytes().to_vec();
            rest.drain(removal.range());
            assert_eq!(String::from_utf8_lossy(&rest), left, "{name}: {text}");
        }
        assert!(of("a.xml", "<!--\n virt-doctor: ignore[a] r\n-->\n")[0].removal.is_none());
    }
}
