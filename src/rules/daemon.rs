//! Rules about the daemon: what answers in libvirt's own protocol, and what it asks for.

use crate::evidence::{AuthType, Daemon, RpcOutcome, Way};
use crate::finding::{Draft, Drafts};
use crate::plan::Hop;
use crate::rules::Seen;
use crate::rules::remote::packet;
use crate::text::Span;

/// The daemon's evidence, where it is not the remote side that failed.
fn seen_daemon<'s>(seen: &'s Seen<'_>) -> Option<&'s Daemon> {
    seen.evidence.daemon.as_ref()
}

/// Over ssh, a closed stream is the remote command's end, not the daemon's.
fn direct<'s>(seen: &'s Seen<'_>) -> Option<&'s Daemon> {
    seen_daemon(seen).filter(|daemon| daemon.way != Way::Ssh)
}

fn place(seen: &Seen<'_>) -> Span {
    let uri = seen.reading.uri;
    let port = uri.port().map(|port| port.span);
    port.or(uri.host_span()).unwrap_or_else(|| uri.span())
}

/// Where the daemon was asked.
fn where_asked(seen: &Seen<'_>) -> String {
    if let Some(Way::Unix) = seen_daemon(seen).map(|daemon| daemon.way) {
        seen.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default()
    } else {
        let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
        let port = seen
            .evidence
            .network
            .as_ref()
            .filter(|_| seen.plan.hops().contains(&Hop::Network))
            .map(|network| network.port);
        match (seen_daemon(seen).map(|daemon| daemon.way), port) {
            (Some(Way::Tcp), Some(port)) => format!("{host} port {port}"),
            _ => host,
        }
    }
}

fn draft<'d>(seen: &Seen<'_>, out: &'d mut Drafts) -> &'d mut Draft {
    let asked = where_asked(seen);
    out.at(place(seen)).fact("place", asked)
}

/// Something else than libvirt answers.
pub(crate) fn not_libvirt(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(RpcOutcome::NotLibvirt(text)) = direct(seen).map(|daemon| &daemon.outcome) else {
        return;
    };
    let what = if text.starts_with("SSH-") {
        "an ssh server"
    } else if text.starts_with("HTTP") {
        "a web server"
    } else {
        "something else"
    };
    draft(seen, out)
        .fact("what", what)
        .fact("text", text)
        .quote(packet(text.as_bytes()), Some(0.0));
}

/// It accepts, and says nothing.
pub(crate) fn daemon_silent(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(daemon) = seen_daemon(seen).filter(|daemon| daemon.outcome == RpcOutcome::Silent)
    else {
        return;
    };
    draft(seen, out).fact("seconds", format!("{:.1}", daemon.duration_ms / 1000.0));
}

/// It closes at our first words.
pub(crate) fn daemon_closes(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(daemon) = direct(seen) else { return };
    let message = match daemon.outcome {
        RpcOutcome::Closed => "End of file while reading data: Input/output error",
        RpcOutcome::Reset => "Cannot recv data: Connection reset by peer",
        _ => return,
    };
    let tls = seen
        .evidence
        .network
        .as_ref()
        .and_then(|network| network.way_in())
        .is_some_and(|attempt| attempt.service == Some(crate::evidence::Service::Tls));
    let draft = draft(seen, out).quote(message, Some(0.0));
    if tls {
        draft.variant("tls");
    }
}

/// It answers with an error.
pub(crate) fn daemon_error(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(RpcOutcome::Error(text)) = seen_daemon(seen).map(|daemon| &daemon.outcome) else {
        return;
    };
    draft(seen, out).fact("error", text).quote(text, Some(0.0));
}

fn asks_for(seen: &Seen<'_>, kind: AuthType) -> bool {
    seen_daemon(seen).and_then(Daemon::answered).is_some_and(|types| types.contains(&kind))
}

/// It asks for a SASL login.
pub(crate) fn sasl_asked(seen: &Seen<'_>, out: &mut Drafts) {
    if asks_for(seen, AuthType::Sasl) {
        draft(seen, out);
    }
}

/// It asks polkit.
pub(crate) fn polkit_asked(seen: &Seen<'_>, out: &mut Drafts) {
    if asks_for(seen, AuthType::Polkit) {
        let user = seen
            .reading
            .machine
            .user
            .clone()
            .unwrap_or_else(|| seen.reading.machine.uid.to_string());
        draft(seen, out).fact("user", user);
    }
}
