//! A daemon that systemd starts on demand, and that does not come up.

use super::{direct, draft};
use crate::evidence::{RpcOutcome, Way};
use crate::finding::Drafts;
use crate::rules::Seen;
use crate::rules::units::failed_service;

/// The socket listens, and the service behind it fails.
pub(crate) fn daemon_does_not_start(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(daemon) = direct(seen).filter(|daemon| daemon.way == Way::Unix) else { return };
    let message = match daemon.outcome {
        RpcOutcome::Closed => "End of file while reading data: Input/output error",
        RpcOutcome::Reset => "Cannot recv data: Connection reset by peer",
        RpcOutcome::Silent => "",
        _ => return,
    };
    let Some(local) = &seen.evidence.local else { return };
    let path = local.socket.as_ref().map(|socket| socket.path.as_str()).unwrap_or_default();
    let Some(service) = failed_service(&local.units, path) else { return };
    let draft = draft(seen, out).fact("service", &service.name).fact("result", &service.result);
    if matches!(service.result.as_str(), "" | "success") {
        draft.variant("starting");
    }
    if !message.is_empty() {
        draft.quote(message, Some(0.0));
    }
}
