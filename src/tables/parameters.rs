//! The extra parameters of a URI: who reads them, what they take.
//!
//! Source: libvirt 9.0.0 and 11.3.0, `src/remote/remote_driver.c` (extraction),
//! `src/esx/esx_util.c`, `src/hyperv/hyperv_util.c`, `src/libvirt.c` (`root`).

use super::clients::UriDialect;
use super::go_parameters::{GO_LIBVIRT, TERRAFORM_08, TERRAFORM_09};
use super::transports::{Transport, TransportSet};

/// What a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    /// A decimal `int`; nonzero is on. `yes`, `true` and the bare name fail.
    Switch,
    /// `0` or `1` and nothing else; anything else crashes the client.
    StrictSwitch,
    /// One of these words, in this case.
    OneOf(&'static [&'static str]),
    /// One of these words, whatever its case.
    OneOfIgnoringCase(&'static [&'static str]),
    /// These words, joined with commas and no blanks, whatever their case.
    ListOf(&'static [&'static str]),
    /// A program of this machine: a name in PATH or a path. One word.
    Program,
    /// A program of the remote host. One word; libvirt quotes it.
    RemoteProgram,
    /// A socket: of this machine with unix, of the remote host over ssh.
    Socket,
    /// A file of this machine.
    File,
    /// A file of this machine; `~` and `$VARIABLE` stand for what they do in a shell.
    ExpandedFile,
    /// Any value, `0` and none included: that the name is there counts.
    Presence,
    /// A folder of this machine.
    Folder,
    /// A URI for the server, or nothing.
    Uri,
    /// `sasl`, `sasl.MECHANISM` or `polkit`.
    Authentication,
    /// A GnuTLS priority string.
    Priority,
    /// `[type://]host[:port]`.
    HttpProxy,
    /// A host name, or `*`.
    Host,
}

/// The parameters of the remote driver, as places in [`REMOTE`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Key {
    Name,
    Command,
    Socket,
    Auth,
    Sshauth,
    Netcat,
    Keyfile,
    Pkipath,
    KnownHosts,
    KnownHostsVerify,
    TlsPriority,
    Mode,
    Proxy,
    NoSanity,
    NoVerify,
    NoTty,
    Authfile,
}

/// What is fixed about a parameter.
#[derive(Debug)]
pub(crate) struct Parameter {
    /// The name, in libvirt's own spelling.
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// The transports on which it has an effect.
    pub(crate) used_by: TransportSet,
    /// Whether a wrong value fails on every transport, used or not.
    pub(crate) checked_everywhere: bool,
    /// What it does, for a sentence.
    pub(crate) what: &'static str,
}

pub(super) const fn row(
    name: &'static str,
    value: Value,
    used_by: &[Transport],
    checked_everywhere: bool,
    what: &'static str,
) -> Parameter {
    Parameter { name, value, used_by: TransportSet::of(used_by), checked_everywhere, what }
}

use Transport::{Ext, Libssh, Libssh2, Ssh, Tls, Unix};

/// Those that libvirt's remote driver takes out of the URI, on every transport,
/// in the order of [`Key`]. What is not in this table is forwarded to the server.
pub(crate) const REMOTE: &[Parameter] = &[
    Parameter {
        used_by: TransportSet::EVERY,
        ..row("name", Value::Uri, &[], false, "the URI that the server opens")
    },
    row("command", Value::Program, &[Ssh, Ext], false, "the program to run instead of ssh"),
    row("socket", Value::Socket, &[Unix, Ssh, Libssh, Libssh2], false, "the daemon's UNIX socket"),
    Parameter {
        used_by: TransportSet::EVERY,
        ..row("auth", Value::Authentication, &[], false, "the authentication type")
    },
    row(
        "sshauth",
        Value::ListOf(&["agent", "privkey", "password", "keyboard-interactive"]),
        &[Libssh, Libssh2],
        false,
        "the ssh login methods, in order",
    ),
    row(
        "netcat",
        Value::RemoteProgram,
        &[Ssh, Libssh, Libssh2],
        false,
        "the nc program on the remote host",
    ),
    row("keyfile", Value::File, &[Ssh, Libssh, Libssh2], false, "the private key"),
    row("pkipath", Value::Folder, &[Tls], false, "the folder of the certificates"),
    row("known_hosts", Value::File, &[Libssh, Libssh2], false, "the file of known host keys"),
    row(
        "known_hosts_verify",
        Value::OneOfIgnoringCase(&["normal", "auto", "ignore"]),
        &[Libssh, Libssh2],
        false,
        "what to do with an unknown host key",
    ),
    row("tls_priority", Value::Priority, &[Tls], false, "the TLS versions and ciphers"),
    row(
        "mode",
        Value::OneOf(&["auto", "direct", "legacy"]),
        &[Unix, Ssh, Libssh, Libssh2],
        true,
        "modular or monolithic daemon",
    ),
    row(
        "proxy",
        Value::OneOf(&["auto", "netcat", "native"]),
        &[Ssh, Libssh, Libssh2],
        true,
        "how the remote daemon is reached",
    ),
    row("no_sanity", Value::Switch, &[Tls], true, "no sanity check of the local certificates"),
    row("no_verify", Value::Switch, &[Tls, Ssh], true, "no check of the server's identity"),
    row("no_tty", Value::Switch, &[Ssh], true, "no questions at the terminal"),
    Parameter {
        used_by: TransportSet::EVERY,
        ..row("authfile", Value::File, &[], false, "the file of credentials")
    },
];

/// Those of the client-side esx, gsx and vpx drivers. Others are ignored with a
/// warning in the log.
pub(crate) const ESX: &[Parameter] = &[
    row("transport", Value::OneOf(&["http", "https"]), &[], true, "http or https"),
    row("vcenter", Value::Host, &[], false, "the vCenter of the host"),
    row("no_verify", Value::StrictSwitch, &[], true, "no check of the server's certificate"),
    row(
        "auto_answer",
        Value::StrictSwitch,
        &[],
        true,
        "answers the host's questions with the default",
    ),
    row("proxy", Value::HttpProxy, &[], true, "the HTTP or SOCKS proxy"),
    // Read by the credential helper, although the driver warns about it.
    row("authfile", Value::File, &[], false, "the file of credentials"),
];

/// Those of the client-side hyperv driver.
pub(crate) const HYPERV: &[Parameter] = &[
    row("transport", Value::OneOf(&["http", "https"]), &[], true, "http or https"),
    row("authfile", Value::File, &[], false, "the file of credentials"),
];

/// Which driver reads the parameters of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reader {
    /// The remote driver, and those local ones that read none.
    Remote,
    /// esx, gsx and vpx.
    Esx,
    Hyperv,
    /// A client written in Go.
    Go(UriDialect),
}

impl Reader {
    /// The parameters that it knows.
    pub(crate) const fn table(self) -> &'static [Parameter] {
        match self {
            Self::Remote => REMOTE,
            Self::Esx => ESX,
            Self::Hyperv => HYPERV,
            Self::Go(UriDialect::Terraform08) => TERRAFORM_08,
            Self::Go(UriDialect::Terraform09) => TERRAFORM_09,
            Self::Go(_) => GO_LIBVIRT,
        }
    }

    /// The row of this name.
    pub(crate) fn named(self, name: &[u8]) -> Option<&'static Parameter> {
        match self {
            Self::Go(_) => self.table().iter().find(|row| row.name.as_bytes() == name),
            _ => named(self.table(), name),
        }
    }
}

/// The row of this name, ASCII case ignored as libvirt does.
pub(crate) fn named(table: &'static [Parameter], name: &[u8]) -> Option<&'static Parameter> {
    table.iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_lower_case() {
        for table in [REMOTE, ESX, HYPERV, GO_LIBVIRT, TERRAFORM_08, TERRAFORM_09] {
            for (at, row) in table.iter().enumerate() {
                assert!(
                    row.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{}",
                    row.name
                );
                assert!(table[..at].iter().all(|other| other.name != row.name), "{}", row.name);
            }
        }
    }

    #[test]
    fn keys_are_places_in_the_table() {
        assert_eq!(REMOTE.len(), Key::Authfile as usize + 1);
        for (key, name) in [
            (Key::Name, "name"),
            (Key::KnownHostsVerify, "known_hosts_verify"),
            (Key::NoTty, "no_tty"),
        ] {
            assert_eq!(REMOTE[key as usize].name, name);
        }
    }

    #[test]
    fn every_remote_parameter_has_a_transport() {
        for row in REMOTE {
            assert!(row.used_by.iter().next().is_some(), "{}", row.name);
        }
    }
}
