//! Fixed parts and captures: how a table row recognises an error text.
//!
//! Not regular expressions: a row is read by people who know the error and not the
//! notation, and the work of one search is bounded whatever was pasted.

use std::ops::Range;

/// `Failed to connect socket to '{path}': No such file or directory`.
#[derive(Debug)]
pub(crate) struct Pattern {
    parts: Vec<Part>,
}

#[derive(Debug)]
enum Part {
    /// In lower case.
    Fixed(Box<str>),
    Capture {
        /// The name of the fact; empty for text that tells nothing.
        name: Box<str>,
        class: Class,
    },
}

/// What a capture may hold, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// `number`, `port`, `code`: digits, and a minus before them.
    Number,
    /// `gap`, `text`, `methods`, `uri` and `asked`: anything.
    Text,
    /// `path`: no quote and no blank.
    Path,
    /// `host`: no quote, no blank, no bracket but those of IPv6, and no `@`.
    Host,
    /// Any other: no quote, no blank, no bracket.
    Word,
}

/// A place where a pattern was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) range: Range<usize>,
    /// Facts by name, and where they stand.
    pub(crate) facts: Vec<(String, Range<usize>)>,
}

/// Tries before a search gives up: no real text comes near.
const PATIENCE: usize = 5_000;

impl Class {
    fn of(name: &str) -> Self {
        match name {
            "number" | "port" | "code" => Self::Number,
            "gap" | "text" | "methods" | "uri" | "asked" => Self::Text,
            "path" => Self::Path,
            "host" => Self::Host,
            _ => Self::Word,
        }
    }

    fn allows(self, byte: u8) -> bool {
        match self {
            Self::Number => byte.is_ascii_digit() || byte == b'-',
            Self::Text => true,
            Self::Path => !matches!(byte, b'\'' | b' ' | 0),
            Self::Host => byte != b'@' && Self::Word.allows(byte),
            Self::Word => !matches!(byte, b'\'' | b' ' | b'(' | b')' | b',' | 0),
        }
    }

    /// Bytes that it may have at most.
    const fn limit(self) -> usize {
        match self {
            Self::Number => 11,
            Self::Text => 300,
            Self::Path => 1024,
            Self::Host | Self::Word => 255,
        }
    }
}

impl Pattern {
    /// Reads `fixed {name} fixed`. Two captures without a fixed part between them are
    /// none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            let close = open + rest[open..].find('}')?;
            if open > 0 {
                parts.push(fixed(&rest[..open]));
            } else if !parts.is_empty() {
                return None;
            }
            let name = &rest[open + 1..close];
            let class = Class::of(name);
            let name = if name == "gap" { "" } else { name };
            parts.push(Part::Capture { name: name.into(), class });
            rest = &rest[close + 1..];
        }
        if !rest.is_empty() {
            parts.push(fixed(rest));
        }
        parts.iter().any(|part| matches!(part, Part::Fixed(_))).then_some(Self { parts })
    }

    /// Its first fixed part.
    pub(crate) fn start(&self) -> &str {
        let fixed = self.parts.iter().find_map(|part| match part {
            Part::Fixed(text) => Some(&**text),
            Part::Capture { .. } => None,
        });
        fixed.unwrap_or_default()
    }

    /// The first place in a text that is in lower case.
    pub(crate) fn find(&self, lower: &str) -> Option<Match> {
        let text = lower.as_bytes();
        let mut tries = PATIENCE;
        let (lead, fixed, rest) = match self.parts.as_slice() {
            [Part::Fixed(fixed), rest @ ..] => (None, fixed, rest),
            [Part::Capture { name, class }, Part::Fixed(fixed), rest @ ..] => {
                (Some((name, *class)), fixed, rest)
            }
            _ => return None,
        };
        for at in memchr::memmem::find_iter(text, fixed.as_bytes()) {
            tries = tries.checked_sub(1)?;
            let mut facts = Vec::new();
            let mut start = at;
            if let Some((name, class)) = lead {
                start = run_before(text, at, class);
                if start == at {
                    continue;
                }
                facts.push((name.to_string(), start..at));
            }
            if let Some(end) = follow(rest, text, at + fixed.len(), &mut facts, &mut tries) {
                facts.retain(|(name, _)| !name.is_empty());
                facts.reverse();
                facts.sort_by_key(|(_, range)| range.start);
                let facts = facts.into_iter().filter_map(|(name, range)| {
                    let range = trimmed(text, range);
                    (!range.is_empty()).then_some((name, range))
                });
                return Some(Match { range: start..end, facts: facts.collect() });
            }
        }
        None
    }

    /// Whether it begins or ends with a capture, whose other end may be anywhere.
    pub(crate) fn is_open(&self) -> bool {
        let ends = [self.parts.first(), self.parts.last()];
        ends.iter().any(|part| matches!(part, Some(Part::Capture { .. })))
    }

    /// Its longest fixed part.
    pub(crate) fn longest(&self) -> &str {
        let fixed = self.parts.iter().filter_map(|part| match part {
            Part::Fixed(text) => Some(&**text),
            Part::Capture { .. } => None,
        });
        fixed.max_by_key(|text| text.len()).unwrap_or_default()
    }

    /// Letters of its fixed parts.
    pub(crate) fn weight(&self) -> usize {
        let letters = |part: &Part| match part {
            Part::Fixed(text) => text.len(),
            Part::Capture { .. } => 0,
        };
        self.parts.iter().map(letters).sum()
    }
}

fn fixed(text: &str) -> Part {
    Part::Fixed(text.to_ascii_lowercase().replace('"', "'").into())
}

/// Where the letters of a class that end here begin.
fn run_before(text: &[u8], at: usize, class: Class) -> usize {
    let least = at.saturating_sub(class.limit());
    let start = text[least..at].iter().rposition(|byte| !class.allows(*byte));
    start.map_or(least, |start| least + start + 1)
}

/// Where the rest of a pattern ends that begins here; its captures on the way.
fn follow(
    parts: &[Part],
    text: &[u8],
    at: usize,
    facts: &mut Vec<(String, Range<usize>)>,
    tries: &mut usize,
) -> Option<usize> {
    match parts {
        [] => Some(at),
        [Part::Fixed(fixed), rest @ ..] => {
            let after = text[at..].starts_with(fixed.as_bytes()).then(|| at + fixed.len())?;
            follow(rest, text, after, facts, tries)
        }
        [Part::Capture { name, class }] => {
            let most = (at + class.limit()).min(text.len());
            let stops = |byte: &u8| !class.allows(*byte) || *class == Class::Text && *byte == b' ';
            let length = text[at..most].iter().position(stops).unwrap_or(most - at);
            (length > 0).then(|| {
                facts.push((name.to_string(), at..at + length));
                at + length
            })
        }
        [Part::Capture { name, class }, Part::Fixed(next), rest @ ..] => {
            let most = (at + class.limit()).min(text.len());
            let run = text[at..most].iter().position(|byte| !class.allows(*byte));
            let end = (at + run.unwrap_or(most - at) + next.len()).min(text.len());
            for found in memchr::memmem::find_iter(&text[at..end], next.as_bytes()) {
                *tries = tries.checked_sub(1)?;
                if found == 0 && !name.is_empty() {
                    continue;
                }
                let after = at + found + next.len();
                let known = facts.len();
                facts.push((name.to_string(), at..at + found));
                if let Some(end) = follow(rest, text, after, facts, tries) {
                    return Some(end);
                }
                facts.truncate(known);
            }
            None
        }
        [Part::Capture { .. }, Part::Capture { .. }, ..] => None,
    }
}

/// Without blanks around it and punctuation behind it.
fn trimmed(text: &[u8], range: Range<usize>) -> Range<usize> {
    let start = range.clone().find(|at| text[*at] != b' ').unwrap_or(range.end);
    let ends = |at: &usize| !matches!(text[*at], b' ' | b'.' | b',' | b':' | b';');
    let end = range.rev().find(ends).map_or(start, |at| at + 1);
    start..end.max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(pattern: &str, text: &str) -> Option<Vec<String>> {
        let text = text.to_ascii_lowercase();
        let found = Pattern::parse(pattern).unwrap().find(&text)?;
        Some(found.facts.iter().map(|(name, at)| format!("{name}={}", &text[at.clone()])).collect())
    }

    #[test]
    fn captures_between_fixed_parts() {
        for (pattern, text, expected) in [
            ("socket to '{path}': No", "x socket to '/a b': no; socket to '/a': No", "path=/a"),
            ("at '{host}:{port}':", "at '::1:16509':", "host=::1 port=16509"),
            (
                "{user}@{host}: Permission",
                "recv data: joe@h.example: Permission",
                "user=joe host=h.example",
            ),
            ("packet {number} bytes", "packet -2147483612 bytes", "number=-2147483612"),
            ("URI {uri} (maybe", "URI qemu://system (maybe", "uri=qemu://system"),
            ("code: {code}", "code: 127.", "code=127"),
            ("'{path}-sock'{gap}refused", "« '/run/x-sock' » : Refused", "path=/run/x"),
        ] {
            assert_eq!(
                facts(pattern, text).map(|facts| facts.join(" ")),
                Some(expected.into()),
                "{pattern}"
            );
        }
        assert_eq!(facts("to '{path}': No", "to '': No"), None);
        assert_eq!(facts("{user}@{host}: x", "@h: x"), None);
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", "{path}", "{host}{port}", "a {host"] {
            assert!(Pattern::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hostile_text_ends_the_search() {
        let text = "'a".repeat(500_000);
        assert_eq!(Pattern::parse("'{path}-sock'{gap}refused").unwrap().find(&text), None);
        assert_eq!(Pattern::parse("'{gap}'{gap}'{gap}'{gap}x").unwrap().find(&text), None);
    }
}
