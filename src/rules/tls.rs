//! Rules about certificates and the session that they are for, as libvirt and GnuTLS judge.
//!
//! The client looks at its own files, then at the server's certificate, then waits to be
//! let in; it ends at the first thing that it does not like. So do these rules: of all of
//! them one speaks.

mod fields;
mod name;
mod own;
mod server;
mod session;

pub(crate) use own::{
    ca_certificate_missing, tls_ca_is_no_ca, tls_certificate_expired,
    tls_certificate_not_yet_valid, tls_certificate_usage, tls_certificate_weak, tls_client_is_a_ca,
    tls_client_of_another_ca, tls_file_broken, tls_file_unreadable, tls_key_mismatch,
};
pub(crate) use server::{
    stands, tls_not_judged, tls_priority_refused, tls_server_expired, tls_server_not_yet_valid,
    tls_server_of_another_ca, tls_server_revoked, tls_server_unfit, tls_wrong_name,
};
pub(crate) use session::{tls_client_not_let_in, tls_handshake_failed};

use crate::evidence::Evidence;
use crate::plan::Plan;

/// Whether the client would take its own files.
pub(crate) fn files_suffice(plan: &Plan, evidence: &Evidence) -> bool {
    own::refusal(plan, evidence).is_none()
}
