//! The switches `no_verify`, `no_tty` and `no_sanity`, and values that are missing.

use bstr::ByteSlice;

use super::value::quote;
use super::{kind, offer_to_remove, section};
use crate::finding::Drafts;
use crate::plan::{Effect, Planned, Refusal, switch};
use crate::rules::Reading;
use crate::tables::parameters::{Reader, Value};

/// The switches of the remote driver, which checks them on every transport.
const SWITCHES: [&str; 3] = ["no_verify", "no_tty", "no_sanity"];

fn switches<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a Planned> {
    let reading = *reading;
    let may_be_one =
        |planned: &Planned| matches!(planned.name.as_slice(), [b'n' | b'N', b'o' | b'O', b'_', ..]);
    let any = reading.plan.parameters.iter().any(may_be_one) && reading.plan.transport.is_some();
    SWITCHES.into_iter().filter(move |_| any).flat_map(move |name| reading.given(name))
}

/// Words and odd numbers that libvirt does not take for an integer.
pub(crate) fn switch_not_a_number(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in switches(reading) {
        if planned.value.is_empty() || switch(&planned.value).is_some() {
            continue;
        }
        let draft = out
            .at(planned.value_span)
            .fact("name", planned.name.as_slice())
            .fact("value", planned.value.as_slice());
        quote(draft, reading, |refusal| matches!(refusal, Refusal::Switch(_)));
        let text = planned.value.to_str_lossy().trim().to_ascii_lowercase();
        let meant = match text.as_str() {
            "yes" | "true" | "on" | "y" | "t" | "enable" | "enabled" | "1" | "0x1" | "1.0" => "1",
            "no" | "false" | "off" | "n" | "f" | "disable" | "disabled" | "0" | "0x0" | "0.0" => {
                "0"
            }
            _ => continue,
        };
        draft.fix(format!("write {meant}"), planned.value_span, meant);
    }
}

/// Off is what a switch is without being there.
pub(crate) fn switch_off_by_zero(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in switches(reading) {
        if planned.value == "0" && planned.effect == Effect::Used {
            let draft = out.at(section(planned)).fact("name", planned.name.as_slice());
            offer_to_remove(draft, reading, planned);
        }
    }
}

/// An integer that only libvirt takes for on or off.
pub(crate) fn odd_switch_value(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in switches(reading) {
        if matches!(planned.value.as_slice(), b"0" | b"1") || planned.effect != Effect::Used {
            continue;
        }
        let Some(on) = switch(&planned.value) else { continue };
        let (meaning, meant) = if on { ("on", "1") } else { ("off", "0") };
        out.at(planned.value_span)
            .fact("name", planned.name.as_slice())
            .fact("value", planned.value.as_slice())
            .fact("meaning", meaning)
            .fix(format!("write {meant}"), planned.value_span, meant);
    }
}

/// A name alone, or with a `=` and nothing behind it.
pub(crate) fn parameter_without_value(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(transport) = reading.plan.transport else { return };
    for planned in reading.plan.parameters.iter().filter(|planned| planned.value.is_empty()) {
        let Some(row) = Reader::Remote.named(&planned.name) else { continue };
        let read = row.checked_everywhere || planned.effect == Effect::Used;
        if !read || !row.used_by.has(transport) && !row.checked_everywhere {
            continue;
        }
        let wanted = match kind(reading, planned) {
            Some(Value::Switch) => "1 for on, 0 for off".to_owned(),
            Some(Value::OneOf(words) | Value::OneOfIgnoringCase(words)) => words.join(", "),
            Some(Value::Authentication) => "sasl, sasl.MECHANISM or polkit".to_owned(),
            Some(Value::Program | Value::RemoteProgram) => "a program".to_owned(),
            Some(Value::Folder) => "a folder".to_owned(),
            _ => continue,
        };
        if !reading.is_judgeable(planned) {
            continue;
        }
        let draft =
            out.at(section(planned)).fact("name", planned.name.as_slice()).fact("wanted", wanted);
        quote(draft, reading, |refusal| {
            matches!(
                refusal,
                Refusal::Switch(_)
                    | Refusal::Mode(_)
                    | Refusal::Proxy(_)
                    | Refusal::HostKeyVerification(_)
            )
        });
        // Who writes the bare name of a switch wants it on.
        if row.value == Value::Switch {
            let bare = planned.value_span.start == planned.name_span.end;
            let content = if bare { "=1" } else { "1" };
            draft.fix("write =1", planned.value_span, content);
        }
    }
}
