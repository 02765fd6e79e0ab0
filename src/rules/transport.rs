//! Rules about the transport and whether it has what it needs.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::drivers::{Driver, Paths, Runs};
use crate::tables::parameters::{REMOTE, named};
use crate::tables::transports::{Transport, TransportSet};
use crate::text::nearest;

/// The word after `+` is none of the seven.
pub(crate) fn unknown_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(span) = reading.uri.transport_span().filter(|span| reading.is_certain(*span)) else {
        return;
    };
    let word = reading.text(span);
    if Transport::named(word).is_some() || reading.driver_word().is_none() {
        return;
    }
    let text = word.to_str_lossy();
    let draft = out.at(span).fact("word", word);
    if word.is_empty() {
        draft.variant("empty");
    } else if let Some((first, _)) = text.split_once('+') {
        draft.variant("several").fact("first", first);
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
        "openssh" | "ssh2" | "sshcmd" => Some("ssh"),
        "local" | "sock" | "socket" => Some("unix"),
        _ => None,
    }
}

/// A transport for another host, and no host.
pub(crate) fn remote_transport_without_host(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(transport)) = (reading.uri.transport_span(), reading.plan.transport)
    else {
        return;
    };
    if transport.is_remote() && reading.uri.host_span().is_none() && reading.has_certain_place() {
        out.at(span).fact("transport", transport.facts().phrase);
    }
}

/// A host and no transport: the client takes TLS.
pub(crate) fn host_without_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    let (Some(host), Some(driver)) = (uri.host_span(), reading.driver()) else { return };
    if uri.transport_span().is_some() || !reading.is_certain(uri.driver_span().unwrap_or_default())
    {
        return;
    }
    // `test://${PWD}/guests.xml`: what stands there begins with a slash.
    if driver.paths == Paths::TestFile && !reading.is_certain(host) {
        return;
    }
    let text = uri.host().unwrap_or_default();
    match driver.runs {
        Runs::InClientLocal => {
            out.at(host)
                .variant("local-driver")
                .fact("driver", driver.name)
                .fact("host", text.as_ref());
        }
        Runs::InDaemon if !means_tls(reading) => {
            out.at(host).fact("driver", driver.name).fact("host", text.as_ref());
        }
        _ => {}
    }
}

/// Whether the URI shows that TLS is what its writer wants.
fn means_tls(reading: &Reading<'_>) -> bool {
    const TLS: TransportSet = TransportSet::of(&[Transport::Tls]);
    let parameter = |name: &[u8]| named(REMOTE, name).is_some_and(|row| row.used_by == TLS);
    reading.uri.parameters().any(|given| parameter(&given.name()))
        || reading.uri.port().is_some_and(|port| port.value == Some(16514))
}

/// `unix` and a host.
pub(crate) fn unix_with_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    if reading.plan.transport == Some(Transport::Unix) && reading.uri.transport_span().is_some() {
        let draft = out.at(host).fact("host", reading.text(host));
        if let Some(Refusal::UnixWithHost(_)) = &reading.plan.refusal {
            let text = reading.plan.error().unwrap_or_default();
            draft.quote(text, None);
        }
    }
}

/// `ext` without the program that it would run.
pub(crate) fn ext_without_command(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(span) = reading.uri.transport_span() else { return };
    let has =
        reading.uri.parameters().any(|parameter| parameter.name().eq_ignore_ascii_case(b"command"));
    let complete = reading.uri.query_span().is_none_or(|query| reading.is_certain(query));
    let unknown = Driver::named(reading.uri.driver().unwrap_or_default()).is_none();
    if reading.plan.transport == Some(Transport::Ext) && !has && complete && !unknown {
        out.at(span);
    }
}
