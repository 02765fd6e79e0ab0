//! What was seen of a TLS session: the handshake, what the server showed, and
//! whether it let us in.

use serde::{Deserialize, Serialize};

use super::certificate::Certificate;

/// The hop `session` over tls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Certificates {
    /// DER in base64, the server's own first, as it sent them.
    pub(crate) chain: Vec<String>,
    /// The fields of the same, where they can be read.
    pub(crate) server: Vec<Certificate>,
    /// Whether the server asked for a certificate of ours.
    pub(crate) asked: bool,
    /// The names of the authorities whose certificates it takes, DER in base64.
    pub(crate) authorities: Vec<String>,
    /// Whether ours was sent.
    pub(crate) sent: bool,
}

/// A TLS session.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Tls {
    pub(crate) duration_ms: f64,
    pub(crate) outcome: TlsOutcome,
    /// The versions that we offered.
    pub(crate) offered: Vec<String>,
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
    /// It closed, and had not read all of them.
    Reset,
    /// What went wrong on our own side: files, or what our TLS cannot do.
    Ours(String),
}
