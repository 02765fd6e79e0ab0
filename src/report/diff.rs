//! What fixes would change, as a unified diff.
//!
//! Secrets are `***` on both sides and control characters are pictures, so this is
//! for reading; `--fix` is what changes files.

use std::io::{self, Write};

use similar::{ChangeTag, TextDiff};

use super::console::Screen;
use super::style::{bad, faint, good, strong};
use crate::text::{Shown, Span, masked};

/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// One text before and after, with the places of its secrets.
pub(crate) struct Side<'a> {
    pub(crate) text: &'a [u8],
    /// In order and apart.
    pub(crate) secrets: &'a [Span],
}

/// The difference between two versions of what `name` names.
pub(crate) fn write(
    name: &Shown,
    before: &Side<'_>,
    after: &Side<'_>,
    screen: Screen,
    out: &mut dyn Write,
) -> io::Result<()> {
    let paint = |text: String, colour: fn(String) -> String| {
        if screen.coloured { colour(text) } else { text }
    };
    writeln!(out, "{}", paint(format!("--- {name}"), strong))?;
    writeln!(out, "{}", paint(format!("+++ {name}"), strong))?;
    let (before, after) = (readable(before), readable(after));
    let diff = TextDiff::from_lines(&before, &after);
    let mut unified = diff.unified_diff();
    for hunk in unified.context_radius(CONTEXT).iter_hunks() {
        writeln!(out, "{}", paint(hunk.header().to_string(), faint))?;
        for change in hunk.iter_changes() {
            let line = change.value().trim_end_matches('\n');
            match change.tag() {
                ChangeTag::Equal => writeln!(out, " {line}")?,
                ChangeTag::Delete => writeln!(out, "{}", paint(format!("-{line}"), bad))?,
                ChangeTag::Insert => writeln!(out, "{}", paint(format!("+{line}"), good))?,
            }
        }
    }
    Ok(())
}

/// The text as it may be shown; its lines stay lines.
fn readable(side: &Side<'_>) -> String {
    let masked = masked(side.text, side.secrets);
    let text = String::from_utf8_lossy(&masked);
    let mut readable = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        for (number, part) in body.split('\t').enumerate() {
            readable.push_str(if number > 0 { "\t" } else { "" });
            readable.push_str(&Shown::ours(part).to_string());
        }
        readable.push_str(end);
    }
    readable
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(before: &[u8], after: &[u8], secrets: [&[Span]; 2]) -> String {
        let mut out = Vec::new();
        let screen = Screen { coloured: false, width: None };
        let [old, new] = secrets;
        write(
            &Shown::ours("a.yml"),
            &Side { text: before, secrets: old },
            &Side { text: after, secrets: new },
            screen,
            &mut out,
        )
        .unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_that_change_are_shown_with_their_neighbours() {
        let drawn = drawn(b"a\nb\n\tc\r\n", b"a\nB\n\tc\r\n", [&[], &[]]);
        assert_eq!(drawn, "--- a.yml\n+++ a.yml\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n \tc␍\n");
    }

    #[test]
    fn neither_side_shows_a_secret() {
        let drawn = drawn(b"x: pw\n", b"y: pw\n", [&[Span::new(3, 5)], &[Span::new(3, 5)]]);
        assert!(!drawn.contains("pw") && drawn.contains("+y: ***"), "{drawn}");
    }
}
