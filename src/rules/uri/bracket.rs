//! Brackets: they belong around an IPv6 address, and around nothing else.

use std::net::Ipv6Addr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::transports::SERVICES;
use crate::text::Span;
use crate::uri::FaultKind;

/// `fe80::1` where `[fe80::1]` is meant.
pub(crate) fn ipv6_without_brackets(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::BareIpv6) {
        let text = reading.text(fault.span).to_str_lossy();
        let Bare { address, port, is_certain } = bare(&text, default_port(reading));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let better = format!("[{address}]{port}");
        let draft = out.at(fault.span).fact("address", address).fact("better", &better);
        draft.fix(format!("write {better}"), fault.span, &better);
        if !is_certain {
            draft.fix_is_unsafe();
        }
    }
}

fn default_port(reading: &Reading<'_>) -> Option<u16> {
    reading.plan.transport.and_then(|transport| transport.facts().default_port)
}

/// An address without brackets, and what its last group is.
#[derive(Debug, PartialEq, Eq)]
struct Bare<'a> {
    address: &'a str,
    port: Option<&'a str>,
    /// Whether the last group can be nothing else.
    is_certain: bool,
}

/// Five digits are no group of an address: they are a port. So is probably the
/// default port of the transport; another well-known port may be one.
fn bare(text: &str, default: Option<u16>) -> Bare<'_> {
    let whole = Bare { address: text, port: None, is_certain: true };
    let Some((before, last)) = text.rsplit_once(':') else { return whole };
    let number =
        last.parse::<u16>().ok().filter(|_| last.bytes().all(|byte| byte.is_ascii_digit()));
    let (Some(number), true) = (number, is_address(before)) else { return whole };
    let is_legal = is_address(text);
    if !is_legal || Some(number) == default {
        return Bare { address: before, port: Some(last), is_certain: !is_legal };
    }
    let is_port = SERVICES.iter().any(|service| service.port == number);
    Bare { is_certain: !is_port, ..whole }
}

/// An address, perhaps with a zone.
fn is_address(text: &str) -> bool {
    let (address, zone) = text.split_once('%').unwrap_or((text, "x"));
    address.parse::<Ipv6Addr>().is_ok() && !zone.contains(':')
}

/// One of the two is missing.
pub(crate) fn unclosed_bracket(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults {
        let Some(host) = reading.uri.host_span() else { continue };
        match fault.kind {
            FaultKind::OpenBracket if reading.is_certain(host) => {
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
#[inline]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_behind_a_bare_address_is_told() {
        for (text, default, address, port, is_certain) in [
            ("2001:db8::7", 22, "2001:db8::7", None, true),
            ("fe80::1:16514", 16514, "fe80::1", Some("16514"), true),
            ("fe80::1:16509", 16514, "fe80::1", Some("16509"), true),
            ("2001:db8::1:22", 22, "2001:db8::1", Some("22"), false),
            ("2001:db8::1:22", 16514, "2001:db8::1:22", None, false),
            ("1:2:3:4:5:6:7:8:22", 16514, "1:2:3:4:5:6:7:8", Some("22"), true),
            ("fe80::1%25eth0", 22, "fe80::1%25eth0", None, true),
            ("fe80::1%25eth0:2222", 22, "fe80::1%25eth0", Some("2222"), true),
            ("::ffff:192.0.2.7", 22, "::ffff:192.0.2.7", None, true),
        ] {
            assert_eq!(bare(text, Some(default)), Bare { address, port, is_certain }, "{text}");
        }
    }
}
