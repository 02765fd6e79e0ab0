//! What libvirt asks of the fields of a certificate.
//!
//! Source: `virNetTLSContextCheckCertTimes`, `...BasicConstraints`, `...KeyUsage` and
//! `...KeyPurpose` in `src/rpc/virnettlscontext.c` of libvirt.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::evidence::{Certificate, Usage};
use crate::finding::Draft;

/// What a certificate is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Authority,
    Client,
    Server,
}

/// What is wrong with a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Issue {
    Expired,
    NotYetValid,
    /// It should be a CA's and is not.
    NoAuthority,
    /// It is a CA's and should not be.
    Authority,
    /// A critical extension does not allow this.
    Usage(&'static str),
}

impl Issue {
    /// The client's words about it, with the name that it gives to the certificate.
    pub(super) fn words(self, role: Role, name: &str) -> String {
        let kind = if role == Role::Authority { "CA" } else { "client" };
        match self {
            Self::Expired => format!("The {kind} certificate {name} has expired"),
            Self::NotYetValid => format!("The {kind} certificate {name} is not yet active"),
            Self::NoAuthority => {
                format!("The certificate {name} basic constraints do not show a CA")
            }
            Self::Authority => {
                let wanted = if role == Role::Server { "server" } else { "client" };
                format!(
                    "The certificate {name} basic constraints show a CA, but we need one for a {wanted}"
                )
            }
            Self::Usage(what @ ("TLS client" | "TLS server")) => {
                format!("Certificate {name} purpose does not allow use for with a {what}")
            }
            Self::Usage(what) => format!("Certificate {name} usage does not permit {what}"),
        }
    }
}

/// Whether it is too early or too late; nothing where the time is not known.
pub(super) fn time_issue(certificate: &Certificate, now: &str) -> Option<Issue> {
    let read = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    let now = read(now)?;
    if read(&certificate.not_after)? < now {
        Some(Issue::Expired)
    } else if read(&certificate.not_before)? > now {
        Some(Issue::NotYetValid)
    } else {
        None
    }
}

/// The first thing that the client has against a certificate of its own.
pub(super) fn own_issue(certificate: &Certificate, role: Role, now: &str) -> Option<Issue> {
    time_issue(certificate, now).or_else(|| shape_issue(certificate, role))
}

/// What it has against its extensions.
pub(super) fn shape_issue(certificate: &Certificate, role: Role) -> Option<Issue> {
    match (role, certificate.is_ca) {
        (Role::Authority, None | Some(false)) => return Some(Issue::NoAuthority),
        (Role::Client | Role::Server, Some(true)) => return Some(Issue::Authority),
        _ => {}
    }
    let needed: &[(&str, &'static str)] = match role {
        Role::Authority => &[("keyCertSign", "certificate signing")],
        Role::Client | Role::Server => {
            &[("digitalSignature", "digital signature"), ("keyEncipherment", "key encipherment")]
        }
    };
    let usage = certificate.key_usage.as_ref().filter(|usage| usage.critical);
    if let Some((_, words)) =
        usage.and_then(|usage| needed.iter().find(|(name, _)| !usage.allows(name)))
    {
        return Some(Issue::Usage(words));
    }
    let (purpose, words) = match role {
        Role::Authority => return None,
        Role::Client => ("clientAuth", "TLS client"),
        Role::Server => ("serverAuth", "TLS server"),
    };
    let purposes = certificate.purposes.as_ref().filter(|usage| usage.critical)?;
    (!allows_purpose(purposes, purpose)).then_some(Issue::Usage(words))
}

/// Any purpose that is no TLS purpose opens both to libvirt, and "any" opens none.
fn allows_purpose(purposes: &Usage, wanted: &str) -> bool {
    let others = ["serverAuth", "clientAuth", "any"];
    purposes.allows(wanted) || purposes.allows.iter().any(|one| !others.contains(&one.as_str()))
}

/// Whether one of these signed it, or it is one of them.
pub(super) fn is_from(certificate: &Certificate, authorities: &[Certificate]) -> bool {
    authorities.iter().any(|one| {
        certificate.fingerprint == one.fingerprint
            || certificate.signed_by.contains(&one.fingerprint)
    })
}

/// Signed with what GnuTLS calls insecure.
pub(super) fn is_weak(certificate: &Certificate) -> bool {
    let name = certificate.signature.to_ascii_lowercase();
    ["sha1", "md5", "md2"].iter().any(|weak| name.contains(weak))
}

/// What a message may say of a certificate.
pub(super) fn facts(draft: &mut Draft, certificate: &Certificate) {
    let day = |text: &str| text.split('T').next().unwrap_or_default().to_owned();
    draft
        .fact("subject", &certificate.subject)
        .fact("issuer", &certificate.issuer)
        .fact("from", day(&certificate.not_before))
        .fact("until", day(&certificate.not_after))
        .fact("signature", &certificate.signature);
}
