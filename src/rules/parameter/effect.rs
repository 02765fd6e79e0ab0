//! Known parameters that do nothing here, or more than they seem to.

use super::{judged, reader};
use crate::finding::Drafts;
use crate::plan::{Effect, Proxy};
use crate::rules::Reading;
use crate::tables::drivers::Runs;
use crate::tables::parameters::Reader;
use crate::tables::transports::Transport;

/// A known name that this transport does nothing with.
pub(crate) fn ignored_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let reads_none = reading.driver().is_some_and(|driver| driver.runs == Runs::InClientLocal)
        && reading.plan.transport.is_none();
    for (planned, name) in judged(reading) {
        let Some(row) = reader(reading).named(&planned.name) else { continue };
        if reads_none {
            out.at(planned.name_span)
                .variant("local-driver")
                .fact("name", name.as_bytes())
                .fact("driver", reading.uri.driver().unwrap_or_default());
            continue;
        }
        let Some(transport) = reading.plan.transport else { continue };
        if row.used_by.has(transport) || reader(reading) != Reader::Remote {
            continue;
        }
        let users: Vec<&str> = row.used_by.iter().map(Transport::name).collect();
        let draft = out
            .at(planned.name_span)
            .fact("name", row.name)
            .fact("transport", transport.facts().phrase)
            .fact("users", users.join(", "))
            .fact("what", row.what);
        // The three that people write in the hope of a host key policy.
        if transport == Transport::Ssh
            && matches!(row.name, "known_hosts" | "known_hosts_verify" | "sshauth")
        {
            draft.variant("ssh");
        } else if row.name == "no_verify"
            && matches!(transport, Transport::Libssh | Transport::Libssh2)
        {
            draft.variant("no-verify-libssh");
        }
    }
}

/// `socket` or `netcat` over ssh: virt-ssh-helper is not used.
pub(crate) fn helper_switched_off(reading: &Reading<'_>, out: &mut Drafts) {
    let plan = reading.plan;
    if !plan.transport.is_some_and(Transport::is_ssh_like) || plan.proxy != Some(Proxy::Netcat) {
        return;
    }
    let asked_for = judged(reading).any(|(planned, _)| planned.name.eq_ignore_ascii_case(b"proxy"));
    if asked_for {
        return;
    }
    for (planned, name) in judged(reading) {
        if planned.effect == Effect::Used
            && matches!(name.to_ascii_lowercase().as_str(), "socket" | "netcat")
        {
            out.at(planned.name_span).fact("name", name.to_ascii_lowercase());
        }
    }
}
