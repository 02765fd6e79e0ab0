//! The host key that the server shows, and what is known of it here.

use super::session::{draft, failing};
use crate::evidence::{KnownKey, SshFailure};
use crate::finding::Drafts;
use crate::plan::Implementation;
use crate::rules::Seen;

/// The server's key is not known here, and nobody can be asked.
pub(crate) fn host_key_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) =
        failing(seen).filter(|session| session.failure == Some(SshFailure::HostKeyUnknown))
    else {
        return;
    };
    let key = session.host_key.clone().unwrap_or_default();
    let (host, port) = target(seen);
    let scan = scanned(&host, port);
    let elsewhere = known(seen).iter().find(|known| {
        !known.asked && known.marker.is_none() && known.fingerprint == key.fingerprint
    });
    let draft = draft(seen, session, out)
        .fact("kind", key.kind)
        .fact("fingerprint", key.fingerprint)
        .fact("file", known_hosts(seen))
        .fact("name", name(&host, port))
        .fact("scan", scan);
    // ssh says why it does not trust the signature, and then goes by the key alone.
    let invalid = session.said.lines().find_map(|line| line.strip_prefix("Certificate invalid: "));
    if let Some(why) = invalid {
        draft.variant("signed").fact("why", why);
    } else if let Some(elsewhere) = elsewhere {
        draft
            .variant("elsewhere")
            .fact("other", &elsewhere.name)
            .fact("line", elsewhere.line.to_string())
            .fact("known_in", &elsewhere.file);
    }
}

/// The server's key is another one than the one that is known here.
pub(crate) fn host_key_changed(seen: &Seen<'_>, out: &mut Drafts) {
    let changed =
        failing(seen).filter(|session| session.failure == Some(SshFailure::HostKeyChanged));
    let Some(session) = changed else { return };
    let key = session.host_key.clone().unwrap_or_default();
    let (host, port) = target(seen);
    let kind = key.kind.to_lowercase();
    let stored = known(seen)
        .iter()
        .filter(|known| known.asked && known.marker.is_none())
        .min_by_key(|known| !known.kind.contains(&kind));
    let file = stored.map_or_else(|| known_hosts(seen), |stored| stored.file.clone());
    let other = stored.is_some_and(|stored| !stored.kind.contains(&kind));
    let library = asker_of_one_kind(seen);
    let asks_one_kind = other && library.is_some();
    let (remove, scan) = if asks_one_kind {
        (String::new(), format!("ssh-keyscan {} >> '{file}'", scanned(&host, port)))
    } else {
        (format!("ssh-keygen -f '{file}' -R '{}'", name(&host, port)), String::new())
    };
    let draft = draft(seen, session, out)
        .fact("kind", key.kind)
        .fact("fingerprint", key.fingerprint)
        .fact("remove", remove)
        .fact("library", library.unwrap_or_default())
        .fact("scan", scan);
    if let Some(stored) = stored {
        draft
            .variant(match (other, asks_one_kind) {
                (false, _) => "stored",
                (true, false) => "other-kind",
                (true, true) => "other-kind-asked",
            })
            .fact("stored_kind", &stored.kind)
            .fact("known_in", &stored.file)
            .fact("line", stored.line.to_string())
            .fact("stored", &stored.fingerprint);
    }
}

/// A library that asks the server for one kind of key, whatever the file has; ssh and
/// libssh ask for those that they know.
fn asker_of_one_kind(seen: &Seen<'_>) -> Option<&'static str> {
    match seen.plan.ssh.as_ref()?.implementation {
        Implementation::Go => Some("Go's ssh"),
        Implementation::Libssh2 => Some("libssh2"),
        Implementation::Openssh | Implementation::Libssh => None,
    }
}

/// For ssh-keyscan.
pub(super) fn scanned(host: &str, port: u16) -> String {
    if port == 22 { host.to_owned() } else { format!("-p {port} {host}") }
}

/// The server's key is marked as one that nobody may trust any more.
pub(crate) fn host_key_revoked(seen: &Seen<'_>, out: &mut Drafts) {
    let revoked =
        failing(seen).filter(|session| session.failure == Some(SshFailure::HostKeyRevoked));
    let Some(session) = revoked else { return };
    let key = session.host_key.clone().unwrap_or_default();
    let line = known(seen).iter().find(|known| known.marker.as_deref() == Some("@revoked"));
    let place = line.map_or_else(|| known_hosts(seen), |at| format!("{}:{}", at.file, at.line));
    draft(seen, session, out)
        .fact("kind", key.kind)
        .fact("fingerprint", key.fingerprint)
        .fact("place", place);
}

fn known<'s>(seen: &'s Seen<'_>) -> &'s [KnownKey] {
    seen.evidence.local.as_ref().map(|local| local.known_keys.as_slice()).unwrap_or_default()
}

/// As known_hosts has it.
pub(super) fn name(host: &str, port: u16) -> String {
    if port == 22 { host.to_owned() } else { format!("[{host}]:{port}") }
}

/// The host and port that ssh connects to.
pub(super) fn target(seen: &Seen<'_>) -> (String, u16) {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let plan_host =
        || seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    match config.filter(|config| config.error.is_none()) {
        Some(config) => (config.hostname.clone(), config.port),
        None => (plan_host(), seen.evidence.network.as_ref().map_or(22, |network| network.port)),
    }
}

fn known_hosts(seen: &Seen<'_>) -> String {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let own = || seen.plan.ssh.as_ref()?.known_hosts.as_ref().map(ToString::to_string);
    config
        .and_then(|config| config.known_hosts.first().cloned())
        .or_else(own)
        .unwrap_or_else(|| "~/.ssh/known_hosts".into())
}
