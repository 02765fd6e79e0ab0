//! A plan for a person: what one would paste into a ticket.

use std::io::{self, Write};

use super::plan_json::PlannedUri;
use super::style::{bad, faint, strong};
use crate::plan::{Effect, Implementation, Outcome, Plan, Proxy};
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Driver;
use crate::tables::transports::Transport;
use crate::text::{Shown, Veil};

/// A client that dies prints nothing; the shell says it.
const DIES: &str = "the client dies of a segmentation fault";

/// The plan of one URI.
pub(crate) fn write(planned: &PlannedUri, out: &mut dyn Write) -> io::Result<()> {
    let PlannedUri { uri, plan, veil, .. } = planned;
    let title = if uri.is_empty() {
        Shown::ours("(no URI: the daemon picks a driver)")
    } else {
        veil.show(uri)
    };
    writeln!(out, "{}   {}", strong(title), faint(plan.client))?;
    for (name, value) in lines(plan, veil) {
        let value = value.to_string();
        writeln!(out, "  {name:<11}{value}")?;
    }
    if plan.outcome == Outcome::Crashes {
        writeln!(out, "  {}    {DIES}", bad("crashes"))?;
    }
    if let Some(error) = plan.error() {
        writeln!(out, "  {}   error: {}", bad("rejected"), veil.show(error))?;
    }
    Ok(())
}

/// The plan on one line.
pub(crate) fn concise(planned: &PlannedUri, out: &mut dyn Write) -> io::Result<()> {
    let PlannedUri { uri, plan, veil, .. } = planned;
    let show = |text: &Option<bstr::BString>| {
        text.as_ref().map_or_else(|| "-".to_owned(), |text| veil.show(text).to_string())
    };
    match plan.error() {
        None if plan.outcome == Outcome::Crashes => {
            writeln!(out, "{}: {DIES}", veil.show(uri))
        }
        Some(error) => writeln!(out, "{}: error: {}", veil.show(uri), veil.show(error)),
        None => writeln!(
            out,
            "{}: {} host={} port={} socket={} name={}",
            veil.show(uri),
            plan.transport.map_or("in-process", Transport::name),
            show(&plan.effective_host),
            plan.effective_port.map_or_else(|| "-".to_owned(), |port| port.to_string()),
            show(&plan.socket),
            show(&plan.remote_name),
        ),
    }
}

fn lines(plan: &Plan, veil: &Veil) -> Vec<(&'static str, Shown)> {
    let show = |text: &[u8]| veil.show(text);
    let mut lines = Vec::new();
    let mut put = |name, text: Shown| lines.push((name, text));
    if let Some(driver) = &plan.driver {
        let what = Driver::named(driver).map_or("no driver that libvirt knows", |row| row.what);
        put("driver", show(driver).followed_by(&format!(": {what}")));
    }
    if !plan.is_settled() {
        written(plan, &mut put, veil);
        return lines;
    }
    if plan.outcome == Outcome::InProcess {
        put("runs", Shown::ours("within the client itself, no daemon"));
    } else if let Some(transport) = plan.transport {
        put("transport", Shown::ours(transport_line(plan, transport)));
    }
    if let Some(user) = &plan.user {
        put("user", show(user));
    }
    if let Some(host) = &plan.effective_host {
        put("host", show(host).followed_by(host_note(plan)));
    }
    if let Some(port) = port_line(plan) {
        put("port", Shown::ours(port));
    }
    if let Some(name) = plan.remote_name.as_ref().filter(|_| plan.outcome == Outcome::Daemon) {
        let nothing = name.is_empty().then(|| Shown::ours("whatever the daemon picks"));
        put("asks for", nothing.unwrap_or_else(|| show(name)));
    }
    if let Some(socket) = &plan.socket {
        put("socket", show(socket).followed_by(socket_note(plan)));
    }
    if let Some(daemon) = &plan.autostart {
        put("starts", Shown::ours(format!("{daemon}, if nobody listens there")));
    }
    if let Some(proxy) = plan.proxy {
        put("reaches it", Shown::ours(proxy_line(proxy)));
    } else if plan.ssh.as_ref().is_some_and(|ssh| ssh.implementation == Implementation::Go) {
        put("reaches it", Shown::ours("through the ssh server, which connects to the socket"));
    }
    ssh_lines(plan, veil, &mut lines);
    tls_lines(plan, veil, &mut lines);
    for planned in &plan.parameters {
        let effect = match planned.effect {
            Effect::Used => continue,
            Effect::Forwarded => "is handed to the server, which ignores it",
            Effect::Ignored => "has no effect here",
        };
        lines.push(("parameter", veil.show(&planned.name).followed_by(&format!(" {effect}"))));
    }
    let hops: Vec<&str> = plan.hops().iter().map(|hop| hop.name()).collect();
    lines.push(("hops", Shown::ours(hops.join(" → "))));
    lines
}

/// What stands in the URI, where nothing came of it.
fn written(plan: &Plan, put: &mut impl FnMut(&'static str, Shown), veil: &Veil) {
    for (name, value) in [("user", &plan.user), ("host", &plan.host)] {
        if let Some(value) = value {
            put(name, veil.show(value));
        }
    }
    if let Some(port) = plan.port {
        put("port", Shown::ours(port.to_string()));
    }
    if !plan.path.is_empty() {
        put("path", veil.show(&plan.path));
    }
    for planned in &plan.parameters {
        put("parameter", veil.show(format!("{}={}", planned.name, planned.value)));
    }
}

fn transport_line(plan: &Plan, transport: Transport) -> String {
    let how = match plan.ssh.as_ref().map(|ssh| ssh.implementation) {
        Some(Implementation::Go) if plan.client.dialect() == UriDialect::Terraform08 => {
            "Go's own ssh, which reads a part of ssh_config"
        }
        Some(Implementation::Go) => "Go's own ssh, which reads no ssh_config",
        Some(Implementation::Openssh) => "the program ssh",
        _ => transport.facts().phrase,
    };
    let readonly = if plan.readonly { ", read-only" } else { "" };
    format!("{transport}: {how}{readonly}")
}

fn host_note(plan: &Plan) -> &'static str {
    match &plan.host {
        None => " (the URI has none)",
        Some(_) if runs_ssh(plan) => ", or what ssh_config puts in its place",
        _ => "",
    }
}

/// Whether the program ssh looks up host, user and port in its configuration.
fn runs_ssh(plan: &Plan) -> bool {
    plan.ssh.as_ref().is_some_and(|ssh| ssh.implementation == Implementation::Openssh)
}

fn port_line(plan: &Plan) -> Option<String> {
    match (plan.effective_port, plan.transport) {
        (Some(port), _) if plan.port.is_some_and(|written| written == port) => {
            Some(port.to_string())
        }
        (Some(port), _) => Some(format!("{port} (the default)")),
        (None, Some(_)) if runs_ssh(plan) => Some("22, or what ssh_config says".to_owned()),
        (None, _) => None,
    }
}

fn socket_note(plan: &Plan) -> &'static str {
    match plan.transport {
        Some(transport) if transport.is_ssh_like() => match plan.proxy {
            Some(Proxy::Native) => " there, unless virt-ssh-helper knows better",
            _ => " there",
        },
        _ if plan.user_session => "   (the user's own daemon)",
        _ => "",
    }
}

fn proxy_line(proxy: Proxy) -> &'static str {
    match proxy {
        Proxy::Auto => "through virt-ssh-helper if `which` finds it there, else through nc -U",
        Proxy::Netcat => "through nc -U",
        Proxy::Native => "through virt-ssh-helper",
    }
}

fn ssh_lines(plan: &Plan, veil: &Veil, lines: &mut Vec<(&'static str, Shown)>) {
    let Some(ssh) = plan.ssh.as_ref().filter(|_| plan.outcome == Outcome::Daemon) else { return };
    if ssh.implementation != Implementation::Openssh {
        let optional = [
            ("logs in as", &ssh.user),
            ("key file", &ssh.identity),
            ("known hosts", &ssh.known_hosts),
            ("methods", &ssh.methods),
        ];
        for (name, value) in optional {
            lines.extend(value.as_ref().map(|value| (name, veil.show(value))));
        }
    }
    if ssh.implementation == Implementation::Go && ssh.known_hosts.is_none() {
        lines.push(("host key", Shown::ours("is not checked")));
    }
    if let (Some(program), Some(argv)) = (&ssh.program, &ssh.argv) {
        let words: Vec<String> =
            std::iter::once(program).chain(argv).map(|word| shell_word(word)).collect();
        lines.push(("runs", veil.show(words.join(" "))));
    }
}

/// A word as one could paste it into a shell.
pub(super) fn shell_word(word: &[u8]) -> String {
    let text = String::from_utf8_lossy(word);
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "@%+=:,./_-".contains(character);
    if !text.is_empty() && text.chars().all(plain) {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn tls_lines(plan: &Plan, veil: &Veil, lines: &mut Vec<(&'static str, Shown)>) {
    let Some(tls) = plan.tls.as_ref().filter(|_| plan.outcome == Outcome::Daemon) else { return };
    for (name, path) in [("CA file", &tls.ca), ("cert file", &tls.cert), ("key file", &tls.key)] {
        lines.push((name, veil.show(path)));
    }
    if !tls.verify {
        lines.push(("verify", Shown::ours("no: the server's certificate is not checked")));
    }
}
