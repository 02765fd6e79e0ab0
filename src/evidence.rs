//! What was seen at each hop: plain data, written by probes, read by rules.
//!
//! It can be saved and read back, so every verdict can be replayed elsewhere.
//! Times are milliseconds. Text from outside is as it was seen, bounded, with
//! bytes that are no UTF-8 replaced; secrets are taken out when it is shown or
//! saved.

mod auth_conf;
mod certificate;
mod keys;
mod local;
mod name;
mod network;
mod place;
mod remote;
mod rpc;
mod saved;
mod session;
mod tls;
mod unit;

use serde::{Deserialize, Serialize};

pub(crate) use auth_conf::AuthState;
pub(crate) use certificate::{Certificate, Pem, PemFault, Usage};
pub(crate) use keys::{Identity, KeyFormat, KnownKey};
pub(crate) use local::{
    Agent, AgentState, Folder, Local, Program, SeenFile, SocketKind, SocketSight, UnixConnect,
};
pub(crate) use name::{DnsStatus, NameSight, Resolution};
pub(crate) use network::{Attempt, Network, PortState, Service};
pub(crate) use place::{Place, PlaceKind, UserDaemon};
pub(crate) use remote::{NetcatKind, Remote, RemoteSocket};
pub(crate) use rpc::{Daemon, Login, Opened, Opening, Polkit, Reply, RpcError, RpcOutcome, Way};
pub(crate) use saved::Tried;
pub(crate) use session::{Session, SshFailure, SshKey};
pub(crate) use tls::{Tls, TlsOutcome};
pub(crate) use unit::Unit;

#[cfg(any(test, feature = "probe"))]
pub(crate) use certificate::Alternatives;

// What only a check writes.
#[cfg(feature = "probe")]
pub(crate) use {
    auth_conf::AuthConf,
    certificate::RevocationList,
    keys::{Flaw, KeyFile},
    local::{AgentKey, Peer, SshConfig},
    name::{Dns, DnsAnswer, DnsServer, SshName},
    network::KernelPatience,
    place::SocketMount,
    remote::Netcat,
    rpc::{AuthType, Permission, first_text},
    saved::{Saved, SavedTarget},
    tls::Certificates,
};

use crate::plan::Hop;

/// The version of this shape. It grows when a field changes its meaning.
pub(crate) const VERSION: u32 = 1;

/// Everything that was seen about one connection.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Evidence {
    pub(crate) version: u32,
    /// RFC 3339, UTC.
    pub(crate) observed_at: String,
    pub(crate) local: Option<Local>,
    pub(crate) name: Option<NameSight>,
    pub(crate) network: Option<Network>,
    pub(crate) session: Option<Session>,
    pub(crate) tls: Option<Tls>,
    pub(crate) remote: Option<Remote>,
    pub(crate) daemon: Option<Daemon>,
    pub(crate) driver: Option<Opening>,
    /// Hops that were not looked at, and why.
    pub(crate) skipped: Vec<Skipped>,
    /// The hop at which the time of the whole run was up.
    pub(crate) unfinished: Option<Hop>,
}

impl Default for Evidence {
    fn default() -> Self {
        Self {
            version: VERSION,
            observed_at: String::new(),
            local: None,
            name: None,
            network: None,
            session: None,
            tls: None,
            remote: None,
            daemon: None,
            driver: None,
            skipped: Vec::new(),
            unfinished: None,
        }
    }
}

/// A hop that was left out on purpose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Skipped {
    pub(crate) hop: Hop,
    pub(crate) why: SkipReason,
}

/// Why a hop was left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "reason")]
pub(crate) enum SkipReason {
    /// The URI names something to run that nobody vouched for.
    NotAllowed { parameter: String },
    /// This program does not speak that protocol.
    NotSpoken,
    /// ssh cannot be told what the library would do: `ssh-config`, `names` or `known-hosts`.
    LibraryDiffers { what: String },
    /// The driver runs within the client.
    InProcess,
    /// The client would start the daemon; a diagnosis starts nothing.
    WouldStart,
    /// ssh does not connect to the host itself.
    Proxied,
    /// ssh refuses its arguments, and looks up nothing.
    RefusedBySsh,
    /// The server would do more than open the name.
    GoesOnward,
    /// A shell looked from another host, which speaks no protocol.
    OnlyShell,
    /// There is no folder to keep ssh's log in while it runs.
    NoFolder,
}

impl Evidence {
    /// Whether the account on the other host runs nothing in time, not even ours.
    pub(crate) fn is_remote_silent(&self) -> bool {
        self.remote.as_ref().is_some_and(|remote| remote.timed_out)
    }

    pub(crate) fn is_skipped(&self, hop: Hop) -> Option<&SkipReason> {
        self.skipped.iter().find(|skipped| skipped.hop == hop).map(|skipped| &skipped.why)
    }
}
