//! What stands before the `@`, or should.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::tables::drivers::{Paths, Runs};
use crate::tables::transports::Transport;
use crate::text::Span;
use crate::uri::{FaultKind, Part};

/// With its `@`.
fn with_at(user: Span) -> Span {
    Span::new(user.start as usize, user.end as usize + 1)
}

/// `//@host`: libxml2 takes a length of zero for "up to the end".
pub(crate) fn empty_user(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(user) = reading.uri.user_span().filter(|user| user.is_empty()) else { return };
    let used = reading.plan.transport.is_none_or(Transport::is_ssh_like);
    let draft = out.at(with_at(user)).fact("rest", &reading.uri.text()[user.start as usize..]).fix(
        "remove the @",
        with_at(user),
        "",
    );
    if !used {
        draft.variant("unused");
    }
}

/// `//joe@/system`.
pub(crate) fn user_without_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(user) = reading.uri.user_span() else { return };
    if reading.uri.host_span().is_none() && !user.is_empty() && reading.has_certain_place() {
        let client = reading.driver().is_some_and(|driver| driver.runs == Runs::InClientRemote);
        if !client {
            let place = if reading.uri.transport_span().is_some() {
                "localhost"
            } else {
                "the daemon of this machine"
            };
            out.at(with_at(user)).fact("place", place);
        }
    }
}

/// `joe@corp@host`.
pub(crate) fn second_at_sign(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| fault.kind == FaultKind::SecondAt) {
        out.at(fault.span).fix("write %40", fault.span, "%40");
    }
}

/// `CORP\joe@host`.
pub(crate) fn backslash_in_user(reading: &Reading<'_>, out: &mut Drafts) {
    for fault in reading.faults.iter().filter(|fault| {
        fault.kind == FaultKind::Unescaped
            && fault.part == Part::User
            && reading.text(fault.span) == b"\\"
    }) {
        out.at(fault.span).fix("write %5C", fault.span, "%5C");
    }
}

/// `corp/joe@host`: the slash ends the host.
pub(crate) fn slash_in_user(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    let path = uri.path_span();
    let text = reading.text(path);
    let (Some(host), None) = (uri.host_span(), uri.user_span()) else { return };
    let Some(at) = memchr::memchr(b'@', text) else { return };
    let file = reading
        .driver()
        .is_some_and(|driver| matches!(driver.paths, Paths::TestFile | Paths::VcenterInventory));
    let segment = text[1..at].contains(&b'/') || text[at + 1..].is_empty();
    if file || segment || !reading.is_certain(host) || !reading.is_certain(path) {
        return;
    }
    let slash = Span::new(path.start as usize, path.start as usize + 1);
    let user = Span::new(host.start as usize, path.start as usize + at);
    let rest = &text[at + 1..];
    let meant = rest.split(|byte| *byte == b'/').next().unwrap_or(rest);
    out.at(slash)
        .fact("user", reading.text(user))
        .fact("host", reading.text(host))
        .fact("meant", meant)
        .fix("write %2F", slash, "%2F");
}

/// A user where nobody logs in.
pub(crate) fn user_ignored(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(user) = reading.uri.user_span().filter(|user| !user.is_empty()) else { return };
    // Without a transport word the mistake is another: ssh is missing.
    let Some(transport) = reading.plan.transport.filter(|transport| !transport.is_ssh_like())
    else {
        return;
    };
    let text = reading.text(user);
    if transport == Transport::Ext
        || reading.uri.transport_span().is_none()
        || reading.uri.host_span().is_none()
        || !reading.is_certain(user)
        || text.contains_str(b":")
    {
        return;
    }
    out.at(user).fact("user", text).fact("transport", transport.facts().phrase).fix(
        "remove the user",
        with_at(user),
        "",
    );
}
