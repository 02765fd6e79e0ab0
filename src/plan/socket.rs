//! Which UNIX socket the client chooses.
//!
//! Source: `remoteGetUNIXSocket` and `remoteGetURIDaemonInfo` in
//! `src/remote/remote_sockets.c` of libvirt 9.0.0 and 11.3.0.

use bstr::BString;
use serde::Serialize;

use super::Refusal;
use crate::settings::{Machine, SYSTEM_SOCKETS};
use crate::tables::clients::{Client, Since};
use crate::tables::transports::Transport;
use crate::uri::Uri;

/// Modular daemons, a socket each, or the monolithic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The client decides by what it finds.
    Auto,
    /// The modular daemon of the driver, such as virtqemud.
    Direct,
    /// libvirtd, or virtproxyd in its place.
    Legacy,
}

impl Mode {
    /// The word in the URI; case matters.
    pub(super) fn named(word: &[u8]) -> Option<Self> {
        match word {
            b"auto" => Some(Self::Auto),
            b"direct" => Some(Self::Direct),
            b"legacy" => Some(Self::Legacy),
            _ => None,
        }
    }

    /// The word in the URI.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Direct => "direct",
            Self::Legacy => "legacy",
        }
    }
}

/// What a socket choice depends on besides the machine.
pub(super) struct Question<'a> {
    pub(super) transport: Transport,
    /// As far as the URI or libvirt.conf says.
    pub(super) mode: Mode,
    /// None without a URI.
    pub(super) driver: Option<&'a [u8]>,
    pub(super) user_session: bool,
    pub(super) readonly: bool,
}

/// The chosen socket.
pub(super) struct Choice {
    pub(super) path: BString,
    pub(super) mode: Mode,
    /// The daemon that listens there.
    pub(super) daemon: String,
}

/// Whether the daemon of the user is meant: never for root, else for the path
/// `/session`, for the test driver behind a transport, and without a URI.
pub(super) fn is_user_session(uri: Option<&Uri<'_>>, machine: &Machine) -> bool {
    machine.uid != 0
        && uri.is_none_or(|uri| {
            uri.path().as_ref() == b"/session"
                || uri.scheme().is_some_and(|scheme| scheme.starts_with(b"test+"))
        })
}

/// Whether the client starts that daemon if nobody listens.
pub(super) fn autostarts(uri: Option<&Uri<'_>>, transport: Transport, machine: &Machine) -> bool {
    is_user_session(uri, machine)
        && transport == Transport::Unix
        && uri.is_none_or(|uri| uri.host().is_none())
        && machine.variable("LIBVIRT_AUTOSTART") != Some("0")
}

pub(super) fn choose(
    question: &Question<'_>,
    client: Client,
    machine: &Machine,
) -> Result<Choice, Refusal> {
    // Only here is the choice open, or the answer anything but libvirtd's socket.
    let is_direct_possible = question.mode != Mode::Legacy && question.transport == Transport::Unix;
    let guessed = if is_direct_possible { guess_driver(question, machine) } else { None };
    let driver = question.driver.or(guessed.as_deref().map(str::as_bytes));
    let direct =
        driver.filter(|_| is_direct_possible).map(|driver| [b"virt", driver, b"d"].concat());
    let direct_path = direct.as_ref().map(|daemon| path(daemon, question, machine));
    let legacy_path = path(b"libvirt", question, machine);
    let exists = |path: &BString| std::str::from_utf8(path).is_ok_and(|path| machine.has(path));
    let mode = match (question.mode, question.transport) {
        (Mode::Auto, Transport::Unix) if direct_path.as_ref().is_some_and(exists) => Mode::Direct,
        (Mode::Auto, Transport::Unix) if exists(&legacy_path) => Mode::Legacy,
        (Mode::Auto, Transport::Unix) if machine.build.direct_by_default() => Mode::Direct,
        (Mode::Auto, _) => Mode::Legacy,
        (chosen, _) => chosen,
    };
    if mode == Mode::Legacy {
        return Ok(Choice { path: legacy_path, mode, daemon: "libvirtd".to_owned() });
    }
    if question.transport != Transport::Unix {
        return Err(Refusal::DirectMode(question.transport));
    }
    match (direct, direct_path) {
        (Some(daemon), Some(path)) => {
            Ok(Choice { path, mode, daemon: String::from_utf8_lossy(&daemon).into_owned() })
        }
        _ => Err(Refusal::DirectWithoutUri { long: client.has(Since::LongNoUriText) }),
    }
}

fn path(prefix: &[u8], question: &Question<'_>, machine: &Machine) -> BString {
    let mut path = Vec::with_capacity(64);
    if question.user_session {
        path.extend_from_slice(machine.user_sockets().as_bytes());
    } else {
        path.extend_from_slice(SYSTEM_SOCKETS.as_bytes());
    }
    path.push(b'/');
    path.extend_from_slice(prefix);
    path.extend_from_slice(if question.readonly && !question.user_session {
        b"-sock-ro"
    } else {
        b"-sock"
    });
    BString::from(path)
}

/// Without a URI, a client built for modular daemons looks which socket is
/// there, in the order in which libvirtd would probe its drivers.
fn guess_driver(question: &Question<'_>, machine: &Machine) -> Option<String> {
    if question.driver.is_some()
        || question.mode == Mode::Legacy
        || !machine.build.direct_by_default()
    {
        return None;
    }
    let drivers: &[&str] = if machine.uid == 0 {
        &["xen", "qemu", "lxc", "vbox", "bhyve", "vz"]
    } else {
        &["qemu", "vbox"]
    };
    drivers
        .iter()
        .find(|driver| {
            let prefix = format!("virt{driver}d");
            let path = path(prefix.as_bytes(), question, machine);
            std::str::from_utf8(&path).is_ok_and(|path| machine.has(path))
        })
        .map(|driver| (*driver).to_owned())
}
