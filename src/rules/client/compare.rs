//! Where clients read the same URI differently.

use bstr::BString;

use crate::finding::Drafts;
use crate::plan::{Outcome, Plan};
use crate::rules::Reading;
use crate::tables::transports::Transport;

/// Says what each of them makes of it, where that is not the same.
pub(crate) fn clients_differ(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.others.is_empty() || !reading.is_certain(reading.uri.span()) {
        return;
    }
    let mut readings: Vec<(String, Vec<String>)> = Vec::new();
    for plan in std::iter::once(reading.plan).chain(reading.others) {
        let phrase = phrase(plan);
        let client = plan.client.to_string();
        match readings.iter_mut().find(|(known, _)| *known == phrase) {
            Some((_, clients)) => clients.push(client),
            None => readings.push((phrase, vec![client])),
        }
    }
    let mut readings = readings.into_iter();
    let Some((own, who)) = readings.next() else { return };
    for (other, others) in readings {
        out.at(reading.uri.span())
            .fact("clients", who.join(", "))
            .fact("reading", &own)
            .fact("others", others.join(", "))
            .fact("other", other);
    }
}

/// What the client does, as far as it can be compared: not how, but where to and
/// whether it checks who answers.
fn phrase(plan: &Plan) -> String {
    match (plan.outcome, plan.transport) {
        (Outcome::Rejected, _) => {
            format!("refused ({})", plan.error().unwrap_or_default())
        }
        (Outcome::Crashes, _) => "a crash".to_owned(),
        (Outcome::InProcess, _) | (Outcome::Daemon, None) => {
            "opened by the client itself".to_owned()
        }
        (Outcome::Daemon, Some(Transport::Unix)) => {
            format!("the socket {}", plan.socket.clone().unwrap_or_default())
        }
        (Outcome::Daemon, Some(transport)) => {
            let host = plan.effective_host.clone().unwrap_or_default();
            let port = plan.effective_port.or(transport.facts().default_port.map(u32::from));
            let port = port.map(|port| format!(" port {port}")).unwrap_or_default();
            let how = if transport.is_ssh_like() { "ssh" } else { transport.facts().phrase };
            let user = plan.user.as_ref().filter(|_| transport.is_ssh_like());
            let user = user.map(|user| format!(" as {user}")).unwrap_or_default();
            let unchecked = if accepts_any_peer(plan) { ", whoever answers" } else { "" };
            let name = plan.remote_name.clone().unwrap_or_default();
            format!("{how} to {host}{port}{user}{unchecked}, for {name}")
        }
    }
}

fn accepts_any_peer(plan: &Plan) -> bool {
    if let Some(tls) = &plan.tls {
        return !tls.verify;
    }
    let Some(ssh) = &plan.ssh else { return false };
    let option = BString::from("StrictHostKeyChecking=no");
    match &ssh.argv {
        Some(argv) => argv.contains(&option),
        // Go's plan names no file where it looks into none.
        None => {
            ssh.known_hosts.is_none()
                || plan
                    .used("known_hosts_verify")
                    .is_some_and(|given| given.value.eq_ignore_ascii_case(b"ignore"))
        }
    }
}
