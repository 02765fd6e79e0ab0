//! The secrets of one connection, and how they are kept from being shown.
//!
//! In the URI itself their places are known. Other text echoes it: the plan's fields,
//! an error that quotes it, what ssh prints. There a secret is looked for with what
//! stands beside it in the URI; by itself only where it can be nothing else, since
//! `***` in the place of every `ssh` would tell that the password is `ssh`.

use std::borrow::Cow;

use super::{Letters, Shown, Span};

/// The secrets of one connection. Everything shown about it passes here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Veil {
    uri: Box<[u8]>,
    spans: Vec<Span>,
    secrets: Vec<Secret>,
}

/// A secret or the beginning or end of one, in letters without quoting.
#[derive(Debug, Clone)]
struct Secret {
    letters: Box<[u8]>,
    /// The word before it in the URI and the delimiter between them.
    before: Box<[u8]>,
    /// The delimiter after it in the URI and the word that follows.
    after: Box<[u8]>,
    /// How sure it is that the same letters elsewhere are this secret.
    alone: Alone,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alone {
    /// They are, even within other letters.
    Certain,
    /// They are, where they are the whole text.
    Whole,
    /// They need not be.
    Common,
}

/// From this length on, letters do not turn up by chance.
const LONG: usize = 6;

impl Veil {
    /// Knows the secrets at `spans` of `uri`, which are in order and apart.
    ///
    /// `is_common` says whether a text is part of a word that this program or the
    /// client writes by itself.
    pub(crate) fn of(uri: &[u8], spans: Vec<Span>, is_common: impl Fn(&[u8]) -> bool) -> Self {
        if spans.is_empty() {
            return Self::default();
        }
        let visible = Letters::unquoted(&masked(uri, &spans)).bytes.into_owned();
        let mut secrets = Vec::new();
        for span in &spans {
            let range = span.range();
            let before = Letters::unquoted(&uri[..range.start]).bytes.into_owned();
            let after = Letters::unquoted(&uri[range.end..]).bytes.into_owned();
            let letters = Letters::unquoted(&uri[range]).bytes.into_owned();
            let (before, after) = (word_before(&before), word_after(&after));
            for part in parts(&letters) {
                let whole = &letters[part.clone()];
                let alone = if is_common(whole) || memchr::memmem::find(&visible, whole).is_some() {
                    Alone::Common
                } else if whole.len() >= LONG {
                    Alone::Certain
                } else {
                    Alone::Whole
                };
                secrets.push(Secret {
                    letters: whole.into(),
                    before: if part.start == 0 { before.into() } else { Box::default() },
                    after: if part.end == letters.len() { after.into() } else { Box::default() },
                    alone,
                });
            }
        }
        // The longer first, so that a part never hides the rest.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.letters.len()));
        Self { uri: uri.into(), spans, secrets }
    }

    /// The text without the secrets.
    pub(crate) fn show(&self, text: impl AsRef<[u8]>) -> Shown {
        let text = text.as_ref();
        if self.spans.is_empty() {
            return Shown::masked(text, &[]);
        }
        Shown::masked(text, &self.found(text))
    }

    /// What is read at `place` of the URI, without the secrets.
    pub(crate) fn show_at(&self, text: impl AsRef<[u8]>, place: Span) -> Shown {
        let hidden = !place.is_empty() && self.spans.iter().any(|span| span.contains(place));
        if hidden { Shown::ours(MASK) } else { self.show(text) }
    }

    /// A word about `place` of the URI, which may be the secret itself.
    pub(crate) fn show_about(&self, text: impl AsRef<[u8]>, place: Span) -> Shown {
        let text = text.as_ref();
        let about = !place.is_empty() && self.spans.iter().any(|span| span.contains(place));
        let letters = about.then(|| Letters::unquoted(text));
        let is_secret = letters.is_some_and(|letters| {
            self.secrets.iter().any(|secret| *secret.letters == *letters.bytes)
        });
        if is_secret { Shown::ours(MASK) } else { self.show(text) }
    }

    /// Where secrets stand in a text, in order and apart.
    fn found(&self, text: &[u8]) -> Vec<Span> {
        let quotes = self.quotes(text);
        let moved = |quote: &Span| {
            let at = quote.start;
            self.spans.iter().map(move |span| Span { start: span.start + at, end: span.end + at })
        };
        let mut found: Vec<Span> = quotes.iter().flat_map(moved).collect();
        let letters = Letters::unquoted(text);
        // To prepare the search for a megabyte costs more than to see that it is too long.
        let fits = |secret: &&Secret| secret.letters.len() <= letters.bytes.len();
        for secret in self.secrets.iter().filter(fits) {
            for at in memchr::memmem::find_iter(&letters.bytes, &*secret.letters) {
                let span = letters.span(at, at + secret.letters.len());
                if !quotes.iter().any(|quote| quote.contains(span))
                    && secret.stands_at(&letters.bytes, at)
                {
                    found.push(span);
                }
            }
        }
        apart(found)
    }

    /// Where a text holds the URI as it is written.
    fn quotes(&self, text: &[u8]) -> Vec<Span> {
        let length = self.uri.len();
        if length > text.len() {
            return Vec::new();
        }
        memchr::memmem::find_iter(text, &*self.uri).map(|at| Span::new(at, at + length)).collect()
    }
}

impl Secret {
    /// Whether these letters, found there, are the secret.
    fn stands_at(&self, text: &[u8], at: usize) -> bool {
        let end = at + self.letters.len();
        let may_be_whole = text.len() <= self.letters.len() + 2 * LONG;
        let whole = || may_be_whole && trimmed(text) == trimmed(&self.letters);
        match self.alone {
            Alone::Certain => return true,
            Alone::Whole if whole() => return true,
            Alone::Whole | Alone::Common => {}
        }
        let (left, right) = (&text[..at], &text[end..]);
        let delimiter = |text: &[u8], known: &[u8]| {
            text.first().is_some_and(|byte| known.first() == Some(byte))
        };
        let between = !self.before.is_empty()
            && !self.after.is_empty()
            && left.last() == self.before.last()
            && delimiter(right, &self.after);
        between || ends_like(left, &self.before) || begins_like(right, &self.after)
    }
}

/// Whether a text ends with what stands before a secret, or is the end of it.
fn ends_like(text: &[u8], before: &[u8]) -> bool {
    let tail = &before[before.len() - before.len().min(text.len())..];
    !tail.is_empty() && (before.len() > 1 || text.len() == 1) && text.ends_with(tail)
}

/// Whether a text begins with what stands after a secret, or is the beginning of it.
fn begins_like(text: &[u8], after: &[u8]) -> bool {
    let head = &after[..after.len().min(text.len())];
    !head.is_empty() && (after.len() > 1 || text.len() == 1) && text.starts_with(head)
}

const DELIMITERS: &[u8] = b":/?#@&;= ";

fn is_delimiter(byte: u8) -> bool {
    DELIMITERS.contains(&byte)
}

/// The last delimiter of a text and the word before it.
fn word_before(text: &[u8]) -> &[u8] {
    let word = &text[..text.len().saturating_sub(1)];
    let start = word.iter().rposition(|byte| is_delimiter(*byte)).map_or(0, |at| at + 1);
    &text[start..]
}

/// The first delimiter of a text and the word after it.
fn word_after(text: &[u8]) -> &[u8] {
    let word = text.get(1..).unwrap_or_default();
    let end = word.iter().position(|byte| is_delimiter(*byte)).map_or(text.len(), |at| at + 1);
    &text[..end]
}

fn trimmed(text: &[u8]) -> &[u8] {
    let Some(start) = text.iter().position(|byte| !is_delimiter(*byte)) else { return b"" };
    let end = text.iter().rposition(|byte| !is_delimiter(*byte)).map_or(start, |at| at + 1);
    &text[start..end]
}

/// How many delimiters within a secret are looked at: a megabyte of them is no password.
const MOST_CUTS: usize = 8;

/// The secret, and what a reader who takes a delimiter within it for one of the URI
/// makes of it.
fn parts(letters: &[u8]) -> Vec<std::ops::Range<usize>> {
    let cuts: Vec<usize> = (0..letters.len())
        .filter(|at| letters[*at] == 0 || is_delimiter(letters[*at]))
        .take(MOST_CUTS)
        .collect();
    let starts = std::iter::once(0).chain(cuts.iter().map(|at| at + 1));
    let ends: Vec<usize> = cuts.iter().copied().chain([letters.len()]).collect();
    starts
        .flat_map(|start| ends.iter().map(move |end| start..*end))
        .filter(|part| part.start < part.end)
        .collect()
}

/// In order, those that overlap as one.
pub(crate) fn apart(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut apart: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start < last.end => *last = last.to(span),
            _ => apart.push(span),
        }
    }
    apart
}

/// What stands where a secret stood.
pub(crate) const MASK: &str = "***";

/// The text with `***` at these places, which are in order and apart.
pub(crate) fn masked<'t>(text: &'t [u8], secrets: &[Span]) -> Cow<'t, [u8]> {
    if secrets.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut masked = Vec::with_capacity(text.len());
    let mut at = 0;
    for secret in secrets.iter().map(|secret| secret.range()) {
        masked.extend_from_slice(text.get(at..secret.start).unwrap_or_default());
        masked.extend_from_slice(MASK.as_bytes());
        at = secret.end;
    }
    masked.extend_from_slice(text.get(at..).unwrap_or_default());
    Cow::Owned(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of a URI whose secret stands in braces.
    fn veil(uri: &str) -> Veil {
        let (before, rest) = uri.split_once('{').unwrap();
        let (secret, after) = rest.split_once('}').unwrap();
        let span = Span::new(before.len(), before.len() + secret.len());
        let is_common = |word: &[u8]| [&b"ssh"[..], b"system", b"1"].contains(&word);
        Veil::of([before, secret, after].concat().as_bytes(), vec![span], is_common)
    }

    #[test]
    fn a_password_is_hidden_wherever_it_turns_up() {
        let veil = veil("qemu+ssh://bob:{hunter%21'2x}@h/system");
        for text in [
            "bob:hunter!'2x@h: Permission denied",
            "-l 'bob:hunter!'\\''2x'",
            "got hunter%21%272x",
            "hunter%2521'2x",
        ] {
            let shown = veil.show(text).to_string();
            assert!(!shown.contains("hunter") && !shown.contains("2x"), "{shown}");
        }
    }

    #[test]
    fn a_common_word_is_hidden_only_beside_its_neighbours() {
        for (uri, text, shown) in [
            (
                "qemu+ssh://joe:{ssh}@h/system",
                "qemu+ssh://joe:ssh@h/system",
                "qemu+ssh://joe:***@h/system",
            ),
            ("qemu+ssh://joe:{ssh}@h/system", "-l joe:ssh -- h", "-l joe:*** -- h"),
            ("qemu+ssh://joe:{ssh}@h/system", "joe:ssh", "joe:***"),
            ("qemu+ssh://joe:{ssh}@h/system", "ssh: joe:ssh@h: no", "ssh: joe:***@h: no"),
            ("qemu+ssh://joe:{ssh}@h/system", "over ssh", "over ssh"),
            ("qemu+ssh://joe:{ssh}@h/system", "ssh", "ssh"),
            ("qemu+ssh://:{system}@h/system", "h/system :system@h", "h/system :***@h"),
            ("qemu+ssh://joe:{1}@h:1/", "joe:1@h:1/ h:1", "joe:***@h:1/ h:1"),
            ("joe:{ssh}@h", "ssh@h", "***@h"),
        ] {
            assert_eq!(veil(uri).show(text).to_string(), shown, "{text}");
        }
    }

    #[test]
    fn a_short_secret_is_hidden_where_it_is_the_whole_text() {
        let veil = veil("qemu:///system?pass={cat}");
        assert_eq!(veil.show("cat").to_string(), "***");
        assert_eq!(veil.show("concat").to_string(), "concat");
        assert_eq!(veil.show_at("cat", Span::new(20, 23)).to_string(), "***");
    }

    #[test]
    fn parts_of_a_cut_secret_are_hidden() {
        let veil = veil("qemu+ssh://joe:{sec/ret}@h/system");
        assert_eq!(veil.show("sec").to_string(), "***");
        assert_eq!(veil.show("/ret@h/system").to_string(), "/***@h/system");
    }

    #[test]
    fn bytes_that_are_no_utf8_are_kept_without_secrets() {
        assert_eq!(veil("qemu://a:{secret9}@h").show(b"\xffsecret9").raw(), Some(&b"\xff***"[..]));
    }
}
