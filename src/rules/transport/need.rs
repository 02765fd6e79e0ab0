//! What a transport needs beside its word: a host, no host, a program, a user.

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::drivers::Runs;
use crate::tables::parameters::{REMOTE, named};
use crate::tables::transports::{Transport, TransportSet};

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
    if driver.runs != Runs::InDaemon || means_tls(reading) || reading.host_may_go_on() {
        return;
    }
    let text = uri.host().unwrap_or_default();
    let draft = out.at(host).fact("driver", driver.name).fact("host", text.as_ref());
    // TLS has no use for a user: ssh was meant.
    let named = uri.user_span().filter(|user| !user.is_empty() && reading.is_certain(*user));
    if let (Some(user), Some(driver)) = (named, uri.driver_span())
        && !reading.text(user).contains(&b':')
    {
        draft.variant("with-user").fact("user", reading.text(user)).fix(
            "write the transport ssh",
            crate::text::Span::empty(driver.end as usize),
            "+ssh",
        );
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
    let Some(host) = reading.uri.host_span().filter(|_| !reading.host_may_go_on()) else { return };
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
    if reading.plan.transport != Some(Transport::Ext) || reading.driver.is_none() {
        return;
    }
    let has =
        reading.uri.parameters().any(|parameter| parameter.name().eq_ignore_ascii_case(b"command"));
    let complete = reading.has_certain_query()
        && reading.is_certain(reading.uri.path_span())
        && !reading.host_may_go_on();
    if !has && complete {
        out.at(span);
    }
}

/// `qemu+libssh2://host/system`: the libraries log in as root.
pub(crate) fn library_ssh_without_user(reading: &Reading<'_>, out: &mut Drafts) {
    let library = matches!(reading.plan.transport, Some(Transport::Libssh | Transport::Libssh2));
    if !library || reading.uri.user_span().is_some() {
        return;
    }
    if let (Some(span), Some(host)) = (reading.uri.transport_span(), reading.uri.host_span())
        && reading.is_certain(host)
    {
        out.at(span).fact("transport", reading.text(span)).fact("host", reading.text(host));
    }
}
