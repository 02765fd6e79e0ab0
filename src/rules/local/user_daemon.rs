//! Rules about the user's own daemon, which the client starts itself.

use super::denied::{closed, is_denied, user};
use super::socket::{draft, error, failing, local};
use crate::evidence::UserDaemon;
use crate::finding::Drafts;
use crate::rules::Seen;
use crate::rules::package::DAEMON;
use crate::tables::clients::Since;

/// How long the client tries to reach a daemon that it could not start.
const TRIES: f64 = 5.0;

fn wanted<'s>(seen: &'s Seen<'_>) -> Option<&'s UserDaemon> {
    failing(seen)?;
    local(seen)?.user_daemon.as_deref()
}

/// The folder for the user's sockets cannot be made, or is another user's.
pub(crate) fn runtime_folder_unusable(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    let user = user(seen);
    if let Some(daemon) = wanted(seen) {
        let Some(why) = &daemon.error else { return };
        let draft = draft(seen, socket, why, out);
        let name = seen.plan.autostart.as_deref().unwrap_or_default();
        let said = if daemon.exists {
            format!("Unable to create lock '{}/{name}.lock': {why}", daemon.folder)
        } else {
            format!("Cannot create user runtime directory '{}': {why}", daemon.folder)
        };
        draft
            .fact("folder", &daemon.folder)
            .fact("owner", &daemon.owner)
            .fact("user", &user)
            .fact("why", why)
            .quote(said, Some(0.0));
        if daemon.exists {
            draft.variant("not-writable");
        } else if daemon.owner != user && seen.reading.machine.variable("XDG_RUNTIME_DIR").is_some()
        {
            draft.variant("other-user");
        }
    } else if let (true, true, Some(folder)) =
        (seen.plan.user_session, is_denied(socket), closed(socket))
        && folder.owner != user
    {
        let why = error(socket).to_owned();
        let draft = draft(seen, socket, &why, out).variant("other-user");
        let sockets = socket.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        draft.fact("folder", sockets).fact("owner", &folder.owner).fact("user", user);
    }
}

/// The program of the user's own daemon is not there, or may not be run.
pub(crate) fn user_daemon_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(socket) = failing(seen) else { return };
    let Some(daemon) = wanted(seen).filter(|daemon| !daemon.runs && daemon.error.is_none()) else {
        return;
    };
    let program = &daemon.program;
    let ids = local(seen).and_then(|local| local.place.as_deref());
    let ids = ids.map(|place| place.system_ids.as_str()).unwrap_or_default();
    let why = error(socket).to_owned();
    let draft = draft(seen, socket, &why, out);
    draft.fact("program", program).fact("install", DAEMON.install(ids));
    let named = ["VIRTD_PATH", "LIBVIRTD_PATH"];
    let named = named
        .into_iter()
        .find(|name| seen.reading.machine.variable(name).is_some_and(|value| !value.is_empty()));
    if let Some(variable) = named {
        draft.variant("named").fact("variable", variable);
    }
    if seen.plan.client.has(Since::LongNoUriText) {
        draft.quote(
            format!("binary '{program}' does not exist in $PATH: No such file or directory"),
            Some(0.0),
        );
    } else {
        // It tries to connect for a while before it says that it could not.
        let said = format!("Failed to connect socket to '{}': {why}", socket.path);
        draft.quote(said, Some(TRIES));
    }
}
