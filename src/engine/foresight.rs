//! What virsh would do with the addresses that were looked at, and how long that takes:
//! it tries one after the other, and waits for each that does not answer.

use std::net::IpAddr;

use serde::Serialize;

use crate::evidence::{Evidence, Network, PortState};
use crate::plan::{Hop, Plan};
use crate::rules::network::silent_seconds;
use crate::tables::clients::Family;

/// The client's tries, one after the other.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Foresight {
    pub(crate) tries: Vec<Try>,
    /// Until it is connected or gives up.
    pub(crate) seconds: f64,
}

/// One address.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Try {
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
    pub(crate) state: PortState,
    pub(crate) seconds: f64,
}

impl Foresight {
    /// Nothing where the client itself connects to no address, or nobody looked.
    pub(crate) fn of(plan: &Plan, evidence: &Evidence) -> Option<Self> {
        let network = evidence.network.as_ref()?;
        let is_ours = plan.client.family == Family::Libvirt;
        if !is_ours || evidence.is_skipped(Hop::Network).is_some() {
            return None;
        }
        let tries = tries(network, silent_seconds(plan, evidence, network));
        let seconds = tries.iter().map(|one| one.seconds).sum();
        (!tries.is_empty()).then_some(Self { tries, seconds })
    }

    /// In one sentence, without its subject: "would wait 134 s on …, then connect to …".
    pub(crate) fn sentence(&self) -> String {
        let steps: Vec<String> = self.tries.iter().map(Try::phrase).collect();
        let end = match self.tries.last() {
            Some(Try { state: PortState::Open, .. }) => String::new(),
            _ if self.seconds >= 1.0 && self.tries.len() > 1 => {
                format!(", and give up after {:.0} s", self.seconds)
            }
            _ => ", and give up".to_owned(),
        };
        format!("would {}{end}", steps.join(", then "))
    }
}

/// Up to the first address that lets it in.
fn tries(network: &Network, silent: f64) -> Vec<Try> {
    let mut tries = Vec::new();
    for attempt in network.on_the_way() {
        // What answers, answers virsh as it answered here.
        let seconds = match attempt.state {
            PortState::NoAnswer => silent,
            _ => attempt.ms / 1000.0,
        };
        let (address, port, state) = (attempt.address, attempt.port, attempt.state);
        tries.push(Try { address, port, state, seconds });
        if state == PortState::Open {
            break;
        }
    }
    tries
}

impl Try {
    fn phrase(&self) -> String {
        let Self { address, seconds, .. } = self;
        match self.state {
            PortState::Open => format!("connect to {address}"),
            PortState::Refused => format!("be refused by {address}"),
            PortState::NoRoute => format!("find no way to {address}"),
            PortState::NoAnswer => format!("wait {seconds:.0} s on {address}"),
            PortState::Error => format!("fail at {address}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Attempt;

    fn sentence(states: &[(&str, PortState)]) -> String {
        let attempts = states.iter().map(|(address, state)| Attempt {
            address: address.parse().unwrap(),
            port: 22,
            state: *state,
            error: None,
            ms: 1.0,
            nobody: false,
            service: None,
        });
        let network = Network { port: 22, attempts: attempts.collect(), ..Network::default() };
        let tries = tries(&network, network.silent_seconds());
        let seconds = tries.iter().map(|one| one.seconds).sum();
        Foresight { tries, seconds }.sentence()
    }

    #[test]
    fn addresses_are_tried_in_their_order() {
        use PortState::{NoAnswer, NoRoute, Open, Refused};
        let (six, four, other) = ("2001:db8::7", "192.0.2.7", "192.0.2.8");
        for (states, expected) in [
            (
                &[(six, NoAnswer), (four, Open), (other, NoAnswer)][..],
                "would wait 134 s on 2001:db8::7, then connect to 192.0.2.7",
            ),
            (
                &[(six, NoRoute), (four, Refused), (other, Open)],
                "would find no way to 2001:db8::7, then be refused by 192.0.2.7, then connect to 192.0.2.8",
            ),
            (
                &[(four, NoAnswer), (other, NoAnswer)],
                "would wait 134 s on 192.0.2.7, then wait 134 s on 192.0.2.8, and give up after 267 s",
            ),
            (&[(four, Refused)], "would be refused by 192.0.2.7, and give up"),
        ] {
            assert_eq!(sentence(states), expected);
        }
    }
}
