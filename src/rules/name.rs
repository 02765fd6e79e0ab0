//! Rules about the host's name.

use std::net::Ipv4Addr;

use bstr::ByteSlice;

use crate::evidence::{DnsStatus, NameSight, Resolution};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;
use crate::rules::ssh::go;
use crate::tables::transports::Transport;
use crate::text::Span;

/// A name that the client gets no address for.
fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s NameSight> {
    let name = seen.evidence.name.as_ref()?;
    let on_the_way = seen.evidence.is_skipped(crate::plan::Hop::Name).is_none();
    (on_the_way && name.resolution.addresses().is_empty()).then_some(name)
}

pub(super) fn host_place(seen: &Seen<'_>) -> Span {
    seen.reading.uri.host_span().unwrap_or_else(|| seen.reading.uri.span())
}

/// What the client prints for a name that it cannot resolve.
fn quote(seen: &Seen<'_>, name: &NameSight, text: &str) -> Option<String> {
    if seen.dials_in_go() {
        // What it says of a server that is silent depends on which resolver it was built with.
        let unknown =
            matches!(&name.resolution, Resolution::Failed { name, .. } if name == "EAI_NONAME");
        let host = &name.host;
        return unknown.then(|| go(seen, &format!("dial tcp: lookup {host}: no such host")));
    }
    if seen.plan.transport == Some(Transport::Ssh) {
        return Some(format!(
            "Cannot recv data: ssh: Could not resolve hostname {}: {text}: Connection reset by peer",
            name.host.to_lowercase()
        ));
    }
    let port = seen.plan.effective_port.unwrap_or_default();
    Some(format!("Unable to resolve address '{}' service '{port}': {text}", name.host))
}

fn draft<'d>(seen: &Seen<'_>, name: &NameSight, text: &str, out: &'d mut Drafts) -> &'d mut Draft {
    let source = if name.from_ssh_config { " (from ssh_config)" } else { "" };
    let quote = quote(seen, name, text);
    let seconds = Some(name.duration_ms / 1000.0);
    let draft = out.at(host_place(seen)).fact("host", format!("{}{source}", name.host));
    match quote {
        Some(quote) => draft.quote(quote, seconds),
        None => draft,
    }
}

/// Nobody knows the name.
pub(crate) fn name_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(name) = failing(seen) else { return };
    let Resolution::Failed { name: code, text, .. } = &name.resolution else { return };
    if !matches!(code.as_str(), "EAI_NONAME" | "EAI_NODATA" | "EAI_ADDRFAMILY") {
        return;
    }
    let draft = draft(seen, name, text, out);
    let statuses = |kind: &str| -> Vec<DnsStatus> {
        let servers = name.dns.iter().flat_map(|dns| &dns.servers);
        servers
            .flat_map(|server| &server.answers)
            .filter(|answer| answer.kind == kind)
            .map(|answer| answer.status)
            .collect()
    };
    let (four, six) = (statuses("A"), statuses("AAAA"));
    if looks_like_ipv4(&name.host) {
        draft.variant("address");
    } else if six.contains(&DnsStatus::Found) && !four.contains(&DnsStatus::Found) {
        draft.variant("other-family").fact("has", "IPv6").fact("lacks", "IPv6");
    } else if four.contains(&DnsStatus::Found) {
        draft.variant("hidden");
    } else if !four.is_empty()
        && four.iter().chain(&six).all(|status| *status == DnsStatus::NoSuchName)
    {
        draft.variant("nxdomain");
    }
}

/// Digits and dots that are no address: they are looked up as a name.
fn looks_like_ipv4(host: &str) -> bool {
    !host.is_empty()
        && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && host.parse::<Ipv4Addr>().is_err()
}

/// Only ssh knows the name, and the client does not ask ssh.
pub(crate) fn name_only_in_ssh_config(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(name) = failing(seen) else { return };
    let Some(known) = &name.ssh_name else { return };
    let text = match &name.resolution {
        Resolution::Failed { text, .. } => text.as_str(),
        _ => "Temporary failure in name resolution",
    };
    let transport = seen.plan.transport.map_or("this driver", Transport::name);
    let draft = draft(seen, name, text, out)
        .fact("file", &known.file)
        .fact("line", known.line.to_string())
        .fact("hostname", &known.hostname)
        .fact("transport", transport);
    if seen.dials_in_go() {
        draft.variant("go").fact("client", seen.plan.client.to_string());
    }
}

/// Nobody answers the question.
pub(crate) fn name_server_silent(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(name) = failing(seen) else { return };
    let text = match &name.resolution {
        Resolution::TimedOut => "Temporary failure in name resolution",
        Resolution::Failed { name: code, text, .. } if code == "EAI_AGAIN" => text,
        _ => return,
    };
    let servers: Vec<String> = name
        .dns
        .iter()
        .flat_map(|dns| &dns.servers)
        .map(|server| server.address.to_string())
        .collect();
    let refused = name.dns.iter().flat_map(|dns| &dns.servers).flat_map(|server| &server.answers);
    let failure = refused
        .clone()
        .any(|answer| matches!(answer.status, DnsStatus::ServerFailure | DnsStatus::Refused));
    let draft = draft(seen, name, text, out);
    draft.fact(
        "servers",
        if servers.is_empty() { "none is configured".to_owned() } else { servers.join(", ") },
    );
    if failure {
        draft.variant("failure");
    }
}

/// Any other error of the resolver.
pub(crate) fn name_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(name) = failing(seen) else { return };
    let text = match &name.resolution {
        Resolution::Failed { text, .. } => text.as_str(),
        _ => "it took too long",
    };
    draft(seen, name, text, out).fact("why", text.as_bytes().as_bstr());
}
