//! Variables, files and the user id: why the same URI leads elsewhere here.
//!
//! Of a URI in a file nobody knows who will open it, so these speak only of one
//! that is an argument, or that was taken because there was none.

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::transports::Transport;

/// A URI for this user's own daemon, whose socket the client works out.
fn is_own_session(reading: &Reading<'_>) -> bool {
    reading.is_argument
        && reading.plan.transport == Some(Transport::Unix)
        && reading.plan.user_session
        && reading.plan.used("socket").is_none()
}

/// `/session` without a runtime folder.
pub(crate) fn no_runtime_folder(reading: &Reading<'_>, out: &mut Drafts) {
    let is_set = |folder: &str| !folder.is_empty();
    if !is_own_session(reading) || reading.machine.variable("XDG_RUNTIME_DIR").is_some_and(is_set) {
        return;
    }
    let socket = reading.plan.socket.clone().unwrap_or_default();
    out.at(reading.uri.path_span())
        .fact("socket", socket.as_slice())
        .fact("uid", reading.machine.uid.to_string());
}

/// `/session`, no daemon there, and none may be started.
pub(crate) fn autostart_off(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.machine.variable("LIBVIRT_AUTOSTART") != Some("0") || !is_own_session(reading) {
        return;
    }
    let socket = reading.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default();
    if !reading.machine.has(&socket) {
        out.at(reading.uri.path_span()).fact("socket", socket);
    }
}

/// The user has a certificate without its key, or the reverse.
pub(crate) fn half_a_certificate_pair(reading: &Reading<'_>, out: &mut Drafts) {
    let machine = reading.machine;
    if !reading.is_argument
        || machine.uid == 0
        || reading.plan.transport != Some(Transport::Tls)
        || reading.plan.used("pkipath").is_some()
    {
        return;
    }
    let own = |name: &str| format!("{}/.pki/libvirt/{name}", machine.home);
    let (cert, key) = (own("clientcert.pem"), own("clientkey.pem"));
    let (there, missing) = match (machine.has(&cert), machine.has(&key)) {
        (true, false) => (cert, key),
        (false, true) => (key, cert),
        _ => return,
    };
    let span = reading.uri.transport_span().or(reading.uri.scheme_span());
    out.at(span.unwrap_or_default()).fact("there", there).fact("missing", missing);
}

/// `/session` as root.
pub(crate) fn root_session(reading: &Reading<'_>, out: &mut Drafts) {
    let plan = reading.plan;
    if reading.is_argument
        && reading.machine.uid == 0
        && plan.transport == Some(Transport::Unix)
        && plan.path == "/session"
        && plan.used("socket").is_none()
    {
        let socket = plan.socket.clone().unwrap_or_default();
        out.at(reading.uri.path_span())
            .fact("path", plan.path.as_slice())
            .fact("socket", socket.as_slice());
    }
}

/// No URI was given, and the default is another machine.
pub(crate) fn default_uri_is_remote(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(source) = reading.default_from else { return };
    if let (Some(span), Some(host)) = (reading.uri.host_span(), reading.uri.host()) {
        out.at(span).fact("source", source).fact("host", host.as_ref());
    }
}

/// No URI was given, and the default has no driver: libvirt says `(null)`.
pub(crate) fn default_uri_without_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(source) = reading.default_from else { return };
    if let Some(refusal @ Refusal::NoDriver(_)) = &reading.plan.refusal {
        out.at(reading.uri.span())
            .fact("source", source)
            .fact("value", reading.uri.text())
            .quote(refusal.text(), None);
    }
}
