//! What libxml2 refuses: it says only "Unable to parse URI".

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::uri::{FaultKind, Part};

/// Faults for which no other rule speaks.
pub(crate) fn unparseable_uri(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults {
        let (what, fix) = match fault.kind {
            FaultKind::Surrounding => ("blank, control or quote characters around it", Some("")),
            FaultKind::SecondAt => ("a second @ before the host", Some("%40")),
            FaultKind::SecondHash => ("a second #", Some("%23")),
            FaultKind::OpenBracket => ("a [ without its ]", None),
            FaultKind::AfterBracket => ("text between ] and the path", None),
            FaultKind::NotAScheme => ("text before the first : that is no driver name", None),
            _ => continue,
        };
        let draft = out.at(fault.span).fact("what", what).fact("uri", reading.uri.text());
        if let Some(content) = fix {
            let title = if content.is_empty() {
                "remove it".to_owned()
            } else {
                format!("write {content}")
            };
            draft.fix(title, fault.span, content);
        }
    }
}

/// A byte that may not stand there as it is.
pub(crate) fn unescaped_character(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::Unescaped) {
        let escaped = escape(reading.text(fault.span));
        let draft = out
            .at(fault.span)
            .fact("part", place_name(reading, fault.part, fault.span))
            .fact("character", reading.text(fault.span))
            .fact("escaped", &escaped);
        // A blank in a host is no part of any host's name: nothing to escape.
        if !matches!(fault.part, Part::Host | Part::Scheme) {
            draft.fix(format!("write {escaped}"), fault.span, &escaped);
        }
    }
}

/// A `%` that begins no escape.
pub(crate) fn bad_percent_escape(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::Escape) {
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
