//! What the client has against its own files, before it turns to any host.
//!
//! Source: `virNetTLSContextSanityCheckCredentials` and `virNetTLSContextLoadCredentials`
//! in `src/rpc/virnettlscontext.c` of libvirt (`virnettlscert.c` since 11).

use crate::evidence::{Certificate, Evidence, Pem, PemFault, SeenFile};
use crate::finding::{Draft, Drafts};
use crate::plan::{Hop, Plan, TlsPlan};
use crate::rules::Seen;
use crate::tables::clients::UriDialect;

use super::fields::{self, Issue, Role};

/// How many bytes of a file the sanity checks read.
const LARGEST: u64 = 1 << 16;
/// At how many certificates of the CA's file they look.
const MOST: usize = 16;

/// What is wrong, the first thing that the client meets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    Missing,
    Unreadable,
    /// Nothing that can be used is in it.
    Broken,
    /// A certificate: what its fields say.
    Field(Issue),
    /// The client's certificate is not from the CA of its own file.
    OtherAuthority,
    /// It is signed in a way that GnuTLS takes no more.
    Weak,
    /// Certificate and key do not belong together.
    Mismatch,
}

/// A file that the client refuses.
#[derive(Debug)]
pub(super) struct Refusal<'e> {
    pub(super) wrong: Wrong,
    pub(super) file: &'e SeenFile,
    /// The certificate in it that is meant.
    pub(super) certificate: Option<&'e Certificate>,
    /// What the client prints; empty where it depends on GnuTLS's reader.
    pub(super) words: String,
}

/// The files of a connection.
struct Files<'e> {
    ca: Option<&'e SeenFile>,
    crl: Option<&'e SeenFile>,
    cert: Option<&'e SeenFile>,
    key: Option<&'e SeenFile>,
    observed_at: &'e str,
}

impl<'e> Files<'e> {
    fn of(evidence: &'e Evidence) -> Self {
        let files = evidence.local.as_ref().map(|local| local.files.as_slice());
        let named = |what: &str| files.unwrap_or_default().iter().find(|file| file.what == what);
        Self {
            ca: named(SeenFile::AUTHORITY),
            crl: named(SeenFile::REVOCATIONS),
            cert: named(SeenFile::CLIENT),
            key: named(SeenFile::KEY),
            observed_at: &evidence.observed_at,
        }
    }
}

/// The certificates in a file; empty where it could not be read.
pub(super) fn certificates(file: Option<&SeenFile>) -> &[Certificate] {
    file.and_then(|file| file.pem.as_ref())
        .map(|pem| pem.certificates.as_slice())
        .unwrap_or_default()
}

/// The certificates of the CA's file.
pub(super) fn authorities(evidence: &Evidence) -> &[Certificate] {
    certificates(Files::of(evidence).ca)
}

/// Our certificate, where it can be read.
pub(super) fn own_certificate(evidence: &Evidence) -> Option<&Certificate> {
    certificates(Files::of(evidence).cert).first()
}

/// The first thing that libvirt has against its own files.
pub(super) fn refusal<'e>(plan: &Plan, evidence: &'e Evidence) -> Option<Refusal<'e>> {
    let tls = plan.tls.as_ref().filter(|_| plan.hops().contains(&Hop::Session))?;
    let files = Files::of(evidence);
    if plan.client.dialect() != UriDialect::Libvirt {
        let ca = files.ca.filter(|ca| !ca.exists)?;
        return Some(missing(ca));
    }
    insane(tls, &files).or_else(|| unloaded(&files))
}

/// The sanity checks, which pass over what cannot be read.
fn insane<'e>(plan: &TlsPlan, files: &Files<'e>) -> Option<Refusal<'e>> {
    if !plan.sanity {
        return None;
    }
    let cert = files.cert.filter(|file| file.exists && file.readable);
    let ca = files.ca.filter(|file| file.exists && file.readable);
    let unread = |file: &'e SeenFile, words: &str| {
        let pem = file.pem.as_ref();
        let words = if file.is_folder {
            format!("Failed to read file '{}': Is a directory", file.path)
        } else if pem.is_some_and(|pem| pem.size > LARGEST) {
            format!("Failed to read file '{}': Value too large for defined data type", file.path)
        } else {
            // Of ours only the first is looked at here.
            let is_broken = |pem: &Pem| {
                pem.fault.is_some()
                    && (file.what != SeenFile::CLIENT || pem.certificates.is_empty())
            };
            pem.filter(|pem| is_broken(pem))?;
            format!("{words} {}", file.path)
        };
        Some(Refusal { wrong: Wrong::Broken, file, certificate: None, words })
    };
    if let Some(file) = cert
        && let Some(refusal) = unread(file, "Unable to import client certificate")
    {
        return Some(refusal);
    }
    if let Some(file) = ca
        && let Some(refusal) = unread(file, "Unable to import CA certificate list")
    {
        return Some(refusal);
    }
    let own = certificates(cert).first();
    let fields = |file: Option<&'e SeenFile>, one: &'e Certificate, role: Role| {
        let file = file?;
        let issue = fields::own_issue(one, role, files.observed_at)?;
        let words = issue.words(role, &file.path);
        Some(Refusal { wrong: Wrong::Field(issue), file, certificate: Some(one), words })
    };
    own.and_then(|own| fields(cert, own, Role::Client))
        .or_else(|| {
            certificates(ca).iter().take(MOST).find_map(|one| fields(ca, one, Role::Authority))
        })
        .or_else(|| pair(cert?, own?, ca?))
}

/// Whether our certificate comes from our CA.
fn pair<'e>(file: &'e SeenFile, own: &'e Certificate, ca: &SeenFile) -> Option<Refusal<'e>> {
    let authorities = certificates(Some(ca));
    if authorities.is_empty() || own.unchecked {
        return None;
    }
    let (wrong, why) = if !fields::is_from(own, authorities) {
        (Wrong::OtherAuthority, "The certificate hasn't got a known issuer.")
    } else if fields::is_weak(own) {
        (Wrong::Weak, "The certificate uses an insecure algorithm")
    } else {
        return None;
    };
    let words =
        format!("Our own certificate {} failed validation against {}: {why}", file.path, ca.path);
    Some(Refusal { wrong, file, certificate: Some(own), words })
}

/// Files that GnuTLS does not take.
fn unloaded<'e>(files: &Files<'e>) -> Option<Refusal<'e>> {
    const UNREAD: &str = "Error while reading file.";
    let refuse = |wrong, file, words: String| Refusal { wrong, file, certificate: None, words };
    if let Some(ca) = files.ca {
        if !ca.exists {
            return Some(missing(ca));
        }
        if !ca.readable || ca.is_folder {
            let words = format!("Unable to set x509 CA certificate: {}: {UNREAD}", ca.path);
            return Some(refuse(Wrong::Unreadable, ca, words));
        }
        // A file without any certificate loads well, and trusts nobody.
        let fault = ca.pem.as_ref().and_then(|pem| pem.fault);
        if let Some(fault) = fault.filter(|fault| *fault != PemFault::NoBlock) {
            let why = gnutls_words(ca, fault);
            let words = format!("Unable to set x509 CA certificate: {}: {why}", ca.path);
            return Some(refuse(Wrong::Broken, ca, words));
        }
    }
    if let Some(crl) = files.crl.filter(|crl| crl.exists) {
        let words =
            |why| format!("Unable to set x509 certificate revocation list: {}: {why}", crl.path);
        if !crl.readable || crl.is_folder {
            return Some(refuse(Wrong::Unreadable, crl, words(UNREAD)));
        }
        if let Some(fault) = crl.pem.as_ref().and_then(|pem| pem.fault) {
            return Some(refuse(Wrong::Broken, crl, words(gnutls_words(crl, fault))));
        }
    }
    let (Some(cert), Some(key)) =
        (files.cert.filter(|file| file.exists), files.key.filter(|file| file.exists))
    else {
        return None;
    };
    let words =
        |why| format!("Unable to set x509 key and certificate: {}, {}: {why}", key.path, cert.path);
    // GnuTLS reads the key first.
    for file in [key, cert] {
        if !file.readable || file.is_folder {
            return Some(refuse(Wrong::Unreadable, file, words(UNREAD)));
        }
        let fault = file.pem.as_ref().and_then(|pem| pem.fault);
        if let Some(fault) = fault.filter(|fault| *fault != PemFault::Unknown) {
            return Some(refuse(Wrong::Broken, file, words(gnutls_words(file, fault))));
        }
    }
    (key.pem.as_ref().and_then(|pem| pem.key_matches) == Some(false)).then(|| {
        let why = "The certificate and the given key do not match.";
        refuse(Wrong::Mismatch, key, words(why))
    })
}

fn missing(ca: &SeenFile) -> Refusal<'_> {
    let why = ca.error.as_deref().unwrap_or("No such file or directory");
    let words = format!("Cannot read CA certificate '{}': {why}", ca.path);
    Refusal { wrong: Wrong::Missing, file: ca, certificate: None, words }
}

/// What GnuTLS says of a file in which it does not find what it looks for.
fn gnutls_words(file: &SeenFile, fault: PemFault) -> &'static str {
    match fault {
        PemFault::NoBlock if file.what == SeenFile::KEY => "The requested data were not available.",
        PemFault::NotBase64 if file.what == SeenFile::AUTHORITY => {
            "Base64 unexpected header error."
        }
        PemFault::NoBlock | PemFault::NotBase64 | PemFault::Unknown => "Base64 decoding error.",
        PemFault::NotDer => "ASN1 parser: Error in DER parsing.",
        PemFault::Encrypted => "Decryption has failed.",
    }
}

/// What of our own files this program cannot judge.
pub(super) fn doubts(plan: &Plan, evidence: &Evidence) -> Vec<String> {
    let files = Files::of(evidence);
    let sanity = plan.tls.as_ref().is_some_and(|tls| tls.sanity);
    let mut doubts = Vec::new();
    for file in [files.ca, files.cert, files.key].into_iter().flatten() {
        if file.pem.as_ref().is_some_and(|pem| pem.fault == Some(PemFault::Unknown)) {
            doubts.push(format!("what is in {}", file.path));
        }
    }
    let own = certificates(files.cert).first();
    if sanity
        && own.is_some_and(|own| own.unchecked && !fields::is_from(own, authorities(evidence)))
    {
        doubts.push("who signed the client's certificate".to_owned());
    }
    doubts
}

/// The finding of a rule, where this is what the client meets first.
fn found<'d>(
    seen: &Seen<'_>,
    out: &'d mut Drafts,
    is_mine: impl Fn(Wrong) -> bool,
) -> Option<&'d mut Draft> {
    let refusal = refusal(seen.plan, seen.evidence).filter(|refusal| is_mine(refusal.wrong))?;
    let uri = seen.reading.uri;
    let pkipath = seen.plan.used("pkipath").map(|planned| planned.value_span);
    let span = pkipath.or(uri.transport_span()).or(uri.host_span()).unwrap_or_else(|| uri.span());
    let draft = out.at(span);
    draft.fact("path", &refusal.file.path).fact("what", &refusal.file.what);
    if !refusal.words.is_empty() {
        draft.quote(&refusal.words, Some(0.0));
    }
    if let Some(certificate) = refusal.certificate {
        fields::facts(draft, certificate);
    }
    if refusal.file.what == SeenFile::AUTHORITY {
        draft.variant("ca");
    }
    Some(draft)
}

/// Without the CA's certificate nothing works over TLS, `no_verify` or not.
pub(crate) fn ca_certificate_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(draft) = found(seen, out, |wrong| wrong == Wrong::Missing) else { return };
    draft.variant = None;
    let ca = Files::of(seen.evidence).ca;
    let why = ca.and_then(|ca| ca.error.as_deref()).unwrap_or("No such file or directory");
    if why != "No such file or directory" {
        draft.variant("hidden").fact("why", why);
    } else if seen.reading.uri.transport_span().is_none() {
        draft.variant("unasked");
    }
}

/// A file is there, and this user may not read it.
pub(crate) fn tls_file_unreadable(seen: &Seen<'_>, out: &mut Drafts) {
    let user =
        seen.reading.machine.user.clone().unwrap_or_else(|| seen.reading.machine.uid.to_string());
    if let Some(draft) = found(seen, out, |wrong| wrong == Wrong::Unreadable) {
        draft.variant = None;
        draft.fact("user", user);
    }
}

/// A file can be read, and what should be in it is not.
pub(crate) fn tls_file_broken(seen: &Seen<'_>, out: &mut Drafts) {
    let refusal = refusal(seen.plan, seen.evidence);
    let fault = refusal.and_then(|refusal| refusal.file.pem.as_ref()?.fault);
    if let Some(draft) = found(seen, out, |wrong| wrong == Wrong::Broken) {
        draft.variant = (fault == Some(PemFault::Encrypted)).then_some("encrypted");
    }
}

/// A certificate of our own is too old.
pub(crate) fn tls_certificate_expired(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::Field(Issue::Expired));
}

/// A certificate of our own is too young, or the clock is wrong.
pub(crate) fn tls_certificate_not_yet_valid(seen: &Seen<'_>, out: &mut Drafts) {
    let now = seen.evidence.observed_at.clone();
    if let Some(draft) = found(seen, out, |wrong| wrong == Wrong::Field(Issue::NotYetValid)) {
        draft.fact("now", now);
    }
}

/// What should be a CA's certificate is another.
pub(crate) fn tls_ca_is_no_ca(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::Field(Issue::NoAuthority));
}

/// What should be a client's certificate is a CA's.
pub(crate) fn tls_client_is_a_ca(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::Field(Issue::Authority));
}

/// A critical extension keeps the key from what it is for.
pub(crate) fn tls_certificate_usage(seen: &Seen<'_>, out: &mut Drafts) {
    let refusal = refusal(seen.plan, seen.evidence);
    let Some(Wrong::Field(Issue::Usage(what))) = refusal.map(|refusal| refusal.wrong) else {
        return;
    };
    if let Some(draft) = found(seen, out, |_| true) {
        draft.fact("use", what);
    }
}

/// Another CA signed our certificate.
pub(crate) fn tls_client_of_another_ca(seen: &Seen<'_>, out: &mut Drafts) {
    let ca = Files::of(seen.evidence).ca.map(|ca| ca.path.clone()).unwrap_or_default();
    let names: Vec<_> = authorities(seen.evidence).iter().map(|one| one.subject.as_str()).collect();
    if let Some(draft) = found(seen, out, |wrong| wrong == Wrong::OtherAuthority) {
        draft.fact("ca", ca).fact("authorities", names.join(" and "));
    }
}

/// Our certificate is signed with what GnuTLS takes no more.
pub(crate) fn tls_certificate_weak(seen: &Seen<'_>, out: &mut Drafts) {
    found(seen, out, |wrong| wrong == Wrong::Weak);
}

/// Our key belongs to another certificate.
pub(crate) fn tls_key_mismatch(seen: &Seen<'_>, out: &mut Drafts) {
    let cert = Files::of(seen.evidence).cert.map(|cert| cert.path.clone()).unwrap_or_default();
    if let Some(draft) = found(seen, out, |wrong| wrong == Wrong::Mismatch) {
        draft.fact("cert", cert);
    }
}
