//! Rules about a local socket that this user may not open.

use super::socket::{draft, error, failing, local};
use crate::evidence::{Folder, Place, SocketKind, SocketSight};
use crate::finding::Drafts;
use crate::rules::Seen;

pub(super) fn is_denied(socket: &SocketSight) -> bool {
    socket.kind == SocketKind::Hidden || error(socket) == "Permission denied"
}

/// The name of who runs this, or the number.
pub(super) fn user(seen: &Seen<'_>) -> String {
    let machine = &seen.reading.machine;
    machine.user.clone().unwrap_or_else(|| machine.uid.to_string())
}

/// The folder on the way that this user may not pass.
pub(super) fn closed(socket: &SocketSight) -> Option<&Folder> {
    socket.folders.iter().find(|folder| !folder.searchable)
}

/// The user may not open it.
pub(crate) fn socket_not_permitted(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_denied(socket)) else { return };
    let draft = draft(seen, socket, "Permission denied", out);
    match closed(socket) {
        Some(Folder { path, owner, group, mode, .. }) => draft
            .variant("folder")
            .fact("folder", path)
            .fact("mode", format!("{mode:04o} {owner}:{group}"))
            .fact("group", group),
        None => draft
            .fact("mode", format!("{:04o} {}:{}", socket.mode, socket.owner, socket.group))
            .fact("group", &socket.group),
    };
    draft.fact("user", user(seen)).fact("readonly", read_only_way(seen, socket));
}

/// The command that needs no more than the read-only socket, where that is open.
fn read_only_way(seen: &Seen<'_>, socket: &SocketSight) -> String {
    let twin = format!("{}-ro", socket.path);
    let mut others = local(seen).into_iter().flat_map(|local| &local.other_sockets);
    let is_open = others.any(|one| one.path == twin && one.listens && one.writable);
    // A command that somebody may paste: only letters that no shell reads.
    let text = String::from_utf8_lossy(seen.reading.uri.text());
    let is_plain = text.chars().all(|one| one.is_ascii_alphanumeric() || "+:/._-".contains(one));
    if is_open && is_plain { format!("virsh -r -c {text}") } else { String::new() }
}

/// The group is granted, but this process began before.
pub(crate) fn socket_group_not_active(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_denied(socket) && socket.group_not_active)
    else {
        return;
    };
    draft(seen, socket, "Permission denied", out).fact("group", &socket.group);
}

/// Its mode and that of every folder let this user in, and something else does not.
pub(crate) fn socket_closed_beside_mode(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen).filter(|socket| is_denied(socket) && socket.beside_mode)
    else {
        return;
    };
    let folder = closed(socket);
    let place = local(seen).and_then(|local| local.place.as_deref());
    let mode = match folder {
        Some(folder) => format!("{:04o} {}:{}", folder.mode, folder.owner, folder.group),
        None => format!("{:04o} {}:{}", socket.mode, socket.owner, socket.group),
    };
    let what = folder.map_or(&socket.path, |folder| &folder.path);
    let draft = draft(seen, socket, "Permission denied", out);
    draft.fact("what", what).fact("mode", mode).fact("user", user(seen));
    if socket.access_list.is_some() {
        draft.variant("access-list");
        return;
    }
    match place {
        Some(Place { selinux: Some(true), .. }) => {
            draft.variant("selinux");
        }
        Some(Place { label, selinux: None, .. }) if is_confined(label) => {
            draft.variant("apparmor").fact("label", label);
        }
        _ => {}
    }
}

/// Whether AppArmor has a profile for this process.
fn is_confined(label: &str) -> bool {
    !label.is_empty() && label != "unconfined"
}
