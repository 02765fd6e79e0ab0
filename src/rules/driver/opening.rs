//! Texts that do not begin with a driver and a colon: what they begin with
//! instead.
//!
//! libvirt has two answers to all of them, `does not include a driver name` and
//! `Unable to parse URI`; which one, depends on whether a colon follows.

use std::net::{Ipv4Addr, Ipv6Addr};

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::clients::UriDialect;
use crate::tables::drivers::{DRIVERS, Driver, Mistaken};
use crate::tables::transports::Transport;
use crate::text::{Span, nearest};
use crate::uri::FaultKind;

/// What stands where the driver should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opening {
    /// `qemu+ssh//host/system`.
    NoColon,
    /// `//host/system`, `://host/system`, `joe@host:/system`.
    Host,
    /// `192.0.2.7:16509`.
    Address,
    /// `qemu%3A%2F%2F%2Fsystem`.
    Encoded,
    /// `qemu_kvm:///system`.
    Underscore,
    /// `qemu%2Bssh://host/system`, `qemu ssh://host/system`.
    EncodedPlus,
    /// `+ssh://host/system`.
    OnlyTransport,
    /// Anything else: a word, an alias that is not defined, a path.
    Other,
}

/// How the text begins, where it does not begin with a scheme; with the place of
/// all that stands before the first slash.
pub(crate) fn opening(reading: &Reading<'_>) -> Option<(Span, Opening)> {
    let uri = reading.uri;
    let broken = || reading.faults.iter().any(|fault| fault.kind == FaultKind::NotAScheme);
    if uri.scheme_span().is_some() && !broken() || uri.text().is_empty() {
        return None;
    }
    let before = reading.faults.first().filter(|fault| fault.kind == FaultKind::Surrounding);
    let start = before.filter(|fault| fault.span.start == 0).map_or(0, |fault| fault.span.end);
    let start = start as usize;
    let body = &uri.text()[start..];
    let stop = body.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    let (first, rest) = body.split_at(stop.unwrap_or(body.len()));
    let span = Span::new(start, start + first.len());
    reading.is_certain(span).then(|| (span, kind(first, rest)))
}

fn kind(first: &[u8], rest: &[u8]) -> Opening {
    let word = first.split(|byte| *byte == b':').next().unwrap_or(first);
    let slashes = rest.starts_with(b"//");
    if first.is_empty() || first == b":" {
        return if slashes { Opening::Host } else { Opening::Other };
    }
    if find_escape(first, b"%3a").is_some() {
        Opening::Encoded
    } else if slashes && is_scheme(first) {
        Opening::NoColon
    } else if first.contains(&b'@') {
        Opening::Host
    } else if address(first).is_some() {
        Opening::Address
    } else if word.strip_prefix(b"+").is_some_and(|word| Transport::named(word).is_some()) {
        Opening::OnlyTransport
    } else if first.ends_with(b":") && encoded_plus(word).is_some() {
        Opening::EncodedPlus
    } else if first.ends_with(b":") && word.contains(&b'_') && is_wordlike(word) {
        Opening::Underscore
    } else {
        Opening::Other
    }
}

fn is_wordlike(word: &[u8]) -> bool {
    word.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_'))
}

fn is_scheme(word: &[u8]) -> bool {
    let driver = word.split(|byte| *byte == b'+').next().unwrap_or(word);
    let legal = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    word.iter().all(legal) && Driver::named(&driver.to_ascii_lowercase()).is_some()
}

/// Where a percent escape stands, whatever the case of its letters.
fn find_escape(text: &[u8], escape: &[u8]) -> Option<usize> {
    text.windows(escape.len()).position(|window| window.eq_ignore_ascii_case(escape))
}

/// The address that begins the text, and what follows it.
fn address(text: &[u8]) -> Option<(&str, &str)> {
    let text = text.to_str().ok()?;
    if text.parse::<Ipv6Addr>().is_ok() {
        return Some((text, ""));
    }
    let end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (address, rest) = text.split_at(end);
    let is_address = match address.strip_prefix('[') {
        Some(inner) => inner.trim_end_matches(']').parse::<Ipv6Addr>().is_ok(),
        None => address.parse::<Ipv4Addr>().is_ok(),
    };
    is_address.then_some((address, rest))
}

/// Driver and transport of a scheme whose `+` was escaped or became a blank.
fn encoded_plus(word: &[u8]) -> Option<(&[u8], &[u8])> {
    let (at, length) = match word.find_byte(b' ') {
        Some(at) => (at, 1),
        None => (find_escape(word, b"%2b").or_else(|| find_escape(word, b"%20"))?, 3),
    };
    let (driver, transport) = (&word[..at], &word[at + length..]);
    (Driver::named(driver).is_some() && Transport::named(transport).is_some())
        .then_some((driver, transport))
}

/// There is no scheme at all.
pub(crate) fn missing_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    match opening(reading) {
        Some((_, Opening::Other))
            if matches!(reading.plan.refusal, Some(Refusal::NoDriver(_)))
                || reading.dialect() != UriDialect::Libvirt =>
        {
            let draft = out.at(uri.span()).fact("uri", uri.text());
            if reading.is_argument && !uri.text().contains(&b':') {
                draft.variant("neither");
            }
        }
        Some((span, Opening::OnlyTransport)) => {
            out.at(span)
                .variant("transport")
                .fact("word", reading.text(span).trim_end_with(|c| c == ':'))
                .fix("write qemu before it", Span::empty(span.start as usize), "qemu");
        }
        _ => {}
    }
}

/// `qemu+ssh//host/system`.
pub(crate) fn missing_colon(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, Opening::NoColon)) = opening(reading) {
        // A dot may stand in its place.
        let scheme = reading.text(span).trim_end_with(|mark| matches!(mark, '.' | '+' | '-'));
        let place = Span::new(span.start as usize + scheme.len(), span.end as usize);
        out.at(span).fact("scheme", scheme).fix("write the colon", place, ":");
    }
}

/// `//host/system`, `joe@host:/system`.
pub(crate) fn host_without_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, Opening::Host)) = opening(reading) else { return };
    let text = reading.uri.text();
    let start = span.start as usize;
    let slashes = text[start..].iter().take_while(|byte| matches!(byte, b':' | b'/')).count();
    if slashes > 0 {
        let place = Span::new(start, start + slashes);
        out.at(place).fact("slashes", reading.text(place)).fix(
            "write qemu+ssh://",
            place,
            "qemu+ssh://",
        );
        return;
    }
    let login = reading.text(span);
    let draft = out.at(span).variant("login").fact("login", login);
    // scp writes a colon before the path; one before digits is a port.
    let (login, rest) = login.split_once_str(":").unwrap_or((login, b""));
    if rest.is_empty() {
        let path = Span::new(span.start as usize, text.len());
        let is_path = matches!(&text[span.end as usize..], b"/system" | b"/session");
        let path = if is_path { span } else { path };
        let tail = if is_path { "" } else { "/system" };
        let better = format!("qemu+ssh://{}{tail}", login.to_str_lossy());
        draft.fix(format!("write {better}"), path, better);
    }
}

/// `192.0.2.7:16509`, `[2001:db8::7]/system`.
pub(crate) fn address_as_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, Opening::Address)) = opening(reading) else { return };
    let Some((address, rest)) = address(reading.text(span)) else { return };
    let path = &reading.uri.text()[span.end as usize..];
    let path = if matches!(path, b"/system" | b"/session") {
        path.to_str_lossy()
    } else {
        "/system".into()
    };
    let host = if address.contains(':') && !address.starts_with('[') {
        format!("[{address}]")
    } else {
        address.to_owned()
    };
    let better = format!("{}{path}", remote(&host, rest.trim_start_matches(':')));
    let whole = Span::new(span.start as usize, reading.uri.text().len());
    out.at(span).fact("address", address).fact("better", &better).fix(
        format!("write {better}"),
        whole,
        &better,
    );
}

/// The scheme and host that a port tells.
pub(super) fn remote(host: &str, port: &str) -> String {
    match port {
        "" | "22" => format!("qemu+ssh://{host}"),
        "16509" => format!("qemu+tcp://{host}"),
        "16514" => format!("qemu+tls://{host}"),
        port => format!("qemu+ssh://{host}:{port}"),
    }
}

/// `qemu%3A%2F%2F%2Fsystem`.
pub(crate) fn encoded_uri(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, Opening::Encoded)) = opening(reading) else { return };
    let start = span.start as usize;
    let raw = Span::new(start, reading.uri.text().len());
    let decoded = crate::uri::unescape(reading.text(raw));
    let escape = find_escape(reading.text(span), b"%3a").unwrap_or_default();
    out.at(Span::new(start + escape, start + escape + 3)).fact("decoded", decoded.as_ref()).fix(
        format!("write {}", decoded.to_str_lossy()),
        raw,
        decoded.as_ref(),
    );
}

/// `qemu_kvm:///system`, `qemu_ssh://host/system`.
pub(crate) fn underscore_in_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, Opening::Underscore)) = opening(reading) else { return };
    let word = reading.text(span).trim_end_with(|letter| letter == ':').to_str_lossy();
    let driver = word.split('+').next().unwrap_or(&word);
    let place = Span::new(span.start as usize, span.start as usize + driver.len());
    let draft = out.at(place).fact("word", driver.as_bytes());
    if let Some(better) = without_underscore(driver) {
        draft.variant("near").fact("better", &better).fix(
            format!("write {better}"),
            place,
            &better,
        );
    }
}

fn without_underscore(word: &str) -> Option<String> {
    if let Some((driver, transport)) = word.rsplit_once('_')
        && Driver::named(driver.as_bytes()).is_some()
        && let Some(transport) = Transport::named(transport.as_bytes())
    {
        return Some(format!("{driver}+{transport}"));
    }
    let dashed = word.replace('_', "-");
    if let Some(mistaken) = Mistaken::named(&dashed) {
        return mistaken.instead.map(str::to_owned);
    }
    nearest(word, DRIVERS.iter().map(|driver| driver.name)).map(str::to_owned)
}

/// `qemu%2Bssh://`, `qemu ssh://`.
pub(crate) fn encoded_plus_in_scheme(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, Opening::EncodedPlus)) = opening(reading) else { return };
    let word = reading.text(span).trim_end_with(|letter| letter == ':');
    let Some((driver, transport)) = encoded_plus(word) else { return };
    let better = format!("{}+{}", driver.to_str_lossy(), transport.to_str_lossy());
    let start = span.start as usize;
    let mark = Span::new(start + driver.len(), start + word.len() - transport.len());
    out.at(mark).fact("better", &better).fact("mark", reading.text(mark)).fix(
        format!("write {better}"),
        mark,
        "+",
    );
}
