//! What the server itself does before a login.

use super::config::proxy;
use super::keys::user;
use super::session::{draft, failing};
use crate::evidence::{Service, Session, SshFailure};
use crate::finding::Drafts;
use crate::rules::Seen;

/// What answers on the port, as a probe of our own saw it.
fn service<'s>(seen: &'s Seen<'_>) -> Option<&'s Service> {
    seen.evidence.network.as_ref()?.way_in()?.service.as_ref()
}

/// What sshd says in the place of its banner when it will not talk to us.
/// Source: `sshd.c` of OpenSSH 8.5 and 9.8.
fn refusal<'s>(seen: &'s Seen<'_>, session: &'s Session) -> Option<&'static str> {
    let seen_there = match service(seen) {
        Some(Service::Other(text)) => text.as_str(),
        _ => "",
    };
    ["Exceeded MaxStartups", "Not allowed at this time"]
        .into_iter()
        .find(|words| session.greeting.contains(words) || seen_there.contains(words))
}

/// Something else than an ssh server answers on the port.
pub(crate) fn not_an_ssh_server(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen).filter(|session| session.server.is_none()) else { return };
    let Some(service) = service(seen).filter(|service| {
        matches!(service, Service::Tls | Service::Libvirt(_) | Service::Other(_))
    }) else {
        return;
    };
    if refusal(seen, session).is_some() {
        return;
    }
    let port = seen.evidence.network.as_ref().map(|network| network.port).unwrap_or_default();
    draft(seen, session, out).fact("port", port.to_string()).fact("service", service.phrase());
}

/// sshd closes the connection before it shows its banner.
pub(crate) fn ssh_closed_early(seen: &Seen<'_>, out: &mut Drafts) {
    let closed = failing(seen).filter(|session| {
        session.failure == Some(SshFailure::ClosedEarly) && session.server.is_none()
    });
    let Some(session) = closed.filter(|_| proxy(seen).is_none()) else { return };
    let variant = match refusal(seen, session) {
        Some("Exceeded MaxStartups") => Some("startups"),
        Some(_) => Some("penalty"),
        None => None,
    };
    let draft = draft(seen, session, out);
    if let Some(variant) = variant {
        draft.variant(variant);
    }
}

/// The server lets us in and opens no session for a command.
pub(crate) fn ssh_no_session(seen: &Seen<'_>, out: &mut Drafts) {
    let none = failing(seen).filter(|session| session.failure == Some(SshFailure::NoSession));
    let Some(session) = none else { return };
    draft(seen, session, out);
}

/// What sshd does not say of the account itself, but ssh of the end of the connection.
fn is_farewell(line: &str) -> bool {
    line.trim().is_empty()
        || line.starts_with("Connection closed by ")
        || line.starts_with("Connection reset by ")
}

/// Whether sshd closed the connection after it had taken a key: PAM refuses the account.
fn is_refused_by_pam(session: &Session) -> bool {
    session.failure == Some(SshFailure::ClosedEarly)
        && session.server.is_some()
        && session.accepted.is_some()
        && !session.partial
}

/// The key is right, and PAM does not let the account in.
pub(crate) fn ssh_account_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(session) = failing(seen).filter(|session| is_refused_by_pam(session)) else { return };
    let words = session.said.lines().find(|line| !is_farewell(line)).unwrap_or_default().trim();
    let draft = draft(seen, session, out).fact("user", user(seen)).fact("text", words);
    // pam_unix.
    if words.starts_with("Your account has expired") {
        draft.variant("expired");
    } else if !words.is_empty() {
        draft.variant("says");
    }
}

/// The server lets us in and closes the whole connection.
pub(crate) fn ssh_closed_after_login(seen: &Seen<'_>, out: &mut Drafts) {
    let closed =
        failing(seen).filter(|session| session.failure == Some(SshFailure::ClosedAfterLogin));
    let Some(session) = closed else { return };
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let draft = draft(seen, session, out);
    if config.is_some_and(|config| config.user == "root") {
        draft.variant("root");
    }
}

/// Client and server have no algorithm in common.
pub(crate) fn ssh_no_common_algorithm(seen: &Seen<'_>, out: &mut Drafts) {
    let none =
        failing(seen).filter(|session| session.failure == Some(SshFailure::NoCommonAlgorithm));
    let Some(session) = none else { return };
    let said = &session.said;
    let what = said.split("no matching ").nth(1).and_then(|rest| rest.split(" found").next());
    let offer = said.split("Their offer: ").nth(1).and_then(|rest| rest.lines().next());
    let option = match what.unwrap_or_default() {
        "key exchange method" => "KexAlgorithms",
        "host key type" => "HostKeyAlgorithms",
        "cipher" => "Ciphers",
        "MAC" => "MACs",
        _ => "the option of this kind",
    };
    draft(seen, session, out)
        .fact("what", what.unwrap_or("algorithm"))
        .fact("offer", offer.unwrap_or("nothing that it names"))
        .fact("option", option);
}
