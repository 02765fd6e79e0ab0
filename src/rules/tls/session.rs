//! The session itself: handshake, and whether the server lets the client in.

use crate::evidence::{Service, Tls, TlsOutcome};
use crate::finding::{Draft, Drafts};
use crate::rules::Seen;

use super::fields::{self, Issue, Role};
use super::{own, server};

/// The session, where it was tried and does not stand.
fn failing<'s>(seen: &'s Seen<'_>) -> Option<&'s Tls> {
    let is_mine = server::stands(seen.plan, seen.evidence) == Some(false)
        && server::refusal(seen.plan, seen.evidence).is_none()
        && own::refusal(seen.plan, seen.evidence).is_none();
    seen.evidence.tls.as_ref().filter(|_| is_mine)
}

fn draft<'d>(seen: &Seen<'_>, out: &'d mut Drafts) -> &'d mut Draft {
    let uri = seen.reading.uri;
    let host = seen.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
    let place = uri.host_span().unwrap_or_else(|| uri.span());
    out.at(place).fact("host", host)
}

/// The server looks at the client's certificate and address, and closes.
pub(crate) fn tls_client_not_let_in(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(tls) = failing(seen) else { return };
    let TlsOutcome::NotConfirmed(how) = &tls.outcome else { return };
    let Some(plan) = seen.plan.tls.as_ref() else { return };
    let message = if how.starts_with("the byte") {
        "server verification (of our certificate or IP address) failed"
    } else {
        "Unable to read TLS confirmation: Input/output error"
    };
    let draft = draft(seen, out).fact("how", how);
    draft.quote(message, Some(0.0));
    draft.fact("cert", plan.cert.as_slice()).fact("key", plan.key.as_slice());
    if !tls.certificates.sent {
        draft.variant("unsent");
    } else if let Some(own) = own::own_certificate(seen.evidence) {
        // Without its checks the client sends what no server takes.
        let issue = fields::own_issue(own, Role::Client, &seen.evidence.observed_at);
        fields::facts(draft, own);
        match issue {
            Some(Issue::Expired) => draft.variant("expired"),
            Some(Issue::NotYetValid) => draft.variant("early"),
            _ if !own.unchecked && !fields::is_from(own, own::authorities(seen.evidence)) => {
                draft.variant("stranger")
            }
            _ => draft.variant("listed"),
        };
    }
}

/// No session comes about.
pub(crate) fn tls_handshake_failed(seen: &Seen<'_>, out: &mut Drafts) {
    let Some(tls) = failing(seen) else { return };
    let network = seen.evidence.network.as_ref();
    let service = network.and_then(|network| network.way_in()?.service.as_ref());
    let port = network.map(|network| network.port.to_string()).unwrap_or_default();
    let (how, gnutls) = match &tls.outcome {
        TlsOutcome::Accepted | TlsOutcome::NotConfirmed(_) | TlsOutcome::Ours(_) => return,
        TlsOutcome::Alert(alert) => {
            (format!("the alert {alert}"), Some("A TLS fatal alert has been received."))
        }
        TlsOutcome::NotTls => ("no TLS".to_owned(), Some("An unexpected TLS packet was received.")),
        TlsOutcome::Closed => {
            let gnutls = "The TLS connection was non-properly terminated.";
            ("it closes".to_owned(), Some(gnutls))
        }
        TlsOutcome::Reset => ("it closes".to_owned(), Some("Error in the pull function.")),
        TlsOutcome::Silent => (String::new(), None),
    };
    let draft = draft(seen, out).fact("port", port).fact("how", how);
    if let Some(gnutls) = gnutls {
        draft.quote(format!("authentication failed: TLS handshake failed {gnutls}"), Some(0.0));
    }
    match service {
        Some(other @ (Service::Ssh(_) | Service::Libvirt(_) | Service::Other(_))) => {
            draft.variant("other").fact("what", other.phrase());
        }
        _ if tls.outcome == TlsOutcome::Silent => {
            draft.variant("silent").fact("seconds", format!("{:.1}", tls.duration_ms / 1000.0));
        }
        _ => {}
    }
}
