//! What a fix would make of a line, drawn as a difference.

use std::ops::Range;

use annotate_snippets::{Group, Level, Patch, Snippet};

use super::Placed;
use crate::finding::Applicability;
use crate::text::{Shown, Span};

/// A line, or the part of it that fits, and what is written in it.
pub(super) struct FixLine {
    title: String,
    text: String,
    line: usize,
    edits: Vec<(Range<usize>, String)>,
}

impl FixLine {
    /// The fix of a finding, where all of it is on the line that is shown.
    pub(super) fn of(placed: &Placed, width: usize) -> Option<Self> {
        let excerpt = &placed.excerpt;
        let fix = placed.fix().filter(|_| !excerpt.edits.is_empty())?;
        let options = match fix.applicability {
            _ if placed.file.is_none() => "",
            Applicability::Safe => " (--fix)",
            Applicability::Unsafe => " (--fix --unsafe-fixes)",
        };
        // `121 - ` stands before the line.
        let gutter = excerpt.line.max(1).ilog10() as usize + 4;
        let (text, edits) = cut(&excerpt.text, &excerpt.edits, width.saturating_sub(gutter));
        let title = format!("{}{options}", fix.title);
        Some(Self { title, text, line: excerpt.line as usize, edits })
    }

    pub(super) fn group(&self) -> Group<'_> {
        let patches = self.edits.iter().map(|(place, text)| Patch::new(place.clone(), text));
        let line = Snippet::source(self.text.as_str()).line_start(self.line).patches(patches);
        Group::with_title(Level::HELP.with_name("fix").secondary_title(&*self.title)).element(line)
    }
}

/// The text around its edits, as wide as there is room, and the edits in it.
fn cut(text: &str, edits: &[(Span, Shown)], room: usize) -> (String, Vec<(Range<usize>, String)>) {
    let first = edits.iter().map(|(place, _)| place.start as usize).min().unwrap_or(0);
    let last = edits.iter().map(|(place, _)| place.end as usize).max().unwrap_or(0);
    let added: usize = edits.iter().map(|(_, content)| columns(content.as_str())).sum();
    let (from, to) = if columns(text) + added <= room {
        (0, text.len())
    } else {
        // For each side, without an ellipsis.
        let side = (room.saturating_sub(columns(&text[first..last]) + added) / 2).saturating_sub(1);
        let before = text[..first].chars().rev();
        let after = text[last..].chars();
        (first - fitting(before, side), last + fitting(after, side))
    };
    let head = if from > 0 { "…" } else { "" };
    let tail = if to < text.len() { "…" } else { "" };
    let put = |at: u32| at as usize - from + head.len();
    let edits = edits
        .iter()
        .map(|(place, content)| (put(place.start)..put(place.end), content.to_string()))
        .collect();
    (format!("{head}{}{tail}", &text[from..to]), edits)
}

/// How many bytes of these characters fit.
fn fitting(characters: impl Iterator<Item = char>, room: usize) -> usize {
    let mut used = 0;
    characters
        .take_while(|character| {
            used += column(*character);
            used <= room
        })
        .map(char::len_utf8)
        .sum()
}

fn columns(text: &str) -> usize {
    text.chars().map(column).sum()
}

/// At most: what is not ASCII may be wide, and a tab is drawn as four.
fn column(character: char) -> usize {
    match character {
        '\t' => 4,
        plain if plain.is_ascii() => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_to_its_room() {
        for filler in ["x", "\t", "雪", "👩"] {
            let side = filler.repeat(90);
            let text = format!("{side}keyfil{side}");
            let place = Span::new(side.len(), side.len() + 6);
            for room in [0, 1, 13, 14, 40, 75] {
                let (cut, edits) = cut(&text, &[(place, Shown::ours("keyfile"))], room);
                assert_eq!((&cut[edits[0].0.clone()], edits[0].1.as_str()), ("keyfil", "keyfile"));
                // Both ellipses count as wide here.
                assert!(columns(&cut) - 2 <= (room - room.min(7)).max(6 + 2), "{room}: {cut}");
            }
        }
        let (whole, edits) = cut("a: b", &[(Span::new(3, 3), Shown::ours("c"))], 40);
        assert_eq!((whole.as_str(), &edits[..]), ("a: b", &[(3..3, "c".to_owned())][..]));
    }
}
