//! What was seen of ports: every address, the plan's port and the three of the field.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::rpc::{AuthType, first_text};

/// The hop `network`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Network {
    pub(crate) duration_ms: f64,
    /// The port that the plan connects to.
    pub(crate) port: u16,
    /// All that was tried, the plan's port first, addresses in the client's order.
    pub(crate) attempts: Vec<Attempt>,
}

/// One address and port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) state: PortState,
    /// The system's words, where it said no.
    #[serde(default)]
    pub(crate) error: Option<String>,
    pub(crate) ms: f64,
    /// Whether this machine's own network was asked for the address, and nobody has it.
    #[serde(default)]
    pub(crate) nobody: bool,
    /// What answers there.
    #[serde(default)]
    pub(crate) service: Option<Service>,
}

/// How a port answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PortState {
    Open,
    /// The host says that nobody listens, or a firewall says so for it.
    Refused,
    /// No way there: no route, or a router that says so.
    NoRoute,
    /// Nothing came back in time.
    NoAnswer,
    /// The connection could not be tried.
    Error,
}

/// What speaks on an open port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Service {
    /// The banner, such as `SSH-2.0-OpenSSH_9.2p1`.
    Ssh(String),
    Tls,
    /// libvirt's RPC, and the authentication that it asks for.
    Libvirt(Vec<AuthType>),
    /// It accepts and says nothing.
    Silent,
    /// It closes at our first words.
    Closes,
    /// The first bytes that it sent.
    Other(String),
}

impl Service {
    /// For a sentence "what answers there is …".
    pub(crate) fn phrase(&self) -> String {
        match self {
            Self::Ssh(banner) => format!("an ssh server ({banner})"),
            Self::Tls => "a TLS server".to_owned(),
            Self::Libvirt(_) => "libvirt without TLS".to_owned(),
            Self::Silent => "something that accepts and says nothing".to_owned(),
            Self::Closes => "something that closes the connection".to_owned(),
            Self::Other(text) => format!("something that says {:?}", first_text(text.as_bytes())),
        }
    }
}

impl Network {
    /// The attempts on the plan's own port.
    pub(crate) fn on_the_way(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.port == self.port)
    }

    /// The first address, in the client's order, whose port is open.
    pub(crate) fn way_in(&self) -> Option<&Attempt> {
        self.on_the_way().find(|attempt| attempt.state == PortState::Open)
    }
}
