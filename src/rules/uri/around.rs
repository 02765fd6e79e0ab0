//! Blanks and quotes around the URI: they come with copying.

use bstr::ByteSlice;

use super::letter;
use crate::finding::{Draft, Drafts, Edit, Fix};
use crate::rules::Reading;
use crate::text::Span;
use crate::uri::FaultKind;

/// What a run of characters around the URI is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Around {
    Blank,
    Quotes,
    /// Characters that nobody sees: judged with those that look like others.
    Hidden,
}

fn around(text: &[u8]) -> Around {
    let mut kind = Around::Blank;
    for letter in text.chars() {
        match letter {
            '"'
            | '\''
            | '`'
            | '\u{ab}'
            | '\u{bb}'
            | '\u{2018}'..='\u{201e}'
            | '\u{2039}'
            | '\u{203a}' => {
                return Around::Quotes;
            }
            hidden if !hidden.is_ascii() => kind = Around::Hidden,
            _ => {}
        }
    }
    kind
}

/// Both sides, where one of them is of this kind and no other is worse.
fn sides(reading: &Reading<'_>, wanted: Around) -> Vec<Span> {
    let spans: Vec<Span> = reading
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::Surrounding)
        .map(|fault| fault.span)
        .collect();
    let kinds = || spans.iter().map(|span| around(reading.text(*span)));
    // One mistake: quotes speak for the blanks beside them.
    let leading = [Around::Quotes, Around::Hidden, Around::Blank]
        .into_iter()
        .find(|kind| kinds().any(|other| other == *kind));
    if leading == Some(wanted) { spans } else { Vec::new() }
}

/// One finding for both sides, with one fix.
fn report<'d>(spans: &[Span], out: &'d mut Drafts) -> Option<&'d mut Draft> {
    let (first, rest) = spans.split_first()?;
    let draft = out.at(*first);
    for other in rest {
        draft.label(*other, "and here");
    }
    let edits = spans.iter().map(|span| Edit { span: *span, content: Vec::new().into() }).collect();
    draft.fixes.push(Fix::new("remove it", edits));
    Some(draft)
}

/// `"qemu:///system "`, a line break that was read with the line.
pub(crate) fn blank_around_uri(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    let spans = sides(reading, Around::Blank);
    let Some(first) = spans.first().copied() else { return };
    let name = letter::name(reading.text(first));
    let side = match spans.len() {
        1 if first.start > 0 => "behind",
        1 => "before",
        _ => "before and behind",
    };
    if let Some(draft) = report(&spans, out) {
        draft.fact("what", name).fact("side", side);
    }
}

/// Quotes that are part of the text.
pub(crate) fn quotes_around_uri(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    let spans = sides(reading, Around::Quotes);
    let Some(first) = spans.first() else { return };
    let quote = reading.text(*first).trim();
    if let Some(draft) = report(&spans, out) {
        draft.fact("quote", quote);
    }
}

/// Characters around the URI that nobody sees.
pub(super) fn hidden_around(reading: &Reading<'_>, out: &mut Drafts) {
    let spans = sides(reading, Around::Hidden);
    let Some(first) = spans.first() else { return };
    let name = letter::name(reading.text(*first));
    if let Some(draft) = report(&spans, out) {
        draft.variant("hidden").fact("name", name);
    }
}
