//! Rules about what a URI gives away or lets in.

use std::net::IpAddr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::{Effect, is_plain_for_shell, switch};
use crate::rules::Reading;
use crate::tables::transports::Transport;
use crate::text::Span;

/// A password before the `@`, or as the value of a parameter.
pub(crate) fn password_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    for span in uri.secret_spans() {
        // A placeholder keeps the password out of the file.
        if !reading.is_certain(span) {
            continue;
        }
        let in_user = uri.user_span().filter(|user| user.contains(span));
        if let Some(user) = in_user {
            let name = Span::new(user.start as usize, span.start as usize - 1);
            let colon_on = Span::new(span.start as usize - 1, span.end as usize);
            out.at(span).fact("user", reading.text(name)).fix("remove the password", colon_on, "");
        } else {
            let section = uri.parameters().find(|parameter| parameter.section.contains(span));
            let name = section.map(|parameter| parameter.name().into_owned()).unwrap_or_default();
            out.at(span).variant("parameter").fact("name", name);
        }
    }
}

/// `no_verify=1`, `known_hosts_verify=ignore`: anybody may answer.
pub(crate) fn unverified_peer(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in reading.plan.parameters.iter().filter(|planned| planned.effect == Effect::Used) {
        let name = planned.name.to_ascii_lowercase();
        let (variant, on) = match name.as_slice() {
            b"no_verify" if reading.plan.transport == Some(Transport::Tls) => {
                ("tls", is_on(planned))
            }
            b"no_verify" if reading.plan.transport == Some(Transport::Ssh) => {
                ("ssh", is_on(planned))
            }
            b"no_verify" => ("https", is_on(planned)),
            b"known_hosts_verify" => ("libssh", planned.value.eq_ignore_ascii_case(b"ignore")),
            _ => continue,
        };
        if on && reading.is_certain(planned.name_span.to(planned.value_span)) {
            out.at(planned.name_span.to(planned.value_span)).variant(variant);
        }
    }
}

fn is_on(planned: &crate::plan::Planned) -> bool {
    switch(&planned.value) == Some(true)
}

/// `+tcp` to another machine.
pub(crate) fn plain_tcp(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(host)) = (reading.uri.transport_span(), reading.uri.host()) else {
        return;
    };
    let certain = reading.uri.host_span().is_some_and(|host| reading.is_certain(host));
    // A SASL mechanism may encrypt, and who asks for one knows which.
    let sasl = reading.plan.used("auth").is_some();
    if reading.plan.transport == Some(Transport::Tcp) && certain && !sasl && !is_loopback(&host) {
        out.at(span).fact("host", host.as_ref());
    }
}

fn is_loopback(host: &[u8]) -> bool {
    let text = host.to_str_lossy();
    text.eq_ignore_ascii_case("localhost")
        || text.to_ascii_lowercase().ends_with(".localhost")
        || text.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// A host that a program could take for an option.
pub(crate) fn host_begins_with_dash(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(host)) = (reading.uri.host_span(), reading.uri.host()) else { return };
    if host.starts_with(b"-") {
        out.at(span).fact("host", host.as_ref());
    }
}

/// `command`, `netcat` or `socket` with something that a shell acts on.
pub(crate) fn shell_characters(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(transport) = reading.plan.transport else { return };
    for planned in reading.plan.parameters.iter().filter(|planned| planned.effect == Effect::Used) {
        let name = planned.name.to_ascii_lowercase();
        let variant = match name.as_slice() {
            b"socket" if transport.is_ssh_like() => "socket",
            b"netcat" => "netcat",
            b"command" => "command",
            _ => continue,
        };
        let odd: Vec<u8> =
            planned.value.iter().copied().filter(|byte| !is_plain_for_shell(*byte)).collect();
        if !odd.is_empty() && reading.is_certain(planned.value_span) {
            out.at(planned.value_span)
                .variant(variant)
                .fact("name", &name)
                .fact("value", planned.value.as_slice())
                .fact(
                    "character",
                    odd.as_bstr().chars().next().map(String::from).unwrap_or_default(),
                );
        }
    }
}
