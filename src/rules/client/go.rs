//! What Go's `net/url` and go-libvirt make of a URI.

use super::{refusal, refused};
use crate::finding::Drafts;
use crate::plan::{Effect, GoPart};
use crate::rules::Reading;
use crate::tables::clients::UriDialect;
use crate::tables::transports::Transport;
use crate::text::{Span, nearest};

/// Go refuses what libxml2 takes; where both do, the rules on syntax tell where.
pub(crate) fn unparseable_by_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(error) = refused(reading, GoPart::Syntax) else { return };
    if reading.faults.is_empty() {
        out.at(reading.uri.span())
            .fact("client", reading.dialect().phrase())
            .fact("error", error)
            .quote(error, None);
    }
}

/// A transport that others have, or nobody.
pub(crate) fn transport_unknown_to_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(error) = refused(reading, GoPart::Transport) else { return };
    let Some(span) = reading.uri.transport_span().filter(|span| reading.is_certain(*span)) else {
        return;
    };
    let known: Vec<&str> =
        reading.dialect().transports().iter().copied().map(Transport::name).collect();
    let word = String::from_utf8_lossy(reading.text(span)).to_ascii_lowercase();
    let draft = out
        .at(span)
        .fact("client", reading.dialect().phrase())
        .fact("word", &word)
        .fact("known", known.join(", "))
        .quote(error, None);
    // The libraries' ways are what the program's way is to the provider.
    let meant = match word.as_str() {
        "libssh" | "libssh2" if known.contains(&"sshcmd") => Some("sshcmd"),
        "libssh" | "libssh2" | "sshcmd" => Some("ssh"),
        _ => nearest(&word, known.iter().copied()),
    };
    if let Some(meant) = meant {
        draft.fix(format!("write {meant}"), span, meant);
    }
}

/// go-libvirt refuses what libvirt would ignore.
pub(crate) fn parameter_refused_by_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal) = refusal(reading) else { return };
    let GoPart::Parameter(name) = refusal.about else { return };
    for planned in reading.plan.parameters.iter().filter(|planned| planned.name == name) {
        let span = planned.name_span.to(planned.value_span);
        if reading.is_certain(span) {
            out.at(span)
                .fact("name", name)
                .fact("error", refusal.text.as_slice())
                .quote(refusal.text.as_slice(), None);
        }
    }
}

/// A section of the query that Go does not keep.
pub(crate) fn parameter_dropped(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(query) = reading.uri.query_span().filter(|_| is_go(reading)) else { return };
    let text = reading.text(query);
    if !text.iter().any(|byte| matches!(byte, b';' | b'%')) {
        return;
    }
    let mut at = query.start as usize;
    for section in text.split(|byte| *byte == b'&') {
        let span = Span::new(at, at + section.len());
        at += section.len() + 1;
        if !reading.is_certain(span) {
            continue;
        }
        if section.contains(&b';') {
            out.at(span).variant("semicolon").fact("why", "it holds a `;`");
        } else if has_broken_escape(section) {
            out.at(span).variant("escape").fact("why", "it holds a `%` without two hex digits");
        }
    }
}

fn has_broken_escape(text: &[u8]) -> bool {
    memchr::memchr_iter(b'%', text).any(|at| {
        !text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    })
}

/// `+` in a value that counts.
pub(crate) fn plus_is_a_blank(reading: &Reading<'_>, out: &mut Drafts) {
    if !is_go(reading) {
        return;
    }
    for planned in reading.plan.parameters.iter().filter(|planned| planned.effect == Effect::Used) {
        let value = reading.text(planned.value_span);
        if value.contains(&b'+') && reading.is_certain(planned.value_span) {
            let escaped = String::from_utf8_lossy(value).replace('+', "%2B");
            out.at(planned.value_span).fact("name", planned.name.as_slice()).fix(
                "write %2B",
                planned.value_span,
                escaped,
            );
        }
    }
}

/// `/session` at the system's socket.
pub(crate) fn session_means_system(reading: &Reading<'_>, out: &mut Drafts) {
    let plan = reading.plan;
    if !is_go(reading) || plan.path != "/session" || plan.user_session || plan.refusal.is_some() {
        return;
    }
    let local = plan.effective_host.is_none();
    let socket = plan.used("socket").is_some();
    let helper = plan.ssh.as_ref().is_some_and(|ssh| ssh.argv.is_some());
    if !socket && !helper && plan.socket.is_some() && reading.has_certain_place() {
        out.at(reading.uri.path_span())
            .fact("client", reading.dialect().phrase())
            .fact("where", if local { "here" } else { "there" })
            .fact("path", plan.path.as_slice());
    }
}

pub(super) fn is_go(reading: &Reading<'_>) -> bool {
    reading.dialect() != UriDialect::Libvirt
}
