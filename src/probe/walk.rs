//! Sends the probes along the plan's hops, in the client's own order, and
//! gathers what they saw.
//!
//! A hop is looked at once the one before it is passed. What only adds to the
//! picture (other ports, DNS, the agent) runs beside it and is not waited for
//! longer than the way itself takes.

mod library;
mod reach;
mod ssh;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use time::format_description::well_known::Rfc3339;
use tokio::task::JoinSet;

use super::daemon::{Heard, Wish};
use super::known_hosts::Scratch;
use super::network::{self, Expected};
use super::{
    Deadline, auth_conf, local, ms_since, other_sockets, place, socket, tls, units, user_daemon,
};
use crate::evidence::{
    Attempt, Evidence, Local, Login, RpcOutcome, SeenFile, Service, SkipReason, Skipped,
    TlsOutcome, Way,
};
use crate::plan::{Hop, Outcome, Plan, is_plain_for_shell};
use crate::settings::Machine;
use crate::tables::transports::Transport;

/// Which ports are tried beside the plan's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Ports {
    /// 22, 16509 and 16514, too
    #[default]
    All,
    /// Only the plan's own port
    Plan,
}

/// How to look.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looking {
    /// For one connection in all.
    pub(crate) time: Duration,
    /// How long an address may take to accept.
    pub(crate) connect: Duration,
    pub(crate) ports: Ports,
    /// Whether to run what the URI names.
    pub(crate) allow_command: bool,
}

/// After the way is clear, how long the rest may still take to finish its picture.
const EPILOGUE: Duration = Duration::from_millis(400);
/// The same where nothing failed: who has answered by then is in the picture.
const AFTERTHOUGHT: Duration = Duration::from_millis(50);
/// How long DNS may take to say why there is no address.
const DNS_REASON: Duration = Duration::from_millis(2500);

/// Looks at everything on the way of a plan.
pub(crate) async fn observe(plan: &Plan, machine: &Machine, looking: Looking) -> Evidence {
    let mut walk = Walk {
        plan,
        machine,
        looking,
        deadline: Deadline::after(looking.time),
        evidence: Evidence { observed_at: now(), ..Evidence::default() },
        scratch: None,
        beside: JoinSet::new(),
        ports_beside: 0,
    };
    // All the ways that it may go take room, of which each check needs one.
    let hop = Box::pin(walk.go()).await;
    if walk.deadline.left().is_zero() {
        walk.evidence.unfinished = hop;
    }
    walk.epilogue(hop.is_none()).await;
    walk.evidence
}

/// The moment, as evidence has it.
pub(crate) fn now() -> String {
    time::OffsetDateTime::now_utc()
        .replace_nanosecond(0)
        .unwrap_or_else(|_| time::OffsetDateTime::now_utc())
        .format(&Rfc3339)
        .unwrap_or_default()
}

/// Something seen beside the way.
enum Beside {
    Port(Attempt),
    Dns(crate::evidence::Dns),
}

struct Walk<'a> {
    plan: &'a Plan,
    machine: &'a Machine,
    looking: Looking,
    deadline: Deadline,
    evidence: Evidence,
    scratch: Option<Scratch>,
    beside: JoinSet<Beside>,
    /// How many of them are ports that have not answered yet.
    ports_beside: usize,
}

impl Walk<'_> {
    /// Goes as far as the way goes; returns the hop where it ended, if not at its end.
    async fn go(&mut self) -> Option<Hop> {
        if self.plan.outcome == Outcome::InProcess {
            return self.in_process().await;
        }
        if self.plan.outcome != Outcome::Daemon {
            return None;
        }
        match self.plan.transport? {
            Transport::Unix => self.unix().await,
            Transport::Tcp => self.tcp().await,
            Transport::Tls => self.tls().await,
            Transport::Ssh if self.plan.ssh.as_ref().is_some_and(|ssh| ssh.argv.is_some()) => {
                self.ssh().await
            }
            Transport::Ssh | Transport::Libssh | Transport::Libssh2 | Transport::Sshcmd => {
                self.library().await
            }
            Transport::Ext => self.ext().await,
        }
    }

    fn skip(&mut self, hops: &[Hop], why: &SkipReason) {
        self.evidence
            .skipped
            .extend(hops.iter().map(|hop| Skipped { hop: *hop, why: why.clone() }));
    }

    /// Waits a little for what runs beside the way: less where the way is clear, and not
    /// for DNS then, which is the reason of nothing.
    async fn epilogue(&mut self, is_clear: bool) {
        let patience = if is_clear { AFTERTHOUGHT } else { self.patience_beside() };
        let deadline = self.deadline.within(patience);
        while !is_clear || self.ports_beside > 0 {
            let Some(Some(Ok(seen))) = deadline.limit(self.beside.join_next()).await else { break };
            self.take(seen);
        }
        self.beside.abort_all();
        if let Some(network) = &mut self.evidence.network {
            let own = network.port;
            network.attempts.sort_by_key(|attempt| (attempt.port != own, attempt.port));
        }
    }

    /// Where the name is the trouble, DNS is the reason to wait for.
    fn patience_beside(&self) -> Duration {
        let name =
            self.evidence.name.as_ref().is_none_or(|name| !name.resolution.addresses().is_empty());
        if name { EPILOGUE } else { DNS_REASON }
    }

    fn take(&mut self, seen: Beside) {
        match seen {
            Beside::Port(attempt) => {
                self.ports_beside -= 1;
                if let Some(network) = &mut self.evidence.network {
                    network.attempts.push(attempt);
                }
            }
            Beside::Dns(dns) => {
                if let Some(name) = &mut self.evidence.name {
                    name.dns = Some(dns);
                }
            }
        }
    }

    /// The driver runs in the client: there is nothing but a host to look at.
    async fn in_process(&mut self) -> Option<Hop> {
        if let Some(path) = self.plan.test_file() {
            let start = Instant::now();
            let file = local::file(SeenFile::TEST_GUESTS, path.to_string());
            let suffices = file.suffices();
            self.evidence.local =
                Some(Local { files: vec![file], duration_ms: ms_since(start), ..Local::default() });
            return (!suffices).then_some(Hop::Local);
        }
        self.skip(&[Hop::Local, Hop::Session, Hop::Daemon], &SkipReason::InProcess);
        if self.plan.effective_host.is_some() {
            return self.reach_port().await.map_or(Some(Hop::Network), |_| None);
        }
        None
    }

    async fn unix(&mut self) -> Option<Hop> {
        let path = self.plan.socket.as_ref()?.to_string();
        let start = Instant::now();
        let (sight, stream) = socket::look(&path, self.deadline).await;
        let mut local = Local { socket: Some(sight), ..Local::default() };
        let Some(stream) = stream else {
            local.other_sockets = other_sockets::look(&path);
            local.place = Some(Box::new(place::look_around(&path)));
            if !self.plan.user_session {
                local.units = Box::pin(units::here(self.machine, self.deadline)).await;
            }
            let daemon = self.plan.autostart.as_ref();
            local.user_daemon =
                daemon.map(|daemon| Box::new(user_daemon::look(daemon, self.machine)));
            let starts_itself =
                local.user_daemon.as_ref().is_some_and(|daemon| daemon.is_startable());
            local.duration_ms = ms_since(start);
            self.evidence.local = Some(local);
            if starts_itself {
                self.skip(&[Hop::Local, Hop::Daemon], &SkipReason::WouldStart);
                return None;
            }
            return Some(Hop::Local);
        };
        local.duration_ms = ms_since(start);
        self.evidence.local = Some(local);
        let hop = self.ask_daemon(stream, Way::Unix).await;
        // Whoever listens need not be the daemon: it may not come up.
        let answered =
            self.evidence.daemon.as_ref().is_some_and(|daemon| daemon.answered().is_some());
        if !answered && !self.plan.user_session {
            let units = Box::pin(units::here(self.machine, self.deadline)).await;
            if let Some(local) = &mut self.evidence.local {
                local.units = units;
            }
        }
        hop
    }

    async fn ask_daemon<S>(&mut self, stream: S, way: Way) -> Option<Hop>
    where
        S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    {
        let heard = Wish::of(self.plan).ask(stream, way, self.deadline).await;
        self.take_down(heard)
    }

    /// Writes down what the daemon said; returns the hop where it ended.
    fn take_down(&mut self, mut heard: Heard) -> Option<Hop> {
        let login = heard.daemon.login(self.plan.authentication());
        if login == Some(Login::Sasl) && heard.daemon.wants_a_password() {
            heard.daemon.auth_conf = auth_conf::look(self.plan, self.machine);
        }
        let answered = heard.daemon.answered().is_some();
        let opened =
            heard.opening.as_ref().is_none_or(|opening| opening.outcome.answer().is_some());
        if heard.not_opened {
            self.skip(&[Hop::Driver], &SkipReason::GoesOnward);
        }
        self.evidence.daemon = Some(heard.daemon);
        self.evidence.driver = heard.opening;
        match (answered, opened) {
            (false, _) => Some(Hop::Daemon),
            (true, false) => Some(Hop::Driver),
            (true, true) => None,
        }
    }

    async fn tcp(&mut self) -> Option<Hop> {
        let Some((address, stream)) = self.reach_port().await else { return Some(Hop::Network) };
        let hop = self.ask_daemon(stream, Way::Tcp).await;
        let outcome = self.evidence.daemon.as_ref().map(|daemon| daemon.outcome.clone());
        let service = match outcome {
            Some(RpcOutcome::Answered(types)) => Some(Service::Libvirt(types)),
            Some(RpcOutcome::NotLibvirt(text)) if text.starts_with("SSH-") => {
                Some(Service::Ssh(text))
            }
            Some(RpcOutcome::NotLibvirt(text)) => Some(Service::Other(text)),
            // Somebody who closes may want TLS.
            Some(RpcOutcome::Closed | RpcOutcome::Reset) => {
                let again = network::connect(address, self.looking.connect, self.deadline).await;
                network::identify(again, address, Expected::Tls, false, self.deadline).await.service
            }
            Some(RpcOutcome::Silent) => Some(Service::Silent),
            _ => None,
        };
        self.note_service(address, service);
        hop
    }

    fn note_service(&mut self, address: SocketAddr, service: Option<Service>) {
        let Some(network) = &mut self.evidence.network else { return };
        let attempt = network
            .attempts
            .iter_mut()
            .find(|attempt| attempt.address == address.ip() && attempt.port == address.port());
        if let Some(attempt) = attempt {
            attempt.service = service;
        }
    }

    async fn tls(&mut self) -> Option<Hop> {
        let start = Instant::now();
        let files = self.plan.tls.as_ref().map(local::tls_files).unwrap_or_default();
        let has_ca = files.iter().all(SeenFile::suffices);
        self.evidence.local =
            Some(Local { files, duration_ms: ms_since(start), ..Local::default() });
        let Some((address, stream)) = self.reach_port().await else {
            return Some(if has_ca { Hop::Network } else { Hop::Local });
        };
        let plan = self.plan.tls.as_ref().filter(|_| has_ca);
        let host = self.plan.effective_host.as_ref();
        let (Some(plan), Some(host)) = (plan, host.map(ToString::to_string)) else {
            // The client stops here; what answers is still worth knowing.
            self.identify_tls(Self::tried(address, stream), address).await;
            return Some(Hop::Local);
        };
        let (seen, stream) = tls::enter(stream, plan, &host, self.deadline).await;
        let spoke = seen.version.is_some() || matches!(seen.outcome, TlsOutcome::Alert(_));
        self.evidence.tls = Some(seen);
        if spoke {
            self.note_service(address, Some(Service::Tls));
        } else {
            let again = network::connect(address, self.looking.connect, self.deadline).await;
            self.identify_tls(again, address).await;
        }
        match stream {
            Some(stream) => self.ask_daemon(stream, Way::Tls).await,
            None => Some(Hop::Session),
        }
    }

    async fn identify_tls(&mut self, tried: network::Tried, address: SocketAddr) {
        let attempt = network::identify(tried, address, Expected::Tls, true, self.deadline).await;
        self.note_service(address, attempt.service);
    }

    async fn ext(&mut self) -> Option<Hop> {
        let command = self.plan.used("command")?.value.to_string();
        let (program, found) = local::program(&command, self.machine);
        self.evidence.local = Some(Local { program: Some(program), ..Local::default() });
        let Some(program) = found else { return Some(Hop::Local) };
        if let Some(parameter) = self.not_allowed() {
            self.skip(&[Hop::Daemon], &SkipReason::NotAllowed { parameter: parameter.to_owned() });
            return None;
        }
        let Some(scratch) = Scratch::new() else {
            self.skip(&[Hop::Daemon], &SkipReason::NoFolder);
            return None;
        };
        let run = self.run(&program, &[], false, None);
        let wish = Wish::of(self.plan);
        let (_, heard) = run.ask(wish, &scratch, self.deadline.within(ssh::LOGIN)).await;
        // What else speaks there is not the daemon.
        let strange = |heard: &Heard| matches!(heard.daemon.outcome, RpcOutcome::NotLibvirt(_));
        let heard = heard.filter(|heard| !strange(heard));
        heard.map_or(Some(Hop::Daemon), |heard| self.take_down(heard))
    }

    /// What the URI names that would be run, or go through a shell.
    fn not_allowed(&self) -> Option<&'static str> {
        if self.looking.allow_command {
            return None;
        }
        let used = |name: &str| self.plan.used(name);
        if used("command").is_some() {
            return Some("command");
        }
        if used("netcat").is_some() {
            return Some("netcat");
        }
        let odd = used("socket")
            .is_some_and(|planned| !planned.value.iter().all(|byte| is_plain_for_shell(*byte)));
        odd.then_some("socket")
    }
}
