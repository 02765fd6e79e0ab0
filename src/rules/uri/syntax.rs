//! What libxml2 refuses: it says only "Unable to parse URI".

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::rules::driver::{Opening, opening};
use crate::uri::{Fault, FaultKind, Part};

use super::letter::{is_foreign, is_likeness, is_line_break};
use super::placeholder::is_placeholder;

/// Faults for which no other rule speaks.
pub(crate) fn unparseable_uri(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults {
        let what = match fault.kind {
            FaultKind::AfterBracket if reading.is_certain(fault.span) => {
                "text between ] and the path"
            }
            FaultKind::NotAScheme
                if matches!(opening(reading), None | Some((_, Opening::Other)))
                    && !is_likeness(reading, fault)
                    && !is_placeholder(reading, fault) =>
            {
                "text before the first : that is no driver name"
            }
            _ => continue,
        };
        out.at(fault.span).fact("what", what);
    }
}

/// A byte that may not stand there as it is.
pub(crate) fn unescaped_character(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::Unescaped) {
        if has_its_own_rule(reading, fault) {
            continue;
        }
        let escaped = escape(reading.text(fault.span));
        let draft = out
            .at(fault.span)
            .fact("part", place_name(reading, fault.part, fault.span))
            .fact("character", reading.text(fault.span))
            .fact("escaped", &escaped);
        // A host has no such characters: nothing to escape.
        if !matches!(fault.part, Part::Host | Part::Scheme) {
            draft.fix(format!("write {escaped}"), fault.span, &escaped);
        }
    }
}

fn has_its_own_rule(reading: &Reading<'_>, fault: &Fault) -> bool {
    let text = reading.text(fault.span);
    is_likeness(reading, fault)
        || is_foreign(reading, fault)
        || is_line_break(reading, fault)
        || is_placeholder(reading, fault)
        || fault.part == Part::Host && text.trim_ascii().is_empty()
        || fault.part == Part::User && text == b"\\"
        || super::slashes::is_backslash_slash(reading, fault)
        // What follows a broken beginning is read wrongly.
        || matches!(opening(reading), Some((_, Opening::Address | Opening::Host)))
}

/// A `%` that begins no escape.
pub(crate) fn bad_percent_escape(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::Escape) {
        if is_placeholder(reading, fault) {
            continue;
        }
        out.at(fault.span).fact("part", place_name(reading, fault.part, fault.span)).fix(
            "write %25",
            fault.span,
            "%25",
        );
    }
}

fn escape(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("%{byte:02X}"))
}

/// "the value of `socket`" where it is one, else "the path".
fn place_name(reading: &Reading<'_>, part: Part, span: crate::text::Span) -> String {
    let parameter = reading.uri.parameters().find(|parameter| parameter.section.contains(span));
    match parameter {
        Some(parameter) if parameter.value_span.is_some_and(|value| value.contains(span)) => {
            format!("the value of `{}`", String::from_utf8_lossy(&parameter.name()))
        }
        Some(_) => "the name of a parameter".to_owned(),
        None => format!("the {}", part.name()),
    }
}
