//! What the client has against the server's certificate, and whether the session stands.
//!
//! Source: `virNetTLSContextValidCertificate` in `src/rpc/virnettlscontext.c` of libvirt,
//! and "Verifying peer's certificate" in GnuTLS's manual.

use crate::evidence::{Certificate, Evidence, SeenFile, Service, Tls, TlsOutcome};
use crate::finding::{Draft, Drafts};
use crate::plan::{Plan, Priority, TlsPlan};
use crate::rules::Seen;
use crate::tables::clients::UriDialect;

use super::fields::{self, Issue, Role};
use super::{name, own};

/// What is wrong, the first thing that the client meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// Nobody in the CA's file signed it.
    OtherAuthority,
    Expired,
    NotYetValid,
    /// Somebody on its way signed others and may not.
    SignerUnfit,
    Weak,
    Revoked,
    Name,
    Unfit(Issue),
}

/// A certificate that the client refuses.
#[derive(Debug)]
pub(super) struct Refusal<'e> {
    pub(super) wrong: Wrong,
    pub(super) certificate: &'e Certificate,
    /// Whether it is one of the CA's file.
    pub(super) is_ours: bool,
    /// What libvirt writes to its log about it.
    pub(super) log: String,
}

const NOT_TRUSTED: &str = "Certificate failed validation: The certificate is not trusted.";

/// The first thing that libvirt has against the server's certificate.
pub(super) fn refusal<'e>(plan: &Plan, evidence: &'e Evidence) -> Option<Refusal<'e>> {
    let chain = evidence.tls.as_ref()?.certificates.server.as_slice();
    let leaf = chain.first()?;
    if !plan.tls.as_ref()?.verify {
        return None;
    }
    let host = plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let refuse = |wrong, log: String| Refusal { wrong, certificate: leaf, is_ours: false, log };
    untrusted(chain, own::authorities(evidence), &evidence.observed_at)
        .or_else(|| {
            let log = "Certificate failed validation: The certificate has been revoked.";
            let certificate = chain.iter().find(|one| one.revoked)?;
            Some(Refusal { certificate, ..refuse(Wrong::Revoked, log.to_owned()) })
        })
        .or_else(|| {
            let log = format!("Certificate [session] owner does not match the hostname {host}");
            (!name::is_for(leaf, &host)).then(|| refuse(Wrong::Name, log))
        })
        .or_else(|| {
            let issue = fields::shape_issue(leaf, Role::Server)?;
            Some(refuse(Wrong::Unfit(issue), issue.words(Role::Server, "[session]")))
        })
}

/// The way from the server's certificate up to one of the CA's file.
fn untrusted<'e>(
    chain: &'e [Certificate],
    authorities: &'e [Certificate],
    now: &str,
) -> Option<Refusal<'e>> {
    let log = |why: &str| format!("Certificate failed validation: {why}");
    let mut current = chain.first()?;
    let mut late = None;
    for _ in 0..=chain.len() {
        let refuse = |wrong, log| Refusal { wrong, certificate: current, is_ours: false, log };
        late = late.or_else(|| {
            let issue = fields::time_issue(current, now)?;
            let wrong = if issue == Issue::Expired { Wrong::Expired } else { Wrong::NotYetValid };
            Some(refuse(wrong, NOT_TRUSTED.to_owned()))
        });
        if authorities.iter().any(|one| one.fingerprint == current.fingerprint) {
            return late;
        }
        if fields::is_weak(current) {
            let why = log("The certificate uses an insecure algorithm");
            return Some(refuse(Wrong::Weak, why));
        }
        let signed = |one: &&'e Certificate| current.signed_by.contains(&one.fingerprint);
        if let Some(root) = authorities.iter().find(signed) {
            return late.or_else(|| unfit_root(root, now));
        }
        match chain.iter().skip(1).find(signed) {
            Some(next) if !may_sign(next) => {
                return Some(Refusal {
                    wrong: Wrong::SignerUnfit,
                    certificate: next,
                    is_ours: false,
                    log: NOT_TRUSTED.to_owned(),
                });
            }
            Some(next) => current = next,
            None if current.unchecked => return late,
            None => {
                let why = log("The certificate hasn't got a known issuer.");
                return Some(refuse(Wrong::OtherAuthority, why));
            }
        }
    }
    late
}

/// What GnuTLS has against the certificate of the CA's file itself.
fn unfit_root<'e>(root: &'e Certificate, now: &str) -> Option<Refusal<'e>> {
    let wrong = match fields::time_issue(root, now) {
        Some(Issue::Expired) => Wrong::Expired,
        Some(_) => Wrong::NotYetValid,
        None if !may_sign(root) => Wrong::SignerUnfit,
        None => return None,
    };
    Some(Refusal { wrong, certificate: root, is_ours: true, log: NOT_TRUSTED.to_owned() })
}

/// Whether GnuTLS takes a signature of this on another certificate.
fn may_sign(certificate: &Certificate) -> bool {
    certificate.is_ca == Some(true)
        && certificate.key_usage.as_ref().is_none_or(|usage| usage.allows("keyCertSign"))
}

/// What decides about the session and is not known here.
fn doubts(plan: &Plan, tls: &TlsPlan, evidence: &Evidence, seen: &Tls) -> Vec<String> {
    let mut doubts = own::doubts(plan, evidence);
    if let Some(priority) = &tls.priority
        && Priority::read(priority.as_ref()).is_ok_and(|priority| !priority.is_understood)
    {
        doubts.push(format!("what the priority string {priority} leaves"));
    }
    if !tls.verify {
        return doubts;
    }
    let server = &seen.certificates.server;
    if server.len() < seen.certificates.chain.len() {
        doubts.push("a certificate of the server that cannot be read".to_owned());
    }
    let authorities = own::authorities(evidence);
    let known = |one: &Certificate| {
        let all = server.iter().chain(authorities);
        fields::is_from(one, authorities)
            || all.into_iter().any(|other| one.signed_by.contains(&other.fingerprint))
    };
    if server.iter().any(|one| one.unchecked && !known(one)) {
        doubts.push("a signature of a kind that this program cannot check".to_owned());
    }
    if let Some(beyond) = server.iter().chain(authorities).find_map(|one| one.beyond_us.first()) {
        doubts.push(format!("the extension {beyond} of a certificate"));
    }
    let only_libvirt = plan.client.dialect() != UriDialect::Libvirt;
    if only_libvirt && server.first().is_some_and(|one| one.alternatives.is_none()) {
        doubts.push("a certificate without alternative names".to_owned());
    }
    doubts
}

/// Whether a server that takes nothing of ours would take nothing of the client's.
fn offered_everything(tls: &TlsPlan, seen: &Tls) -> bool {
    let Some(priority) = &tls.priority else { return false };
    Priority::read(priority.as_ref()).is_ok_and(|priority| {
        priority.is_understood
            && priority
                .versions
                .iter()
                .all(|version| seen.offered.iter().any(|own| own.replace(' ', "") == *version))
    })
}

/// Whether the session stands; nothing where only the client itself can tell.
pub(crate) fn stands(plan: &Plan, evidence: &Evidence) -> Option<bool> {
    let (tls, seen) = (plan.tls.as_ref()?, evidence.tls.as_ref()?);
    if is_priority_refused(tls) || refusal(plan, evidence).is_some() {
        return Some(false);
    }
    match &seen.outcome {
        TlsOutcome::Accepted => doubts(plan, tls, evidence, seen).is_empty().then_some(true),
        TlsOutcome::Ours(_) => None,
        TlsOutcome::Alert(alert) if is_about_algorithms(alert) => {
            offered_everything(tls, seen).then_some(false)
        }
        // GnuTLS's servers say nothing where there is nothing in common.
        TlsOutcome::Closed if closes_to_all(evidence) => {
            offered_everything(tls, seen).then_some(false)
        }
        _ => Some(false),
    }
}

/// Whether it closed to every kind of greeting of ours.
fn closes_to_all(evidence: &Evidence) -> bool {
    let way_in = evidence.network.as_ref().and_then(|network| network.way_in());
    way_in.is_some_and(|attempt| attempt.service == Some(Service::Closes))
}

/// Alerts that a client with other algorithms may not get.
fn is_about_algorithms(alert: &str) -> bool {
    ["HandshakeFailure", "ProtocolVersion", "InsufficientSecurity"].contains(&alert)
}

fn is_priority_refused(tls: &TlsPlan) -> bool {
    tls.priority.as_ref().is_some_and(|priority| Priority::read(priority.as_ref()).is_err())
}

/// GnuTLS does not take the priority string.
pub(crate) fn tls_priority_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(tls) = seen.plan.tls.as_ref() else { return };
    if seen.evidence.tls.is_none() || own::refusal(seen.plan, seen.evidence).is_some() {
        return;
    }
    let Some(priority) = &tls.priority else { return };
    let Err(why) = Priority::read(priority.as_ref()) else { return };
    let written = seen.plan.used("tls_priority").map(|planned| planned.value_span);
    let uri = seen.reading.uri;
    let place = written.or(uri.transport_span()).unwrap_or_else(|| uri.span());
    let words = format!("Failed to set TLS session priority to {priority}: {why}");
    let draft = out.at(place).fact("priority", priority.as_slice()).fact("why", why);
    draft.quote(words, Some(0.0));
    if written.is_none() {
        draft.variant("conf");
    }
}

/// The finding of a rule, where this is what the client has against the server.
fn found<'s, 'd>(
    seen: &'s Seen<'_>,
    out: &'d mut Drafts,
    is_mine: impl Fn(Wrong) -> bool,
) -> Option<(&'d mut Draft, Refusal<'s>)> {
    if own::refusal(seen.plan, seen.evidence).is_some() {
        return None;
    }
    let refusal = refusal(seen.plan, seen.evidence).filter(|refusal| is_mine(refusal.wrong))?;
    let uri = seen.reading.uri;
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let draft = out.at(uri.host_span().unwrap_or_else(|| uri.span()));
    draft
        .fact("host", host)
        .fact("log", &refusal.log)
        .fact("now", &seen.evidence.observed_at)
        .quote("authentication failed: Failed to verify peer's certificate", Some(0.0));
    fields::facts(draft, refusal.certificate);
    if refusal.is_ours {
        draft.variant("ca");
    }
    Some((draft, refusal))
}

/// The server's certificate, or one on its way to the CA, is too old.
pub(crate) fn tls_server_expired(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::Expired);
}

/// It is too young, or our clock is wrong.
pub(crate) fn tls_server_not_yet_valid(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::NotYetValid);
}

/// Nobody in the CA's file signed it.
pub(crate) fn tls_server_of_another_ca(seen: &Seen<'_>, out: &mut Drafts) {
    let files = seen.evidence.local.as_ref().map(|local| local.files.as_slice());
    let is_ca = |file: &&SeenFile| file.what == SeenFile::AUTHORITY;
    let path = files.unwrap_or_default().iter().find(is_ca).map(|file| file.path.clone());
    let authorities = own::authorities(seen.evidence);
    let names: Vec<_> = authorities.iter().map(|one| one.subject.as_str()).collect();
    let Some((draft, refusal)) = found(seen, out, |wrong| wrong == Wrong::OtherAuthority) else {
        return;
    };
    draft.fact("ca", path.unwrap_or_default()).fact("authorities", names.join(" and "));
    if authorities.iter().any(|one| one.subject == refusal.certificate.issuer) {
        draft.variant("namesake");
    }
}

/// It is for another name.
pub(crate) fn tls_wrong_name(seen: &Seen<'_>, out: &mut Drafts) {
    let Some((draft, refusal)) = found(seen, out, |wrong| wrong == Wrong::Name) else { return };
    let names = refusal.certificate.names();
    draft.fact("names", names);
}

/// It is on the revocation list.
pub(crate) fn tls_server_revoked(seen: &Seen<'_>, out: &mut Drafts) {
    let crl = seen.plan.tls.as_ref().map(|tls| tls.crl.clone()).unwrap_or_default();
    let Some((draft, refusal)) = found(seen, out, |wrong| wrong == Wrong::Revoked) else { return };
    draft.fact("crl", crl).fact("serial", &refusal.certificate.serial);
}

/// Its fields, or its signature, do not suit a server.
pub(crate) fn tls_server_unfit(seen: &Seen<'_>, out: &mut Drafts) {
    let mine = |wrong| matches!(wrong, Wrong::Unfit(_) | Wrong::Weak | Wrong::SignerUnfit);
    let Some((draft, refusal)) = found(seen, out, mine) else { return };
    match refusal.wrong {
        Wrong::Weak => {
            draft.variant("weak");
        }
        Wrong::SignerUnfit => {
            draft.variant("signer");
        }
        Wrong::Unfit(Issue::Usage(what)) => {
            draft.fact("use", what);
        }
        _ => {
            draft.variant("authority");
        }
    }
}

/// What decides is not known here.
pub(crate) fn tls_not_judged(seen: &Seen<'_>, out: &mut Drafts) {
    let (Some(plan), Some(tls)) = (seen.plan.tls.as_ref(), seen.evidence.tls.as_ref()) else {
        return;
    };
    if own::refusal(seen.plan, seen.evidence).is_some()
        || stands(seen.plan, seen.evidence).is_some()
    {
        return;
    }
    let uri = seen.reading.uri;
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let draft = out.at(uri.host_span().unwrap_or_else(|| uri.span())).fact("host", host);
    match &tls.outcome {
        TlsOutcome::Alert(alert) => {
            draft.variant("algorithms").fact("how", format!("the alert {alert}"))
        }
        TlsOutcome::Closed => draft.variant("algorithms").fact("how", "it closes"),
        TlsOutcome::Ours(why) => draft.variant("ours").fact("why", why),
        _ => draft.fact("doubts", doubts(seen.plan, plan, seen.evidence, tls).join(" and ")),
    };
}
