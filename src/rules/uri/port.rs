//! Ports that are none, or not the one that is meant.

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::transports::SERVICES;
use crate::uri::FaultKind;

/// A colon with no number behind it.
pub(crate) fn port_not_a_number(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults {
        match fault.kind {
            FaultKind::EmptyPort => {
                out.at(fault.span).variant("empty").fix("remove the colon", fault.span, "");
            }
            FaultKind::PortNotNumber => {
                out.at(fault.span).fact("port", reading.text(fault.span));
            }
            _ => {}
        }
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
