//! The ssh command line, to the letter, and the script that it runs there.
//!
//! Source: `virNetSocketNewConnectSSH` in `src/rpc/virnetsocket.c` and
//! `virNetClientSSHHelperCommand` in `src/rpc/virnetclient.c` of libvirt 9.0.0
//! and 11.3.0.

use std::borrow::Cow;

use bstr::{BString, ByteSlice, ByteVec};
use serde::Serialize;

use crate::settings::{DEFAULT_KEYS, Machine};

/// The ssh part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SshPlan {
    /// Who speaks ssh.
    pub implementation: Implementation,
    /// The program, where one is run.
    pub program: Option<BString>,
    /// Its arguments, without the program itself.
    pub argv: Option<Vec<BString>>,
    /// What runs on the remote host; none where the ssh server connects to the socket.
    pub remote_command: Option<BString>,
    /// The login name, where libvirt decides it.
    pub user: Option<BString>,
    /// The private key file, where libvirt decides it.
    pub identity: Option<BString>,
    /// The file of known host keys, where libvirt decides it.
    pub known_hosts: Option<BString>,
    /// Login methods in order, where libvirt decides them.
    pub methods: Option<BString>,
    /// Whether nobody can be asked anything.
    pub batch: bool,
    /// Whether the URI has a password that is sent where the server takes one.
    pub password: bool,
    /// Which host keys are taken, where libvirt or Go decide it.
    pub host_keys: HostKeys,
}

/// Which keys of a host a library takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostKeys {
    /// Those that its file has.
    Known,
    /// These, and the key of a host that the file does not have.
    New,
    /// Any.
    Any,
}

impl SshPlan {
    /// Whether it would use this way of login.
    #[must_use]
    pub fn has_method(&self, wanted: &str) -> bool {
        self.place_of(wanted).is_some()
    }

    /// Whether a key of the agent is offered even where the key file is of no use.
    #[must_use]
    pub fn asks_agent_first(&self) -> bool {
        // Go offers all keys that it has in one try; the others end at a bad file.
        let first = self.place_of("agent") < self.place_of("privkey");
        self.has_method("agent")
            && (self.implementation == Implementation::Go || first || !self.has_method("privkey"))
    }

    fn place_of(&self, wanted: &str) -> Option<usize> {
        let methods = self.methods.as_ref()?;
        methods.split_str(",").position(|word| word.eq_ignore_ascii_case(wanted.as_bytes()))
    }
}

/// Who speaks ssh.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Implementation {
    /// The program `ssh`, or the one that `command` names.
    Openssh,
    /// libssh within libvirt.
    Libssh,
    /// libssh2 within libvirt.
    Libssh2,
    /// Go's own ssh, which reads no ssh_config and has the server connect to the socket.
    Go,
}

/// How the daemon is reached on the remote host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proxy {
    /// virt-ssh-helper if it is there, else netcat.
    Auto,
    /// netcat.
    Netcat,
    /// virt-ssh-helper.
    Native,
}

impl Proxy {
    /// The word in the URI; case matters.
    pub(super) fn named(word: &[u8]) -> Option<Self> {
        match word {
            b"auto" => Some(Self::Auto),
            b"netcat" => Some(Self::Netcat),
            b"native" => Some(Self::Native),
            _ => None,
        }
    }

    /// The word in the URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Netcat => "netcat",
            Self::Native => "native",
        }
    }
}

/// What goes into the remote command.
pub(super) struct Script<'a> {
    pub(super) proxy: Proxy,
    pub(super) netcat: Option<&'a [u8]>,
    pub(super) socket: &'a [u8],
    /// The URI for virt-ssh-helper.
    pub(super) name: &'a [u8],
    pub(super) readonly: bool,
}

impl Script<'_> {
    /// The one argument that ssh gets as remote command. `sh` and the login
    /// shell both read it, hence the double quoting; the socket is not quoted
    /// at all, in any version.
    pub(super) fn command(&self) -> BString {
        let mut command = Vec::with_capacity(288 + self.socket.len() + self.name.len());
        match self.effective_proxy() {
            Proxy::Auto => {
                command.push_str(
                    "sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then     ",
                );
                self.helper(&mut command);
                command.push_str("; else    ");
                self.nc(&mut command);
                command.push_str("; fi'");
            }
            Proxy::Netcat => {
                command.push_str("sh -c '");
                self.nc(&mut command);
                command.push_str("'");
            }
            Proxy::Native => {
                command.push_str("sh -c '");
                self.helper(&mut command);
                command.push_str("'");
            }
        }
        BString::from(command)
    }

    fn nc(&self, command: &mut Vec<u8>) {
        let netcat = twice_quoted(self.netcat.unwrap_or(b"nc"));
        command.push_str("if '");
        command.push_str(&netcat);
        command.push_str("' -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0;else ARG=;fi;'");
        command.push_str(&netcat);
        command.push_str("' $ARG -U ");
        command.push_str(self.socket);
    }

    fn helper(&self, command: &mut Vec<u8>) {
        command.push_str(if self.readonly { "virt-ssh-helper -r '" } else { "virt-ssh-helper '" });
        command.push_str(twice_quoted(self.name));
        command.push_str("'");
    }

    /// A `netcat` in the URI means that netcat is wanted.
    pub(super) fn effective_proxy(&self) -> Proxy {
        if self.proxy == Proxy::Auto && self.netcat.is_some() { Proxy::Netcat } else { self.proxy }
    }
}

/// The arguments of `ssh`, in libvirt's order.
pub(super) struct Arguments<'a> {
    pub(super) port: Option<u32>,
    pub(super) user: Option<&'a [u8]>,
    pub(super) keyfile: Option<&'a [u8]>,
    pub(super) batch: bool,
    pub(super) no_verify: bool,
    pub(super) host: &'a [u8],
    pub(super) command: &'a [u8],
}

impl Arguments<'_> {
    pub(super) fn argv(&self) -> Vec<BString> {
        let mut argv: Vec<BString> = Vec::with_capacity(14);
        let text = BString::from;
        if let Some(port) = self.port {
            argv.extend([text("-p"), BString::from(port.to_string())]);
        }
        if let Some(user) = self.user {
            argv.extend([text("-l"), text_of(user)]);
        }
        if let Some(keyfile) = self.keyfile {
            argv.extend([text("-i"), text_of(keyfile)]);
        }
        argv.extend([text("-T"), text("-e"), text("none")]);
        if self.batch {
            argv.extend([text("-o"), text("BatchMode=yes")]);
        }
        if self.no_verify {
            argv.extend([text("-o"), text("StrictHostKeyChecking=no")]);
        }
        argv.extend([text("--"), text_of(self.host), text_of(self.command)]);
        argv
    }
}

fn text_of(bytes: &[u8]) -> BString {
    BString::from(bytes)
}

/// Quoted for a shell, and the result quoted again.
fn twice_quoted(text: &[u8]) -> Cow<'_, [u8]> {
    match quoted(text) {
        Cow::Borrowed(plain) => Cow::Borrowed(plain),
        Cow::Owned(once) => Cow::Owned(quoted(&once).into_owned()),
    }
}

/// `virBufferEscapeShell`: single quotes only where a character asks for them.
fn quoted(text: &[u8]) -> Cow<'_, [u8]> {
    if text.is_empty() {
        return Cow::Owned(b"''".to_vec());
    }
    if !text.iter().any(|byte| SPECIAL[usize::from(*byte)]) {
        return Cow::Borrowed(text);
    }
    let mut quoted = Vec::with_capacity(text.len() + 8);
    quoted.push(b'\'');
    for &byte in text {
        if byte == b'\'' {
            quoted.extend_from_slice(b"'\\'");
        }
        quoted.push(byte);
    }
    quoted.push(b'\'');
    Cow::Owned(quoted)
}

/// For each byte whether `virBufferEscapeShell` quotes for its sake.
const SPECIAL: [bool; 256] = {
    let listed = b"\r\t\n !\"#$&'()*;<>?[\\]^`{|}~";
    let mut special = [false; 256];
    let mut at = 0;
    while at < listed.len() {
        special[listed[at] as usize] = true;
        at += 1;
    }
    special
};

/// The first default key that exists; for the ssh libraries only.
pub(super) fn default_key(machine: &Machine) -> Option<BString> {
    let mut path = format!("{}/.ssh/", machine.home);
    let folder = path.len();
    let exists = |key: &&str| {
        path.truncate(folder);
        path.push_str(key);
        machine.has(&path)
    };
    DEFAULT_KEYS.iter().copied().find(exists).map(|_| BString::from(path))
}

/// Variables of the environment that libvirt hands on to ssh; all others are
/// lost. `LC_ALL` is set to `C`. `GPG_TTY` and `TERM` come with them where a
/// terminal may be asked.
pub(crate) const HANDED_ON: &[&str] = &[
    "DISPLAY",
    "HOME",
    "KRB5CCNAME",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "LOGNAME",
    "OPENSSL_CONF",
    "PATH",
    "SSH_ASKPASS",
    "SSH_ASKPASS_REQUIRE",
    "SSH_AUTH_SOCK",
    "TMPDIR",
    "USER",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
];

/// Bytes that are nothing but text to any shell.
pub(crate) fn is_plain_for_shell(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'@' | b'/' | b'.' | b'_' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_is_libvirts() {
        for (text, once, twice) in [
            ("nc", "nc", "nc"),
            ("", "''", r"''\'''\'''"),
            ("a b", "'a b'", r"''\''a b'\'''"),
            ("it's", r"'it'\''s'", r"''\''it'\''\'\'''\''s'\'''"),
        ] {
            assert_eq!(quoted(text.as_bytes()).as_ref(), once.as_bytes(), "{text}");
            assert_eq!(twice_quoted(text.as_bytes()).as_ref(), twice.as_bytes(), "{text}");
        }
    }
}
