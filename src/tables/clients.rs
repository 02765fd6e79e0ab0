//! The clients whose reading of a URI counts, and what changed between their
//! versions.
//!
//! Source: libvirt's release notes, and its sources 7.0.0, 9.0.0 and 11.3.0.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::transports::Transport;

/// A release, as far as behaviour depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
}

impl Version {
    /// `major.minor`.
    #[must_use]
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A kind of client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// virsh, virt-manager and every binding of the C library.
    Libvirt,
    /// Programs that use digitalocean/go-libvirt's `ConnectToURI`.
    GoLibvirt,
    /// The Terraform provider dmacvicar/libvirt.
    Terraform,
}

impl Family {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Libvirt, Self::GoLibvirt, Self::Terraform];

    /// The word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Libvirt => "libvirt",
            Self::GoLibvirt => "go-libvirt",
            Self::Terraform => "terraform",
        }
    }

    /// The newest release whose behaviour is known here; none where there are no releases.
    #[must_use]
    pub const fn newest(self) -> Option<Version> {
        match self {
            Self::Libvirt => Some(Version::new(11, 3)),
            Self::GoLibvirt => None,
            Self::Terraform => Some(Version::new(0, 9)),
        }
    }
}

/// Whose reading of the URI counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client {
    /// Its kind.
    pub family: Family,
    /// Its release; none where there are none, or where nobody says which.
    pub version: Option<Version>,
}

impl Client {
    /// The newest libvirt known here.
    pub const LIBVIRT: Self = Self::newest(Family::Libvirt);
    /// The Terraform provider, whatever its release.
    pub const TERRAFORM: Self = Self { family: Family::Terraform, version: None };
    /// The Terraform provider before it was written anew.
    pub const TERRAFORM_08: Self =
        Self { family: Family::Terraform, version: Some(Version::new(0, 8)) };
    /// Those that read a URI differently, each in the newest release that does so.
    pub const ALL: [Self; 4] = [
        Self::LIBVIRT,
        Self::newest(Family::GoLibvirt),
        Self::TERRAFORM_08,
        Self::newest(Family::Terraform),
    ];

    /// The newest of a kind.
    #[must_use]
    pub const fn newest(family: Family) -> Self {
        Self { family, version: family.newest() }
    }

    /// libvirt of this release.
    #[must_use]
    pub const fn libvirt(version: Version) -> Self {
        Self { family: Family::Libvirt, version: Some(version) }
    }

    /// How it reads URIs.
    #[must_use]
    pub const fn dialect(self) -> UriDialect {
        match (self.family, self.version) {
            (Family::Libvirt, _) => UriDialect::Libvirt,
            (Family::GoLibvirt, _) => UriDialect::GoLibvirt,
            (Family::Terraform, Some(Version { major: 0, minor: ..=8 })) => UriDialect::Terraform08,
            (Family::Terraform, _) => UriDialect::Terraform09,
        }
    }

    /// Whether the behaviour that came with `since` is there.
    #[must_use]
    pub(crate) fn has(self, since: Since) -> bool {
        self.version >= Some(since.version())
    }
}

/// The ways in which clients read URIs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UriDialect {
    /// libxml2 and libvirt's remote driver.
    Libvirt,
    /// Go's net/url and go-libvirt's own dialers.
    GoLibvirt,
    /// The same with the provider's dialers: transports unix, tcp, tls and ssh.
    Terraform08,
    /// With go-libvirt's dialers and `sshcmd`; a host without a transport is ssh.
    Terraform09,
}

impl UriDialect {
    /// The transports that the client has.
    #[must_use]
    pub const fn transports(self) -> &'static [Transport] {
        use Transport::{Libssh, Libssh2, Ssh, Sshcmd, Tcp, Tls, Unix};
        match self {
            Self::Libvirt => &Transport::ALL,
            Self::GoLibvirt => &[Tls, Unix, Ssh, Libssh2, Tcp, Libssh],
            Self::Terraform08 => &[Tls, Unix, Ssh, Tcp],
            Self::Terraform09 => &[Tls, Ssh, Sshcmd, Tcp],
        }
    }

    /// The transport of this word. Case does not matter: libvirt ignores it there, and
    /// Go's net/url writes every scheme in lower case.
    #[must_use]
    pub fn transport(self, word: &[u8]) -> Option<Transport> {
        let named = |known: &Transport| known.name().as_bytes().eq_ignore_ascii_case(word);
        self.transports().iter().copied().find(named)
    }

    /// How a person calls it.
    #[must_use]
    pub const fn phrase(self) -> &'static str {
        match self {
            Self::Libvirt => "libvirt",
            Self::GoLibvirt => "go-libvirt",
            Self::Terraform08 => "the Terraform provider 0.8",
            Self::Terraform09 => "the Terraform provider 0.9",
        }
    }
}

/// What a release of libvirt brought, where a plan depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Since {
    /// The parameter `mode` and libvirt.conf's `remote_mode`.
    Mode,
    /// virt-ssh-helper, the parameter `proxy` and libvirt.conf's `remote_proxy`.
    Proxy,
    /// `mode` and `socket` reach virt-ssh-helper.
    HelperKeepsSocket,
    /// `root` of `/embed` is found whatever its case.
    RootIgnoresCase,
    /// The long text when there is no URI and no daemon socket.
    LongNoUriText,
    /// libssh2's text about a missing key file no longer names the user.
    ShortNoKeyText,
}

impl Since {
    const fn version(self) -> Version {
        match self {
            Self::Mode => Version::new(5, 7),
            Self::Proxy => Version::new(6, 8),
            Self::HelperKeepsSocket => Version::new(9, 1),
            Self::RootIgnoresCase | Self::LongNoUriText | Self::ShortNoKeyText => {
                Version::new(11, 0)
            }
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Some(version) => write!(f, "{}@{version}", self.family.name()),
            None => f.write_str(self.family.name()),
        }
    }
}

/// Why a word names no client.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ClientError {
    /// The word before `@` is not in the table.
    #[error(
        "there is no client {0:?}; known: libvirt, libvirt@VERSION, go-libvirt, terraform@0.8, terraform@0.9"
    )]
    Unknown(String),
    /// The client has no releases.
    #[error("{0} has no releases: write it without a version")]
    Unversioned(&'static str),
    /// The word after `@` is no release.
    #[error("{0:?} is no version: write it like 11.3")]
    Version(String),
}

impl FromStr for Client {
    type Err = ClientError;

    fn from_str(word: &str) -> Result<Self, ClientError> {
        let (name, version) =
            word.split_once('@').map_or((word, None), |(name, version)| (name, Some(version)));
        let family = match name {
            "libvirt" | "virsh" => Family::Libvirt,
            "go-libvirt" => Family::GoLibvirt,
            "terraform" => Family::Terraform,
            other => return Err(ClientError::Unknown(other.to_owned())),
        };
        let version = match version {
            None => family.newest(),
            Some(_) if family.newest().is_none() => {
                return Err(ClientError::Unversioned(family.name()));
            }
            Some(text) => Some(release(text).ok_or_else(|| ClientError::Version(text.to_owned()))?),
        };
        Ok(Self { family, version })
    }
}

/// `11`, `11.3` or `11.3.0`.
fn release(text: &str) -> Option<Version> {
    let mut numbers = text.split('.').map(|number| number.parse::<u16>().ok());
    let major = numbers.next()??;
    let minor = numbers.next().unwrap_or(Some(0))?;
    numbers.all(|rest| rest.is_some()).then_some(Version { major, minor })
}

/// What the distribution that built a libvirt decided at compile time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Build {
    /// Upstream's own defaults with everything compiled in.
    Upstream,
    /// Debian, Ubuntu and what is made from them.
    Debian,
    /// Fedora.
    Fedora,
    /// RHEL 9 and its rebuilds.
    Rhel,
}

impl Build {
    /// Schemes whose client-side driver was left out; asking for them is an
    /// error of its own.
    #[must_use]
    pub const fn without(self) -> &'static [&'static str] {
        match self {
            Self::Upstream => &[],
            Self::Debian => &["hyperv", "parallels"],
            Self::Fedora => &["parallels"],
            Self::Rhel => &["vpx", "esx", "gsx", "hyperv", "parallels"],
        }
    }

    /// Whether `mode=auto` means the modular daemon where no socket exists.
    #[must_use]
    pub const fn direct_by_default(self) -> bool {
        !matches!(self, Self::Debian)
    }

    /// The build of a distribution, by `ID` and `ID_LIKE` of its os-release.
    #[must_use]
    pub fn of_distribution(ids: &str) -> Self {
        ids.split_whitespace()
            .find_map(|id| match id {
                "debian" | "ubuntu" => Some(Self::Debian),
                "fedora" => Some(Self::Fedora),
                "rhel" | "centos" | "almalinux" | "rocky" => Some(Self::Rhel),
                _ => None,
            })
            .unwrap_or(Self::Upstream)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_read_back() {
        for word in ["libvirt@11.3", "libvirt@9.0", "go-libvirt", "terraform@0.8", "terraform@0.9"]
        {
            assert_eq!(word.parse::<Client>().unwrap().to_string(), word);
        }
        assert_eq!("libvirt".parse(), Ok(Client::LIBVIRT));
        assert_eq!("libvirt@9".parse(), Ok(Client::libvirt(Version::new(9, 0))));
        assert_eq!("libvirt@9.0.0".parse(), Ok(Client::libvirt(Version::new(9, 0))));
        for word in
            ["", "xen", "libvirt@", "libvirt@x", "libvirt@9.x", "libvirt@9.0.x", "go-libvirt@1.0"]
        {
            assert!(word.parse::<Client>().is_err(), "{word}");
        }
    }

    #[test]
    fn the_newest_release_has_everything() {
        assert!(Client::LIBVIRT.has(Since::LongNoUriText));
        assert!(!Client::libvirt(Version::new(9, 0)).has(Since::HelperKeepsSocket));
    }
}
