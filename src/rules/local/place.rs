//! Rules about a local socket that fails because of the place that this process runs in.

use super::denied::{is_denied, user};
use super::socket::{draft, error, failing, is_refused, local};
use crate::evidence::{Place, PlaceKind, SocketKind, SocketSight};
use crate::finding::Drafts;
use crate::rules::Seen;
use crate::rules::units::unit_of;

/// The socket that fails, and where this runs.
fn failing_within<'s>(seen: &'s Seen<'_>, kind: PlaceKind) -> Option<(&'s SocketSight, &'s Place)> {
    let place = local(seen)?.place.as_deref().filter(|place| place.kind == kind)?;
    Some((failing(seen)?, place))
}

/// The system socket of a container that is no machine of its own, with no systemd within.
fn contained<'s>(seen: &'s Seen<'_>) -> Option<(&'s SocketSight, &'s Place)> {
    failing_within(seen, PlaceKind::Container).filter(|(_, place)| !place.systemd)
}

/// What starts such containers.
fn engine(place: &Place) -> &str {
    match place.name.as_str() {
        "docker" => "docker",
        _ => "podman",
    }
}

/// In a container, and nothing is in the socket's place.
pub(crate) fn container_without_socket(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((socket, place)) = contained(seen) else { return };
    if socket.kind != SocketKind::Missing || seen.plan.user_session {
        return;
    }
    let draft = draft(seen, socket, "No such file or directory", out);
    draft.fact("engine", engine(place)).fact("unit", unit_of(&socket.path));
    if let Some(mount) = &place.mount {
        draft.variant("mounted").fact("mount", &mount.path);
    }
}

/// The socket itself is mounted, and the daemon has another one by now, or none.
pub(crate) fn container_socket_stale(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(place) = local(seen).and_then(|local| local.place.as_deref()) else { return };
    let Some(mount) = place.mount.as_ref().filter(|mount| mount.is_socket) else { return };
    let Some(socket) = failing(seen).filter(|socket| is_refused(socket)) else { return };
    let draft = draft(seen, socket, "Connection refused", out);
    draft.fact("engine", engine(place)).fact("unit", unit_of(&socket.path));
    if !mount.is_gone {
        draft.variant("idle");
    }
}

/// The socket's group has no name in the container, so nobody there is in it.
pub(crate) fn container_group_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((socket, place)) = contained(seen) else { return };
    let is_number =
        !socket.group.is_empty() && socket.group.bytes().all(|one| one.is_ascii_digit());
    let is_unmapped = place.user_namespace
        && (["nogroup", "nobody"].contains(&socket.group.as_str()) || socket.group == "65534");
    let is_for_group = socket.mode & 0o060 == 0o060;
    if !is_denied(socket) || !is_for_group || !(is_number || is_unmapped) {
        return;
    }
    let draft = draft(seen, socket, "Permission denied", out);
    draft
        .fact("group", &socket.group)
        .fact("mode", format!("{:04o} {}:{}", socket.mode, socket.owner, socket.group))
        .fact("user", user(seen))
        .fact("engine", engine(place));
    if is_unmapped {
        draft.variant("unmapped");
    }
}

/// Within flatpak or a snap, which let their programs see no socket that they do not name.
pub(crate) fn sandbox_without_socket(seen: &Seen<'_>, out: &mut Drafts) {
    if let Some((socket, place)) = failing_within(seen, PlaceKind::Flatpak) {
        if socket.kind != SocketKind::Missing && !is_denied(socket) {
            return;
        }
        let folder = socket.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let is_seen = socket.folders.iter().any(|seen| seen.path == folder);
        let why = error(socket).to_owned();
        let name = if place.name.is_empty() { "APPLICATION" } else { &place.name };
        let draft = draft(seen, socket, &why, out);
        draft.fact("name", name).fact("unit", unit_of(&socket.path));
        if seen.plan.user_session {
            draft.variant("session");
        } else if is_seen {
            draft.variant("seen");
        }
    } else if let Some((socket, place)) = failing_within(seen, PlaceKind::Snap)
        && (socket.kind == SocketKind::Missing || is_denied(socket))
    {
        let why = error(socket).to_owned();
        draft(seen, socket, &why, out).variant("snap").fact("name", &place.name);
    }
}

/// Linux within Windows, where nothing started a daemon.
pub(crate) fn wsl_without_systemd(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((socket, place)) = failing_within(seen, PlaceKind::Wsl) else { return };
    if place.systemd || seen.plan.user_session || socket.kind != SocketKind::Missing {
        return;
    }
    draft(seen, socket, "No such file or directory", out).fact("unit", unit_of(&socket.path));
}
