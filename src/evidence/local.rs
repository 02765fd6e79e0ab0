//! What was seen on this machine: programs, ssh's configuration, the agent,
//! files, the local socket.

use serde::{Deserialize, Serialize};

use super::certificate::Pem;
use super::keys::{Flaw, Identity, KnownKey};
use super::place::{Place, UserDaemon};
use super::unit::Unit;

/// The hop `local`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Local {
    pub(crate) duration_ms: f64,
    /// The program that would be run.
    pub(crate) program: Option<Program>,
    pub(crate) ssh_config: Option<SshConfig>,
    pub(crate) agent: Option<Agent>,
    /// The private key of a library that speaks ssh itself.
    pub(crate) identity: Option<Identity>,
    /// What the files of known host keys say of the host.
    pub(crate) known_keys: Vec<KnownKey>,
    /// Why Go takes none of its file of known host keys.
    pub(crate) known_hosts_flaw: Option<Flaw>,
    /// Files that the plan names and the client needs.
    pub(crate) files: Vec<SeenFile>,
    pub(crate) socket: Option<SocketSight>,
    /// libvirt's other sockets next to it that exist. Nobody connects to them.
    pub(crate) other_sockets: Vec<SocketSight>,
    /// Where this process runs, where the socket fails.
    pub(crate) place: Option<Box<Place>>,
    /// libvirt's units, where systemd runs and the socket or the daemon fails.
    pub(crate) units: Vec<Unit>,
    /// What starting the user's own daemon needs, where the client would start it.
    pub(crate) user_daemon: Option<Box<UserDaemon>>,
}

impl Local {
    /// The private key files that ssh, or the library, would try.
    pub(crate) fn identities(&self) -> impl Iterator<Item = &Identity> {
        let configured = self.ssh_config.as_ref().map(|config| config.identities.as_slice());
        configured.unwrap_or_default().iter().chain(&self.identity)
    }
}

/// A program, looked up without running it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Program {
    pub(crate) name: String,
    /// Where it was found.
    pub(crate) path: Option<String>,
}

/// What `ssh -G` says about the host.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SshConfig {
    /// Why there is no answer.
    pub(crate) error: Option<String>,
    /// Whether ssh refuses its own arguments or configuration: it will again.
    pub(crate) refused: bool,
    pub(crate) hostname: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    /// `ProxyJump` or `ProxyCommand`, if one is set.
    pub(crate) proxy: Option<String>,
    pub(crate) identities: Vec<Identity>,
    /// The agent of `IdentityAgent`, where it is not `SSH_AUTH_SOCK`.
    pub(crate) identity_agent: Option<String>,
    pub(crate) identities_only: bool,
    pub(crate) strict_host_key_checking: String,
    /// Files of known host keys, the user's first.
    pub(crate) known_hosts: Vec<String>,
    /// The name under which the host's key is looked up, where one is set.
    pub(crate) host_key_alias: Option<String>,
    /// How often a password would be asked for.
    pub(crate) password_prompts: u32,
    pub(crate) control_path: Option<String>,
    /// Whether a connection to share listens there.
    pub(crate) control_listens: bool,
    /// The one family of addresses that ssh takes: `inet` or `inet6`.
    pub(crate) address_family: Option<String>,
    /// How long ssh waits for a connection, in seconds, where it is told.
    pub(crate) connect_timeout: Option<u32>,
    /// Lines of ssh_config that leave libvirt's command no stream to the other host.
    pub(crate) in_the_way: Vec<String>,
    /// The line of ssh_config that keeps ssh from showing a key.
    pub(crate) keys_off: Option<String>,
}

/// The ssh agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// The socket that was asked, from `IdentityAgent` or `SSH_AUTH_SOCK`.
    pub(crate) socket: Option<String>,
    pub(crate) state: AgentState,
    #[serde(default)]
    pub(crate) keys: Vec<AgentKey>,
}

/// How the agent answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AgentState {
    /// `SSH_AUTH_SOCK` is not set.
    Unset,
    /// Nothing is there.
    Missing,
    /// Something else than a socket is there.
    NotASocket,
    /// This user may not open it.
    NotPermitted,
    /// Nobody listens.
    Refused,
    /// It accepts and says nothing.
    Silent,
    /// It says that it will not tell (locked, for example).
    Failure,
    /// It lists its keys.
    Answered,
}

/// A key that the agent holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AgentKey {
    /// As in a public key file: `ssh-ed25519`.
    pub(crate) kind: String,
    /// `SHA256:...` as OpenSSH prints it.
    pub(crate) fingerprint: String,
    pub(crate) comment: String,
}

/// A file that the client needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SeenFile {
    /// What it is to the client.
    pub(crate) what: String,
    pub(crate) path: String,
    pub(crate) exists: bool,
    pub(crate) readable: bool,
    /// Whether it is a folder.
    #[serde(default)]
    pub(crate) is_folder: bool,
    /// The system's words, where it is not seen.
    #[serde(default)]
    pub(crate) error: Option<String>,
    /// What is in it, where it is one for TLS and can be read.
    #[serde(default)]
    pub(crate) pem: Option<Pem>,
}

impl SeenFile {
    /// What the certificate of the authority is called here.
    pub(crate) const AUTHORITY: &str = "CA certificate";
    /// What the host keys are called that a library knows.
    pub(crate) const KNOWN_HOSTS: &str = "known host keys";
    /// What a file of libvirt is called here that may have a password for ssh.
    pub(crate) const CREDENTIALS: &str = "credentials for ssh";
    /// What the CA's revocation list is called here.
    pub(crate) const REVOCATIONS: &str = "revocation list";
    /// What our certificate is called here.
    pub(crate) const CLIENT: &str = "client certificate";
    /// What our key is called here.
    pub(crate) const KEY: &str = "client key";
    /// What the test driver's description of its guests is called here.
    pub(crate) const TEST_GUESTS: &str = "test configuration";

    /// Whether the client gets by with what is there.
    pub(crate) fn suffices(&self) -> bool {
        match self.what.as_str() {
            Self::AUTHORITY => self.exists,
            Self::TEST_GUESTS => self.exists && self.readable && !self.is_folder,
            _ => true,
        }
    }
}

/// A UNIX socket of this machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SocketSight {
    pub(crate) path: String,
    pub(crate) kind: SocketKind,
    pub(crate) owner: String,
    pub(crate) group: String,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Each folder on the way, the outermost first.
    pub(crate) folders: Vec<Folder>,
    /// Whether this process may write to it.
    pub(crate) writable: bool,
    /// Whether its group is granted to the user, but not to this process.
    pub(crate) group_not_active: bool,
    /// Whether this process is kept out though the mode of the socket and of every folder
    /// lets it in.
    pub(crate) beside_mode: bool,
    /// What has an access list of its own: the socket or a folder.
    pub(crate) access_list: Option<String>,
    /// Whether the system lists somebody who listens, of a socket that is only looked at.
    pub(crate) listens: bool,
    pub(crate) connect: Option<UnixConnect>,
    /// Who listens.
    pub(crate) peer: Option<Peer>,
}

/// What is in the place of a socket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SocketKind {
    #[default]
    Missing,
    /// A folder on the way may not be searched, so nobody can tell.
    Hidden,
    Socket,
    File,
    Folder,
    Other,
    /// A name, no file: the path begins with `@` or is empty.
    Abstract,
    /// More bytes than the address of a socket holds.
    TooLong,
}

/// A folder on the way to a socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Folder {
    pub(crate) path: String,
    pub(crate) owner: String,
    pub(crate) group: String,
    pub(crate) mode: u32,
    /// Whether this process may pass through it.
    pub(crate) searchable: bool,
}

/// How connecting to a UNIX socket ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UnixConnect {
    Accepted,
    /// The system's words.
    Failed(String),
    /// Its queue is full: the daemon does not accept.
    TimedOut,
}

/// The process at the other end of a UNIX socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Peer {
    pub(crate) pid: i32,
    pub(crate) uid: u32,
    /// Its name, where this user may see it.
    pub(crate) process: Option<String>,
}
