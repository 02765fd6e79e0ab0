//! The stages of the way, in the client's own order.

use serde::{Deserialize, Serialize};

use super::{Outcome, Plan};
use crate::tables::transports::Transport;

/// One stage of the way from a URI to a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hop {
    /// The text itself, and what the client makes of it.
    Uri,
    /// Settings, programs, keys, certificates, the local socket.
    Local,
    /// From the host's name to its addresses.
    Name,
    /// From the address to an open port.
    Network,
    /// ssh or TLS.
    Session,
    /// The helper or nc on the remote host, and the socket there.
    Remote,
    /// libvirt's own protocol and its authentication.
    Daemon,
    /// The driver that opens the name.
    Driver,
}

impl Hop {
    /// All of them, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::Uri,
        Self::Local,
        Self::Name,
        Self::Network,
        Self::Session,
        Self::Remote,
        Self::Daemon,
        Self::Driver,
    ];

    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Uri => "uri",
            Self::Local => "local",
            Self::Name => "name",
            Self::Network => "network",
            Self::Session => "session",
            Self::Remote => "remote",
            Self::Daemon => "daemon",
            Self::Driver => "driver",
        }
    }
}

pub(super) fn hops(plan: &Plan) -> &'static [Hop] {
    use Hop::{Daemon, Driver, Local, Name, Network, Remote, Session, Uri};
    match (plan.outcome, plan.transport) {
        (Outcome::Rejected | Outcome::Crashes, _) => &[Uri],
        (Outcome::InProcess, _) if plan.effective_host.is_some() => {
            &[Uri, Name, Network, Session, Driver]
        }
        (Outcome::InProcess, _) => &[Uri, Local, Driver],
        (Outcome::Daemon, None | Some(Transport::Unix | Transport::Ext)) => {
            &[Uri, Local, Daemon, Driver]
        }
        (Outcome::Daemon, Some(Transport::Tcp)) => &[Uri, Name, Network, Daemon, Driver],
        (Outcome::Daemon, Some(Transport::Tls)) => {
            &[Uri, Local, Name, Network, Session, Daemon, Driver]
        }
        (
            Outcome::Daemon,
            Some(Transport::Ssh | Transport::Libssh | Transport::Libssh2 | Transport::Sshcmd),
        ) => &[Uri, Local, Name, Network, Session, Remote, Daemon, Driver],
    }
}
