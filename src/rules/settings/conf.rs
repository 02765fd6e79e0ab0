//! libvirt.conf: what in it makes connections fail.

use crate::finding::Drafts;
use crate::plan::{Planned, Refusal};
use crate::rules::Reading;
use crate::text::Span;

/// libvirt.conf breaks every connection of this user.
pub(crate) fn broken_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal) = &reading.plan.refusal else { return };
    let variant = match refusal {
        Refusal::ConfUnreadable { .. } => "unreadable",
        Refusal::Conf { .. } => "syntax",
        _ => return,
    };
    let text = refusal.text();
    out.at(reading.uri.span())
        .variant(variant)
        .fact("file", &reading.machine.conf.path)
        .fact("error", text.as_slice())
        .quote(text, None);
}

/// The parameter of the URI that goes before a default of libvirt.conf.
fn parameter<'r>(reading: &'r Reading<'_>, name: &str) -> Option<&'r Planned> {
    let is_it = |planned: &&Planned| planned.name.eq_ignore_ascii_case(name.as_bytes());
    reading.plan.parameters.iter().find(is_it)
}

/// Where a parameter may be appended, and what goes before it.
fn appendix(reading: &Reading<'_>) -> (Span, &'static str) {
    match reading.uri.query_span() {
        Some(query) if query.is_empty() => (Span::empty(query.end as usize), ""),
        Some(query) => (Span::empty(query.end as usize), "&"),
        None => (Span::empty(reading.uri.path_span().end as usize), "?"),
    }
}

/// `remote_mode = "direct"` for a connection over ssh.
pub(crate) fn direct_mode_in_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal @ Refusal::DirectMode(_)) = &reading.plan.refusal else { return };
    let Some(span) = reading.uri.transport_span() else { return };
    if parameter(reading, "mode").is_none() {
        let (end, separator) = appendix(reading);
        out.at(span).fact("file", &reading.machine.conf.path).quote(refusal.text(), None).fix(
            "add mode=auto",
            end,
            format!("{separator}mode=auto"),
        );
    }
}

/// `remote_mode` is none of its words.
pub(crate) fn wrong_mode_in_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal @ Refusal::Mode(value)) = &reading.plan.refusal else { return };
    if parameter(reading, "mode").is_none() {
        out.at(reading.uri.span())
            .fact("file", &reading.machine.conf.path)
            .fact("value", value.as_slice())
            .quote(refusal.text(), None);
    }
}

/// `remote_proxy` is none of its words.
pub(crate) fn wrong_proxy_in_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal @ Refusal::Proxy(value)) = &reading.plan.refusal else { return };
    if parameter(reading, "proxy").is_none() {
        out.at(reading.uri.span())
            .fact("file", &reading.machine.conf.path)
            .fact("value", value.as_slice())
            .quote(refusal.text(), None);
    }
}

/// `remote_proxy = "native"`, and the URI names an nc.
pub(crate) fn native_proxy_in_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal @ Refusal::NetcatWithNative) = &reading.plan.refusal else { return };
    let Some(netcat) = parameter(reading, "netcat") else { return };
    let says_native = reading.machine.conf.read().is_ok_and(
        |conf| matches!(conf.string("remote_proxy"), Ok(Some((word, _))) if word == "native"),
    );
    if says_native && parameter(reading, "proxy").is_none() {
        let (end, separator) = appendix(reading);
        out.at(netcat.name_span.to(netcat.value_span))
            .fact("file", &reading.machine.conf.path)
            .quote(refusal.text(), None)
            .fix("add proxy=netcat", end, format!("{separator}proxy=netcat"));
    }
}
