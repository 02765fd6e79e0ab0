//! Characters that word processors and web pages put in the place of others, and
//! such as no URI can hold.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::text::Span;
use crate::uri::{Fault, FaultKind, Part};

/// What a character looks like, and what it is called. The empty text: like
/// nothing, and it can go.
fn likeness(letter: char) -> Option<(Option<char>, &'static str)> {
    Some(match letter {
        '\u{2010}' | '\u{2011}' => (Some('-'), "a typographic hyphen"),
        '\u{2012}'..='\u{2015}' => (Some('-'), "a typographic dash"),
        '\u{2212}' => (Some('-'), "a minus sign"),
        '\u{2044}' | '\u{2215}' => (Some('/'), "a fraction slash"),
        '\u{ff01}'..='\u{ff5e}' => {
            let ascii = char::from_u32(u32::from(letter) - 0xff01 + u32::from('!'))?;
            (Some(ascii), "a full-width character")
        }
        '\u{3002}' => (Some('.'), "an ideographic full stop"),
        '\u{2026}' => return None,
        '\u{ad}' => (None, "a soft hyphen"),
        '\u{200b}'..='\u{200f}' | '\u{2060}' => (None, "a zero-width character"),
        '\u{feff}' => (None, "a byte order mark"),
        '\u{a0}' => (None, "a no-break space"),
        _ => return None,
    })
}

/// What a run of characters around or within a URI is called.
pub(super) fn name(text: &[u8]) -> &'static str {
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some('\n'), None) | (Some('\r'), Some('\n')) => "a line break",
        (Some('\r'), None) => "a carriage return",
        (Some('\t'), None) => "a tab",
        (Some(' '), None) => "a blank",
        (Some('\u{a0}'), _) => "a no-break space",
        (Some('\u{feff}'), _) => "a byte order mark",
        (Some('\u{200b}'..='\u{200f}'), _) => "a zero-width character",
        (Some(first), _) if first.is_ascii_control() => "a control character",
        _ => "blanks",
    }
}

/// Each character beyond ASCII within a fault.
fn letters<'r>(
    reading: &'r Reading<'_>,
    fault: &'r Fault,
) -> impl Iterator<Item = (Span, char)> + 'r {
    let start = fault.span.start as usize;
    let wanted = matches!(
        fault.kind,
        FaultKind::Unescaped | FaultKind::NotAScheme | FaultKind::PortNotNumber
    );
    let text: &[u8] = if wanted { reading.text(fault.span) } else { b"" };
    text.char_indices().map(move |(from, to, letter)| (Span::new(start + from, start + to), letter))
}

/// Whether a fault is only such a character, so that no other rule need speak of it.
pub(super) fn is_likeness(reading: &Reading<'_>, fault: &Fault) -> bool {
    letters(reading, fault).any(|(_, letter)| likeness(letter).is_some())
}

/// A typographic dash, a zero-width character, a full-width letter.
pub(crate) fn look_alike_character(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    super::around::hidden_around(reading, out);
    for fault in reading.faults {
        for (span, letter) in letters(reading, fault) {
            let Some((ascii, name)) = likeness(letter) else { continue };
            let draft = out.at(span).fact("name", name);
            match ascii {
                Some(ascii) => {
                    let ascii = ascii.to_string();
                    draft.fact("meant", &ascii).fix(format!("write {ascii}"), span, &ascii)
                }
                // Whether a blank belongs there, nobody knows.
                None if letter == '\u{a0}' => draft.variant("hidden"),
                None => draft.variant("hidden").fix("remove it", span, ""),
            };
        }
    }
}

/// `bücher.example`: letters that a host name has only in its `xn--` form.
pub(crate) fn non_ascii_host(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    let Some(host) = reading.uri.host_span() else { return };
    let foreign = reading.faults.iter().any(|fault| is_foreign(reading, fault));
    if foreign {
        out.at(host).fact("host", reading.text(host));
    }
}

/// Letters of a host that are neither ASCII nor look like it.
pub(super) fn is_foreign(reading: &Reading<'_>, fault: &Fault) -> bool {
    fault.part == Part::Host
        && fault.kind == FaultKind::Unescaped
        && reading.text(fault.span).to_str().is_ok_and(|text| {
            text.chars().any(char::is_alphabetic)
                && text.chars().all(|letter| !letter.is_ascii() && likeness(letter).is_none())
        })
}

/// Whether a fault is a line that was broken.
pub(super) fn is_line_break(reading: &Reading<'_>, fault: &Fault) -> bool {
    fault.kind == FaultKind::Unescaped
        && reading.text(fault.span).iter().any(|byte| matches!(byte, b'\n' | b'\r'))
        && reading.text(fault.span).trim_ascii().is_empty()
}

/// A URI that goes on in the next line.
pub(crate) fn line_break_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| is_line_break(reading, fault)) {
        out.at(fault.span).fact("part", fault.part.name()).fix("join the lines", fault.span, "");
    }
}

/// `%00`: for libvirt the text of the part ends there.
pub(crate) fn nul_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    if !reading.has_escapes {
        return;
    }
    let text = reading.uri.text();
    if let Some(at) = memchr::memmem::find(text, b"%00") {
        out.at(Span::new(at, at + 3)).fact("rest", &text[at + 3..]);
    }
}
