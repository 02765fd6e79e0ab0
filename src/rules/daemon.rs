//! Rules about the daemon: what answers in libvirt's own protocol, and what it asks for.

mod opening;
mod start;

pub(crate) use opening::{
    access_denied, driver_daemon_missing, driver_not_there, open_refused, open_unanswered,
    path_not_opened,
};
pub(crate) use start::daemon_does_not_start;

use crate::evidence::{AuthState, Daemon, Login, Polkit, Reply, RpcOutcome, Way};
use crate::finding::{Draft, Drafts};
use crate::plan::Hop;
use crate::rules::Seen;
use crate::rules::remote::packet;
use crate::text::Span;

/// The daemon's evidence, where it is not the remote side that failed.
fn seen_daemon<'s>(seen: &'s Seen<'_>) -> Option<&'s Daemon> {
    seen.evidence.daemon.as_ref()
}

/// Over ssh, a closed stream is the remote command's end, not the daemon's.
fn direct<'s>(seen: &'s Seen<'_>) -> Option<&'s Daemon> {
    seen_daemon(seen).filter(|daemon| daemon.way != Way::Ssh)
}

fn place(seen: &Seen<'_>) -> Span {
    let uri = seen.reading.uri;
    let port = uri.port().map(|port| port.span);
    port.or(uri.host_span()).unwrap_or_else(|| uri.span())
}

/// Where the daemon was asked.
fn where_asked(seen: &Seen<'_>) -> String {
    if let Some(Way::Unix) = seen_daemon(seen).map(|daemon| daemon.way) {
        seen.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default()
    } else {
        let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
        let port = seen
            .evidence
            .network
            .as_ref()
            .filter(|_| seen.plan.hops().contains(&Hop::Network))
            .map(|network| network.port);
        match (seen_daemon(seen).map(|daemon| daemon.way), port) {
            (Some(Way::Tcp | Way::Tls), Some(port)) => format!("{host} port {port}"),
            _ => host,
        }
    }
}

fn draft<'d>(seen: &Seen<'_>, out: &'d mut Drafts) -> &'d mut Draft {
    let asked = where_asked(seen);
    out.at(place(seen)).fact("place", asked)
}

/// Something else than libvirt answers.
pub(crate) fn not_libvirt(seen: &Seen<'_>, out: &mut Drafts) {
    let text = match direct(seen).map(|daemon| &daemon.outcome) {
        Some(RpcOutcome::NotLibvirt(text)) => text,
        Some(RpcOutcome::Garbled(why)) => {
            draft(seen, out).variant("garbled").fact("text", why);
            return;
        }
        _ => return,
    };
    let what = match text {
        text if text.starts_with("SSH-") => "an ssh server",
        text if text.starts_with("HTTP") => "a web server",
        // An alert or a handshake record of SSL 3.0 or later.
        text if text.starts_with(['\u{15}', '\u{16}']) => "a TLS server",
        text if text.starts_with("220") => "a mail or FTP server",
        text if text.starts_with("RFB ") => "a VNC server",
        _ => "something else",
    };
    let draft = draft(seen, out).fact("what", what).fact("text", text);
    if let Some(quote) = packet(text) {
        draft.quote(quote, Some(0.0));
    }
    if what == "a TLS server" {
        draft.variant("tls");
    }
}

/// It accepts, and says nothing.
pub(crate) fn daemon_silent(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(daemon) = seen_daemon(seen).filter(|daemon| daemon.outcome == RpcOutcome::Silent)
    else {
        return;
    };
    let machine = machine(seen);
    let socket = seen.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default();
    let modular = socket.rsplit('/').next().and_then(|name| name.split("-sock").next());
    let name = modular.filter(|name| name.starts_with("virt") && name.ends_with('d'));
    draft(seen, out)
        .fact("seconds", format!("{:.1}", daemon.duration_ms / 1000.0))
        .fact("machine", machine)
        .fact("daemon", name.unwrap_or("libvirtd"));
}

/// It closes at our first words.
pub(crate) fn daemon_closes(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(daemon) = direct(seen) else { return };
    let message = match daemon.outcome {
        RpcOutcome::Closed => "End of file while reading data: Input/output error",
        RpcOutcome::Reset => "Cannot recv data: Connection reset by peer",
        _ => return,
    };
    let tls = seen
        .evidence
        .network
        .as_ref()
        .and_then(|network| network.way_in())
        .is_some_and(|attempt| attempt.service == Some(crate::evidence::Service::Tls));
    let draft = draft(seen, out).quote(message, Some(0.0));
    if tls {
        draft.variant("tls");
    }
}

/// It answers with an error.
pub(crate) fn daemon_error(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(error) = seen_daemon(seen).and_then(|daemon| daemon.outcome.error()) else { return };
    draft(seen, out).fact("error", &error.message).quote(&error.message, Some(0.0));
}

/// What the client does about a login.
fn login(seen: &Seen<'_>) -> Option<Login> {
    seen_daemon(seen)?.login(seen.plan.authentication())
}

/// It asks for a SASL login.
pub(crate) fn sasl_asked(seen: &Seen<'_>, out: &mut Drafts) {
    let login = login(seen).filter(|login| matches!(login, Login::Sasl | Login::ByFile));
    let (Some(login), Some(daemon)) = (login, seen_daemon(seen)) else { return };
    let names = daemon.mechanisms.as_ref().and_then(Reply::answer);
    let names = names.filter(|names| !names.is_empty()).map(|names| names.join(", "));
    let host = seen.plan.host.as_ref().map_or_else(|| "localhost".to_owned(), ToString::to_string);
    let draft = draft(seen, out).fact("host", host);
    let Some(conf) = &daemon.auth_conf else {
        if let Some(names) = names {
            draft.variant("listed").fact("mechanisms", names);
        }
        return;
    };
    let names = names.unwrap_or_else(|| "SASL".to_owned());
    draft.fact("file", &conf.path).fact("mechanisms", names);
    match (login, conf.missing_item()) {
        (Login::ByFile, _) => draft.variant("by-file"),
        (_, Some(item)) => draft.variant("incomplete").fact("item", item),
        (_, None) => draft.variant("other-host"),
    };
}

/// The client's own file of names and passwords makes it give up.
pub(crate) fn auth_conf_broken(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(Login::BadFile(words)) = login(seen) else { return };
    let Some(conf) = seen_daemon(seen).and_then(|daemon| daemon.auth_conf.as_ref()) else { return };
    let draft = draft(seen, out).fact("file", &conf.path).quote(words, Some(0.0));
    if let Some(planned) = seen.plan.used("authfile") {
        draft.span = planned.value_span;
    }
    match &conf.state {
        AuthState::Unreadable(why) => draft.variant("unreadable").fact("why", why),
        AuthState::Broken { line } => draft.fact("line", line.to_string()),
        AuthState::NoCredentials { group } => draft.variant("no-credentials").fact("group", group),
        AuthState::MissingGroup { group, credentials } => {
            draft.variant("missing-group").fact("group", group).fact("credentials", credentials)
        }
        AuthState::NothingForHost | AuthState::Found { .. } => draft,
    };
}

/// It asks for a SASL login by what no plugin here knows.
pub(crate) fn sasl_no_plugin(seen: &Seen<'_>, out: &mut Drafts) {
    const QUOTE: &str = "authentication failed: Failed to start SASL negotiation: -4 (SASL(-4): no mechanism available: No worthy mechs found)";
    let Some(offered) = seen_daemon(seen).and_then(Daemon::without_plugin) else { return };
    let tickets = offered.iter().all(|one| one.starts_with("GSS"));
    let here = seen_daemon(seen).and_then(|daemon| daemon.plugins_here.as_ref());
    let here = here.filter(|here| !here.is_empty()).map(|here| here.join(", "));
    draft(seen, out)
        .fact("mechanisms", offered.join(", "))
        .fact("here", here.unwrap_or_else(|| "none".to_owned()))
        .fact("package", if tickets { "libsasl2-modules-gssapi-mit" } else { "libsasl2-modules" })
        .quote(QUOTE, Some(0.0));
}

/// It asks for a SASL login, and cannot begin one.
pub(crate) fn sasl_not_working(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(reply) = seen_daemon(seen).and_then(Daemon::without_mechanisms) else { return };
    let draft = draft(seen, out);
    match reply.error() {
        Some(error) => draft.fact("error", &error.message).quote(&error.message, Some(0.0)),
        None => draft.variant("unanswered"),
    };
}

/// `auth` wants what the server does not offer, or the client does not know it.
pub(crate) fn login_not_offered(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(Login::Refused(words)) = login(seen) else { return };
    let offered = seen_daemon(seen).and_then(Daemon::answered).unwrap_or_default();
    let offered: Vec<&str> = offered.iter().map(|kind| kind.name()).collect();
    let wanted = seen.plan.used("auth");
    let draft = draft(seen, out).quote(words, Some(0.0)).fact("offered", offered.join(", "));
    match wanted {
        Some(planned) => {
            draft.span = planned.value_span;
            draft.fact("wanted", planned.value.as_slice())
        }
        None => draft.variant("unknown"),
    };
}

/// Whose permission polkit is asked for: the login's on the other host, else our own.
fn user(seen: &Seen<'_>) -> String {
    let config = seen.evidence.local.as_ref().and_then(|local| local.ssh_config.as_ref());
    let there = config.map(|config| config.user.clone()).filter(|user| !user.is_empty());
    // The user of a library is the plan's.
    let planned = || Some(seen.plan.ssh.as_ref()?.user.as_ref()?.to_string());
    let there = there.or_else(planned);
    let machine = &seen.reading.machine;
    there.or_else(|| machine.user.clone()).unwrap_or_else(|| machine.uid.to_string())
}

/// Where a command is given that lets the user in.
fn machine(seen: &Seen<'_>) -> String {
    match seen_daemon(seen).map(|daemon| daemon.way) {
        Some(Way::Unix) | None => "here".to_owned(),
        Some(_) => {
            let host = seen.plan.effective_host.as_ref();
            format!("on {}", host.map(ToString::to_string).unwrap_or_default())
        }
    }
}

/// What polkit is asked for. Source: `src/remote/libvirtd.policy.in`.
fn action(seen: &Seen<'_>) -> &'static str {
    if seen.plan.readonly { "org.libvirt.unix.monitor" } else { "org.libvirt.unix.manage" }
}

/// It asks polkit.
pub(crate) fn polkit_asked(seen: &Seen<'_>, out: &mut Drafts) {
    if login(seen) != Some(Login::Polkit) {
        return;
    }
    let polkit = seen_daemon(seen).and_then(|daemon| daemon.polkit.as_ref());
    let action = action(seen);
    let (user, machine) = (user(seen), machine(seen));
    let draft = draft(seen, out).fact("user", user).fact("machine", machine);
    if polkit.is_some_and(Polkit::wants_a_person) {
        let words = format!(
            "authentication unavailable: no polkit agent available to authenticate action '{action}'"
        );
        draft.variant("question").quote(words, Some(0.0));
    }
}

/// Polkit lets this user in under no condition.
pub(crate) fn polkit_denied(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(Login::Denied(words)) = login(seen) else { return };
    let user = user(seen);
    let draft = draft(seen, out).fact("user", user).fact("error", &words);
    draft.fact("action", action(seen));
    if !words.contains("access denied by policy") {
        draft.variant("broken");
    }
    draft.quote(words, Some(0.0));
}
