//! One hop in one line: what was seen there.

use crate::engine::Status;
use crate::evidence::{
    AgentState, Attempt, Daemon, Evidence, Local, NameSight, Network, Opened, Opening, PortState,
    Remote, RemoteSocket, Reply, Resolution, RpcOutcome, Service, Session, SkipReason, SocketKind,
    SocketSight, Tls, TlsOutcome, UnixConnect,
};
use crate::plan::{Hop, Implementation, Outcome, Plan, Proxy};
use crate::tables::transports::Transport;

/// What is said about a hop behind its mark.
pub(crate) fn line(hop: Hop, status: Status, plan: &Plan, evidence: &Evidence) -> String {
    let observed = match hop {
        Hop::Uri => Some(uri(plan)),
        Hop::Local => evidence.local.as_ref().map(local),
        Hop::Name => evidence.name.as_ref().map(name),
        Hop::Network => evidence.network.as_ref().map(network),
        Hop::Session => evidence
            .session
            .as_ref()
            .map(|one| session(one, plan))
            .or(evidence.tls.as_ref().map(tls)),
        Hop::Remote => remote(plan, evidence, status),
        Hop::Daemon if status == Status::NotReached => None,
        Hop::Daemon => evidence.daemon.as_ref().map(daemon),
        Hop::Driver if plan.needs_nothing() => Some("guests made up by the client".to_owned()),
        Hop::Driver => evidence.driver.as_ref().map(opening),
    };
    if evidence.unfinished == Some(hop) {
        return "the time was up".to_owned();
    }
    let why = evidence.is_skipped(hop);
    match (observed.filter(|text| !text.is_empty()), why, status) {
        (Some(text), Some(why), _) => format!("{text}   ({})", skipped(why)),
        (Some(text), None, _) => text,
        (None, _, Status::NotReached) => "not reached".to_owned(),
        (None, Some(SkipReason::NotSpoken | SkipReason::LibraryDiffers { .. }), Status::Failed) => {
            "not tried: it would fail".to_owned()
        }
        (None, Some(why), _) => skipped(why).to_owned(),
        (None, None, Status::Skipped) => "not asked".to_owned(),
        (None, None, Status::Failed) => "would be refused".to_owned(),
        (None, None, _) => String::new(),
    }
}

fn skipped(why: &SkipReason) -> &'static str {
    match why {
        SkipReason::NotAllowed { .. } => "left out: the URI names what would be run",
        SkipReason::NotSpoken => "not tried: it takes the program ssh, which is not here",
        SkipReason::LibraryDiffers { .. } => "not tried: ssh cannot log in as the client would",
        SkipReason::InProcess => "the driver runs within the client",
        SkipReason::WouldStart => "the client would start the daemon; a check starts nothing",
        SkipReason::NoFolder => {
            "not tried: no folder for temporary files can be made; set TMPDIR to one"
        }
        SkipReason::OnlyShell => "not to be seen with a shell only",
        SkipReason::GoesOnward => "not opened: the server would connect onward",
        SkipReason::RefusedBySsh => "not reached: ssh refuses what it is given",
        SkipReason::Proxied => {
            "not on the way: ssh goes through a proxy, a shared connection or another program"
        }
    }
}

fn uri(plan: &Plan) -> String {
    if plan.outcome == Outcome::Crashes {
        return "virsh dies of a segmentation fault".to_owned();
    }
    if let Some(error) = plan.error() {
        return format!("virsh refuses it: {error}");
    }
    let driver =
        plan.driver.as_ref().map_or_else(|| "the daemon's choice".to_owned(), ToString::to_string);
    let how = match (plan.outcome, plan.transport) {
        (Outcome::InProcess, _) => "within the client".to_owned(),
        (_, Some(transport)) => format!("over {}", transport.facts().phrase),
        (_, None) => String::new(),
    };
    let user = plan.user.as_ref().map(|user| format!(", as {user}")).unwrap_or_default();
    let mode = plan
        .mode
        .filter(|_| plan.transport == Some(Transport::Unix) || plan.used("mode").is_some());
    let mode = mode.map(|mode| format!(", mode {}", mode.name())).unwrap_or_default();
    let session = if plan.user_session { ", the user's own daemon" } else { "" };
    let readonly = if plan.readonly { ", read-only" } else { "" };
    format!("{driver} {how}{user}{mode}{session}{readonly}")
}

fn local(local: &Local) -> String {
    let mut parts = Vec::new();
    if let Some(socket) = &local.socket {
        parts.push(self::socket(socket));
    }
    if let Some(program) = &local.program {
        parts.push(program.path.clone().unwrap_or_else(|| format!("no program {}", program.name)));
    }
    if let Some(agent) = &local.agent {
        parts.push(match agent.state {
            AgentState::Unset => "no agent".to_owned(),
            AgentState::Answered if agent.keys.len() == 1 => "1 key in the agent".to_owned(),
            AgentState::Answered => format!("{} keys in the agent", agent.keys.len()),
            _ => "the agent does not answer".to_owned(),
        });
    }
    for file in local.files.iter().filter(|file| file.what != "revocation list") {
        parts.push(
            format!(
                "{} {}",
                if file.exists { file.path.as_str() } else { "no" },
                if file.exists { "" } else { file.what.as_str() }
            )
            .trim()
            .to_owned(),
        );
    }
    parts.join(" · ")
}

fn socket(socket: &SocketSight) -> String {
    let state = match (&socket.connect, socket.kind) {
        (_, SocketKind::Missing) => "does not exist".to_owned(),
        (Some(UnixConnect::Accepted), _) => socket.peer.as_ref().map_or_else(
            || "accepts".to_owned(),
            |peer| {
                format!(
                    "{} listens (pid {})",
                    peer.process.as_deref().unwrap_or("a process"),
                    peer.pid
                )
            },
        ),
        (
            Some(UnixConnect::Failed(error)),
            SocketKind::Abstract | SocketKind::TooLong | SocketKind::Hidden,
        ) => error.clone(),
        (Some(UnixConnect::Failed(error)), _) => {
            format!("{error} ({:04o} {}:{})", socket.mode, socket.owner, socket.group)
        }
        (Some(UnixConnect::TimedOut), _) => "nobody accepts".to_owned(),
        (None, _) => String::new(),
    };
    format!("{} {state}", socket.path)
}

fn name(name: &NameSight) -> String {
    let result = match &name.resolution {
        Resolution::Addresses(addresses) if matches!(addresses.as_slice(), [only] if only.to_string() == name.host) =>
        {
            return format!("{} is an address{}", name.host, source(name));
        }
        Resolution::Addresses(addresses) => {
            addresses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        Resolution::Failed { text, .. } => text.clone(),
        Resolution::TimedOut => format!("no answer in {}", time(name.duration_ms)),
    };
    format!("{} → {result}{}", name.host, source(name))
}

fn source(name: &NameSight) -> &'static str {
    if name.from_ssh_config { "   (ssh_config: HostName)" } else { "" }
}

fn network(network: &Network) -> String {
    let mut ports: Vec<u16> = Vec::new();
    for attempt in &network.attempts {
        if !ports.contains(&attempt.port) {
            ports.push(attempt.port);
        }
    }
    let several = network.on_the_way().count() > 1;
    let parts = ports.iter().map(|port| {
        let attempts: Vec<&Attempt> =
            network.attempts.iter().filter(|attempt| attempt.port == *port).collect();
        let states: Vec<String> = attempts
            .iter()
            .map(|attempt| {
                if several {
                    format!("{} at {}", state(attempt), attempt.address)
                } else {
                    state(attempt)
                }
            })
            .collect();
        format!("{port} {}", states.join(", "))
    });
    parts.collect::<Vec<_>>().join(" · ")
}

fn state(attempt: &Attempt) -> String {
    match attempt.state {
        PortState::Open => {
            let service = attempt.service.as_ref().map(service).unwrap_or_default();
            format!("open {}{service}", time(attempt.ms))
        }
        PortState::Refused => "refused".to_owned(),
        PortState::NoRoute => "no route".to_owned(),
        PortState::NoAnswer => format!("no answer in {}", time(attempt.ms)),
        PortState::Error => attempt.error.clone().unwrap_or_else(|| "failed".to_owned()),
    }
}

fn service(service: &Service) -> String {
    match service {
        Service::Ssh(_) => " (ssh)".to_owned(),
        Service::Tls => " (TLS)".to_owned(),
        Service::Libvirt(_) => " (libvirt)".to_owned(),
        Service::Silent => " (says nothing)".to_owned(),
        Service::Closes => " (closes)".to_owned(),
        Service::Other(text) => format!(" ({text})"),
    }
}

fn session(session: &Session, plan: &Plan) -> String {
    if !session.established {
        let said = session.said.lines().last().unwrap_or("ssh ended without a word");
        return said.to_owned();
    }
    let server = session
        .server
        .as_ref()
        .map(|server| format!("{}, ", server.replace('_', " ")))
        .unwrap_or_default();
    let key = session.accepted.as_ref().map(|key| {
        let place = if key.in_agent { "from the agent" } else { key.name.as_str() };
        format!(" with {} {} ({place})", key.kind, key.fingerprint)
    });
    let method = session.method.as_ref().map(|method| format!(" by {method}"));
    let in_place = match plan.ssh.as_ref().map(|ssh| ssh.implementation) {
        Some(Implementation::Libssh) => "   (ssh in the place of libssh)",
        Some(Implementation::Libssh2) => "   (ssh in the place of libssh2)",
        Some(Implementation::Go) => "   (ssh in the place of Go's ssh)",
        Some(Implementation::Openssh) | None => "",
    };
    format!("{server}logged in{}{in_place}", key.or(method).unwrap_or_default())
}

fn tls(tls: &Tls) -> String {
    let version = tls.version.as_deref().unwrap_or("TLS");
    let sent = match &tls.certificates {
        one if one.sent => "our certificate was sent",
        one if one.asked => "no certificate of ours was sent",
        _ => "no certificate of ours was asked for",
    };
    let shown = tls.certificates.server.first().map(|one| {
        let until = one.not_after.split('T').next().unwrap_or_default();
        format!(" · its own is for {} until {until}", one.names())
    });
    let shown = shown.unwrap_or_default();
    match &tls.outcome {
        TlsOutcome::Accepted => format!("{version}, let in, {sent}{shown}"),
        TlsOutcome::NotConfirmed(how) => format!("{version}, not let in: {how}; {sent}{shown}"),
        TlsOutcome::Alert(alert) => format!("ended with the alert {alert}; {sent}"),
        TlsOutcome::NotTls => "does not speak TLS".to_owned(),
        TlsOutcome::Silent => format!("no answer in {}", time(tls.duration_ms)),
        TlsOutcome::Closed | TlsOutcome::Reset => "closes the connection".to_owned(),
        TlsOutcome::Ours(why) => why.clone(),
    }
}

fn remote(plan: &Plan, evidence: &Evidence, status: Status) -> Option<String> {
    let session = evidence.session.as_ref().filter(|session| session.established)?;
    if status != Status::Failed {
        return Some("the daemon's socket was reached".to_owned());
    }
    let looked_at = evidence.remote.as_ref().filter(|remote| remote.error.is_none());
    let lacking = looked_at.map(|remote| lacking(plan, remote)).unwrap_or_default();
    let said = session.remote_said.lines().last().unwrap_or_default();
    let noise = evidence.remote.as_ref().map(|remote| remote.noise.as_str()).unwrap_or_default();
    let noise = noise.lines().next().unwrap_or_default();
    Some(if !noise.is_empty() {
        format!("the login prints: {noise}")
    } else if !lacking.is_empty() {
        lacking.join(" · ")
    } else if !said.is_empty() {
        said.to_owned()
    } else if session.said.contains(": open failed: ") {
        "the server opens no channel to the daemon's socket".to_owned()
    } else if evidence.remote.as_ref().is_some_and(|remote| remote.runs_nothing) {
        "the login runs nothing that it is asked to run".to_owned()
    } else {
        "it ended without a word".to_owned()
    })
}

/// What libvirt's command needs there and does not find.
fn lacking(plan: &Plan, remote: &Remote) -> Vec<String> {
    let mut lacking = Vec::new();
    let runs = plan.ssh.as_ref().is_none_or(|ssh| ssh.remote_command.is_some());
    let may_help = runs && plan.proxy != Some(Proxy::Netcat);
    if may_help && remote.helper.is_none() {
        lacking.push("no virt-ssh-helper".to_owned());
    }
    let needs_netcat =
        runs && plan.proxy != Some(Proxy::Native) && !(may_help && remote.helper.is_some());
    match &remote.netcat {
        None if needs_netcat => lacking.push("no nc".to_owned()),
        Some(netcat) if needs_netcat && !netcat.knows_unix => {
            lacking.push(format!("nc is {}: it has no -U", netcat.kind.name()));
        }
        _ => {}
    }
    for socket in remote.sockets.iter().filter(|socket| socket.on_the_way) {
        if !socket.exists {
            lacking.push(format!("{} does not exist", socket.path));
        } else if !socket.writable {
            let RemoteSocket { path, mode, owner, group, .. } = socket;
            lacking.push(format!("{} may not open {path} ({mode} {owner}:{group})", remote.user));
        }
    }
    lacking
}

fn daemon(daemon: &Daemon) -> String {
    match &daemon.outcome {
        RpcOutcome::Answered(types) => {
            let types: Vec<&str> = types.iter().map(|kind| kind.name()).collect();
            let mechanisms = daemon.mechanisms.as_ref().and_then(Reply::answer);
            let mechanisms = mechanisms.map(|names| format!(" ({})", names.join(", ")));
            let polkit = daemon.polkit.as_ref().and_then(|polkit| polkit.reply.as_ref());
            let polkit = polkit.and_then(Reply::answer).map(|()| ", which lets you in".to_owned());
            format!(
                "libvirt answers in {}, authentication: {}{}",
                time(daemon.duration_ms),
                types.join(", "),
                mechanisms.or(polkit).unwrap_or_default()
            )
        }
        other => no_answer(other, daemon.duration_ms),
    }
}

fn opening(opening: &Opening) -> String {
    match &opening.outcome {
        Reply::Answered(Opened { driver, libvirt, uri }) => {
            let version = libvirt.as_ref().map(|version| format!("libvirt {version}"));
            let parts = [driver.clone(), version, uri.clone()].into_iter().flatten();
            parts.collect::<Vec<_>>().join(", ")
        }
        other => no_answer(other, opening.duration_ms),
    }
}

fn no_answer<T>(reply: &Reply<T>, ms: f64) -> String {
    match reply {
        Reply::Answered(_) => String::new(),
        Reply::Error(error) => format!("answers with an error: {}", error.message),
        Reply::Silent => format!("no answer in {}", time(ms)),
        Reply::Closed => "closes the connection".to_owned(),
        Reply::Reset => "resets the connection".to_owned(),
        Reply::NotLibvirt(text) => format!("is not libvirt: {text}"),
        Reply::Garbled(why) => format!("does not speak as libvirt does: {why}"),
    }
}

/// "0.8 ms", "2.3 s".
fn time(ms: f64) -> String {
    if ms < 1000.0 { format!("{ms:.1} ms") } else { format!("{:.1} s", ms / 1000.0) }
}
