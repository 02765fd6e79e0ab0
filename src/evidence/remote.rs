//! What a second ssh session saw on the remote host, where the first one failed there.

use serde::{Deserialize, Serialize};

use super::unit::Unit;

/// The hop `remote`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Remote {
    pub(crate) duration_ms: f64,
    /// Why nothing could be gathered.
    pub(crate) error: Option<String>,
    /// Whether nothing came back in time.
    pub(crate) timed_out: bool,
    /// Whether the login came about and runs nothing of ours.
    pub(crate) runs_nothing: bool,
    /// What came on standard output before our own first line.
    pub(crate) noise: String,
    /// What came on standard output behind our own last line.
    pub(crate) noise_after: String,
    /// What came on standard error.
    pub(crate) said: String,
    pub(crate) user: String,
    pub(crate) groups: Vec<String>,
    pub(crate) shell: String,
    pub(crate) path: String,
    /// `PRETTY_NAME` of os-release.
    pub(crate) system: String,
    /// `ID` and `ID_LIKE` of os-release.
    pub(crate) system_ids: String,
    /// Whether the program `which` is there: libvirt finds the helper with it.
    pub(crate) which: bool,
    /// Where virt-ssh-helper is.
    pub(crate) helper: Option<String>,
    /// What the helper calls its version.
    pub(crate) helper_version: String,
    pub(crate) netcat: Option<Netcat>,
    pub(crate) sockets: Vec<RemoteSocket>,
    /// libvirt's units, where systemd runs.
    pub(crate) units: Vec<Unit>,
}

/// The `nc` of the remote host, or the program that `netcat` names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Netcat {
    pub(crate) path: String,
    /// What the path leads to in the end.
    pub(crate) resolved: String,
    pub(crate) kind: NetcatKind,
    /// Whether its help knows `-U`.
    pub(crate) knows_unix: bool,
}

/// The families of netcat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum NetcatKind {
    Openbsd,
    Traditional,
    Ncat,
    Busybox,
    #[default]
    Unknown,
}

impl NetcatKind {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Openbsd => "netcat-openbsd",
            Self::Traditional => "netcat-traditional",
            Self::Ncat => "ncat",
            Self::Busybox => "busybox",
            Self::Unknown => "an unknown netcat",
        }
    }
}

/// A libvirt socket of the remote host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct RemoteSocket {
    pub(crate) path: String,
    /// Whether the plan connects to it.
    pub(crate) on_the_way: bool,
    pub(crate) exists: bool,
    pub(crate) is_socket: bool,
    /// Whether the login may write to it.
    pub(crate) writable: bool,
    /// Whether somebody listens, where the system tells.
    pub(crate) listening: Option<bool>,
    /// `ls -ld`'s first, third and fourth word.
    pub(crate) mode: String,
    pub(crate) owner: String,
    pub(crate) group: String,
}
