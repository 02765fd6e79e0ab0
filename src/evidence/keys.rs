//! What was seen of key files and of known host keys: facts about keys, never a key.

use serde::{Deserialize, Serialize};

/// A private key file that ssh would try.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Identity {
    pub(crate) path: String,
    pub(crate) exists: bool,
    /// What its name, its mode and its first bytes tell.
    pub(crate) file: Option<KeyFile>,
}

impl Identity {
    /// Whether it needs a passphrase that nobody can be asked for.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.file.as_ref().is_some_and(|file| file.encrypted)
    }
}

/// A key file that is there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KeyFile {
    pub(crate) owner: String,
    /// Permission bits.
    pub(crate) mode: u32,
    /// Whether this process may read it.
    pub(crate) readable: bool,
    pub(crate) format: KeyFormat,
    /// Whether it has a passphrase.
    pub(crate) encrypted: bool,
    /// Whether the public half lies beside it.
    pub(crate) has_public: bool,
}

/// How a key is written down.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum KeyFormat {
    /// `openssh-key-v1`
    Openssh,
    /// RFC 1421, as OpenSSL wrote it: a name of the algorithm in the first line.
    Pem,
    /// RFC 5958.
    Pkcs8,
    /// PuTTY's own.
    Putty,
    /// A public key.
    Public,
    #[default]
    Unknown,
}

/// A line of a file of known host keys for the sake of which Go takes none of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Flaw {
    /// From 1.
    pub(crate) line: usize,
    /// What it has in the place of a key, for a sentence.
    pub(crate) why: String,
}

/// A line of a file of known host keys that is about the host, or has its key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct KnownKey {
    pub(crate) file: String,
    /// From 1.
    pub(crate) line: usize,
    /// The name that ssh looks for, perhaps found by its hash; else what is written there.
    pub(crate) name: String,
    /// Whether ssh finds it; else it is the host's key under another name.
    pub(crate) asked: bool,
    /// `ssh-ed25519`, ...
    pub(crate) kind: String,
    /// `SHA256:...`
    pub(crate) fingerprint: String,
    /// `@revoked` or `@cert-authority`.
    pub(crate) marker: Option<String>,
}
