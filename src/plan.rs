//! What the client would do with a URI on this machine, without doing it.
//!
//! A pure function of URI, client and machine. For libvirt it equals what the
//! real virsh does: the same refusal in the same words, else the same
//! transport, host, port, socket, ssh command line and certificate files.

mod fields;
mod go;
mod hops;
mod libssh;
mod libvirt;
mod local;
mod name;
mod parameters;
mod priority;
mod refusal;
mod socket;
mod ssh;
mod tls;

use bstr::BString;
use serde::Serialize;

pub(crate) use fields::fields;
pub(crate) use go::TERRAFORM_DRIVERS;
pub use hops::Hop;
pub(crate) use parameters::switch;
pub use parameters::{Effect, Planned};
pub(crate) use priority::Priority;
pub use refusal::{GoPart, GoRefusal, Refusal};
pub use socket::Mode;
#[cfg(feature = "probe")]
pub(crate) use ssh::HANDED_ON;
pub(crate) use ssh::is_plain_for_shell;
pub use ssh::{HostKeys, Implementation, Proxy, SshPlan};
pub use tls::TlsPlan;

use crate::settings::Machine;
use crate::tables::clients::{Client, UriDialect};
use crate::tables::drivers::{Driver, Paths};
use crate::tables::transports::Transport;
use crate::uri::Uri;

/// The path at which the test driver makes up its guests itself.
const TEST_DEFAULT: &str = "/default";

/// What a client would do with a URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// Whose plan it is.
    pub client: Client,
    /// How the client's own part ends.
    pub outcome: Outcome,
    /// Why the client refuses the URI before it touches anything.
    pub refusal: Option<Refusal>,
    /// The driver, as typed.
    pub driver: Option<BString>,
    /// How the daemon is reached; none within the client's own process.
    pub transport: Option<Transport>,
    /// The user of the URI, decoded.
    pub user: Option<BString>,
    /// The host of the URI, decoded, without brackets.
    pub host: Option<BString>,
    /// The port as written.
    pub port: Option<u32>,
    /// The host that is connected to; none for a local socket.
    pub effective_host: Option<BString>,
    /// The port that is connected to; none where ssh decides it.
    pub effective_port: Option<u32>,
    /// The path, decoded.
    pub path: BString,
    /// The URI that the daemon is asked to open.
    pub remote_name: Option<BString>,
    /// Modular or monolithic: what the client settled on for the socket.
    pub mode: Option<Mode>,
    /// How the daemon is reached on the remote host.
    pub proxy: Option<Proxy>,
    /// The UNIX socket: here with unix, on the remote host over ssh.
    pub socket: Option<BString>,
    /// Whether the connection is opened read-only.
    pub readonly: bool,
    /// Whether it is the daemon of the user, not of the system.
    pub user_session: bool,
    /// The daemon that the client would start if its socket is not there.
    pub autostart: Option<String>,
    /// Each parameter of the URI and what becomes of it.
    pub parameters: Vec<Planned>,
    /// The ssh part, for transports that use ssh.
    pub ssh: Option<SshPlan>,
    /// The TLS part, for tls.
    pub tls: Option<TlsPlan>,
}

/// How the client's own part ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It turns to a daemon.
    Daemon,
    /// The driver runs within the client.
    InProcess,
    /// The client refuses the URI.
    Rejected,
    /// The client dies of a signal.
    Crashes,
}

/// The URI to plan for.
#[derive(Debug, Clone, Copy)]
pub enum Wanted<'a> {
    /// A URI that libxml2 accepts.
    Uri(&'a Uri<'a>),
    /// One that it refuses: the plan is a refusal, the parts are what they
    /// would be without the faults.
    Unparseable(&'a Uri<'a>),
    /// No URI at all: the daemon picks a driver.
    Nothing,
}

/// What a client is asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The URI as libxml2 reads it.
    pub wanted: Wanted<'a>,
    /// What the caller gave to the client; see [`crate::settings::Source`].
    pub typed: Option<&'a [u8]>,
    /// What was looked up among the aliases.
    pub looked_up: Option<&'a [u8]>,
    /// Whether a read-only connection is asked for (`virsh -r`).
    pub readonly: bool,
}

impl Plan {
    /// The plan of `client` on `machine`.
    #[must_use]
    pub fn new(request: Request<'_>, client: Client, machine: &Machine) -> Self {
        match client.dialect() {
            UriDialect::Libvirt => libvirt::plan(request, client, machine),
            dialect => go::plan(request, client, dialect, machine),
        }
    }

    /// The text that the client prints when it refuses, without its `error: `. One
    /// that dies prints nothing.
    #[must_use]
    pub fn error(&self) -> Option<BString> {
        let refusal = self.refusal.as_ref().filter(|_| self.outcome != Outcome::Crashes);
        refusal.map(Refusal::text)
    }

    /// Whether the client gets as far as to settle where it goes.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.outcome, Outcome::Daemon | Outcome::InProcess)
    }

    /// The stages of the way, in the client's own order.
    #[must_use]
    pub fn hops(&self) -> &'static [Hop] {
        hops::hops(self)
    }

    /// The file that the test driver within the client reads its guests from.
    #[must_use]
    pub fn test_file(&self) -> Option<&BString> {
        (self.is_test() && self.path != TEST_DEFAULT).then_some(&self.path)
    }

    /// Whether the client makes up all of it: no file, no program, no network.
    #[must_use]
    pub fn needs_nothing(&self) -> bool {
        self.is_test() && self.path == TEST_DEFAULT
    }

    /// Whether it is the test driver within the client.
    fn is_test(&self) -> bool {
        let row = self.driver.as_ref().and_then(|driver| Driver::named(driver));
        self.outcome == Outcome::InProcess && row.is_some_and(|row| row.paths == Paths::TestFile)
    }

    /// The value of a parameter that has an effect.
    #[must_use]
    pub fn used(&self, name: &str) -> Option<&Planned> {
        self.parameters.iter().rev().find(|planned| {
            planned.effect == Effect::Used && planned.name.eq_ignore_ascii_case(name.as_bytes())
        })
    }
}
