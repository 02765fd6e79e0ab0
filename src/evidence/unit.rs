//! systemd's units, as `systemctl show` tells them: of this machine or of the remote one.

use serde::{Deserialize, Serialize};

/// A unit of systemd.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Unit {
    pub(crate) name: String,
    /// `loaded`, `not-found`, `masked`, ...
    pub(crate) load: String,
    /// `active`, `inactive`, `failed`, ...
    pub(crate) active: String,
    /// `enabled`, `disabled`, ...; empty where it is not there.
    pub(crate) enabled: String,
    /// How it ended: `success`, `exit-code`, `start-limit-hit`, ...
    pub(crate) result: String,
}

impl Unit {
    /// Whether its file is there, masked or not.
    pub(crate) fn is_installed(&self) -> bool {
        !matches!(self.load.as_str(), "" | "not-found")
    }

    pub(crate) fn is_active(&self) -> bool {
        self.active == "active"
    }
}
