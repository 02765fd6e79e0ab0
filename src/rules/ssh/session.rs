//! The program, the server, its host key.

use crate::evidence::{Service, Session, SshFailure};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;
use crate::rules::local::{cannot_run, missing_program};
use crate::text::Span;

/// A session that did not come about.
pub(super) fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s Session> {
    seen.evidence.session.as_ref().filter(|session| !session.established)
}

pub(super) fn place(seen: &Seen<'_>) -> Span {
    let uri = seen.reading.uri;
    uri.host_span().or(uri.transport_span()).unwrap_or_else(|| uri.span())
}

/// What the client prints: what ssh said, in libvirt's frame.
pub(super) fn quote(session: &Session) -> String {
    frame(&session.said, true)
}

/// libvirt's frame around what a child said: at most 1024 bytes, else it is left out.
pub(crate) fn frame(said: &str, reset: bool) -> String {
    let said = said.trim_end();
    let (head, tail) = if reset {
        ("Cannot recv data", "Connection reset by peer")
    } else {
        ("End of file while reading data", "Input/output error")
    };
    if said.len() > 1024 { format!("{head}: {tail}") } else { format!("{head}: {said}: {tail}") }
}

pub(super) fn draft<'d>(seen: &Seen<'_>, session: &Session, out: &'d mut Drafts) -> &'d mut Draft {
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let quote = quote(session);
    out.at(place(seen)).fact("host", host).quote(quote, Some(session.duration_ms / 1000.0))
}

/// There is no ssh.
pub(crate) fn ssh_program_missing(seen: &Seen<'_>, out: &mut Drafts) {
    if seen.plan.used("command").is_some() {
        return;
    }
    let Some(program) = missing_program(seen) else { return };
    let quote = cannot_run(&program.name);
    out.at(place(seen)).fact("program", &program.name).quote(quote, Some(0.0));
}

/// The server's key is not known here, and nobody can be asked.
pub(crate) fn host_key_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) =
        failing(seen).filter(|session| session.failure == Some(SshFailure::HostKeyUnknown))
    else {
        return;
    };
    let key = session.host_key.clone().unwrap_or_default();
    let (host, port) = target(seen);
    let scan = if port == 22 { host.clone() } else { format!("-p {port} {host}") };
    draft(seen, session, out)
        .fact("kind", key.kind)
        .fact("fingerprint", key.fingerprint)
        .fact("file", known_hosts(seen))
        .fact("scan", scan);
}

/// The server's key is another one than the one that is known here.
pub(crate) fn host_key_changed(seen: &Seen<'_>, out: &mut Drafts) {
    let failure = failing(seen).filter(|session| {
        matches!(session.failure, Some(SshFailure::HostKeyChanged | SshFailure::HostKeyRevoked))
    });
    let Some(session) = failure else { return };
    let key = session.host_key.clone().unwrap_or_default();
    let (host, port) = target(seen);
    let entry = if port == 22 { host } else { format!("[{host}]:{port}") };
    let draft = draft(seen, session, out)
        .fact("kind", key.kind)
        .fact("fingerprint", key.fingerprint)
        .fact("file", known_hosts(seen))
        .fact("entry", entry);
    if session.failure == Some(SshFailure::HostKeyRevoked) {
        draft.variant("revoked");
    }
}

/// The host and port that ssh connects to.
fn target(seen: &Seen<'_>) -> (String, u16) {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let plan_host =
        || seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    match config.filter(|config| config.error.is_none()) {
        Some(config) => (config.hostname.clone(), config.port),
        None => (plan_host(), 22),
    }
}

fn known_hosts(seen: &Seen<'_>) -> String {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    config
        .and_then(|config| config.known_hosts.first().cloned())
        .unwrap_or_else(|| "~/.ssh/known_hosts".into())
}

/// Something else than an ssh server answers on the port.
pub(crate) fn not_an_ssh_server(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen) else { return };
    let service = seen
        .evidence
        .network
        .as_ref()
        .and_then(|network| network.way_in())
        .and_then(|attempt| attempt.service.as_ref());
    let Some(service) = service.filter(|service| {
        matches!(service, Service::Tls | Service::Libvirt(_) | Service::Other(_))
    }) else {
        return;
    };
    let port = seen.evidence.network.as_ref().map(|network| network.port).unwrap_or_default();
    draft(seen, session, out).fact("port", port.to_string()).fact("service", service.phrase());
}

/// The server did not get as far as a login in our time.
pub(crate) fn ssh_timed_out(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen) else { return };
    if !matches!(session.failure, Some(SshFailure::DeadlineReached | SshFailure::TimedOut)) {
        return;
    }
    let draft =
        draft(seen, session, out).fact("seconds", format!("{:.0}", session.duration_ms / 1000.0));
    draft.quote = None;
    if session.server.is_some() {
        draft.variant("slow");
    }
}

/// Any other way in which ssh ends.
pub(crate) fn ssh_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen) else { return };
    let said = session.said.lines().last().unwrap_or("nothing").to_owned();
    let exit =
        session.exit.map_or_else(|| "was ended".to_owned(), |exit| format!("exited with {exit}"));
    draft(seen, session, out).fact("said", said).fact("exit", exit);
}
