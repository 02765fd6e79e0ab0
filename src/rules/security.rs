//! Rules about what a URI gives away or lets in.

use std::net::IpAddr;

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::{Effect, Planned, is_plain_for_shell, switch};
use crate::rules::Reading;
use crate::rules::parameter::offer_to_remove;
use crate::rules::uri::read_by_c;
use crate::tables::clients::UriDialect;
use crate::tables::transports::Transport;
use crate::text::Span;
use crate::uri::{Secret, SecretKind, unescape};

/// A password before an `@`.
pub(crate) fn password_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    for secret in reading.secrets.iter().filter(|secret| secret.kind == SecretKind::Userinfo) {
        let Secret { span, word, .. } = *secret;
        // A placeholder keeps the password out of the file.
        if !reading.is_certain(span) {
            continue;
        }
        let is_user = reading.uri.user_span().is_some_and(|user| user.contains(span));
        let draft = out.at(span);
        if reading.dialect() != UriDialect::Libvirt {
            draft.variant("go");
        } else if !is_user {
            draft.variant("elsewhere");
        }
        draft.fix("remove the password", without_user(reading, word, span.end), "");
    }
    colon_of_user(reading, out);
}

/// `joe:@`: libvirt's user has the colon in its name. To Go it is an empty password.
fn colon_of_user(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(user) = reading.uri.user_span() else { return };
    let text = reading.text(user);
    let length = if text.ends_with(b":") {
        1
    } else if text.len() >= 3 && text[text.len() - 3..].eq_ignore_ascii_case(b"%3a") {
        3
    } else {
        return;
    };
    let colon = Span { start: user.end - length, ..user };
    let word = Span { end: colon.start, ..user };
    let is_first = memchr::memchr(b':', unescape(reading.text(word)).as_ref()).is_none();
    if is_first && reading.dialect() == UriDialect::Libvirt && reading.is_certain(colon) {
        let place = without_user(reading, word, colon.end);
        out.at(colon).variant("colon").fix("remove the colon", place, "");
    }
}

/// From the end of a user's name to `end`. Without a name the `@` goes too: libxml2 takes
/// an empty user for the rest of the URI.
fn without_user(reading: &Reading<'_>, name: Span, end: u32) -> Span {
    let text = reading.uri.text();
    let at = usize::from(name.is_empty() && text.get(end as usize) == Some(&b'@'));
    Span::new(name.end as usize, end as usize + at)
}

/// A password behind a name that says so.
pub(crate) fn password_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    for secret in reading.secrets.iter().filter(|secret| secret.kind == SecretKind::Named) {
        let Secret { span, word, .. } = *secret;
        if !reading.is_certain(word.to(span)) {
            continue;
        }
        let draft = out.at(span);
        // No client has a parameter of such a name, so none acts on it.
        let holds = |planned: &&Planned| planned.value_span == span;
        let Some(planned) = reading.plan.parameters.iter().find(holds) else {
            draft.fact("name", reading.text(word));
            draft.fact("fate", "the secret stands there for everybody to read");
            continue;
        };
        let fate = if reading.plan.transport.is_some() {
            "the secret is handed to the server and does nothing"
        } else {
            "the driver does nothing with the secret"
        };
        draft.fact("name", planned.name.as_slice()).fact("fate", fate);
        offer_to_remove(draft, reading, planned);
    }
}

/// `no_verify=1`, `known_hosts_verify=ignore`: anybody may answer.
pub(crate) fn unverified_peer(reading: &Reading<'_>, out: &mut Drafts) {
    let ignores = |planned: &&Planned| planned.value.eq_ignore_ascii_case(b"ignore");
    for planned in used(reading, "no_verify").filter(|planned| is_on(planned)) {
        let variant = match reading.plan.transport {
            Some(Transport::Tls) => "tls",
            Some(_) => "ssh",
            None => "https",
        };
        out.at(planned.name_span.to(planned.value_span)).variant(variant);
    }
    for planned in used(reading, "known_hosts_verify").filter(ignores) {
        out.at(planned.name_span.to(planned.value_span)).variant("libssh");
    }
}

/// `known_hosts_verify=auto`: anybody may answer the first time.
pub(crate) fn accepts_new_host_keys(reading: &Reading<'_>, out: &mut Drafts) {
    let accepts = |planned: &&Planned| planned.value.eq_ignore_ascii_case(b"auto");
    for planned in used(reading, "known_hosts_verify").filter(accepts) {
        out.at(planned.name_span.to(planned.value_span));
    }
}

/// `no_sanity=1`: what is wrong with our own certificates is not looked for.
pub(crate) fn sanity_check_off(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in used(reading, "no_sanity").filter(|planned| is_on(planned)) {
        let draft = out.at(planned.name_span.to(planned.value_span));
        offer_to_remove(draft, reading, planned);
    }
}

/// `command`: the URI runs a program here. In a file of one's own, `ext` says so
/// already.
pub(crate) fn program_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    if !reading.is_argument && reading.plan.transport == Some(Transport::Ext) {
        return;
    }
    for planned in used(reading, "command").filter(|planned| !planned.value.is_empty()) {
        let program = planned.value.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        if program != b"ssh" {
            out.at(planned.name_span.to(planned.value_span))
                .fact("program", planned.value.as_slice());
        }
    }
}

/// Parameters of this name that the client acts on.
fn used<'a>(reading: &Reading<'a>, name: &'static str) -> impl Iterator<Item = &'a Planned> {
    reading.given(name).filter(|planned| planned.effect == Effect::Used)
}

fn is_on(planned: &Planned) -> bool {
    switch(&planned.value) == Some(true)
}

/// `+tcp` to another machine.
pub(crate) fn plain_tcp(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport != Some(Transport::Tcp) {
        return;
    }
    let (Some(span), Some(host)) = (reading.uri.transport_span(), reading.uri.host()) else {
        return;
    };
    let certain = reading.uri.host_span().is_some_and(|host| reading.is_certain(host));
    // A SASL mechanism may encrypt, and who asks for one knows which.
    let sasl = reading.plan.used("auth").is_some();
    if certain && !sasl && !is_loopback(&host) {
        out.at(span).fact("host", host.as_ref());
    }
}

fn is_loopback(host: &[u8]) -> bool {
    let text = host.to_str_lossy().to_ascii_lowercase();
    // Whoever connects to an unspecified address reaches this machine.
    let is_here = |address: IpAddr| {
        let address = address.to_canonical();
        address.is_loopback() || address.is_unspecified()
    };
    LOOPBACK.contains(&text.as_str())
        || text.ends_with(".localhost")
        || text.parse().is_ok_and(is_here)
        || read_by_c(&text).is_some_and(|address| is_here(address.into()))
}

/// Names of the loopback, as distributions write them into /etc/hosts.
const LOOPBACK: [&str; 8] = [
    "localhost",
    "localhost.localdomain",
    "localhost4",
    "localhost4.localdomain4",
    "localhost6",
    "localhost6.localdomain6",
    "ip6-localhost",
    "ip6-loopback",
];

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
    for name in ["socket", "netcat", "command"] {
        // Without ssh in between, no shell reads the path of a socket.
        let script = || reading.plan.ssh.as_ref().is_some_and(|ssh| ssh.remote_command.is_some());
        if name == "socket" && !(transport.is_ssh_like() && script()) {
            continue;
        }
        for planned in reading.plan.parameters.iter().filter(|planned| {
            planned.effect == Effect::Used && planned.name.eq_ignore_ascii_case(name.as_bytes())
        }) {
            // No shell cuts `command` at a blank, and a folder may have one in its name.
            let is_plain = |byte: u8| is_plain_for_shell(byte) || name == "command" && byte == b' ';
            let odd = planned.value.iter().position(|byte| !is_plain(*byte));
            let Some(at) = odd.filter(|_| reading.is_certain(planned.value_span)) else { continue };
            let rest = planned.value[at..].as_bstr();
            out.at(planned.value_span)
                .variant(name)
                .fact("name", name)
                .fact("value", planned.value.as_slice())
                .fact("character", rest.chars().next().map(String::from).unwrap_or_default());
        }
    }
}
