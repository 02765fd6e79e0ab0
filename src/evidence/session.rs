//! What was seen of the ssh session: one run of the client's own command line.

use serde::{Deserialize, Serialize};

/// The hop `session`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Session {
    pub(crate) duration_ms: f64,
    /// What was run, the client's own arguments last.
    pub(crate) argv: Vec<String>,
    /// Whether the server let us in.
    pub(crate) established: bool,
    /// How ssh ended, where it did not get that far.
    pub(crate) failure: Option<SshFailure>,
    /// What the server calls itself.
    pub(crate) server: Option<String>,
    /// The key that the server showed.
    pub(crate) host_key: Option<SshKey>,
    /// The way in: `publickey`, `gssapi-with-mic`, ...
    pub(crate) method: Option<String>,
    /// The key that the server took.
    pub(crate) accepted: Option<SshKey>,
    /// The keys that were shown to the server.
    pub(crate) offered: Vec<SshKey>,
    /// The methods that the server would take.
    pub(crate) methods: Vec<String>,
    /// Whether the server took a key and wants something more.
    pub(crate) partial: bool,
    /// What `authorized_keys` allows the key: `command`, `pty`, ...; or `none`.
    pub(crate) key_options: Vec<String>,
    /// What the server said before its banner.
    pub(crate) greeting: String,
    /// The exit status of ssh.
    pub(crate) exit: Option<i32>,
    /// What ssh itself said, without its debug lines.
    pub(crate) said: String,
    /// What the remote side wrote to its standard error.
    pub(crate) remote_said: String,
}

/// A key, as ssh's log names it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SshKey {
    /// `ED25519`, `RSA`, ...
    pub(crate) kind: String,
    /// `SHA256:...`
    pub(crate) fingerprint: String,
    /// The file, or the comment of the agent's key.
    pub(crate) name: String,
    /// Whether it is in the agent.
    pub(crate) in_agent: bool,
}

/// How ssh failed before anything ran on the remote host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SshFailure {
    /// The program could not be started.
    NotStarted,
    NameUnknown,
    Refused,
    TimedOut,
    NoRoute,
    HostKeyUnknown,
    HostKeyChanged,
    HostKeyRevoked,
    /// The server takes none of what we have.
    PermissionDenied,
    TooManyFailures,
    /// No common algorithm.
    NoCommonAlgorithm,
    /// The server closed before the login.
    ClosedEarly,
    /// The server lets us in and opens no session.
    NoSession,
    /// The server lets us in and closes the whole connection.
    ClosedAfterLogin,
    /// ssh's own configuration or arguments.
    BadConfiguration,
    /// Our deadline; ssh was ended.
    DeadlineReached,
    Other,
}
