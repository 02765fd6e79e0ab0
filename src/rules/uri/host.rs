//! What is written in the place of the host.

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::uri::FaultKind;

/// Words that are paths of a driver.
pub(super) const PATH_WORDS: [&str; 3] = ["system", "session", "embed"];

/// `fe80::1` where `[fe80::1]` is meant.
pub(crate) fn ipv6_without_brackets(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::BareIpv6) {
        let address = reading.text(fault.span);
        let bracketed = [b"[", address, b"]"].concat();
        out.at(fault.span).fact("address", address).fix(
            format!("write {}", String::from_utf8_lossy(&bracketed)),
            fault.span,
            &bracketed,
        );
    }
}

/// `qemu://system`: the path word is read as a host.
pub(crate) fn path_word_as_host(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(host)) = (reading.uri.host_span(), reading.uri.host()) else { return };
    let word = PATH_WORDS.into_iter().find(|word| host.eq_ignore_ascii_case(word.as_bytes()));
    let Some(word) = word else { return };
    if !matches!(reading.uri.path().as_ref(), b"" | b"/") || !reading.has_certain_place() {
        return;
    }
    let draft =
        out.at(span).fact("word", word).fact("scheme", reading.uri.scheme().unwrap_or_default());
    if reading.uri.transport_word().is_none()
        && reading.uri.user_span().is_none()
        && reading.uri.written_port().is_none()
    {
        let end = reading.uri.path_span();
        draft.variant("local").fix("write three slashes", span.to(end), format!("/{word}"));
    } else {
        draft.variant("remote");
    }
}
