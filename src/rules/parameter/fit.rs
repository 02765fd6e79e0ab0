//! Known parameters that do nothing here, or more than they seem to.

use super::{judged, offer_to_remove, reader};
use crate::finding::Drafts;
use crate::plan::{Effect, Planned, Proxy, switch};
use crate::rules::Reading;
use crate::tables::clients::Since;
use crate::tables::drivers::Runs;
use crate::tables::parameters::{Parameter, Reader};
use crate::tables::transports::Transport;
use crate::text::Span;

/// What a parameter that its transport has no use for was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hope {
    /// To change how the program ssh trusts host keys.
    HostKeys,
    /// To choose how the program ssh logs in.
    Login,
    /// To trust any host key with libssh or libssh2.
    NoVerify,
    /// To have TLS.
    Tls,
    /// To have a certain socket behind a TCP port.
    Socket,
    /// To have ssh.
    Ssh,
    Other,
}

fn hope(row: &Parameter, transport: Transport) -> Hope {
    let is_library = matches!(transport, Transport::Libssh | Transport::Libssh2);
    match row.name {
        "known_hosts" | "known_hosts_verify" if transport == Transport::Ssh => Hope::HostKeys,
        "sshauth" if transport == Transport::Ssh => Hope::Login,
        "no_verify" if is_library => Hope::NoVerify,
        "pkipath" | "tls_priority" | "no_sanity" => Hope::Tls,
        "socket" | "mode" if matches!(transport, Transport::Tcp | Transport::Tls) => Hope::Socket,
        "keyfile" | "netcat" | "proxy" | "no_tty" | "command" | "sshauth" | "known_hosts"
        | "known_hosts_verify"
            if matches!(transport, Transport::Tcp | Transport::Tls | Transport::Unix) =>
        {
            Hope::Ssh
        }
        _ => Hope::Other,
    }
}

/// Those of the remote driver that the transport has no use for.
fn unfit<'r>(
    reading: &'r Reading<'_>,
    wanted: Hope,
) -> impl Iterator<Item = (&'r Planned, &'static Parameter, Transport)> {
    reading.plan.parameters.iter().filter(|planned| planned.effect == Effect::Ignored).filter_map(
        move |planned| {
            let transport = reading.plan.transport?;
            let row = Reader::Remote.named(&planned.name)?;
            let is_it = !row.used_by.has(transport)
                && hope(row, transport) == wanted
                && reading.is_certain(planned.name_span);
            is_it.then_some((planned, row, transport))
        },
    )
}

/// One finding for each of them, with the offer to take it out.
fn report(reading: &Reading<'_>, wanted: Hope, out: &mut Drafts) {
    for (planned, row, transport) in unfit(reading, wanted) {
        let users: Vec<&str> = row.used_by.iter().map(Transport::name).collect();
        let draft = out
            .at(planned.name_span)
            .fact("name", row.name)
            .fact("transport", transport.facts().phrase)
            .fact("users", users.join(" and "))
            .fact("what", row.what);
        offer_to_remove(draft, reading, planned);
    }
}

/// A known name that this transport does nothing with.
pub(crate) fn ignored_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    report(reading, Hope::Other, out);
}

/// `known_hosts` and `known_hosts_verify` over the program ssh.
pub(crate) fn host_key_parameter_with_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    report(reading, Hope::HostKeys, out);
}

/// `sshauth` over the program ssh.
pub(crate) fn login_method_with_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    report(reading, Hope::Login, out);
}

/// `no_verify` over libssh and libssh2.
pub(crate) fn no_verify_with_library_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, row, transport) in unfit(reading, Hope::NoVerify) {
        let draft =
            out.at(planned.name_span).fact("name", row.name).fact("transport", transport.name());
        if switch(&planned.value) == Some(true) {
            let both = planned.name_span.to(planned.value_span);
            draft.fix("write known_hosts_verify=ignore", both, "known_hosts_verify=ignore");
        } else {
            offer_to_remove(draft, reading, planned);
        }
    }
}

/// `pkipath`, `tls_priority`, `no_sanity` without TLS.
pub(crate) fn tls_parameter_without_tls(reading: &Reading<'_>, out: &mut Drafts) {
    report(reading, Hope::Tls, out);
}

/// `socket`, `mode` over TCP and TLS.
pub(crate) fn socket_with_network_transport(reading: &Reading<'_>, out: &mut Drafts) {
    report(reading, Hope::Socket, out);
}

/// `keyfile` and its like where nothing is ssh.
pub(crate) fn ssh_parameter_without_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, row, transport) in unfit(reading, Hope::Ssh) {
        let draft = out
            .at(planned.name_span)
            .fact("name", row.name)
            .fact("transport", transport.facts().phrase)
            .fact("what", row.what);
        match reading.uri.driver_span() {
            // A host without a transport: who writes a key there means ssh.
            Some(driver) if reading.uri.transport_span().is_none() && transport.is_remote() => {
                let behind = Span::empty(driver.end as usize);
                draft.variant("host").fix("write +ssh", behind, "+ssh");
            }
            _ => offer_to_remove(draft, reading, planned),
        }
    }
}

/// Any parameter of a driver that reads none.
pub(crate) fn parameter_of_a_local_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.parameters.is_empty() || reading.plan.transport.is_some() {
        return;
    }
    let Some(driver) = reading.driver().filter(|driver| driver.runs == Runs::InClientLocal) else {
        return;
    };
    if reading.uri.transport_span().is_some() || reading.uri.host_span().is_some() {
        return;
    }
    for (planned, name) in judged(reading) {
        let draft =
            out.at(planned.name_span).fact("name", name.as_bytes()).fact("driver", driver.name);
        offer_to_remove(draft, reading, planned);
    }
}

/// `mode` or `proxy` for a client that does not know them yet.
pub(crate) fn parameter_too_new(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.client.has(Since::Proxy) || reader(reading) != Reader::Remote {
        return;
    }
    for (name, since, release) in [("mode", Since::Mode, "5.7"), ("proxy", Since::Proxy, "6.8")] {
        if reading.plan.client.has(since) {
            continue;
        }
        for planned in reading.given(name) {
            let draft = out
                .at(planned.name_span)
                .fact("name", name)
                .fact("release", release)
                .fact("client", reading.plan.client.to_string());
            offer_to_remove(draft, reading, planned);
        }
    }
}

/// `socket` or `netcat` over ssh: virt-ssh-helper is not used.
pub(crate) fn helper_switched_off(reading: &Reading<'_>, out: &mut Drafts) {
    let plan = reading.plan;
    if !plan.transport.is_some_and(Transport::is_ssh_like) || plan.proxy != Some(Proxy::Netcat) {
        return;
    }
    let asked_for = judged(reading).any(|(planned, _)| planned.name.eq_ignore_ascii_case(b"proxy"));
    if asked_for {
        return;
    }
    for (planned, name) in judged(reading) {
        if planned.effect == Effect::Used
            && matches!(name.to_ascii_lowercase().as_str(), "socket" | "netcat")
        {
            out.at(planned.name_span).fact("name", name.to_ascii_lowercase());
        }
    }
}
