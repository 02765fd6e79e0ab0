//! What kind of place this process runs in, where that may be why a local socket fails.

use serde::{Deserialize, Serialize};

/// Where this process runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    pub(crate) kind: PlaceKind,
    /// What the place calls itself: `podman`, `docker`, an application of flatpak.
    pub(crate) name: String,
    /// Whether systemd runs this place.
    pub(crate) systemd: bool,
    /// Whether users and groups have other numbers outside.
    pub(crate) user_namespace: bool,
    /// `ID` and `ID_LIKE` of os-release.
    pub(crate) system_ids: String,
    /// Whether SELinux is enforcing; absent where there is none.
    pub(crate) selinux: Option<bool>,
    /// What the kernel's security module calls this process.
    pub(crate) label: String,
    /// The socket, or a folder on the way to it, where that is mounted by itself.
    pub(crate) mount: Option<SocketMount>,
}

/// Kinds of places that differ from a machine of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PlaceKind {
    #[default]
    Machine,
    Flatpak,
    Snap,
    Container,
    /// Linux within Windows.
    Wsl,
}

/// A mount on the way to the socket.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SocketMount {
    pub(crate) path: String,
    /// Whether it is the socket itself, not a folder.
    pub(crate) is_socket: bool,
    /// Whether what was mounted has been removed where it came from.
    pub(crate) is_gone: bool,
}

/// What the client needs where it starts the user's own daemon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct UserDaemon {
    /// The program that the client would start.
    pub(crate) program: String,
    /// Whether it is there and may be run.
    pub(crate) runs: bool,
    /// The folder that the client makes for the socket.
    pub(crate) folder: String,
    /// Whether that is there already.
    pub(crate) exists: bool,
    /// Why it cannot be made, or not be written to, in the system's words.
    pub(crate) error: Option<String>,
    /// Whose the nearest folder is that exists.
    pub(crate) owner: String,
}

impl UserDaemon {
    /// Whether the client gets as far as to start it.
    pub(crate) fn is_startable(&self) -> bool {
        self.runs && self.error.is_none()
    }
}
