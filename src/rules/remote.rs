//! Rules about the remote host: helper, netcat, the socket there.

mod channel;
mod login;

pub(crate) use channel::remote_forwarding_refused;
pub(crate) use login::{
    remote_forced_command, remote_no_shell, remote_noise, remote_password_expired,
    remote_session_refused, remote_shell_hangs,
};

use self::channel::Obstacle;
use crate::evidence::{NetcatKind, Remote, RemoteSocket, RpcOutcome, Session};
use crate::finding::{Draft, Drafts};
use crate::plan::{Implementation, Proxy};
use crate::rules::Seen;
use crate::rules::package::{DAEMON, HELPER, NETCAT, PROXY, Package, WHICH};
use crate::rules::ssh::{frame, of_command};
use crate::rules::units::{Idle, failed_service, name_idle, unit_of, why_idle};
use crate::text::Span;

/// A session that came about, and in which no libvirt answered.
struct Failing<'s> {
    session: &'s Session,
    remote: Option<&'s Remote>,
    outcome: &'s RpcOutcome,
}

/// The same where a command runs there, and not the server itself connects to the socket.
fn failing_command<'s>(seen: &'s Seen<'_>) -> Option<Failing<'s>> {
    seen.plan.ssh.as_ref()?.remote_command.as_ref()?;
    failing(seen)
}

fn failing<'s>(seen: &'s Seen<'_>) -> Option<Failing<'s>> {
    let session = seen.evidence.session.as_ref().filter(|session| session.established)?;
    let outcome = &seen.evidence.daemon.as_ref()?.outcome;
    let failed =
        matches!(outcome, RpcOutcome::Closed | RpcOutcome::Reset | RpcOutcome::NotLibvirt(_));
    failed.then_some(Failing { session, remote: seen.evidence.remote.as_ref(), outcome })
}

impl Failing<'_> {
    /// What the remote command wrote to standard error.
    fn remote_said(&self) -> String {
        without_sshd(&self.session.remote_said)
    }

    /// Whether libvirt's own script would find the helper.
    fn uses_helper(&self, proxy: Option<Proxy>) -> bool {
        match proxy {
            Some(Proxy::Native) => true,
            Some(Proxy::Netcat) | None => false,
            Some(Proxy::Auto) => {
                self.remote.is_some_and(|remote| remote.which && remote.helper.is_some())
            }
        }
    }

    fn draft<'d>(&self, seen: &Seen<'_>, out: &'d mut Drafts) -> &'d mut Draft {
        let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
        let system = self.remote.map(|remote| remote.system.clone()).unwrap_or_default();
        let seconds = Some(self.session.duration_ms / 1000.0);
        let draft = out.at(place(seen, "socket")).fact("host", host).fact("system", system);
        match self.quote(seen) {
            Some(quote) => draft.quote(quote, seconds),
            None => draft,
        }
    }

    /// What the client prints. The libraries lose what the remote side says.
    fn quote(&self, seen: &Seen<'_>) -> Option<String> {
        let plan = seen.plan.ssh.as_ref()?;
        match self.outcome {
            _ if plan.implementation != Implementation::Openssh => {
                of_command(seen, plan, self.session)
            }
            RpcOutcome::NotLibvirt(text) => packet(text),
            // Where the command ends before it has read the question, the client may see a
            // reset instead: who is the quicker is chance.
            _ => Some(frame(&self.session.remote_said, false)),
        }
    }
}

/// Without what sshd itself adds where the home is missing: nobody fails for it.
fn without_sshd(said: &str) -> String {
    let lines = said.lines().filter(|line| !line.starts_with("Could not chdir to home directory "));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where a parameter stands that is to blame, else the host.
fn place(seen: &Seen<'_>, parameter: &str) -> Span {
    let planned = seen.plan.used(parameter).map(|planned| planned.value_span);
    planned.or(seen.reading.uri.host_span()).unwrap_or_else(|| seen.reading.uri.span())
}

/// What libvirt says of a peer that does not speak its protocol: the first four
/// bytes as a length, less four. Nothing where those are not known any more.
pub(crate) fn packet(said: &str) -> Option<String> {
    let Some(first) = said.as_bytes().first_chunk::<4>() else {
        return Some("End of file while reading data: Input/output error".to_owned());
    };
    if said.chars().take(4).any(|letter| letter == char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let length = i32::from_be_bytes(*first).wrapping_sub(4);
    Some(format!("packet {length} bytes received from server too large, want 33554432"))
}

/// How to install a package there.
fn install(remote: Option<&Remote>, package: &Package) -> String {
    package.install(remote.map(|remote| remote.system_ids.as_str()).unwrap_or_default())
}

/// Neither helper nor nc.
pub(crate) fn remote_netcat_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let gone =
        failing.remote.is_some_and(|remote| remote.error.is_none() && remote.netcat.is_none());
    if failing.uses_helper(seen.plan.proxy) || seen.plan.proxy == Some(Proxy::Native) || !gone {
        return;
    }
    let named = seen.plan.used("netcat").map(|planned| planned.value.to_string());
    let install = install(failing.remote, &NETCAT);
    let draft = failing
        .draft(seen, out)
        .fact("install", install)
        .fact("name", named.clone().unwrap_or_else(|| "nc".into()));
    if named.is_some() {
        draft.variant("named");
        draft.span = place(seen, "netcat");
    }
}

/// An nc that cannot open a UNIX socket.
pub(crate) fn remote_netcat_without_unix(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let Some(netcat) = failing.remote.and_then(|remote| remote.netcat.as_ref()) else { return };
    if failing.uses_helper(seen.plan.proxy)
        || seen.plan.proxy == Some(Proxy::Native)
        || netcat.knows_unix
    {
        return;
    }
    let which = if netcat.kind == NetcatKind::Unknown {
        "its help names none".to_owned()
    } else {
        format!("it is {}", netcat.kind.name())
    };
    let install = install(failing.remote, &NETCAT);
    let path = if netcat.resolved == netcat.path {
        netcat.path.clone()
    } else {
        format!("{} → {}", netcat.path, netcat.resolved)
    };
    failing.draft(seen, out).fact("path", path).fact("which", which).fact("install", install);
}

/// The socket that the remote side tried.
fn tried<'s>(seen: &'s Seen<'_>, failing: &'s Failing<'_>) -> (String, Option<&'s RemoteSocket>) {
    let said = failing.remote_said();
    let quoted = said
        .split_once("cannot connect to '")
        .and_then(|(_, rest)| rest.split_once('\''))
        .map(|(path, _)| path.to_owned());
    let path = quoted
        .unwrap_or_else(|| seen.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default());
    let seen =
        failing.remote.and_then(|remote| remote.sockets.iter().find(|socket| socket.path == path));
    (path, seen)
}

/// Another socket of libvirt's that the login could open.
fn other<'s>(failing: &Failing<'s>, path: &str) -> Option<&'s RemoteSocket> {
    let sockets = &failing.remote?.sockets;
    sockets.iter().find(|socket| {
        socket.path != path && socket.is_socket && socket.writable && !socket.path.ends_with("-ro")
    })
}

/// No daemon's socket there.
pub(crate) fn remote_socket_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing(seen) else { return };
    if failing.obstacle(seen) != Some(Obstacle::Missing) {
        return;
    }
    let (path, socket) = tried(seen, &failing);
    if socket.is_some_and(|socket| socket.exists) || path.is_empty() {
        return;
    }
    let other = other(&failing, &path).map(|socket| socket.path.clone());
    let units = failing.remote.map(|remote| remote.units.as_slice()).unwrap_or_default();
    let idle = why_idle(units, &path);
    let install_daemon = install(failing.remote, &DAEMON);
    let install_proxy = install(failing.remote, &PROXY);
    let draft = failing
        .draft(seen, out)
        .fact("path", &path)
        .fact("unit", unit_of(&path))
        .fact("install", install_daemon);
    match (other, idle) {
        (Some(other), _) if seen.plan.used("socket").is_some() => {
            draft.variant("named").fact("other", other);
        }
        (Some(other), Some(Idle::ProxyOff { installed: false })) => {
            draft
                .variant("proxy-not-installed")
                .fact("other", other)
                .fact("install", install_proxy);
        }
        (Some(other), _) => {
            draft.variant("other").fact("other", other);
        }
        (None, Some(idle)) => name_idle(draft, idle),
        (None, None) => {}
    }
}

/// The login may not open the socket.
pub(crate) fn remote_socket_not_permitted(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) =
        failing(seen).filter(|failing| failing.obstacle(seen) == Some(Obstacle::NotPermitted))
    else {
        return;
    };
    let (path, socket) = tried(seen, &failing);
    let user = failing.remote.map(|remote| remote.user.clone()).unwrap_or_default();
    let socket = socket.cloned().unwrap_or_default();
    let draft = failing
        .draft(seen, out)
        .fact("path", path)
        .fact("user", user)
        .fact("group", &socket.group)
        .fact("mode", format!("{} {}:{}", socket.mode, socket.owner, socket.group));
    if socket.group.is_empty() || socket.group == "root" {
        draft.variant("unknown-group");
    }
}

/// The socket is there and nobody listens.
pub(crate) fn remote_socket_refused(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) =
        failing(seen).filter(|failing| failing.obstacle(seen) == Some(Obstacle::Refused))
    else {
        return;
    };
    let (path, _) = tried(seen, &failing);
    let units = failing.remote.map(|remote| remote.units.as_slice()).unwrap_or_default();
    let failed = failed_service(units, &path);
    let draft = failing.draft(seen, out).fact("unit", unit_of(&path)).fact("path", path);
    if let Some(service) = failed {
        draft.variant("failed").fact("service", &service.name).fact("result", &service.result);
    }
}

/// `proxy=native`, or the session daemon, and no helper.
pub(crate) fn remote_helper_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let missing =
        failing.remote.is_some_and(|remote| remote.error.is_none() && remote.helper.is_none());
    if seen.plan.proxy != Some(Proxy::Native) || !missing {
        return;
    }
    let install = install(failing.remote, &HELPER);
    let asked = seen.plan.used("proxy").is_some();
    let draft = failing.draft(seen, out).fact("install", install);
    draft.span = place(seen, "proxy");
    if !asked {
        draft.variant("session");
    }
}

/// The helper is there, and libvirt's script does not find it without `which`.
pub(crate) fn remote_which_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing_command(seen) else { return };
    let Some(remote) = failing.remote.filter(|remote| remote.error.is_none() && !remote.which)
    else {
        return;
    };
    let Some(helper) = &remote.helper else { return };
    if seen.plan.proxy != Some(Proxy::Auto) {
        return;
    }
    let netcat = match &remote.netcat {
        None => "there is no nc either",
        Some(netcat) if !netcat.knows_unix => "the nc there has no -U",
        Some(_) => return,
    };
    let install = install(failing.remote, &WHICH);
    failing.draft(seen, out).fact("helper", helper).fact("netcat", netcat).fact("install", install);
}

/// Any other way in which the remote side ends.
pub(crate) fn remote_command_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(failing) = failing(seen) else { return };
    let said = failing.remote_said().lines().last().unwrap_or("nothing").to_owned();
    let shell = failing.remote.map(|remote| remote.shell.clone()).unwrap_or_default();
    let is_misread = failing.remote_said().contains("which virt-ssh-helper 1>/dev/null");
    let draft = failing.draft(seen, out).fact("said", said).fact("shell", &shell);
    if login::is_without_sh(&failing.remote_said()) {
        draft.variant("no-sh");
    } else if is_misread && !shell.is_empty() {
        draft.variant("misread");
    }
}
