//! Rules about ports and addresses.

use std::net::SocketAddr;

use crate::evidence::{Attempt, Evidence, Network, PortState, Service};
use crate::finding::{Draft, Drafts};
use crate::plan::{Hop, Implementation, Outcome, Plan};
use crate::rules::Seen;
use crate::rules::name::host_place;
use crate::rules::ssh::go;
use crate::tables::clients::UriDialect;
use crate::tables::transports::Transport;
use crate::text::Span;

/// How long the client waits for an address that does not answer: as the kernel says,
/// unless ssh has less patience.
pub(crate) fn silent_seconds(plan: &Plan, evidence: &Evidence, network: &Network) -> f64 {
    let runs_ssh =
        plan.ssh.as_ref().is_some_and(|ssh| ssh.implementation == Implementation::Openssh);
    // The Go clients have a limit of their own.
    match plan.client.dialect() {
        UriDialect::Terraform08 if !runs_ssh => return 2.0,
        UriDialect::GoLibvirt | UriDialect::Terraform09 if !runs_ssh => return 20.0,
        _ => {}
    }
    let config = evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let by_ssh = config.filter(|_| plan.transport == Some(Transport::Ssh));
    let limit = by_ssh.and_then(|config| config.connect_timeout).map(f64::from);
    limit.map_or_else(|| network.silent_seconds(), |limit| limit.min(network.silent_seconds()))
}

/// A way on which no address lets the client in.
fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s Network> {
    let network = seen.evidence.network.as_ref()?;
    let on_the_way = seen.evidence.is_skipped(Hop::Network).is_none();
    (on_the_way && network.way_in().is_none()).then_some(network)
}

/// The last address decides what the client prints.
fn last(network: &Network) -> Option<&Attempt> {
    network.on_the_way().last()
}

fn place(seen: &Seen<'_>) -> Span {
    seen.reading.uri.port().map_or_else(|| host_place(seen), |port| port.span)
}

/// The client tries one address after the other and waits for each.
fn seconds(seen: &Seen<'_>, network: &Network) -> f64 {
    let silent =
        network.on_the_way().filter(|attempt| attempt.state == PortState::NoAnswer).count();
    let each = silent_seconds(seen.plan, seen.evidence, network);
    f64::from(u32::try_from(silent).unwrap_or(u32::MAX)) * each
}

/// Go's words, of the first address that it tries.
fn go_quote(seen: &Seen<'_>, network: &Network, why: &str) -> String {
    let address = network
        .on_the_way()
        .next()
        .map(|attempt| SocketAddr::new(attempt.address, network.port).to_string());
    let why = match why {
        "Connection timed out" => "i/o timeout".to_owned(),
        why => format!("connect: {}", why.to_lowercase()),
    };
    go(seen, &format!("dial tcp {}: {why}", address.unwrap_or_default()))
}

fn quote(seen: &Seen<'_>, network: &Network, why: &str) -> String {
    if seen.dials_in_go() {
        return go_quote(seen, network, why);
    }
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    if seen.plan.transport == Some(Transport::Ssh) {
        let host = seen.evidence.name.as_ref().map_or(host, |name| name.host.clone());
        let port = network.port;
        return format!(
            "Cannot recv data: ssh: connect to host {host} port {port}: {why}: Connection reset by peer"
        );
    }
    let port = seen.plan.effective_port.unwrap_or(network.port.into());
    format!("unable to connect to server at '{host}:{port}': {why}")
}

fn draft<'d>(seen: &Seen<'_>, network: &Network, why: &str, out: &'d mut Drafts) -> &'d mut Draft {
    let addresses: Vec<String> =
        network.on_the_way().map(|attempt| attempt.address.to_string()).collect();
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let quote = quote(seen, network, why);
    let (open, instead) = instead(seen, network).unwrap_or_default();
    out.at(place(seen))
        .fact("open", open)
        .fact("instead", instead)
        .fact("host", &host)
        .fact("port", port(seen, network))
        .fact(
            "at",
            if addresses == [host.clone()] {
                String::new()
            } else {
                format!(" ({})", addresses.join(", "))
            },
        )
        .quote(quote, Some(seconds(seen, network)))
}

/// The port that is connected to, and where it comes from, if it is not the one written.
fn port(seen: &Seen<'_>, network: &Network) -> String {
    match seen.plan.effective_port {
        Some(wanted) if wanted > 0xffff => {
            format!("{} (what is left of {wanted} in 16 bits)", network.port)
        }
        _ => network.port.to_string(),
    }
}

/// A port of the same host where a safe transport is answered, and the command
/// that takes it.
fn instead(seen: &Seen<'_>, network: &Network) -> Option<(String, String)> {
    let uri = seen.reading.uri;
    if seen.plan.outcome != Outcome::Daemon {
        return None;
    }
    let found = |port: u16| {
        network
            .attempts
            .iter()
            .find(|attempt| attempt.port == port && port != network.port)
            .and_then(|attempt| attempt.service.as_ref())
    };
    let transport = match (found(22), found(16514)) {
        (Some(Service::Ssh(_)), _) => Transport::Ssh,
        (_, Some(Service::Tls)) => Transport::Tls,
        _ => return None,
    };
    let text = |span: Span| String::from_utf8_lossy(seen.reading.text(span)).into_owned();
    let driver = text(uri.driver_span()?);
    let (host, path) = (text(uri.host_span()?), text(uri.path_span()));
    let port = transport.facts().default_port?;
    // Nothing but ssh logs in with a user.
    let user = uri.user_span().filter(|_| transport == Transport::Ssh);
    let user = user.filter(|user| !user.is_empty() && seen.reading.secrets.is_empty());
    let user = user.map(|user| format!("{}@", text(user))).unwrap_or_default();
    Some((port.to_string(), format!("virsh -c {driver}+{transport}://{user}{host}{path}")))
}

/// "sshd", "libvirtd": what should listen there.
fn variant(draft: &mut Draft, transport: Option<Transport>) {
    match transport {
        Some(Transport::Tcp) => draft.variant("tcp"),
        Some(Transport::Tls) => draft.variant("tls"),
        Some(transport) if transport.is_ssh_like() => draft.variant("ssh"),
        _ => draft,
    };
}

/// The host says that nobody listens.
pub(crate) fn port_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(network) = failing(seen) else { return };
    if network.on_the_way().any(|attempt| attempt.state == PortState::Refused) {
        let transport = seen.plan.transport;
        let draft = draft(seen, network, "Connection refused", out);
        if transport.is_some_and(Transport::is_ssh_like) && is_ssh_elsewhere(network) {
            draft.variant("ssh-elsewhere");
        } else {
            variant(draft, transport);
        }
    }
}

/// Whether the ssh server runs there, on its usual port.
fn is_ssh_elsewhere(network: &Network) -> bool {
    let is_ssh = |attempt: &Attempt| matches!(attempt.service, Some(Service::Ssh(_)));
    network
        .attempts
        .iter()
        .any(|attempt| attempt.port == 22 && network.port != 22 && is_ssh(attempt))
}

/// Nothing comes back.
pub(crate) fn port_silent(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(network) = failing(seen) else { return };
    let silent = |attempt: &Attempt| attempt.state == PortState::NoAnswer;
    if !network.on_the_way().any(silent) {
        return;
    }
    let draft = draft(seen, network, "Connection timed out", out);
    // A port of the same host that answers: only this one is filtered.
    let answering = network.attempts.iter().find(|attempt| {
        attempt.port != network.port
            && matches!(attempt.state, PortState::Open | PortState::Refused)
    });
    if let Some(other) = answering {
        draft.variant("filtered").fact("other", other.port.to_string());
    }
}

/// There is no way to the address.
pub(crate) fn no_route(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(network) = failing(seen) else { return };
    let no_route = |attempt: &&Attempt| attempt.state == PortState::NoRoute;
    if let Some(attempt) = network.on_the_way().find(no_route) {
        let why = attempt.error.clone().unwrap_or_else(|| "No route to host".into());
        let nobody = attempt.nobody;
        let draft = draft(seen, network, &why, out).fact("why", &why);
        if nobody {
            draft.variant("nobody");
        }
    }
}

/// Any other way in which connecting fails.
pub(crate) fn port_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(network) = failing(seen) else { return };
    let why = last(network)
        .and_then(|attempt| attempt.error.clone())
        .unwrap_or_else(|| "no address could be tried".into());
    draft(seen, network, &why, out).fact("why", &why);
}

/// It works, after the client has waited for an address that nobody answers at.
pub(crate) fn slow_first_address(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(network) = seen.evidence.network.as_ref() else { return };
    let Some(way_in) = network.way_in() else { return };
    let before: Vec<&Attempt> =
        network.on_the_way().take_while(|attempt| attempt.address != way_in.address).collect();
    let silent: Vec<String> = before
        .iter()
        .filter(|attempt| attempt.state == PortState::NoAnswer)
        .map(|attempt| attempt.address.to_string())
        .collect();
    if !silent.is_empty() && seen.evidence.is_skipped(Hop::Network).is_none() {
        let each = silent_seconds(seen.plan, seen.evidence, network);
        let wait = each * f64::from(u32::try_from(silent.len()).unwrap_or(u32::MAX));
        out.at(host_place(seen))
            .fact("silent", silent.join(", "))
            .fact("address", way_in.address.to_string())
            .fact("seconds", format!("{wait:.0}"));
    }
}
