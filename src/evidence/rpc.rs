//! What answered to libvirt's AUTH_LIST, over the plan's own way.

use serde::{Deserialize, Serialize};

/// The hop `daemon`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Daemon {
    pub(crate) duration_ms: f64,
    pub(crate) way: Way,
    pub(crate) outcome: RpcOutcome,
}

/// The way on which the daemon was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Way {
    #[default]
    Unix,
    Tcp,
    Ssh,
}

/// What came back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RpcOutcome {
    /// libvirt, and what it wants before it opens anything.
    Answered(Vec<AuthType>),
    /// libvirt, with an error.
    Error(String),
    /// Nothing, and the connection stays open.
    #[default]
    Silent,
    /// The connection was closed.
    Closed,
    /// The connection was reset: the other side had not read what we sent.
    Reset,
    /// Something else spoke. Its first bytes.
    NotLibvirt(String),
}

/// What the daemon wants before it opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AuthType {
    None,
    Sasl,
    Polkit,
    Unknown(i32),
}

impl AuthType {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Sasl => "sasl",
            Self::Polkit => "polkit",
            Self::Unknown(_) => "unknown",
        }
    }
}

impl Daemon {
    pub(crate) fn answered(&self) -> Option<&[AuthType]> {
        match &self.outcome {
            RpcOutcome::Answered(types) => Some(types),
            _ => None,
        }
    }
}

/// The first line of what somebody said, at most 80 characters of it.
pub(crate) fn first_text(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    text.lines().next().unwrap_or_default().chars().take(80).collect()
}
