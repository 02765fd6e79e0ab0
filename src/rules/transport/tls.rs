//! TLS checks the name in the URI against the certificate: names that seldom
//! stand in one.

use std::net::IpAddr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::transports::Transport;
use crate::text::Span;

/// The host, where the URI itself says TLS and the certificate is checked.
fn checked<'a>(reading: &Reading<'a>) -> Option<(Span, std::borrow::Cow<'a, [u8]>)> {
    let tls = reading.plan.transport == Some(Transport::Tls);
    if !tls || reading.uri.transport_span().is_none() || !reading.faults.is_empty() {
        return None;
    }
    let verified = reading.plan.tls.as_ref().is_some_and(|plan| plan.verify);
    let span = reading.uri.host_span().filter(|span| verified && reading.is_certain(*span))?;
    // `no_verify={{ x }}` may be either.
    let query = reading.uri.query_span().is_none_or(|query| reading.is_certain(query));
    Some((span, reading.uri.host().filter(|_| query)?))
}

/// `qemu+tls://192.0.2.7/system`.
pub(crate) fn address_with_tls(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, host)) = checked(reading) else { return };
    let Ok(text) = host.to_str() else { return };
    let first = text.as_bytes().first().copied().unwrap_or_default();
    if (first.is_ascii_digit() || text.contains(':')) && text.parse::<IpAddr>().is_ok() {
        out.at(span).fact("address", text);
    }
}

/// `qemu+tls://kvm1/system`.
pub(crate) fn short_name_with_tls(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, host)) = checked(reading) else { return };
    let short = host.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        && host.iter().any(u8::is_ascii_alphabetic);
    if short && !host.eq_ignore_ascii_case(b"localhost") && !host.starts_with(b"0x") {
        out.at(span).fact("host", host.as_ref());
    }
}
