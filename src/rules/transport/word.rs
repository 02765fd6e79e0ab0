//! The word after `+`.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::clients::UriDialect;
use crate::tables::transports::Transport;
use crate::text::{Span, nearest};

/// A word that is none of the seven, where the driver before it is certain.
fn unknown<'a>(reading: &Reading<'a>) -> Option<(Span, &'a [u8])> {
    // What libvirt takes for a transport is one.
    if reading.plan.transport.is_some() && reading.dialect() == UriDialect::Libvirt {
        return None;
    }
    let span = reading.uri.transport_span()?;
    let word = reading.text(span);
    (Transport::named(word).is_none()
        && reading.is_certain(span)
        && reading.driver_word().is_some())
    .then_some((span, word))
}

/// The word after `+` is none of the seven.
pub(crate) fn unknown_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word)) = unknown(reading) else { return };
    if word.is_empty() || word.contains(&b'+') {
        return;
    }
    let text = word.to_str_lossy();
    let draft = out.at(span).fact("word", word);
    if text.eq_ignore_ascii_case(Transport::Sshcmd.name()) {
        draft.variant("other").fix("write ssh", span, "ssh");
    } else if let Some(known) =
        nearest(&text, Transport::ALL.map(Transport::name)).or_else(|| meant(&text))
    {
        draft.variant("near").fact("transport", known).fix(format!("write {known}"), span, known);
    }
}

/// Words of the neighbourhood that are too far away by letters.
fn meant(word: &str) -> Option<&'static str> {
    match word.to_ascii_lowercase().as_str() {
        "ssl" | "https" | "x509" => Some("tls"),
        "openssh" | "ssh2" => Some("ssh"),
        "local" | "sock" | "socket" => Some("unix"),
        _ => None,
    }
}

/// `qemu+://host/system`.
pub(crate) fn empty_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, b"")) = unknown(reading) else { return };
    let plus = Span::new(span.start as usize - 1, span.end as usize);
    let draft = out.at(plus);
    if reading.uri.host_span().is_none() && reading.has_certain_place() {
        draft.variant("local").fix("remove the +", plus, "");
    }
}

/// `qemu+ssh+tls://host/system`.
pub(crate) fn several_transports(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word)) = unknown(reading) else { return };
    let Some((first, _)) = word.split_once_str("+") else { return };
    let draft = out.at(span).fact("word", word);
    if let Some(first) = Transport::named(first) {
        draft.fix(format!("keep {first}"), span, first.name());
    }
}

/// `qemu+SSH://host/system`.
pub(crate) fn upper_case_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(span) = reading.uri.transport_span() else { return };
    let word = reading.text(span);
    if !word.iter().any(u8::is_ascii_uppercase) {
        return;
    }
    if let Some(transport) = Transport::named(word) {
        out.at(span).fact("word", word).fact("transport", transport.name()).fix(
            format!("write {transport}"),
            span,
            transport.name(),
        );
    }
}
