//! Rules about certificates and the session that they are for.

mod session;

pub(crate) use session::{tls_client_not_let_in, tls_handshake_failed};

use crate::evidence::SeenFile;
use crate::finding::Drafts;
use crate::plan::Hop;
use crate::rules::Seen;

/// Without the CA's certificate nothing works over TLS, `no_verify` or not.
pub(crate) fn ca_certificate_missing(seen: &Seen<'_>, out: &mut Drafts) {
    let files =
        seen.evidence.local.as_ref().map(|local| local.files.as_slice()).unwrap_or_default();
    let Some(ca) = files.iter().find(|file| file.what == SeenFile::AUTHORITY && !file.exists)
    else {
        return;
    };
    if !seen.plan.hops().contains(&Hop::Session) {
        return;
    }
    let uri = seen.reading.uri;
    let pkipath = seen.plan.used("pkipath").map(|planned| planned.value_span);
    let span = pkipath.or(uri.transport_span()).or(uri.host_span()).unwrap_or_else(|| uri.span());
    let message = format!("Cannot read CA certificate '{}': No such file or directory", ca.path);
    let draft = out.at(span).fact("path", &ca.path).quote(message, Some(0.0));
    if uri.transport_span().is_none() {
        draft.variant("unasked");
    }
}
