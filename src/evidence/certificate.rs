//! What stands in certificates and revocation lists: fields as plain data, never a key.
//!
//! Whose signature is whose was checked by the probe, since only it has the keys: a
//! certificate is called by its fingerprint here.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// What a file of the client's holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Pem {
    /// In bytes.
    pub(crate) size: u64,
    pub(crate) fault: Option<PemFault>,
    pub(crate) certificates: Vec<Certificate>,
    pub(crate) lists: Vec<RevocationList>,
    /// Whether the key here is that of the certificate beside it.
    pub(crate) key_matches: Option<bool>,
}

/// Why nothing can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PemFault {
    /// No block between `-----BEGIN` and `-----END` of the kind that belongs here.
    NoBlock,
    /// One that does not end, or that is not base64.
    NotBase64,
    /// One whose content is not what it should be: cut off, for example.
    NotDer,
    /// A key behind a password.
    Encrypted,
    /// A key of a kind that this program cannot judge.
    Unknown,
}

/// A certificate. Source of the fields: RFC 5280, section 4.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Certificate {
    /// SHA-256 of all of it, in hexadecimal.
    pub(crate) fingerprint: String,
    /// As libvirt compares it with `tls_allowed_dn_list`: `O=Lab,CN=joe`
    pub(crate) subject: String,
    pub(crate) issuer: String,
    /// In hexadecimal.
    pub(crate) serial: String,
    /// RFC 3339, UTC.
    pub(crate) not_before: String,
    pub(crate) not_after: String,
    /// What the basic constraints say; nothing where there are none.
    pub(crate) is_ca: Option<bool>,
    pub(crate) key_usage: Option<Usage>,
    /// The extended key usage.
    pub(crate) purposes: Option<Usage>,
    pub(crate) common_names: Vec<String>,
    /// The alternative names; nothing where the extension is absent.
    pub(crate) alternatives: Option<Alternatives>,
    /// How it is signed: `sha256WithRSAEncryption`
    pub(crate) signature: String,
    /// The certificates, among the CA's file and what the server sent, whose key signed it.
    pub(crate) signed_by: Vec<String>,
    /// Whether its signature is of a kind that this program cannot check.
    pub(crate) unchecked: bool,
    /// Critical extensions that are not in RFC 5280, and limits on names.
    pub(crate) beyond_us: Vec<String>,
    /// Whether a revocation list of its issuer names it.
    pub(crate) revoked: bool,
}

/// What a key may be used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Usage {
    pub(crate) critical: bool,
    /// `digitalSignature`, `serverAuth`, or an object identifier.
    pub(crate) allows: Vec<String>,
}

/// The alternative names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Alternatives {
    pub(crate) dns: Vec<String>,
    pub(crate) addresses: Vec<IpAddr>,
    /// How many of other kinds there are.
    pub(crate) others: usize,
}

/// A revocation list. Source of the fields: RFC 5280, section 5.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RevocationList {
    pub(crate) issuer: String,
    /// RFC 3339, UTC.
    pub(crate) this_update: String,
    pub(crate) next_update: Option<String>,
    /// How many certificates are on it.
    pub(crate) entries: usize,
}

impl Usage {
    pub(crate) fn allows(&self, what: &str) -> bool {
        self.allows.iter().any(|one| one == what)
    }
}

impl Certificate {
    /// The names that it is for, for a sentence.
    pub(crate) fn names(&self) -> String {
        let all: Vec<String> = match &self.alternatives {
            Some(names) => {
                let addresses = names.addresses.iter().map(ToString::to_string);
                names.dns.iter().cloned().chain(addresses).collect()
            }
            None => self.common_names.clone(),
        };
        if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
    }
}
