//! Values that are none of the words that their parameter takes.

use bstr::ByteSlice;

use super::{judged, offer_to_remove, reader, section};
use crate::finding::{Draft, Drafts};
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::clients::Since;
use crate::tables::parameters::{Reader, Value};
use crate::text::nearest;

/// What the client prints, where this is why.
pub(super) fn quote(draft: &mut Draft, reading: &Reading<'_>, is_why: impl Fn(&Refusal) -> bool) {
    if reading.faults.is_empty()
        && let Some(refusal) = reading.plan.refusal.as_ref().filter(|refusal| is_why(refusal))
    {
        draft.quote(refusal.text(), None);
    }
}

/// A value that is none of the words that the parameter takes.
pub(crate) fn wrong_parameter_value(reading: &Reading<'_>, out: &mut Drafts) {
    if !matches!(reading.plan.refusal, Some(Refusal::HypervTransport(_))) {
        return;
    }
    for planned in reading.given("transport") {
        let Some(row) = Reader::Hyperv.named(&planned.name) else { continue };
        let Value::OneOf(words) = row.value else { continue };
        if words.iter().any(|word| word.as_bytes() == planned.value.as_slice()) {
            continue;
        }
        let span = if planned.value.is_empty() { section(planned) } else { planned.value_span };
        let draft = out
            .at(span)
            .fact("name", row.name)
            .fact("value", planned.value.as_slice())
            .fact("wanted", words.join(", "));
        if planned.value.is_empty() {
            draft.variant("empty");
        }
        quote(draft, reading, |_| true);
        suggest(draft, &planned.value, words, planned.value_span);
    }
}

/// Offers the word that was probably meant, and takes the variant `near`.
fn suggest(draft: &mut Draft, value: &[u8], words: &[&str], span: crate::text::Span) {
    if let Some(meant) = nearest(&value.to_str_lossy(), words.iter().copied()) {
        draft.variant("near").fact("meant", meant).fix(format!("write {meant}"), span, meant);
    }
}

const MODES: [&str; 3] = ["auto", "direct", "legacy"];
const PROXIES: [&str; 3] = ["auto", "netcat", "native"];

/// `mode` is none of its words.
pub(crate) fn wrong_mode(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport.is_none() || !reading.plan.client.has(Since::Mode) {
        return;
    }
    for planned in reading.given("mode") {
        if planned.value.is_empty() || MODES.iter().any(|word| planned.value == word.as_bytes()) {
            continue;
        }
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        quote(draft, reading, |refusal| matches!(refusal, Refusal::Mode(_)));
        suggest(draft, &planned.value, &MODES, planned.value_span);
    }
}

/// `proxy` is none of its words.
pub(crate) fn wrong_proxy(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport.is_none() || !reading.plan.client.has(Since::Proxy) {
        return;
    }
    for planned in reading.given("proxy") {
        if planned.value.is_empty() || PROXIES.iter().any(|word| planned.value == word.as_bytes()) {
            continue;
        }
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        quote(draft, reading, |refusal| matches!(refusal, Refusal::Proxy(_)));
        let meant = match planned.value.to_ascii_lowercase().as_slice() {
            b"nc" | b"ncat" => Some("netcat"),
            b"helper" | b"ssh-helper" | b"virt-ssh-helper" => Some("native"),
            value if value.find_byteset(b":.").is_some() => {
                draft.variant("network");
                continue;
            }
            _ => None,
        };
        match meant {
            Some(meant) => {
                let fix = format!("write {meant}");
                draft.variant("near").fact("meant", meant).fix(fix, planned.value_span, meant);
            }
            None => suggest(draft, &planned.value, &PROXIES, planned.value_span),
        }
    }
}

/// SASL mechanisms by the names under which servers offer them.
const MECHANISMS: [&str; 8] = [
    "GSSAPI",
    "DIGEST-MD5",
    "SCRAM-SHA-1",
    "SCRAM-SHA-256",
    "SCRAM-SHA-512",
    "PLAIN",
    "EXTERNAL",
    "GSS-SPNEGO",
];

/// `auth` is neither `sasl`, `sasl.MECHANISM` nor `polkit`.
pub(crate) fn wrong_authentication_type(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport.is_none() {
        return;
    }
    for planned in reading.given("auth").filter(|planned| !planned.value.is_empty()) {
        let lower = planned.value.to_ascii_lowercase();
        if lower == b"polkit" || lower == b"sasl" || lower.starts_with(b"sasl.") {
            continue;
        }
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        let mechanism = match lower.as_slice() {
            b"none" => {
                offer_to_remove(draft.variant("none"), reading, planned);
                continue;
            }
            b"kerberos" | b"krb5" | b"gss" => Some("GSSAPI"),
            b"digest" | b"md5" => Some("DIGEST-MD5"),
            _ => nearest(&lower.to_str_lossy(), MECHANISMS),
        };
        let meant = match mechanism {
            Some(mechanism) => Some(format!("sasl.{mechanism}")),
            None => nearest(&lower.to_str_lossy(), ["sasl", "polkit"]).map(str::to_owned),
        };
        if let Some(meant) = meant {
            let fix = format!("write {meant}");
            draft.variant("near").fact("meant", &meant).fix(fix, planned.value_span, &meant);
        }
    }
}

/// `sasl.gssapi`: mechanisms are compared with their case.
pub(crate) fn lower_case_mechanism(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport.is_none() {
        return;
    }
    for planned in reading.given("auth") {
        let Some((scheme, mechanism)) = planned.value.split_once_str(".") else { continue };
        if !scheme.eq_ignore_ascii_case(b"sasl") || !mechanism.iter().any(u8::is_ascii_lowercase) {
            continue;
        }
        let meant = format!("sasl.{}", mechanism.to_str_lossy().to_ascii_uppercase());
        out.at(planned.value_span).fact("mechanism", mechanism).fact("meant", &meant).fix(
            format!("write {meant}"),
            planned.value_span,
            &meant,
        );
    }
}

/// A value on which esx, gsx and vpx kill the client.
pub(crate) fn value_crashes_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(Refusal::EsxParameter(name)) = reading.plan.refusal else { return };
    if reader(reading) != Reader::Esx {
        return;
    }
    let Some(row) = Reader::Esx.named(name.as_bytes()) else { return };
    let wanted = match row.value {
        Value::StrictSwitch => "0 or 1".to_owned(),
        Value::OneOf(words) => words.join(", "),
        _ => "[http://|socks://|socks4://|socks4a://|socks5://]HOST[:PORT] with a port from 1 to 65535".to_owned(),
    };
    for (planned, _) in judged(reading) {
        if planned.name.eq_ignore_ascii_case(name.as_bytes())
            && reading.is_certain(planned.value_span)
        {
            out.at(planned.value_span)
                .fact("name", name)
                .fact("value", planned.value.as_slice())
                .fact("wanted", &wanted);
        }
    }
}
