//! What was seen of a TLS session: the handshake, what the server showed, and
//! whether it let us in.

use serde::{Deserialize, Serialize};

/// The hop `session` over tls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Certificates {
    /// DER in base64, the server's own first, as it sent them.
    pub(crate) chain: Vec<String>,
    /// Whether the server asked for a certificate of ours.
    pub(crate) asked: bool,
    /// The names of the authorities whose certificates it takes, DER in base64.
    pub(crate) authorities: Vec<String>,
    /// Whether ours was sent.
    pub(crate) sent: bool,
    /// What a strict reader (RFC 5280) has against the server's, in its own words.
    pub(crate) objections: Vec<String>,
    /// The same against ours.
    pub(crate) own_objections: Vec<String>,
}

/// A TLS session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tls {
    pub(crate) duration_ms: f64,
    pub(crate) outcome: TlsOutcome,
    /// `TLS 1.3`
    pub(crate) version: Option<String>,
    /// `TLS13_AES_256_GCM_SHA384`
    pub(crate) cipher: Option<String>,
    pub(crate) certificates: Certificates,
}

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TlsOutcome {
    /// The server has sent the byte that lets us in.
    Accepted,
    /// The handshake ended well, and then the server did not let us in. How it said so.
    NotConfirmed(String),
    /// The server ended the handshake with this alert.
    Alert(String),
    /// It does not speak TLS.
    NotTls,
    /// Nothing came back.
    #[default]
    Silent,
    /// It closed at our first words.
    Closed,
    /// What went wrong on our own side: files, or what our TLS cannot do.
    Ours(String),
}

impl Tls {
    /// Whether the session stands; nothing where only the client itself can tell.
    /// `verify` and `sanity` are the plan's: whether the client looks at the
    /// server's certificate, and at its own.
    pub(crate) fn passed(&self, verify: bool, sanity: bool) -> Option<bool> {
        /// Alerts that a client with other algorithms may not get.
        const NOTHING_IN_COMMON: [&str; 3] =
            ["HandshakeFailure", "ProtocolVersion", "InsufficientSecurity"];
        let doubts = &self.certificates;
        match &self.outcome {
            TlsOutcome::Accepted => {
                let server = !verify || doubts.objections.is_empty();
                let own = !sanity || doubts.own_objections.is_empty();
                (server && own).then_some(true)
            }
            TlsOutcome::Ours(_) => None,
            TlsOutcome::Alert(alert) if NOTHING_IN_COMMON.contains(&alert.as_str()) => None,
            _ => Some(false),
        }
    }
}
