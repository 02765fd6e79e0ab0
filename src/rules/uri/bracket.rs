//! Brackets: they belong around an IPv6 address, and around nothing else.

use std::net::Ipv6Addr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::text::Span;
use crate::uri::FaultKind;

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

/// One of the two is missing.
pub(crate) fn unclosed_bracket(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults {
        let Some(host) = reading.uri.host_span() else { continue };
        match fault.kind {
            FaultKind::OpenBracket => {
                let draft = out.at(fault.span).fact("host", reading.text(host));
                let inner = &reading.text(host)[1..];
                if address(inner).is_some() {
                    draft.fix("write the ]", Span::empty(host.end as usize), "]");
                }
            }
            FaultKind::CloseBracket => {
                out.at(fault.span).variant("opening").fact("host", reading.text(host)).fix(
                    "write the [",
                    Span::empty(host.start as usize),
                    "[",
                );
            }
            _ => {}
        }
    }
}

fn address(text: &[u8]) -> Option<Ipv6Addr> {
    text.to_str().ok()?.parse().ok()
}

/// What stands in brackets, where nothing is wrong with the brackets themselves.
pub(super) fn inner<'a>(reading: &Reading<'a>) -> Option<(Span, &'a [u8])> {
    let span = reading.uri.host_span()?;
    let text = reading.text(span).strip_prefix(b"[")?.strip_suffix(b"]")?;
    reading.is_certain(span).then_some((span, text))
}

/// `[192.0.2.7]`, `[kvm1.example]`, `[]`.
pub(crate) fn brackets_without_ipv6(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, text)) = inner(reading) else { return };
    let without_zone = text.split(|byte| *byte == b'%').next().unwrap_or(text);
    if address(without_zone).is_some() {
        return;
    }
    let draft = out.at(span).fact("inner", text);
    if text.is_empty() {
        draft.variant("empty");
    } else if text.contains(&b':') {
        draft.variant("malformed");
    } else if text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.')) {
        draft.fix("remove the brackets", span, text);
    }
}

/// `[fe80::1%eth0]`.
pub(crate) fn zone_id_not_escaped(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, text)) = inner(reading) else { return };
    let Some(percent) = memchr::memchr(b'%', text) else { return };
    let (host, zone) = (&text[..percent], &text[percent + 1..]);
    if address(host).is_none() || zone.is_empty() || zone.starts_with(b"25") && zone.len() > 2 {
        return;
    }
    let at = span.start as usize + 1 + percent;
    let place = Span::new(at, at + 1);
    let hex = zone.len() >= 2 && zone[..2].iter().all(u8::is_ascii_hexdigit);
    let draft = out.at(place).fact("zone", zone);
    if hex {
        draft.variant("decoded").fact("byte", &zone[..2]);
    }
    draft.fix("write %25", place, "%25");
}
