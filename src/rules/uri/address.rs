//! Hosts that are addresses, or nearly.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::text::Span;

use super::bracket::inner;

/// The host, where it is certain and the client would really look it up.
fn host<'a>(reading: &Reading<'a>) -> Option<(Span, Cow<'a, [u8]>)> {
    let span = reading.uri.host_span().filter(|span| reading.is_certain(*span))?;
    Some((span, reading.uri.host()?))
}

/// A host of numbers and dots that is no plain IPv4 address, and what the C
/// library makes of it.
fn numeric<'a>(reading: &Reading<'a>) -> Option<(Span, Cow<'a, [u8]>, Option<Ipv4Addr>)> {
    let span = reading.uri.host_span()?;
    if !reading.text(span)[0].is_ascii_digit() {
        return None;
    }
    let (span, host) = host(reading)?;
    let text = host.to_str().ok()?;
    let numeric = text.split('.').all(|part| {
        let hex = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
        !part.is_empty()
            && match hex {
                Some(hex) => hex.bytes().all(|byte| byte.is_ascii_hexdigit()),
                None => part.bytes().all(|byte| byte.is_ascii_digit()),
            }
    });
    if !numeric || text.parse::<Ipv4Addr>().is_ok() {
        return None;
    }
    let address = read_by_c(text);
    Some((span, host, address))
}

/// `127.1`, `010.0.0.1`, `2130706433`.
pub(crate) fn odd_ipv4_address(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, host, Some(address))) = numeric(reading) else { return };
    let octal = host.split_str(".").any(|part| part.len() > 1 && part.starts_with(b"0"));
    let draft = out.at(span).fact("host", host.as_ref()).fact("address", address.to_string());
    if octal && !host.contains_str("x") {
        draft.variant("octal");
    }
}

/// `10.0.0.256`: no address, and no name either.
pub(crate) fn impossible_ipv4_address(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, host, None)) = numeric(reading) {
        out.at(span).fact("host", host.as_ref());
    }
}

/// As `inet_aton` of the C library reads it: one to four numbers, decimal, octal
/// or hexadecimal; the last one fills the bytes that are left.
pub(crate) fn read_by_c(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u64> = text
        .split('.')
        .map(|part| {
            if let Some(hex) = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X")) {
                u64::from_str_radix(hex, 16).ok()
            } else if part.len() > 1 && part.starts_with('0') {
                u64::from_str_radix(part, 8).ok()
            } else {
                part.parse().ok()
            }
        })
        .collect::<Option<_>>()?;
    let (last, bytes) = parts.split_last()?;
    let left = 4u32.checked_sub(u32::try_from(bytes.len()).ok()?).filter(|left| *left > 0)?;
    if bytes.iter().any(|byte| *byte > 255) || *last >= 1 << (8 * left) {
        return None;
    }
    let head = bytes.iter().fold(0u64, |value, byte| value << 8 | byte);
    u32::try_from(head << (8 * left) | last).ok().map(Ipv4Addr::from)
}

/// `0.0.0.0`, `[::]`: where a server listens, not where it is.
pub(crate) fn unspecified_address(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(span) = reading.uri.host_span() else { return };
    if !matches!(reading.text(span)[0], b'0' | b'[') {
        return;
    }
    let Some((span, host)) = host(reading) else { return };
    let address = host.to_str().ok().and_then(|host| host.parse::<IpAddr>().ok());
    if address.is_some_and(|address| address.is_unspecified()) {
        out.at(span).fact("address", host.as_ref());
    }
}

/// `[fe80::1]`: no way to tell on which network.
pub(crate) fn link_local_without_zone(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, text)) = inner(reading) else { return };
    let Some(IpAddr::V6(address)) = text.to_str().ok().and_then(|text| text.parse().ok()) else {
        return;
    };
    if address.is_unicast_link_local() {
        out.at(span).fact("address", text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_as_inet_aton_does() {
        for (text, address) in [
            ("127.1", Some([127, 0, 0, 1])),
            ("2130706433", Some([127, 0, 0, 1])),
            ("0x7f000001", Some([127, 0, 0, 1])),
            ("010.0.0.1", Some([8, 0, 0, 1])),
            ("10.1.258", Some([10, 1, 1, 2])),
            ("0", Some([0, 0, 0, 0])),
            ("256.1.1.1", None),
            ("1.2.3.4.5", None),
            ("08.1.1.1", None),
            ("4294967296", None),
            ("1.2.3.256", None),
        ] {
            assert_eq!(read_by_c(text), address.map(Ipv4Addr::from), "{text}");
        }
    }
}
