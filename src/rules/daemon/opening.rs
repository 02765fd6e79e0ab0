//! What the server says when it is asked to open the name.

use super::draft;
use crate::evidence::{Opening, Reply, RpcError};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;
use crate::text::Span;

/// The opening, where it did not come about.
fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s Opening> {
    let opening = seen.evidence.driver.as_ref()?;
    opening.outcome.answer().is_none().then_some(opening)
}

/// An error, if it is one of these.
fn error<'s>(seen: &'s Seen<'_>, is: impl Fn(&RpcError) -> bool) -> Option<&'s RpcError> {
    failing(seen)?.outcome.error().filter(|error| is(error))
}

fn names_no_driver(error: &RpcError) -> bool {
    error.code == RpcError::NO_CONNECT && error.message.contains("no connection driver available")
}

fn names_a_path(error: &RpcError) -> bool {
    error.message.contains(" URI path")
}

fn denies(error: &RpcError) -> bool {
    error.code == RpcError::ACCESS_DENIED
        || [RpcError::FROM_ACCESS, RpcError::FROM_POLKIT].contains(&error.domain)
}

/// `name`, where the URI has it, else what `part` gives.
fn place(seen: &Seen<'_>, part: Option<Span>) -> Span {
    let name = seen.plan.used("name").map(|planned| planned.value_span);
    name.or(part).unwrap_or_else(|| seen.reading.uri.span())
}

fn at<'d>(
    seen: &Seen<'_>,
    part: Option<Span>,
    error: &RpcError,
    out: &'d mut Drafts,
) -> &'d mut Draft {
    let name = failing(seen).map(|opening| opening.name.clone()).unwrap_or_default();
    let draft = draft(seen, out);
    draft.span = place(seen, part);
    draft.fact("name", name).fact("error", &error.message).quote(&error.message, Some(0.0))
}

/// The server has no such driver.
pub(crate) fn driver_not_there(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(error) = error(seen, names_no_driver) else { return };
    let opening = failing(seen).map(|opening| opening.name.as_str()).unwrap_or_default();
    let driver = opening.split(':').next().unwrap_or_default().to_owned();
    // Where a package has a driver of its own.
    let is_packaged = ["qemu", "lxc", "xen", "vbox"].contains(&driver.as_str());
    let install = format!("apt-get install libvirt-daemon-driver-{driver}");
    let draft = at(seen, seen.reading.uri.driver_span(), error, out)
        .fact("install", if is_packaged { install.as_str() } else { "" });
    if driver.is_empty() {
        draft.variant("any");
    }
}

/// The driver does not open this path.
pub(crate) fn path_not_opened(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(error) = error(seen, names_a_path) else { return };
    let path = seen.reading.uri.path_span();
    let draft = at(seen, (!path.is_empty()).then_some(path), error, out);
    match error.message.split_once(", try ") {
        Some((_, other)) => draft.fact("other", other),
        None => draft.variant("bare"),
    };
}

/// Whoever we are to the server, may not.
pub(crate) fn access_denied(seen: &Seen<'_>, out: &mut Drafts) {
    if let Some(error) = error(seen, denies) {
        at(seen, None, error, out);
    }
}

/// A daemon that hands on did not find the one that has the driver.
pub(crate) fn driver_daemon_missing(seen: &Seen<'_>, out: &mut Drafts) {
    const BEFORE: &str = "Failed to connect socket to '";
    let Some(error) = error(seen, |error| error.message.contains(BEFORE)) else { return };
    let socket = error.message.split(BEFORE).nth(1).and_then(|rest| rest.split('\'').next());
    let socket = socket.unwrap_or_default();
    let unit = socket.rsplit('/').next().unwrap_or_default();
    let unit = unit.trim_end_matches("-ro").trim_end_matches("-sock").trim_end_matches("-admin");
    at(seen, None, error, out)
        .fact("socket", socket)
        .fact("unit", format!("{}.socket", if unit == "libvirt" { "libvirtd" } else { unit }));
}

/// Any other error.
pub(crate) fn open_refused(seen: &Seen<'_>, out: &mut Drafts) {
    if let Some(error) = error(seen, |_| true) {
        at(seen, None, error, out);
    }
}

/// No answer, or none that libvirt would give.
pub(crate) fn open_unanswered(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(opening) = failing(seen) else { return };
    let seconds = format!("{:.1}", opening.duration_ms / 1000.0);
    let quote = match &opening.outcome {
        Reply::Answered(_) | Reply::Error(_) => return,
        Reply::Closed => Some("End of file while reading data: Input/output error"),
        Reply::Reset => Some("Cannot recv data: Connection reset by peer"),
        Reply::Silent | Reply::NotLibvirt(_) | Reply::Garbled(_) => None,
    };
    let draft = draft(seen, out).fact("name", &opening.name).fact("seconds", seconds);
    draft.span = place(seen, None);
    match (quote, &opening.outcome) {
        (Some(quote), _) => draft.variant("closes").quote(quote, Some(0.0)),
        (None, Reply::NotLibvirt(text) | Reply::Garbled(text)) => {
            draft.variant("garbled").fact("text", text)
        }
        (None, _) => draft,
    };
}
