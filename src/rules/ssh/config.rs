//! ssh's own configuration: refused, or sending ssh another way.

use super::session::{draft, failing, frame};
use crate::evidence::{RpcOutcome, Session, SshFailure};
use crate::finding::Drafts;
use crate::rules::Seen;

fn refused<'s>(seen: &'s Seen<'_>) -> Option<&'s Session> {
    failing(seen).filter(|session| session.failure == Some(SshFailure::BadConfiguration))
}

/// `PATH: line N: WHY`, as ssh names a mistake in a file.
fn mistake(said: &str) -> Option<(&str, &str, &str)> {
    said.lines().find_map(|line| {
        let (path, rest) = line.split_once(": line ").or_else(|| line.split_once(" line "))?;
        let digits = rest.find(|letter: char| !letter.is_ascii_digit())?;
        let (number, why) = rest.split_at(digits);
        (!number.is_empty()).then(|| (path, number, why.trim_start_matches(": ")))
    })
}

/// A line of ssh_config that ssh does not understand.
pub(crate) fn ssh_config_broken(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = refused(seen) else { return };
    let Some((file, line, why)) = mistake(&session.said) else { return };
    draft(seen, session, out).fact("file", file).fact("line", line).fact("why", why);
}

/// Others may write to ssh_config, so ssh does not read it.
pub(crate) fn ssh_config_too_open(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = refused(seen) else { return };
    let file = session
        .said
        .lines()
        .find_map(|line| line.strip_prefix("Bad owner or permissions on ").map(str::trim_end));
    if let Some(file) = file {
        draft(seen, session, out).fact("file", file);
    }
}

/// A line of ssh_config leaves libvirt's command no stream to the other host.
pub(crate) fn ssh_config_in_the_way(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = seen.evidence.session.as_ref() else { return };
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let Some(line) = config.and_then(|config| config.in_the_way.first()) else { return };
    let outcome = seen.evidence.daemon.as_ref().map(|daemon| &daemon.outcome);
    if matches!(outcome, Some(RpcOutcome::Answered(_))) {
        return;
    }
    let draft = draft(seen, session, out).fact("line", line);
    if session.established {
        let reset = outcome == Some(&RpcOutcome::Reset);
        let ends = outcome != Some(&RpcOutcome::Silent);
        draft.quote = None;
        if ends {
            draft.quote(frame(&session.remote_said, reset), Some(session.duration_ms / 1000.0));
        }
    }
    if line.starts_with("RemoteCommand") {
        draft.variant("command");
    }
}

/// Where ssh goes through another program or host.
pub(super) fn proxy<'s>(seen: &'s Seen<'_>) -> Option<&'s str> {
    let config = seen.evidence.local.as_ref()?.ssh_config.as_ref()?;
    config.proxy.as_deref()
}

/// The way through `ProxyJump` or `ProxyCommand` does not come about.
pub(crate) fn ssh_proxy_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen).filter(|session| session.server.is_none()) else { return };
    let Some(proxy) = proxy(seen) else { return };
    if session.failure == Some(SshFailure::BadConfiguration) {
        return;
    }
    // What follows from it is said last.
    let own = |line: &&str| {
        !line.starts_with("kex_exchange_identification: ") && !line.contains(" UNKNOWN port 65535")
    };
    let said = session.said.lines().filter(own).find(|line| !line.trim().is_empty());
    let draft = draft(seen, session, out).fact("proxy", proxy);
    match said {
        Some(said) => draft.fact("said", said),
        None => draft.variant("silent"),
    };
}
