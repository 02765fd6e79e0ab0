//! Rules about the local socket: not there, not one, or nobody listens.

use crate::evidence::{Local, SkipReason, SocketKind, SocketSight, UnixConnect};
use crate::finding::{Draft, Drafts};
use crate::plan::{Hop, Mode};
use crate::rules::Seen;
use crate::rules::package::{DAEMON, PROXY};
use crate::rules::units::{Idle, are_both_kinds_on, failed_service, name_idle, unit_of, why_idle};
use crate::text::Span;

/// The local socket, where it is on the way and nobody answers there.
pub(super) fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s SocketSight> {
    let socket = local(seen)?.socket.as_ref()?;
    // The client would start the daemon, and the socket would be there.
    let is_made = matches!(seen.evidence.is_skipped(Hop::Local), Some(SkipReason::WouldStart));
    (!is_made && socket.connect != Some(UnixConnect::Accepted)).then_some(socket)
}

pub(super) fn local<'s>(seen: &'s Seen<'_>) -> Option<&'s Local> {
    seen.evidence.local.as_ref()
}

pub(super) fn error(socket: &SocketSight) -> &str {
    match &socket.connect {
        Some(UnixConnect::Failed(error)) => error,
        _ => "",
    }
}

/// Where the socket is named in the URI, else the whole of it.
fn place(seen: &Seen<'_>) -> Span {
    let socket = seen.plan.used("socket").map(|planned| planned.value_span);
    socket.unwrap_or_else(|| seen.reading.uri.span())
}

pub(super) fn draft<'d>(
    seen: &Seen<'_>,
    socket: &SocketSight,
    why: &str,
    out: &'d mut Drafts,
) -> &'d mut Draft {
    let path = &socket.path;
    let message = if socket.kind == SocketKind::TooLong {
        format!("Path {path} too long for unix socket: {why}")
    } else {
        format!("Failed to connect socket to '{path}': {why}")
    };
    out.at(place(seen)).fact("path", &socket.path).quote(message, Some(0.0))
}

/// Another socket at which somebody listens, for commands that change something.
fn listening<'s>(seen: &'s Seen<'_>) -> Option<&'s SocketSight> {
    let mut others = local(seen)?.other_sockets.iter();
    others.find(|other| other.listens && !other.path.ends_with("-ro"))
}

/// Nothing is in the socket's place.
pub(crate) fn socket_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| socket.kind == SocketKind::Missing) else {
        return;
    };
    let other = listening(seen);
    let driver = seen.plan.driver.as_ref().map(ToString::to_string).unwrap_or_default();
    let idle = local(seen).and_then(|local| why_idle(&local.units, &socket.path));
    // virtproxyd is of use where the driver's own daemon runs, and only that of qemu is asked for.
    let idle = idle.filter(|idle| !matches!(idle, Idle::ProxyOff { .. }) || driver == "qemu");
    let ids = local(seen).and_then(|local| local.place.as_deref());
    let ids = ids.map(|place| place.system_ids.as_str()).unwrap_or_default();
    let package = if matches!(idle, Some(Idle::ProxyOff { .. })) { PROXY } else { DAEMON };
    let draft = draft(seen, socket, "No such file or directory", out);
    draft.fact("unit", unit_of(&socket.path)).fact("install", package.install(ids));
    if seen.plan.used("socket").is_some() {
        draft.variant("given");
        return;
    }
    if seen.plan.user_session {
        draft.variant("session");
        return;
    }
    let is_twin = |other: &&SocketSight| format!("{}-ro", other.path) == socket.path;
    if let Some(other) = other.filter(is_twin) {
        draft.variant("read-only").fact("other", &other.path);
        return;
    }
    if let Some(idle) = idle {
        name_idle(draft, idle);
    }
    // What listens says more than what is switched off, but for the proxy.
    if let (Some(other), false) = (other, matches!(idle, Some(Idle::ProxyOff { .. }))) {
        draft.fact("other", &other.path);
        draft.variant(match seen.plan.mode {
            Some(Mode::Direct) if other.path.ends_with("/libvirt-sock") => "other-direct",
            Some(Mode::Legacy) if other.path.ends_with(&format!("/virt{driver}d-sock")) => {
                "other-legacy"
            }
            _ => "other",
        });
    }
}

/// Something else is in the socket's place.
pub(crate) fn not_a_socket(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    let kind = match socket.kind {
        SocketKind::File => "a file",
        SocketKind::Folder => "a folder",
        SocketKind::Other => "no socket",
        SocketKind::Missing
        | SocketKind::Hidden
        | SocketKind::Socket
        | SocketKind::Abstract
        | SocketKind::TooLong => return,
    };
    let why = if error(socket).is_empty() { "Connection refused" } else { error(socket) };
    let draft = draft(seen, socket, why, out);
    let remove = if socket.kind == SocketKind::Folder { "rmdir" } else { "rm" };
    draft.fact("kind", kind).fact("remove", remove).fact("unit", unit_of(&socket.path));
    if seen.plan.used("socket").is_some() {
        draft.variant("given");
    }
}

pub(super) fn is_refused(socket: &SocketSight) -> bool {
    socket.kind == SocketKind::Socket && error(socket) == "Connection refused"
}

/// A socket at which nobody listens.
pub(crate) fn socket_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_refused(socket)) else { return };
    let units = local(seen).map(|local| local.units.as_slice()).unwrap_or_default();
    let draft = draft(seen, socket, "Connection refused", out).fact("unit", unit_of(&socket.path));
    if let Some(other) = listening(seen) {
        draft.variant("other").fact("other", &other.path);
    } else if let Some(service) = failed_service(units, &socket.path) {
        draft.variant("failed").fact("service", &service.name).fact("result", &service.result);
    }
}

/// Any other way in which connecting fails.
pub(crate) fn socket_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    if let Some(UnixConnect::TimedOut) = &socket.connect {
        out.at(place(seen)).variant("silent").fact("path", &socket.path);
    } else {
        let why = error(socket).to_owned();
        draft(seen, socket, &why, out).fact("why", &why);
    }
}

/// One libvirtd, and daemons for each driver beside it.
pub(crate) fn two_kinds_of_daemons(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(local) = local(seen) else { return };
    if are_both_kinds_on(&local.units) {
        out.at(place(seen));
    }
}
