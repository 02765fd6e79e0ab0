//! The client's own file of names and passwords: which items it has, never what they say.

use serde::{Deserialize, Serialize};

use super::rpc::Login;

/// The file that the client takes for this connection.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct AuthConf {
    pub(crate) path: String,
    pub(crate) state: AuthState,
}

/// What it has for the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AuthState {
    /// It cannot be read. The system's words.
    Unreadable(String),
    /// This line, from 1, is no line of a key file.
    Broken { line: usize },
    /// Nothing for this host, and no default.
    #[default]
    NothingForHost,
    /// The host's group does not name its credentials.
    NoCredentials { group: String },
    /// It names credentials that are not there.
    MissingGroup { group: String, credentials: String },
    /// The credentials for it, with these items.
    Found { group: String, credentials: String, items: Vec<String> },
}

impl AuthConf {
    /// What a login by name and password asks for and the file does not have; nothing
    /// where it has nothing at all.
    pub(crate) fn missing_item(&self) -> Option<&'static str> {
        let AuthState::Found { items, .. } = &self.state else { return None };
        ["authname", "password"].into_iter().find(|wanted| !items.iter().any(|item| item == wanted))
    }

    /// What the client does with it where SASL is asked for.
    pub(super) fn login(&self) -> Login {
        let found = matches!(self.state, AuthState::Found { .. });
        match self.refusal() {
            Some(words) => Login::BadFile(words),
            None if found && self.missing_item().is_none() => Login::ByFile,
            None => Login::Sasl,
        }
    }

    /// What the client prints where the file itself makes it give up.
    ///
    /// Source: `virAuthConfigLookup` in `src/util/virauthconfig.c`; what GLib says of a file
    /// that it cannot load is lost on the way.
    fn refusal(&self) -> Option<String> {
        let path = &self.path;
        match &self.state {
            AuthState::Unreadable(_) | AuthState::Broken { .. } => {
                Some("An error occurred, but the cause is unknown".to_owned())
            }
            AuthState::NoCredentials { group } => Some(format!(
                "configuration file syntax error: Missing item 'credentials' in group '{group}' in '{path}'"
            )),
            AuthState::MissingGroup { group, credentials } => Some(format!(
                "configuration file syntax error: Missing group 'credentials-{credentials}' referenced from group '{group}' in '{path}'"
            )),
            AuthState::NothingForHost | AuthState::Found { .. } => None,
        }
    }
}
