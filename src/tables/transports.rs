//! The transports of libvirt's remote driver.
//!
//! Source: `src/remote/remote_sockets.c` (names and their order) and
//! `src/remote/remote_driver.c` (ports) of libvirt 9.0.0 and 11.3.0.

use std::fmt;

/// How the client reaches the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Transport {
    /// TCP with GnuTLS and certificates; the default when the URI has a host.
    Tls,
    /// A local UNIX socket; the default when the URI has no host.
    Unix,
    /// The external program `ssh`.
    Ssh,
    /// The library libssh2 within libvirt.
    Libssh2,
    /// Any program that the URI's `command` names.
    Ext,
    /// Plain TCP, not encrypted.
    Tcp,
    /// The library libssh within libvirt.
    Libssh,
    /// The external program `ssh`, run by the Terraform provider; not libvirt's.
    Sshcmd,
}

/// What is fixed about a transport.
#[derive(Debug)]
pub struct TransportFacts {
    /// The word after `+`, in lower case.
    pub name: &'static str,
    /// The port that libvirt connects to when the URI has none. Where `ssh`
    /// decides itself this is its own default, 22.
    pub default_port: Option<u16>,
    /// Whether what crosses the network cannot be read there.
    pub encrypted: bool,
    /// What it is, for a sentence "qemu over …".
    pub phrase: &'static str,
}

impl Transport {
    /// libvirt's own, in the order of its enumeration.
    pub const ALL: [Self; 7] =
        [Self::Tls, Self::Unix, Self::Ssh, Self::Libssh2, Self::Ext, Self::Tcp, Self::Libssh];

    /// The row of the table.
    #[must_use]
    pub const fn facts(self) -> &'static TransportFacts {
        match self {
            Self::Tls => &TransportFacts {
                name: "tls",
                default_port: Some(16514),
                encrypted: true,
                phrase: "TLS",
            },
            Self::Unix => &TransportFacts {
                name: "unix",
                default_port: None,
                encrypted: true,
                phrase: "a local UNIX socket",
            },
            Self::Ssh => &TransportFacts {
                name: "ssh",
                default_port: Some(22),
                encrypted: true,
                phrase: "ssh",
            },
            Self::Libssh2 => &TransportFacts {
                name: "libssh2",
                default_port: Some(22),
                encrypted: true,
                phrase: "ssh by libssh2",
            },
            Self::Ext => &TransportFacts {
                name: "ext",
                default_port: None,
                encrypted: false,
                phrase: "an external program",
            },
            Self::Tcp => &TransportFacts {
                name: "tcp",
                default_port: Some(16509),
                encrypted: false,
                phrase: "plain TCP",
            },
            Self::Libssh => &TransportFacts {
                name: "libssh",
                default_port: Some(22),
                encrypted: true,
                phrase: "ssh by libssh",
            },
            Self::Sshcmd => &TransportFacts {
                name: "sshcmd",
                default_port: Some(22),
                encrypted: true,
                phrase: "the program ssh",
            },
        }
    }

    /// The word in the URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// As libvirt looks it up: ASCII case does not matter.
    #[must_use]
    pub fn named(word: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.name().as_bytes().eq_ignore_ascii_case(word))
    }

    /// Whether it runs commands on the host through some kind of ssh.
    #[must_use]
    pub const fn is_ssh_like(self) -> bool {
        matches!(self, Self::Ssh | Self::Libssh | Self::Libssh2 | Self::Sshcmd)
    }

    /// Whether it is meant to reach another machine.
    #[must_use]
    pub const fn is_remote(self) -> bool {
        !matches!(self, Self::Unix | Self::Ext)
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of transports: which ones use a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransportSet(u8);

impl TransportSet {
    /// Every transport of libvirt.
    pub const EVERY: Self = Self(0x7f);

    /// The set of those listed.
    #[must_use]
    pub const fn of(listed: &[Transport]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < listed.len() {
            bits |= 1 << listed[at] as u8;
            at += 1;
        }
        Self(bits)
    }

    /// Whether `transport` is one of them.
    #[must_use]
    pub const fn has(self, transport: Transport) -> bool {
        self.0 & (1 << transport as u8) != 0
    }

    /// Those in it, in libvirt's order.
    pub fn iter(self) -> impl Iterator<Item = Transport> {
        let known = Transport::ALL.into_iter().chain([Transport::Sshcmd]);
        known.filter(move |transport| self.has(*transport))
    }
}

/// A service that listens on a well-known port of a libvirt host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Service {
    pub(crate) port: u16,
    pub(crate) name: &'static str,
    /// The transports that belong on this port.
    pub(crate) transports: TransportSet,
}

/// The three ports of the field.
pub(crate) const SERVICES: [Service; 3] = [
    Service {
        port: 22,
        name: "ssh",
        transports: TransportSet::of(&[
            Transport::Ssh,
            Transport::Libssh,
            Transport::Libssh2,
            Transport::Sshcmd,
        ]),
    },
    Service {
        port: 16509,
        name: "libvirt (plain TCP)",
        transports: TransportSet::of(&[Transport::Tcp]),
    },
    Service { port: 16514, name: "libvirt (TLS)", transports: TransportSet::of(&[Transport::Tls]) },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        for (number, transport) in Transport::ALL.into_iter().enumerate() {
            assert_eq!(transport as usize, number, "ALL is in the order of the enumeration");
            assert_eq!(
                Transport::named(transport.name().to_uppercase().as_bytes()),
                Some(transport)
            );
            assert!(TransportSet::EVERY.has(transport));
        }
        assert_eq!(Transport::named(b""), None);
        assert_eq!(Transport::named(b"ssh2"), None);
    }

    #[test]
    fn services_agree_with_default_ports() {
        for service in SERVICES {
            for transport in service.transports.iter() {
                assert_eq!(transport.facts().default_port, Some(service.port));
            }
        }
    }
}
