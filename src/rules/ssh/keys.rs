//! What we can show to the server, and what it takes.

use super::key_files::is_any_unusable;
use super::session::{draft, failing};
use crate::evidence::{Agent, AgentState, Local, Session, SshFailure, SshKey};
use crate::finding::Drafts;
use crate::rules::Seen;

/// The server let us in with nothing that we have.
pub(super) fn denied<'s>(seen: &'s Seen<'_>) -> Option<(&'s Session, &'s Local)> {
    let session = failing(seen)?;
    let denied =
        matches!(session.failure, Some(SshFailure::PermissionDenied | SshFailure::TooManyFailures));
    denied.then_some((session, seen.evidence.local.as_ref()?))
}

/// Whether a key file that ssh would try is there.
fn has_key_file(local: &Local) -> bool {
    local.identities().any(|identity| identity.exists)
}

fn agent_keys(local: &Local) -> usize {
    local.agent.as_ref().map_or(0, |agent| agent.keys.len())
}

/// Why the agent cannot be asked, for a sentence.
fn agent_trouble(agent: &Agent) -> Option<&'static str> {
    Some(match agent.state {
        AgentState::Unset => "SSH_AUTH_SOCK is not set",
        AgentState::Missing => "the socket of SSH_AUTH_SOCK does not exist",
        AgentState::NotASocket => "SSH_AUTH_SOCK names no socket",
        AgentState::NotPermitted => "the socket of SSH_AUTH_SOCK may not be opened",
        AgentState::Refused => "nobody listens at the socket of SSH_AUTH_SOCK",
        AgentState::Silent => "the agent does not answer",
        AgentState::Failure => "the agent refuses to list its keys",
        AgentState::Answered => return None,
    })
}

/// No agent, no key file: nothing to show.
pub(crate) fn ssh_agent_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let Some(trouble) = local.agent.as_ref().and_then(agent_trouble) else { return };
    if !has_key_file(local) && session.offered.is_empty() {
        draft(seen, session, out)
            .fact("trouble", trouble)
            .fact("methods", session.methods.join(", "));
    }
}

/// An agent without keys, no key file: nothing to show.
pub(crate) fn ssh_agent_empty(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let answered = local.agent.as_ref().is_some_and(|agent| agent.state == AgentState::Answered);
    if answered && agent_keys(local) == 0 && !has_key_file(local) && session.offered.is_empty() {
        draft(seen, session, out).fact("methods", session.methods.join(", "));
    }
}

/// Nobody may be asked, and there is nothing to show.
pub(crate) fn no_tty_without_key(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let Some(planned) = seen.plan.used("no_tty") else { return };
    let batch = seen.plan.ssh.as_ref().is_some_and(|ssh| ssh.batch);
    if batch && agent_keys(local) == 0 && !has_key_file(local) && session.offered.is_empty() {
        let span = planned.name_span.to(planned.value_span);
        let finding = draft(seen, session, out).fact("methods", session.methods.join(", "));
        finding.span = span;
    }
}

/// Who logs in there.
pub(crate) fn user(seen: &Seen<'_>) -> String {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let user = config.map(|config| config.user.clone()).filter(|user| !user.is_empty());
    let planned = || seen.plan.ssh.as_ref()?.user.as_ref().or(seen.plan.user.as_ref());
    user.or_else(|| planned().map(ToString::to_string)).unwrap_or_default()
}

/// Who logs in where, as ssh's programs take it; a port only where the URI names one.
pub(crate) fn login(seen: &Seen<'_>) -> String {
    let host = seen.plan.host.as_ref().or(seen.plan.effective_host.as_ref());
    let host = host.map(ToString::to_string).unwrap_or_default();
    let port = seen.plan.port.filter(|port| *port != 0);
    let port = port.map(|port| format!("-p {port} ")).unwrap_or_default();
    format!("{port}{}@{host}", user(seen))
}

/// Keys for a sentence.
fn shown<'k>(keys: impl Iterator<Item = &'k SshKey>) -> String {
    let keys: Vec<String> =
        keys.map(|key| format!("{} {} ({})", key.kind, key.fingerprint, key.name)).collect();
    keys.join("; ")
}

fn takes_keys(session: &Session) -> bool {
    session.methods.iter().any(|method| method == "publickey")
}

/// The server takes none of the keys.
pub(crate) fn ssh_key_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let refused: Vec<&SshKey> =
        session.offered.iter().filter(|key| session.accepted.as_ref() != Some(*key)).collect();
    let unusable = is_any_unusable(session, local);
    if unusable && refused.is_empty() {
        return;
    }
    let count = refused.len();
    let keys_off = local.ssh_config.as_ref().and_then(|config| config.keys_off.as_ref());
    let draft = draft(seen, session, out)
        .fact("user", user(seen))
        .fact("methods", session.methods.join(", "))
        .fact("offered", shown(refused.into_iter()))
        .fact("count", count.to_string())
        .fact("copy", copy_command(seen, session));
    if unusable {
        draft.less_likely();
    } else if let Some(key) = &session.accepted {
        draft.variant("known").fact("key", shown(std::iter::once(key)));
    } else if let Some(line) = keys_off.filter(|_| count == 0) {
        draft.variant("switched-off").fact("line", line);
    } else if count == 0 {
        draft.variant("nothing-offered");
    } else if count == 1 {
        draft.variant("one");
    }
}

/// How to bring a key there; nothing where the server takes no password for it.
fn copy_command(seen: &Seen<'_>, session: &Session) -> String {
    let asks = session
        .methods
        .iter()
        .any(|method| method.contains("password") || method.starts_with("keyboard"));
    if asks { format!("ssh-copy-id {}", login(seen)) } else { String::new() }
}

/// The server lets nobody in with a key alone.
pub(crate) fn ssh_no_key_login(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, _)) = denied(seen) else { return };
    if takes_keys(session) && !session.partial {
        return;
    }
    let draft = draft(seen, session, out)
        .fact("user", user(seen))
        .fact("methods", session.methods.join(", "));
    if session.partial {
        draft.variant("second");
    } else if session.methods.iter().all(|method| method.starts_with("gssapi")) {
        draft.variant("ticket");
    }
}

/// The key is right, and the account is root's.
pub(crate) fn ssh_root_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    let Some(key) = session.accepted.as_ref().filter(|_| !session.partial) else { return };
    if user(seen) == "root" && !is_any_unusable(session, local) {
        draft(seen, session, out).fact("key", shown(std::iter::once(key)));
    }
}

/// The server ended the login after too many keys.
pub(crate) fn ssh_too_many_keys(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((session, local)) = denied(seen) else { return };
    if session.failure != Some(SshFailure::TooManyFailures) {
        return;
    }
    draft(seen, session, out)
        .fact("count", session.offered.len().to_string())
        .fact("agent", agent_keys(local).to_string())
        .fact("offered", shown(session.offered.iter()));
}
