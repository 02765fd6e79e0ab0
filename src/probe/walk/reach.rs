//! Name and network: to the port that the client would connect to.

use std::net::SocketAddr;
use std::time::Instant;

use bstr::ByteSlice;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::{Beside, Ports, Walk};
use crate::evidence::{Attempt, Network, PortState, SshConfig};
use crate::plan::Implementation;
use crate::probe::name::{self, Asker, Family};
use crate::probe::network::{self, Expected};
use crate::probe::{ms_since, ssh_hosts};
use crate::tables::transports::{SERVICES, Transport};

impl Walk<'_> {
    pub(super) fn tried(address: SocketAddr, stream: TcpStream) -> network::Tried {
        let attempt = Attempt {
            address: address.ip(),
            port: address.port(),
            state: PortState::Open,
            error: None,
            ms: 0.0,
            nobody: false,
            service: None,
        };
        network::Tried { attempt, stream: Some(stream) }
    }

    /// Name and network: the first address, in the client's order, that lets us in.
    pub(super) async fn reach_port(&mut self) -> Option<(SocketAddr, TcpStream)> {
        let config = self.evidence.local.as_ref().and_then(|local| local.ssh_config.clone());
        let (host, port, from_config) = self.target(config.as_ref())?;
        let asks_ssh =
            self.plan.ssh.as_ref().is_some_and(|ssh| ssh.implementation == Implementation::Openssh);
        let asker = if self.plan.transport == Some(Transport::Ssh) {
            Asker::Ssh(Family::of(config.as_ref()))
        } else {
            Asker::Libvirt
        };
        if name::is_for_dns(&host) {
            let (host, deadline) = (host.clone(), self.deadline);
            self.beside.spawn(async move { Beside::Dns(name::ask_dns(&host, deadline).await) });
        }
        let resolved = name::resolve(&host, from_config, asker, self.deadline).await;
        let mut sight = resolved.sight;
        if resolved.addresses.is_empty() && !asks_ssh {
            sight.ssh_name = ssh_hosts::look(&host, &self.machine.home);
        }
        self.evidence.name = Some(sight);
        if resolved.addresses.is_empty() {
            return None;
        }
        self.connect_all(&resolved.addresses, port).await
    }

    /// The host and port that the client really connects to.
    fn target(&self, config: Option<&SshConfig>) -> Option<(String, u16, bool)> {
        let host = self.plan.effective_host.as_ref()?.to_str_lossy().into_owned();
        let default = self.plan.transport.and_then(|transport| transport.facts().default_port);
        // ssh connects to no such port; what stands in its place gets no chance here.
        let is_impossible = self.plan.effective_port.is_some_and(|port| port > 0xffff);
        if is_impossible && self.plan.transport == Some(Transport::Ssh) {
            return None;
        }
        // A port over 65535 is cut to 16 bits on its way to the kernel.
        let port = self
            .plan
            .effective_port
            .map(|port| u16::try_from(port & 0xffff).unwrap_or_default())
            .or(default)?;
        match config.filter(|config| config.error.is_none()) {
            Some(config) => {
                let renamed = !config.hostname.eq_ignore_ascii_case(&host);
                Some((config.hostname.clone(), config.port, renamed))
            }
            None => Some((host, port, false)),
        }
    }

    async fn connect_all(
        &mut self,
        addresses: &[SocketAddr],
        port: u16,
    ) -> Option<(SocketAddr, TcpStream)> {
        let start = Instant::now();
        let patience = network::patience();
        self.evidence.network = Some(Network { port, patience, ..Network::default() });
        self.watch_other_ports(addresses, port);
        let (connect, deadline) = (self.looking.connect, self.deadline);
        let mut tries = JoinSet::new();
        for (place, address) in addresses.iter().enumerate() {
            let mut address = *address;
            address.set_port(port);
            tries.spawn(async move {
                (place, address, network::connect(address, connect, deadline).await)
            });
        }
        let mut done: Vec<Option<(SocketAddr, network::Tried)>> =
            addresses.iter().map(|_| None).collect();
        while let Some(Ok((place, address, tried))) = tries.join_next().await {
            done[place] = Some((address, tried));
        }
        let mut way_in = None;
        let network = self.evidence.network.get_or_insert_default();
        for (address, mut tried) in done.into_iter().flatten() {
            if way_in.is_none() {
                way_in = tried.stream.take().map(|stream| (address, stream));
            }
            network.attempts.push(tried.attempt);
        }
        network.duration_ms = ms_since(start);
        way_in
    }

    /// The three ports of the field, beside the plan's own.
    fn watch_other_ports(&mut self, addresses: &[SocketAddr], own: u16) {
        if self.looking.ports == Ports::Plan {
            return;
        }
        let (connect, deadline) = (self.looking.connect, self.deadline);
        for service in SERVICES.iter().filter(|service| service.port != own) {
            let expected = match service.port {
                22 => Expected::Ssh,
                16509 => Expected::Libvirt,
                _ => Expected::Tls,
            };
            for address in addresses {
                let mut address = *address;
                address.set_port(service.port);
                self.ports_beside += 1;
                self.beside.spawn(async move {
                    let tried = network::connect(address, connect, deadline).await;
                    Beside::Port(network::identify(tried, address, expected, false, deadline).await)
                });
            }
        }
    }
}
