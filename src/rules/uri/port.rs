//! Ports that are none, or not the one that is meant.

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::transports::SERVICES;
use crate::text::Span;
use crate::uri::FaultKind;

use super::host::{PATH_WORDS, is_list, is_nested};
use super::letter::is_likeness;
use super::placeholder::is_placeholder;

/// A colon with nothing behind it.
pub(crate) fn empty_port(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::EmptyPort) {
        if !is_nested(reading) && !is_placeholder(reading, fault) {
            out.at(fault.span).fix("remove the colon", fault.span, "");
        }
    }
}

/// A colon with no number behind it.
pub(crate) fn port_not_a_number(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::PortNotNumber) {
        let word = reading.text(fault.span);
        if is_path_word(word)
            || is_list(reading, fault)
            || is_likeness(reading, fault)
            || is_placeholder(reading, fault)
        {
            continue;
        }
        let draft = out.at(fault.span).fact("port", word);
        let digits = word.trim_ascii();
        if digits.iter().all(u8::is_ascii_digit) && !digits.is_empty() {
            draft.fix("remove the blanks", fault.span, digits);
        } else if word.eq_ignore_ascii_case(b"ssh") {
            draft.fix("write 22", fault.span, "22");
        }
    }
}

fn is_path_word(word: &[u8]) -> bool {
    PATH_WORDS.iter().any(|known| known.as_bytes() == word)
}

/// `kvm1.example:system`, as scp has it.
pub(crate) fn colon_before_path(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::PortNotNumber) {
        let word = reading.text(fault.span);
        if is_path_word(word) && reading.uri.path_span().is_empty() {
            let colon = Span::new(fault.span.start as usize - 1, fault.span.start as usize);
            out.at(colon).fact("path", word).fix("write /", colon, "/");
        }
    }
}

/// `:016509`.
pub(crate) fn port_with_leading_zero(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(port) = reading.uri.port() else { return };
    let digits = reading.text(port.span);
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    if zeros > 0 && zeros < digits.len() && reading.is_certain(port.span) {
        let number = &digits[zeros..];
        out.at(port.span).fact("port", number).fix(
            format!("write {}", String::from_utf8_lossy(number)),
            port.span,
            number,
        );
    }
}

/// `//:2222/system`: without a host there is no port either.
pub(crate) fn port_without_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(port) = reading.uri.written_port() else { return };
    if reading.uri.host_span().is_none() && reading.has_certain_place() {
        let place = match reading.plan.transport {
            Some(transport) if reading.uri.transport_span().is_some() => {
                let default = transport.facts().default_port;
                default.map_or_else(
                    || "localhost".to_owned(),
                    |default| format!("localhost, port {default}"),
                )
            }
            _ => "the daemon of this machine".to_owned(),
        };
        out.at(port.span).fact("port", reading.text(port.span)).fact("place", place);
    }
}

/// `:0` means "the default port".
pub(crate) fn port_zero(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(port) = reading.uri.port().filter(|port| port.value == Some(0)) {
        let default = reading.plan.transport.and_then(|transport| transport.facts().default_port);
        let default =
            default.map_or_else(|| "default one".to_owned(), |port| format!("default one, {port}"));
        out.at(port.span).fact("default", default);
    }
}

/// Over 65535.
pub(crate) fn port_out_of_range(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(port) = reading.uri.written_port() else { return };
    let overflow = reading.faults.iter().any(|fault| fault.kind == FaultKind::PortOverflow);
    let Some(value) = port.value.filter(|value| *value > 65535) else {
        if overflow {
            out.at(port.span).variant("overflow").fact("port", reading.text(port.span));
        }
        return;
    };
    let draft = out.at(port.span).fact("port", value.to_string());
    if reading.plan.transport.is_some_and(|transport| transport == crate::Transport::Ssh) {
        draft
            .variant("ssh")
            .quote(format!("Cannot recv data: Bad port '{value}': Connection reset by peer"), None);
    } else {
        draft.fact("low", (value & 0xffff).to_string());
    }
}

/// The well-known port of a service that another transport speaks.
pub(crate) fn port_of_another_service(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(port), Some(transport)) = (reading.uri.port(), reading.plan.transport) else {
        return;
    };
    // Without a transport word the mistake is another: the transport is missing.
    if reading.driver().is_none_or(|driver| driver.runs != crate::tables::drivers::Runs::InDaemon) {
        return;
    }
    let Some(service) = SERVICES.iter().find(|service| port.value == Some(u32::from(service.port)))
    else {
        return;
    };
    if service.transports.has(transport) || transport.facts().default_port.is_none() {
        return;
    }
    let own = transport.facts().default_port.map(|port| port.to_string()).unwrap_or_default();
    out.at(port.span)
        .fact("port", service.port.to_string())
        .fact("service", service.name)
        .fact("transport", transport.facts().phrase)
        .fact("own", own);
}
