//! What else would work where the connection fails: the same URI without its mistake,
//! another transport of the same host, another socket of this machine.
//!
//! Found in what was seen, so each is a guess with a reason until it was looked at.

use crate::engine::fix::{Allowed, mend};
use crate::engine::verdict::HopStatus;
use crate::engine::{Diagnosis, Levels, Status, Subject, Verdict};
use crate::evidence::{Attempt, Evidence, PlaceKind, Service, SocketSight, Unit, UnixConnect};
use crate::finding::Severity;
use crate::plan::{Hop, Mode, Outcome, Plan};
use crate::rules::Reading;
use crate::rules::units::starts_on_demand;
use crate::settings::{Machine, Source};
use crate::tables::clients::{Client, Family};
use crate::tables::drivers::{Driver, Paths};
use crate::tables::transports::Transport;
use crate::text::Span;

/// Another URI for the same purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Alternative {
    pub(crate) uri: Vec<u8>,
    pub(crate) readonly: bool,
    /// Why it could work.
    pub(crate) why: String,
    /// Whether to look at it is a login or starts a daemon, which nobody asked for.
    pub(crate) needs_leave: bool,
}

/// For a connection that does not come about, the likeliest first.
pub(crate) fn alternatives(
    subject: &Subject<'_>,
    evidence: &Evidence,
    diagnosis: &Diagnosis,
    levels: &Levels,
) -> Vec<Alternative> {
    let units = evidence.local.as_ref().map(|local| local.units.as_slice()).unwrap_or_default();
    let (machine, client) = (subject.machine, subject.client);
    let mut found = Found { machine, client, units, all: Vec::new() };
    if subject.client.family != Family::Libvirt {
        return found.all;
    }
    let readonly = subject.readonly;
    match diagnosis.verdict {
        Verdict::Fails => {
            // Another way with the same mistake would fail as well.
            let mended = mended(subject, levels);
            let without = Subject { uri: mended.as_deref().or(subject.uri), ..*subject };
            if let Some(uri) = mended.clone().filter(|_| is_mistaken(diagnosis)) {
                found.add(uri, readonly, "the URI without its mistake".to_owned());
            }
            without.read(|reading| {
                if reading.plan.is_settled() {
                    if !is_of_the_driver(diagnosis) && reading.plan.outcome == Outcome::Daemon {
                        found.transports(reading, evidence, readonly);
                    }
                    found.sockets(reading, evidence, readonly);
                }
            });
        }
        Verdict::NeedsInput => subject.read(|reading| found.sockets(reading, evidence, readonly)),
        Verdict::Ok | Verdict::Unsure => {}
    }
    found.all
}

/// Whether a mistake in the URI is why it fails.
fn is_mistaken(diagnosis: &Diagnosis) -> bool {
    let cause = diagnosis.cause.map(|at| &diagnosis.findings[at]);
    cause.is_some_and(|cause| !cause.fixes.is_empty()) || !diagnosis.plan.is_settled()
}

/// Whether libvirt answers and its driver refuses: it does so over any transport.
fn is_of_the_driver(diagnosis: &Diagnosis) -> bool {
    let failed = |hop: &HopStatus| hop.hop == Hop::Driver && hop.status == Status::Failed;
    diagnosis.hops.iter().any(failed)
}

/// The URI after the fixes of its errors, where it has any.
fn mended(subject: &Subject<'_>, levels: &Levels) -> Option<Vec<u8>> {
    let uri = subject.uri?;
    let mended = mend(uri, |text| {
        let again = Subject { uri: Some(text), ..*subject };
        again.fixes_but(levels, Allowed::Unsafe, |rule| levels.of(rule) != Some(Severity::Error))
    });
    (mended.text != uri).then_some(mended.text)
}

struct Found<'m> {
    machine: &'m Machine,
    client: Client,
    units: &'m [Unit],
    all: Vec<Alternative>,
}

impl Found<'_> {
    /// One that the client itself would try.
    fn add(&mut self, uri: Vec<u8>, readonly: bool, why: String) {
        if self.all.iter().any(|one| one.uri == uri && one.readonly == readonly) {
            return;
        }
        let plan = self.plan(&uri, readonly);
        if plan.is_settled() {
            let is_login = !matches!(plan.transport, None | Some(Transport::Unix | Transport::Tcp));
            let needs_leave = is_login || self.would_start(&plan);
            self.all.push(Alternative { uri, readonly, why, needs_leave });
        }
    }

    /// Whether systemd listens at the plan's socket, and starts the daemon for whoever comes.
    fn would_start(&self, plan: &Plan) -> bool {
        let here = plan.socket.as_ref().filter(|_| plan.transport == Some(Transport::Unix));
        here.is_some_and(|socket| starts_on_demand(self.units, &socket.to_string()))
    }

    fn plan(&self, uri: &[u8], readonly: bool) -> Plan {
        let source = Source::given(uri, self.machine);
        let subject = Subject::new(&source, self.client, self.machine, readonly);
        subject.read(|reading| reading.plan.clone())
    }

    /// Ports of the host that answer as libvirt's services do.
    fn transports(&mut self, reading: &Reading<'_>, evidence: &Evidence, readonly: bool) {
        let (Some(network), Some(parts)) = (&evidence.network, Parts::of(reading, evidence)) else {
            return;
        };
        for wanted in [Transport::Ssh, Transport::Tls, Transport::Tcp] {
            let answers = |attempt: &&Attempt| speaks(attempt.service.as_ref()) == Some(wanted);
            let own = reading.plan.transport.map(kind);
            let is_tried = |port: u16| own == Some(wanted) && port == network.port;
            if let Some(attempt) =
                network.attempts.iter().find(|one| answers(one) && !is_tried(one.port))
            {
                let plain = if wanted == Transport::Tcp { ", unencrypted" } else { "" };
                let why = format!("{} answers on port {}{plain}", server(wanted), attempt.port);
                self.add(parts.uri(wanted, attempt.port), readonly, why);
            }
        }
    }

    /// Sockets of this machine or of the remote one, beside that of the plan.
    fn sockets(&mut self, reading: &Reading<'_>, evidence: &Evidence, readonly: bool) {
        let uri = reading.uri.text();
        let plan = reading.plan;
        let Some(socket) = plan.socket.as_ref().map(ToString::to_string) else { return };
        let others = evidence.local.iter().flat_map(|local| &local.other_sockets);
        let open = |sight: &&SocketSight| sight.listens && sight.writable;
        let twin = format!("{socket}-ro");
        for sight in others.filter(open) {
            if sight.path == twin && !readonly {
                let why = format!("{} lets you in, for reading only", sight.path);
                self.add(uri.to_vec(), true, why);
            } else if let Some(mode) = mode_of(&sight.path, plan)
                && let Some(uri) = with_mode(reading, mode)
                && self.plan(&uri, readonly).socket.is_some_and(|own| own == sight.path)
            {
                let why = format!("{} lets you in", sight.path);
                self.add(uri, readonly, why);
            }
        }
        let there = || evidence.remote.iter().flat_map(|remote| &remote.sockets);
        let is_closed = there().any(|one| one.on_the_way && one.exists && !one.writable);
        if is_closed && !readonly && there().any(|one| one.path == twin && one.writable) {
            let why = format!("{twin} is open to the login there, for reading only");
            self.add(uri.to_vec(), true, why);
        }
        self.session(reading, evidence);
    }

    /// The user's own daemon, where the system's is closed to the user.
    fn session(&mut self, reading: &Reading<'_>, evidence: &Evidence) {
        let has_session =
            |driver: &Driver| matches!(driver.paths, Paths::SystemOrSession | Paths::Session);
        let local = evidence.local.as_ref();
        let kind = local.and_then(|local| local.place.as_ref()).map(|place| place.kind);
        if matches!(kind, Some(PlaceKind::Flatpak | PlaceKind::Snap | PlaceKind::Container)) {
            // There is no daemon to start, or its guests are of no use.
            return;
        }
        let sight = local.and_then(|local| local.socket.as_ref());
        let is_closed = sight.is_some_and(|sight| sight.connect != Some(UnixConnect::Accepted));
        let Some(driver) = reading.driver.filter(|driver| has_session(driver)) else { return };
        if is_closed && !reading.plan.user_session && self.machine.uid != 0 {
            let uri = format!("{}:///session", driver.name).into_bytes();
            let why = "the daemon of your own user, with guests of its own".to_owned();
            self.add(uri, reading.plan.readonly, why);
        }
    }
}

/// The three that a port tells apart.
const fn kind(transport: Transport) -> Transport {
    if transport.is_ssh_like() { Transport::Ssh } else { transport }
}

fn speaks(service: Option<&Service>) -> Option<Transport> {
    match service? {
        Service::Ssh(_) => Some(Transport::Ssh),
        Service::Tls => Some(Transport::Tls),
        Service::Libvirt(_) => Some(Transport::Tcp),
        Service::Silent | Service::Closes | Service::Other(_) => None,
    }
}

const fn server(transport: Transport) -> &'static str {
    match transport {
        Transport::Ssh => "an ssh server",
        Transport::Tls => "a TLS server",
        _ => "libvirt",
    }
}

/// The mode in which the client would take this socket.
fn mode_of(path: &str, plan: &Plan) -> Option<Mode> {
    let name = path.rsplit('/').next()?;
    let mode = match name {
        "libvirt-sock" => Mode::Legacy,
        name if name.starts_with("virt") && name.ends_with("d-sock") => Mode::Direct,
        _ => return None,
    };
    plan.mode.is_some_and(|own| own != mode).then_some(mode)
}

/// The URI with `mode=` at its end, where it has a place for it.
fn with_mode(reading: &Reading<'_>, mode: Mode) -> Option<Vec<u8>> {
    let uri = reading.uri;
    if uri.fragment_span().is_some() || reading.plan.used("mode").is_some() {
        return None;
    }
    let joined = match uri.query() {
        None => "?",
        Some([]) => "",
        Some(_) => "&",
    };
    Some([uri.text(), joined.as_bytes(), b"mode=", mode.name().as_bytes()].concat())
}

/// What is the same whatever the transport.
struct Parts<'r> {
    driver: &'r [u8],
    user: Option<&'r [u8]>,
    host: &'r [u8],
    /// The host that ssh's configuration names instead.
    real_host: Option<&'r str>,
    path: &'r [u8],
}

impl<'r> Parts<'r> {
    fn of(reading: &'r Reading<'_>, evidence: &'r Evidence) -> Option<Self> {
        let uri = reading.uri;
        let text = |span: Span| reading.text(span);
        // A name that was asked for by itself would be lost.
        if reading.plan.used("name").is_some() {
            return None;
        }
        let name = evidence.name.as_ref().filter(|name| name.from_ssh_config);
        Some(Self {
            driver: text(uri.driver_span()?),
            user: uri.user_span().filter(|_| reading.secrets.is_empty()).map(text),
            host: text(uri.host_span()?),
            real_host: name.map(|name| name.host.as_str()),
            path: text(uri.path_span()),
        })
    }

    fn uri(&self, transport: Transport, port: u16) -> Vec<u8> {
        let is_ssh = transport == Transport::Ssh;
        let mut uri = self.driver.to_vec();
        uri.extend_from_slice(format!("+{transport}://").as_bytes());
        // Nothing but ssh logs in with it.
        if let Some(user) = self.user.filter(|user| is_ssh && !user.is_empty()) {
            uri.extend_from_slice(user);
            uri.push(b'@');
        }
        match self.real_host.filter(|_| !is_ssh) {
            Some(host) if host.contains(':') => {
                uri.extend_from_slice(format!("[{host}]").as_bytes());
            }
            Some(host) => uri.extend_from_slice(host.as_bytes()),
            None => uri.extend_from_slice(self.host),
        }
        if transport.facts().default_port != Some(port) {
            uri.extend_from_slice(format!(":{port}").as_bytes());
        }
        uri.extend_from_slice(self.path);
        uri
    }
}
