//! What the Terraform provider makes of a URI.

use super::refused;
use crate::finding::Drafts;
use crate::plan::{Effect, GoPart, TERRAFORM_DRIVERS};
use crate::rules::Reading;
use crate::rules::parameter::offer_to_remove;
use crate::tables::clients::{Client, UriDialect};
use crate::tables::transports::Transport;

/// A driver that the provider does not take.
pub(crate) fn driver_unknown_to_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(error) = refused(reading, GoPart::Driver) else { return };
    // What no libvirt knows either is told by `unknown-driver`, which names the right word.
    let (Some((span, word)), Some(_)) = (reading.driver_word(), reading.driver()) else { return };
    out.at(span)
        .fact("driver", word.as_bytes())
        .fact("known", TERRAFORM_DRIVERS.join(", "))
        .quote(error, None);
}

/// A host and no transport.
pub(crate) fn host_means_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    let (Some(host), Some(driver)) = (uri.host_span(), uri.driver_span()) else { return };
    if reading.dialect() != UriDialect::Terraform09
        || uri.transport_span().is_some()
        || reading.plan.transport != Some(Transport::Ssh)
        || reading.plan.refusal.is_some()
        || !reading.is_certain(driver)
        || reading.host_may_go_on()
    {
        return;
    }
    let name = reading.text(driver);
    let draft = out
        .at(host)
        .fact(
            "host",
            reading.plan.effective_host.as_ref().map(|host| host.as_slice()).unwrap_or_default(),
        )
        .fact("driver", name)
        .fix("write what it means now: +ssh", driver, [name, b"+ssh"].concat());
    // Up to 0.8 it means TLS, and nobody says which release it is.
    if reading.plan.client == Client::TERRAFORM {
        draft.fix_is_unsafe();
    }
}

/// The transport needs a host.
pub(crate) fn host_required_by_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(error) = refused(reading, GoPart::Host) else { return };
    let Some(span) = reading.uri.transport_span().filter(|_| reading.has_certain_place()) else {
        return;
    };
    out.at(span)
        .fact("scheme", reading.uri.scheme().unwrap_or_default())
        .fact("driver", reading.uri.driver().unwrap_or_default())
        .quote(error, None);
}

/// `no_verify=0`: that it is there counts.
pub(crate) fn no_verify_by_presence(reading: &Reading<'_>, out: &mut Drafts) {
    let by_presence = match reading.dialect() {
        UriDialect::Terraform09 => true,
        UriDialect::Terraform08 => reading.plan.transport == Some(Transport::Ssh),
        UriDialect::Libvirt | UriDialect::GoLibvirt => false,
    };
    if !by_presence {
        return;
    }
    let zero = |value: &[u8]| matches!(value, b"0" | b"no" | b"false" | b"off" | b"");
    for planned in &reading.plan.parameters {
        let span = planned.name_span.to(planned.value_span);
        if planned.name == "no_verify"
            && planned.effect == Effect::Used
            && zero(&planned.value)
            && !planned.value_span.is_empty()
            && reading.is_certain(span)
        {
            let draft = out.at(span).fact("value", planned.value.as_slice());
            offer_to_remove(draft, reading, planned);
        }
    }
}

/// ssh without a user.
pub(crate) fn no_login_name(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    if reading.dialect() == UriDialect::Terraform08
        && reading.plan.transport == Some(Transport::Ssh)
        && reading.plan.user.is_none()
        && reading.is_certain(host)
    {
        out.at(host)
            .fact("scheme", reading.uri.scheme().unwrap_or_default())
            .fact("host", reading.text(host));
    }
}

/// `sshauth=agent` with `sshcmd`.
pub(crate) fn agent_forwarded(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport != Some(Transport::Sshcmd) {
        return;
    }
    let Some(planned) = reading.plan.used("sshauth") else { return };
    let words: Vec<&[u8]> = planned.value.split(|byte| *byte == b',').collect();
    if !words.contains(&b"agent".as_slice()) || !reading.is_certain(planned.value_span) {
        return;
    }
    let host = reading.plan.effective_host.clone().unwrap_or_default();
    let rest: Vec<&[u8]> = words.into_iter().filter(|word| *word != b"agent").collect();
    let draft = out.at(planned.value_span).fact("host", host);
    if rest.is_empty() {
        offer_to_remove(draft, reading, planned);
    } else {
        draft.fix("leave agent out", planned.value_span, rest.join(&b','));
    }
}

/// An IPv6 address that is joined with the port without its brackets.
pub(crate) fn ipv6_not_dialled(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(transport)) = (reading.uri.host_span(), reading.plan.transport) else {
        return;
    };
    if reading.dialect() == UriDialect::Terraform08
        && matches!(transport, Transport::Tcp | Transport::Tls)
        && reading.plan.host.as_ref().is_some_and(|host| host.contains(&b':'))
    {
        out.at(span).fact("transport", transport.facts().phrase);
    }
}
