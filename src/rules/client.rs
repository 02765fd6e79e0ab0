//! Rules about clients that do not read a URI as libvirt does.

mod compare;
mod go;
mod parameter;
mod terraform;

pub(crate) use self::compare::clients_differ;
pub(crate) use self::go::{
    parameter_dropped, parameter_refused_by_client, plus_is_a_blank, session_means_system,
    transport_unknown_to_client, unparseable_by_client,
};
pub(crate) use self::parameter::{
    parameter_ignored_by_client, parameter_unknown_to_client, value_unknown_to_client,
};
pub(crate) use self::terraform::{
    agent_forwarded, driver_unknown_to_client, host_means_ssh, host_required_by_client,
    ipv6_not_dialled, no_login_name, no_verify_by_presence,
};

use crate::plan::{GoPart, GoRefusal, Refusal};
use crate::rules::Reading;

/// What a client written in Go refuses, if it does.
fn refusal<'r>(reading: &Reading<'r>) -> Option<&'r GoRefusal> {
    match &reading.plan.refusal {
        Some(Refusal::Go(refusal)) => Some(refusal),
        _ => None,
    }
}

/// Its words, where it is about this part.
fn refused<'r>(reading: &Reading<'r>, part: GoPart) -> Option<&'r [u8]> {
    refusal(reading).filter(|refusal| refusal.about == part).map(|refusal| refusal.text.as_slice())
}
