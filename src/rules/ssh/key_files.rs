//! Private key files that ssh could not use.

use super::keys::denied;
use super::session::draft;
use crate::evidence::{Identity, KeyFormat, Local, Session};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;

/// A key file, and ssh's words for why it is of no use.
struct Unusable<'s> {
    path: &'s str,
    why: &'s str,
}

/// `Load key "PATH": WHY`
fn not_loaded(session: &Session) -> impl Iterator<Item = Unusable<'_>> {
    session.said.lines().filter_map(|line| {
        let (path, why) = line.strip_prefix("Load key \"")?.split_once("\": ")?;
        Some(Unusable { path, why })
    })
}

/// `Warning: Identity file PATH not accessible: WHY.` of a key that the URI names, and
/// `no such identity: PATH: WHY` of one that ssh_config names.
fn not_found(session: &Session) -> impl Iterator<Item = Unusable<'_>> {
    session.said.lines().filter_map(|line| {
        let named = line.strip_prefix("Warning: Identity file ");
        let named = named.and_then(|rest| rest.split_once(" not accessible: "));
        let configured = || line.strip_prefix("no such identity: ")?.rsplit_once(": ");
        let (path, why) = named.or_else(configured)?;
        Some(Unusable { path, why: why.trim_end_matches('.') })
    })
}

fn identity<'s>(local: &'s Local, path: &str) -> Option<&'s Identity> {
    local.identities().find(|identity| identity.path == path)
}

/// What ssh says of a file that others may read.
const OPEN: &str = "bad permissions";

/// ssh takes the mode of a public key for that of a private one.
fn is_public(local: &Local, path: &str) -> bool {
    let file = identity(local, path).and_then(|identity| identity.file.as_ref());
    file.is_some_and(|file| file.format == KeyFormat::Public)
}

/// A key with a passphrase that the server would take, or that was not even shown.
fn encrypted<'s>(session: &Session, local: &'s Local) -> Option<&'s Identity> {
    let accepted =
        |one: &Identity| session.accepted.as_ref().is_some_and(|key| key.name == one.path);
    let offered = |one: &Identity| session.offered.iter().any(|key| key.name == one.path);
    let is_loaded = |one: &Identity| !not_loaded(session).any(|failed| failed.path == one.path);
    local
        .identities()
        .filter(|one| one.is_encrypted() && is_loaded(one))
        .find(|one| accepted(one) || !offered(one))
}

/// Whether there is a key that might have let us in, had ssh been able to use it.
pub(super) fn is_any_unusable(session: &Session, local: &Local) -> bool {
    not_loaded(session).next().is_some()
        || not_found(session).next().is_some()
        || encrypted(session, local).is_some()
}

/// At `keyfile`, where the URI names this file.
fn about<'d>(seen: &Seen<'_>, session: &Session, path: &str, out: &'d mut Drafts) -> &'d mut Draft {
    let planned = seen.plan.used("keyfile").filter(|planned| planned.value == path);
    let draft = draft(seen, session, out).fact("path", path);
    if let Some(planned) = planned {
        draft.span = planned.value_span;
    }
    draft
}

/// The file does not exist.
pub(crate) fn ssh_key_file_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, _)) = denied(seen) else { return };
    for missing in not_found(session).filter(|missing| missing.why.starts_with("No such file")) {
        let named = seen.plan.used("keyfile").is_some_and(|planned| planned.value == missing.path);
        let draft = about(seen, session, missing.path, out);
        if !named {
            draft.variant("configured");
        }
    }
}

/// The user may not read the file.
pub(crate) fn ssh_key_unreadable(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let closed = not_loaded(session).chain(not_found(session));
    for closed in closed.filter(|closed| closed.why == "Permission denied") {
        let draft = about(seen, session, closed.path, out);
        match identity(local, closed.path).and_then(|identity| identity.file.as_ref()) {
            Some(file) => {
                draft.fact("mode", format!("{:04o}", file.mode)).fact("owner", &file.owner)
            }
            None => draft.variant("folder"),
        };
    }
}

/// Others may read the file, so ssh does not.
pub(crate) fn ssh_key_too_open(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let open = not_loaded(session).filter(|open| open.why == OPEN && !is_public(local, open.path));
    for open in open {
        let mode = identity(local, open.path).and_then(|identity| identity.file.as_ref());
        let mode = mode.map_or_else(|| "too open".to_owned(), |file| format!("{:04o}", file.mode));
        about(seen, session, open.path, out).fact("mode", mode);
    }
}

/// What the file holds is no key that ssh can read.
pub(crate) fn ssh_key_broken(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let is_broken = |failed: &Unusable<'_>| {
        !["Permission denied", OPEN].contains(&failed.why) || is_public(local, failed.path)
    };
    for broken in not_loaded(session).filter(is_broken) {
        let format = identity(local, broken.path)
            .and_then(|identity| identity.file.as_ref())
            .map(|file| file.format);
        let draft = about(seen, session, broken.path, out).fact("why", broken.why);
        match format {
            Some(KeyFormat::Putty) => draft.variant("putty"),
            Some(KeyFormat::Public) => draft.variant("public"),
            _ => draft,
        };
    }
}

/// The key has a passphrase, and nobody can be asked for it.
pub(crate) fn ssh_key_encrypted(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let Some(key) = encrypted(session, local) else { return };
    let agent = local.agent.as_ref().is_some_and(|agent| !agent.keys.is_empty());
    let draft = about(seen, session, &key.path, out);
    if agent {
        draft.variant("agent");
    }
}
