//! What was seen of ports: every address, the plan's port and the three of the field.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::rpc::{AuthType, first_text};

/// The hop `network`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Network {
    pub(crate) duration_ms: f64,
    /// The port that the plan connects to.
    pub(crate) port: u16,
    /// How long the kernel tries a connection that nobody answers.
    pub(crate) patience: Option<KernelPatience>,
    /// All that was tried, the plan's port first, addresses in the client's order.
    pub(crate) attempts: Vec<Attempt>,
}

/// The settings of Linux for a connection that nobody answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KernelPatience {
    /// `tcp_syn_retries`.
    pub(crate) syn_retries: u32,
    /// `tcp_syn_linear_timeouts`, Linux 6.5 and later.
    #[serde(default)]
    pub(crate) linear_timeouts: u32,
}

impl KernelPatience {
    /// What Linux has unless it is told otherwise, and what old evidence was seen with.
    const USUAL: Self = Self { syn_retries: 6, linear_timeouts: 4 };
    /// No pause between two tries is longer, in seconds.
    const LONGEST: u32 = 120;
    /// The model of the kernel doubles its pauses so often, and then adds the longest.
    const DOUBLINGS: u32 = 6;
    /// The kernel's timers run late by so much: 133.8 s were measured for 131 s.
    const LATE: f64 = 1.02;

    /// How long a try takes. The first pauses are a second each, the others double. It
    /// ends at the end of a pause, with the last of all tries or when as much time has
    /// passed as the retries alone would take (`tcp_write_timeout` of Linux 6.18).
    pub(crate) fn seconds(self) -> f64 {
        let Self { syn_retries, linear_timeouts } = self;
        let doublings = syn_retries.min(Self::DOUBLINGS);
        let beyond = syn_retries.saturating_sub(Self::DOUBLINGS).min(u32::from(u8::MAX));
        let enough = (2 << doublings) - 1 + beyond * Self::LONGEST;
        let (mut passed, mut pause) = (0, 1);
        for tries in 0..=syn_retries.saturating_add(linear_timeouts) {
            passed += pause;
            if tries > 0 && passed >= enough {
                break;
            }
            if tries >= linear_timeouts {
                pause = (pause * 2).min(Self::LONGEST);
            }
        }
        f64::from(passed) * Self::LATE
    }
}

/// One address and port.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Attempt {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) state: PortState,
    /// The system's words, where it said no.
    #[serde(default)]
    pub(crate) error: Option<String>,
    pub(crate) ms: f64,
    /// Whether this machine's own network was asked for the address, and nobody has it.
    #[serde(default)]
    pub(crate) nobody: bool,
    /// What answers there.
    #[serde(default)]
    pub(crate) service: Option<Service>,
}

/// How a port answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PortState {
    Open,
    /// The host says that nobody listens, or a firewall says so for it.
    Refused,
    /// No way there: no route, or a router that says so.
    NoRoute,
    /// Nothing came back in time.
    NoAnswer,
    /// The connection could not be tried.
    Error,
}

/// What speaks on an open port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Service {
    /// The banner, such as `SSH-2.0-OpenSSH_9.2p1`.
    Ssh(String),
    Tls,
    /// libvirt's RPC, and the authentication that it asks for.
    Libvirt(Vec<AuthType>),
    /// It accepts and says nothing.
    Silent,
    /// It closes at our first words.
    Closes,
    /// The first bytes that it sent.
    Other(String),
}

impl Service {
    /// For a sentence "what answers there is …".
    pub(crate) fn phrase(&self) -> String {
        match self {
            Self::Ssh(banner) => format!("an ssh server ({banner})"),
            Self::Tls => "a TLS server".to_owned(),
            Self::Libvirt(_) => "libvirt without TLS".to_owned(),
            Self::Silent => "something that accepts and says nothing".to_owned(),
            Self::Closes => "something that closes the connection".to_owned(),
            Self::Other(text) => format!("something that says {:?}", first_text(text.as_bytes())),
        }
    }
}

impl Network {
    /// How long the client waits for an address that does not answer.
    pub(crate) fn silent_seconds(&self) -> f64 {
        self.patience.unwrap_or(KernelPatience::USUAL).seconds()
    }

    /// The attempts on the plan's own port.
    pub(crate) fn on_the_way(&self) -> impl Iterator<Item = &Attempt> {
        self.attempts.iter().filter(|attempt| attempt.port == self.port)
    }

    /// The first address, in the client's order, whose port is open.
    pub(crate) fn way_in(&self) -> Option<&Attempt> {
        self.on_the_way().find(|attempt| attempt.state == PortState::Open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_gives_up_as_measured() {
        for (syn_retries, linear_timeouts, measured) in [
            (1, 0, 3.04),
            (2, 0, 7.07),
            (3, 0, 15.33),
            (4, 0, 31.53),
            (1, 1, 4.06),
            (2, 1, 8.22),
            (2, 2, 9.22),
            (2, 3, 10.28),
            (1, 2, 3.09),
            (1, 4, 3.06),
            (2, 4, 7.15),
            (3, 4, 19.49),
            (6, 4, 133.8),
        ] {
            let seconds = KernelPatience { syn_retries, linear_timeouts }.seconds();
            let off: f64 = seconds / measured - 1.0;
            assert!(off.abs() < 0.025, "{syn_retries} {linear_timeouts}: {seconds}");
        }
        assert!((KernelPatience::USUAL.seconds() - 133.6).abs() < 0.1);
        let most = KernelPatience { syn_retries: 127, linear_timeouts: 0 }.seconds();
        assert!((14000.0..16000.0).contains(&most), "{most}");
    }
}
