//! What was seen of the host's name: what the client gets, and why.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The hop `name`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct NameSight {
    pub(crate) duration_ms: f64,
    /// The name that is looked up.
    pub(crate) host: String,
    /// Whether ssh's configuration put it in the place of the URI's.
    pub(crate) from_ssh_config: bool,
    pub(crate) resolution: Resolution,
    /// Where the user's ssh_config gives this name to a host, though ssh is not asked.
    pub(crate) ssh_name: Option<SshName>,
    /// What DNS itself says, where it was asked.
    pub(crate) dns: Option<Dns>,
}

/// A `Host` of ssh_config with a `HostName`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SshName {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// The host that it stands for.
    pub(crate) hostname: String,
}

/// What `getaddrinfo` with `AI_ADDRCONFIG` gives: it decides.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Resolution {
    /// No answer within the deadline.
    #[default]
    TimedOut,
    /// In the order in which they will be tried.
    Addresses(Vec<IpAddr>),
    /// The system's error.
    Failed {
        /// The number of the `EAI_` code.
        code: i32,
        /// Its name, such as `EAI_NONAME`.
        name: String,
        /// The text that clients print.
        text: String,
    },
}

impl Resolution {
    pub(crate) fn addresses(&self) -> &[IpAddr] {
        match self {
            Self::Addresses(addresses) => addresses,
            Self::TimedOut | Self::Failed { .. } => &[],
        }
    }
}

/// What each configured server says, asked one by one.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Dns {
    /// Why nobody was asked.
    pub(crate) error: Option<String>,
    /// The search list.
    pub(crate) search: Vec<String>,
    pub(crate) servers: Vec<DnsServer>,
}

/// One server's answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DnsServer {
    pub(crate) address: IpAddr,
    pub(crate) answers: Vec<DnsAnswer>,
}

/// One question and its answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct DnsAnswer {
    /// The full name that was asked for.
    pub(crate) name: String,
    /// `A` or `AAAA`.
    pub(crate) kind: String,
    pub(crate) status: DnsStatus,
    #[serde(default)]
    pub(crate) addresses: Vec<IpAddr>,
    pub(crate) ms: f64,
}

/// How a server answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DnsStatus {
    /// With addresses.
    Found,
    /// The name exists, records of this kind do not.
    NoRecords,
    /// NXDOMAIN: the name does not exist.
    NoSuchName,
    /// SERVFAIL: the server could not find out.
    ServerFailure,
    /// REFUSED: the server does not answer us.
    Refused,
    /// No answer.
    Silent,
    /// The question could not be sent.
    Unreachable,
    /// Something else.
    Other,
}
