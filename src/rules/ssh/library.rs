//! Clients that speak ssh themselves: what they find in their own files, and where the
//! login that the program ssh made in their place says nothing about them.

use super::host_key::{name, scanned, target};
use super::keys::denied;
use super::session::draft;
use crate::evidence::{
    AgentState, Evidence, KnownKey, Local, SeenFile, Session, SkipReason, SshFailure,
};
use crate::finding::Drafts;
use crate::plan::{Hop, HostKeys, Implementation, Plan, SshPlan};
use crate::rules::Seen;
use crate::text::Span;

/// A library that gets as far as the server.
fn library<'s>(seen: &'s Seen<'_>) -> Option<(&'s SshPlan, &'s Local)> {
    let plan = seen.plan.ssh.as_ref()?;
    let is_library = plan.implementation != Implementation::Openssh;
    seen.evidence.network.as_ref()?.way_in().filter(|_| is_library)?;
    Some((plan, seen.evidence.local.as_ref()?))
}

fn place(seen: &Seen<'_>, parameter: &str) -> Span {
    let uri = seen.reading.uri;
    let planned = seen.plan.used(parameter).map(|planned| planned.value_span);
    planned.or(uri.host_span()).unwrap_or_else(|| uri.span())
}

/// The file in which the host's key would have to be, and is not.
fn file_without_host<'s>(
    seen: &Seen<'_>,
    plan: &SshPlan,
    local: &'s Local,
) -> Option<&'s SeenFile> {
    let file = local.files.iter().find(|file| file.what == SeenFile::KNOWN_HOSTS)?;
    let missing = match &seen.evidence.session {
        Some(session) => session.failure == Some(SshFailure::HostKeyUnknown),
        None => !local.known_keys.iter().any(|known| known.asked),
    };
    (plan.host_keys == HostKeys::Known && local.known_hosts_flaw.is_none() && missing)
        .then_some(file)
}

/// The library's own file of known hosts does not have the host.
pub(crate) fn library_host_key_unknown(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let Some(file) = file_without_host(seen, plan, local) else { return };
    let (host, port) = target(seen);
    let scan = scanned(&host, port);
    let closed = file.exists && !file.readable;
    let add = if closed { String::new() } else { adding(&file.path, &scan) };
    let own = Session::default();
    let session = seen.evidence.session.as_ref();
    let shown = session.and_then(|session| session.host_key.as_ref());
    let shown = shown.map(|key| format!(" ({} {})", key.kind, key.fingerprint));
    let draft = draft(seen, session.unwrap_or(&own), out)
        .fact("name", name(&host, port))
        .fact("file", &file.path)
        .fact("shown", shown.unwrap_or_default())
        .fact("add", add);
    draft.span = place(seen, "known_hosts");
    if closed {
        draft.variant("unreadable");
    } else if plan.implementation == Implementation::Go {
        draft.variant("go");
    }
}

/// The command that puts the host into its file; none where the file's name, which the URI
/// may bring along, would end the quotation.
fn adding(path: &str, scan: &str) -> String {
    if path.contains('\'') {
        return String::new();
    }
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| folder);
    format!("mkdir -p '{folder}' && ssh-keyscan {scan} >> '{path}'")
}

/// One line keeps Go from reading the file.
pub(crate) fn library_known_hosts_broken(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let Some(flaw) = local.known_hosts_flaw.as_ref().filter(|_| plan.host_keys != HostKeys::Any)
    else {
        return;
    };
    let file = plan.known_hosts.as_ref().map(ToString::to_string).unwrap_or_default();
    out.at(place(seen, "known_hosts"))
        .fact("file", file)
        .fact("line", flaw.line.to_string())
        .fact("why", &flaw.why);
}

/// The library's key file is of no use, and no agent helps out.
pub(crate) fn library_key_unusable(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let tried = seen.evidence.session.is_some();
    let takes_keys = |session: &Session| session.methods.iter().any(|way| way == "publickey");
    if tried && !denied(seen).is_some_and(|(session, _)| takes_keys(session)) {
        return;
    }
    let agent = local.agent.as_ref().filter(|agent| agent.state == AgentState::Answered);
    let helped = plan.asks_agent_first() && agent.is_some_and(|agent| !agent.keys.is_empty());
    let key = local.identity.as_ref().filter(|_| plan.has_method("privkey") && !helped);
    let Some(key) = key else { return };
    let variant = match &key.file {
        None => "missing",
        Some(file) if !file.readable => "unreadable",
        Some(file) if file.encrypted => "encrypted",
        Some(_) => return,
    };
    if file_without_host(seen, plan, local).is_some() || local.known_hosts_flaw.is_some() {
        return;
    }
    let path = &key.path;
    let draft = out.at(place(seen, "keyfile")).variant(variant).fact("path", path);
    if plan.implementation == Implementation::Libssh {
        let said = if variant == "encrypted" {
            format!("error while opening private key '{path}', wrong passphrase?")
        } else {
            format!("error while reading private key '{path}'")
        };
        draft.quote(format!("authentication failed: {said}"), None);
    }
}

/// ssh falls back to the key within a certificate of the host; Go does not.
fn is_certified_by_nobody(evidence: &Evidence, session: &Session) -> bool {
    let known = evidence.local.as_ref().map(|local| local.known_keys.as_slice());
    let is_authority = |known: &KnownKey| known.marker.as_deref() == Some("@cert-authority");
    let certified = session.host_key.as_ref().is_some_and(|key| key.name.contains(" CA "));
    certified && !known.unwrap_or_default().iter().any(|known| known.asked && is_authority(known))
}

/// libvirt's file with credentials for ssh.
fn credentials(local: &Local) -> Option<&SeenFile> {
    local.files.iter().find(|file| file.what == SeenFile::CREDENTIALS)
}

/// Why the program ssh cannot stand for the library: a variant of `library-not-judged`.
pub(crate) fn doubt(plan: &Plan, evidence: &Evidence) -> Option<&'static str> {
    let ssh = plan.ssh.as_ref().filter(|ssh| ssh.implementation != Implementation::Openssh)?;
    let session = evidence.session.as_ref()?;
    let is = |implementation: Implementation| ssh.implementation == implementation;
    if session.established {
        if is(Implementation::Go) && is_certified_by_nobody(evidence, session) {
            return Some("host-certificate");
        }
        let key = session.accepted.as_ref()?;
        // libssh2 before 1.11 signs with SHA-1 only, and the agent signs what it is told to.
        return match key.kind.as_str() {
            "RSA" if is(Implementation::Libssh2) => Some("rsa"),
            kind if kind.ends_with("-SK") && !key.in_agent => Some("security-key"),
            kind if kind.ends_with("-CERT") && !is(Implementation::Go) => Some("certificate"),
            _ => None,
        };
    }
    let takes = |way: &str| session.methods.iter().any(|method| method == way);
    match session.failure? {
        SshFailure::PermissionDenied | SshFailure::TooManyFailures => {
            let key = evidence.local.as_ref().and_then(|local| local.identity.as_ref());
            let file = key.and_then(|key| key.file.as_ref());
            let too_open =
                format!("Load key \"{}\": bad permissions", key.map_or("", |key| &key.path));
            if file.is_some_and(|file| file.readable && !file.encrypted)
                && session.said.contains(&too_open)
                && takes("publickey")
            {
                return Some("too-open");
            }
            let asks = takes("password") || takes("keyboard-interactive");
            let file = credentials(evidence.local.as_ref()?);
            match (ssh.password && takes("password"), file.is_some() && asks) {
                (true, _) => Some("password"),
                (false, true) => Some("credentials"),
                (false, false) => None,
            }
        }
        SshFailure::NoCommonAlgorithm => Some("algorithms"),
        SshFailure::HostKeyRevoked if !is(Implementation::Go) => Some("revoked"),
        _ => None,
    }
}

/// Whether the library would get in is not known.
pub(crate) fn library_not_judged(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((plan, local)) = library(seen) else { return };
    let variant = match seen.evidence.is_skipped(Hop::Session) {
        Some(SkipReason::NotSpoken) => "no-ssh",
        Some(SkipReason::LibraryDiffers { what }) if what == "ssh-config" => "ssh-config",
        Some(SkipReason::LibraryDiffers { what }) if what == "names" => "names",
        Some(_) => return,
        None => match doubt(seen.plan, seen.evidence) {
            Some(variant) => variant,
            None => return,
        },
    };
    let session = seen.evidence.session.as_ref();
    let key = session.and_then(|session| session.accepted.as_ref());
    let file = local.identity.as_ref().map(|key| key.path.clone()).unwrap_or_default();
    let credentials = credentials(local).map(|file| file.path.clone()).unwrap_or_default();
    let client = match plan.implementation {
        Implementation::Libssh => "libssh",
        Implementation::Libssh2 => "libssh2",
        Implementation::Go | Implementation::Openssh => "Go's ssh",
    };
    out.at(place(seen, ""))
        .variant(variant)
        .fact("host", target(seen).0)
        .fact("library", client)
        .fact("path", file)
        .fact("credentials", credentials)
        .fact(
            "key",
            key.map(|key| format!("{} {}", key.kind, key.fingerprint)).unwrap_or_default(),
        );
}

#[cfg(test)]
mod tests {
    use super::adding;

    #[test]
    fn no_name_of_a_file_becomes_a_command() {
        assert_eq!(adding("/k/hosts", "h"), "mkdir -p '/k' && ssh-keyscan h >> '/k/hosts'");
        assert_eq!(adding("/tmp/';id;'", "h"), "");
    }
}
