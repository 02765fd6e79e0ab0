//! A finding drawn on its line of source, and what its fix would make of the line.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use std::ops::Range;

use super::console::Screen;
use super::fix_line::FixLine;
use super::flow::flow;
use super::{Excerpt, Placed};
use crate::finding::Severity;
use crate::tables::clients::UriDialect;
use crate::text::{Lines, MASK, Shown, Span, boundary};

/// Where the output is no terminal: what fits a log.
const DEFAULT_WIDTH: usize = 160;

/// How far a long line is shown to each side of the finding, in bytes.
const WINDOW: usize = 120;

/// The renderer, coloured or not, as wide as the screen.
pub(crate) fn renderer(screen: Screen) -> Renderer {
    let renderer = if screen.coloured { Renderer::styled() } else { Renderer::plain() };
    renderer.term_width(screen.width.unwrap_or(DEFAULT_WIDTH))
}

/// The finding as text.
pub(crate) fn draw(placed: &Placed, renderer: &Renderer, width: Option<usize>) -> String {
    let finding = &placed.finding;
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    // What stands before the words, as in `error[wrong-path]: ` and `  = help: `.
    let title = finding.severity.name().len() + finding.rule.name().len() + "[]: ".len();
    let wrapped =
        |text: &Shown, before: usize| flow(&text.to_string(), width.map(|width| width - before));
    let message = wrapped(&finding.message, title.min(30)).join("\n");
    let path = placed
        .file
        .as_ref()
        .map_or_else(|| "argument".to_owned(), |file| Shown::path(file).to_string());
    let excerpt = &placed.excerpt;
    let labels: Vec<(Span, String)> =
        excerpt.labels.iter().map(|(span, text)| (*span, text.to_string())).collect();
    let mut primary = AnnotationKind::Primary.span(excerpt.span.range());
    // A label on the finding's own place stands at its caret.
    if let Some((_, text)) = labels.iter().find(|(span, _)| *span == excerpt.span) {
        primary = primary.label(text.as_str());
    }
    let mut snippet = Snippet::source(excerpt.text.as_str())
        .path(path.as_str())
        .line_start(excerpt.line as usize)
        .annotation(primary);
    for (span, text) in labels.iter().filter(|(span, _)| *span != excerpt.span) {
        snippet =
            snippet.annotation(AnnotationKind::Context.span(span.range()).label(text.as_str()));
    }
    let fix = FixLine::of(placed, width.unwrap_or(DEFAULT_WIDTH));
    let title = level.primary_title(message.as_str()).id(finding.rule.name());
    let mut group = Group::with_title(title).element(snippet);
    let gutter = "  = help: ".len() + excerpt.line.ilog10() as usize;
    let help = finding.help.as_ref().map(|help| wrapped(help, gutter).join("\n"));
    if let Some(help) = &help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let virsh = finding.virsh.as_ref().map(|virsh| match placed.client.dialect() {
        UriDialect::Libvirt => format!("virsh says: error: {}", virsh.message),
        other => format!("{} says: {}", other.phrase(), virsh.message),
    });
    if let Some(virsh) = &virsh {
        group = group.element(Level::NOTE.message(virsh.as_str()));
    }
    let built = placed.built_by.map(|tool| {
        let words = format!("{} builds {} from these settings", tool.name(), placed.uri);
        wrapped(&Shown::ours(words), gutter).join("\n")
    });
    if let Some(built) = &built {
        group = group.element(Level::NOTE.message(built.as_str()));
    }
    let groups: Vec<Group<'_>> =
        std::iter::once(group).chain(fix.as_ref().map(FixLine::group)).collect();
    at_its_place(&renderer.render(&groups), placed)
}

/// The renderer counts columns in what it draws; hidden secrets, pictures of control
/// characters and the cut of a long line make that another column than the source's.
fn at_its_place(drawn: &str, placed: &Placed) -> String {
    let excerpt = &placed.excerpt;
    let column = excerpt.text[..excerpt.span.start as usize].chars().count() + 1;
    let place = |column: usize| format!(":{}:{column}", placed.start.line);
    let arrow = drawn.find("--> ").unwrap_or(0);
    let (title, rest) = drawn.split_at(arrow);
    format!("{title}{}", rest.replacen(&place(column), &place(placed.start.column as usize), 1))
}

/// Cuts the line out of its source and hides what must not be seen.
///
/// `labels` and the edits of a fix stand beside it where they are on the piece that is
/// shown. `secrets` are places in `source`, in order. A line that is very long is shown around
/// the finding only, and of a finding that is very long only the beginning.
pub(crate) fn excerpt(
    source: &[u8],
    span: Span,
    [labels, edits]: [&[(Span, Shown)]; 2],
    secrets: &[Span],
    lines: &Lines<'_>,
) -> Excerpt {
    let Range { start: line_start, end: line_end } = lines.line_at(span.start);
    let start = (span.start as usize).max(line_start);
    let from =
        if start - line_start > WINDOW { boundary(source, start - WINDOW) } else { line_start };
    let finding_end = (span.end as usize).clamp(start, line_end);
    let finding_end = if finding_end - start > 2 * WINDOW {
        boundary(source, start + 2 * WINDOW)
    } else {
        finding_end
    };
    let to = if line_end - finding_end > WINDOW {
        boundary(source, finding_end + WINDOW)
    } else {
        line_end
    };
    let mut cut = Cut { text: String::new(), places: Vec::new() };
    if from > line_start {
        cut.text.push('…');
    }
    cut.copy(source, from, to, secrets);
    if to < line_end {
        cut.text.push('…');
    }
    let is_shown =
        |(place, _): &&(Span, Shown)| place.start as usize >= from && place.end as usize <= to;
    // What is written within a mask cannot be shown.
    let near = &secrets[secrets.partition_point(|secret| secret.end as usize <= from)..];
    let is_masked = |place: Span| {
        let mut near = near.iter().take_while(|secret| secret.start < place.end);
        near.any(|secret| place.start < secret.end && !place.contains(*secret))
    };
    let put = |(place, text): &(Span, Shown)| (cut.place(*place), text.clone());
    let labels = labels.iter().filter(is_shown).map(put).collect();
    let are_shown = edits.iter().all(|edit| is_shown(&edit) && !is_masked(edit.0));
    let edits = edits.iter().filter(|_| are_shown).map(put).collect();
    let span_start = span.start;
    let span = cut.place(Span::new(start, finding_end.min(to)));
    let line = lines.position(span_start).line;
    Excerpt { span, text: cut.text, line, labels, edits }
}

/// How many bytes the first character takes; one where it is none.
fn width_of(text: &[u8]) -> usize {
    let start = &text[..text.len().min(4)];
    let valid = start.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    valid.chars().next().map_or(1, char::len_utf8)
}

/// The shown line and where each byte of the source went.
struct Cut {
    text: String,
    /// Offset in the source, offset in `text`; ascending.
    places: Vec<(usize, usize)>,
}

impl Cut {
    fn copy(&mut self, source: &[u8], from: usize, to: usize, secrets: &[Span]) {
        let first = secrets.partition_point(|secret| (secret.end as usize) <= from);
        let mut secrets = secrets[first..].iter().peekable();
        let mut at = from;
        while at < to {
            self.places.push((at, self.text.len()));
            // The cut or a broken character may lie within one.
            if let Some(secret) = secrets.next_if(|secret| secret.start as usize <= at) {
                self.text.push_str(MASK);
                at = (secret.end as usize).clamp(at, to);
                continue;
            }
            let width = width_of(&source[at..to]);
            let character = std::str::from_utf8(&source[at..at + width]).unwrap_or("\u{fffd}");
            // A tab keeps its width in the drawing; everything else that hides becomes visible.
            if character == "\t" || character == "\r" {
                self.text.push_str(if character == "\t" { "\t" } else { "" });
            } else {
                self.text.push_str(&Shown::ours(character).to_string());
            }
            at += width;
        }
        self.places.push((to, self.text.len()));
    }

    /// All of a mask where the place is within it.
    fn place(&self, span: Span) -> Span {
        let shown = |index: usize| {
            self.places.get(index).or(self.places.last()).map_or(0, |(_, shown)| *shown)
        };
        let past = self.places.partition_point(|(source, _)| *source <= span.start as usize);
        let start = shown(past.saturating_sub(1));
        let end = self.places.partition_point(|(source, _)| *source < span.end as usize);
        Span::new(start, shown(end).max(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_control_characters_do_not_get_through() {
        let source = b"a: b\nuri: \"qemu+ssh://r:hunter2@h/\x1b[2J\"\r\n";
        let secret = Span::new(24, 31);
        let excerpt = excerpt(source, secret, [&[]; 2], &[secret], &Lines::of(source));
        assert_eq!(excerpt.text, "uri: \"qemu+ssh://r:***@h/␛[2J\"");
        assert_eq!(&excerpt.text[excerpt.span.range()], "***");
    }

    #[test]
    fn within_a_secret_the_mask_is_marked_and_no_fix_is_drawn() {
        let source = b"r:hun ter2@h/a b";
        let (secret, lines) = (Span::new(2, 10), Lines::of(source));
        let drawn = |place: Span| {
            let edit = [(place, Shown::ours("%20"))];
            let excerpt = excerpt(source, place, [&[], &edit], &[secret], &lines);
            let marked = excerpt.text[excerpt.span.range()].to_owned();
            (marked, excerpt.edits.iter().map(|(span, _)| span.start).collect::<Vec<_>>())
        };
        assert_eq!(drawn(Span::new(5, 6)), ("***".to_owned(), vec![]));
        assert_eq!(drawn(Span::new(14, 15)), (" ".to_owned(), vec![9]));
        assert_eq!(drawn(Span::new(1, 10)), (":***".to_owned(), vec![1]));
        assert_eq!(drawn(Span::empty(6)).1, Vec::<u32>::new());
        assert_eq!(drawn(Span::empty(10)).1, vec![5]);
    }

    #[test]
    fn a_long_line_is_cut_around_the_finding() {
        let mut source = vec![b'x'; 1_000_000];
        source[500_000..500_004].copy_from_slice(b"here");
        let excerpt =
            excerpt(&source, Span::new(500_000, 500_004), [&[]; 2], &[], &Lines::of(&source));
        assert!(excerpt.text.len() < 300, "{}", excerpt.text.len());
        assert_eq!(&excerpt.text[excerpt.span.range()], "here");
    }

    #[test]
    fn of_a_long_finding_the_beginning_is_shown() {
        let source = vec![b'x'; 1_000_000];
        let excerpt = excerpt(&source, Span::new(10, 999_990), [&[]; 2], &[], &Lines::of(&source));
        assert!(excerpt.text.len() < 400, "{}", excerpt.text.len());
    }
}
