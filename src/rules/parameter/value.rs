//! Values that are not of the kind that their parameter takes.

use bstr::ByteSlice;

use super::{judged, reader};
use crate::finding::{Draft, Drafts};
use crate::plan::{Planned, Refusal, switch};
use crate::rules::Reading;
use crate::tables::parameters::{Parameter, Reader, Value};
use crate::text::nearest;

/// A value that is not of the kind that the parameter takes.
pub(crate) fn wrong_parameter_value(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, name) in judged(reading) {
        let Some(row) = reader(reading).named(&planned.name) else { continue };
        if !reading.is_certain(planned.value_span) || planned.value.contains(&crate::uri::HOLE) {
            continue;
        }
        // Where nobody looks at the value, the finding is that nobody does.
        let local = reading.plan.transport.is_none() && reader(reading) == Reader::Remote;
        let judged = row.checked_everywhere
            || reading.plan.transport.is_some_and(|transport| row.used_by.has(transport));
        if local || !judged || reader(reading) == Reader::Esx {
            continue;
        }
        if let Some(wanted) = wanted(row.value, &planned.value) {
            let bare = planned.value_span.is_empty();
            let span =
                if bare { planned.name_span.to(planned.value_span) } else { planned.value_span };
            let draft = out
                .at(span)
                .fact("name", name.as_bytes())
                .fact("value", planned.value.as_slice())
                .fact("wanted", wanted);
            if let Some(error) = reading.plan.error().filter(|_| reading.faults.is_empty()) {
                draft.quote(error, None);
            }
            if planned.value.is_empty() {
                draft.variant("empty");
            }
            suggest(draft, row, planned);
        }
    }
}

/// What the value should be; none where it is right.
fn wanted(kind: Value, value: &[u8]) -> Option<String> {
    let known = |words: &[&str], ignore_case: bool, value: &[u8]| {
        words.iter().any(|word| {
            if ignore_case {
                value.eq_ignore_ascii_case(word.as_bytes())
            } else {
                value == word.as_bytes()
            }
        })
    };
    match kind {
        Value::Switch => switch(value).is_none().then(|| "an integer: 0 or 1".to_owned()),
        Value::OneOf(words) => (!known(words, false, value)).then(|| one_of(words)),
        Value::OneOfIgnoringCase(words) => (!known(words, true, value)).then(|| one_of(words)),
        Value::ListOf(words) => (value.is_empty()
            || !value.split_str(",").all(|word| known(words, true, word)))
        .then(|| format!("a list of {} with commas and no blanks", words.join(", "))),
        Value::Authentication => {
            let lower = value.to_ascii_lowercase();
            (lower != b"polkit" && lower != b"sasl" && !lower.starts_with(b"sasl."))
                .then(|| "sasl, sasl.MECHANISM or polkit".to_owned())
        }
        Value::Socket | Value::Program | Value::RemoteProgram => {
            value.is_empty().then(|| "a path".to_owned())
        }
        _ => None,
    }
}

fn one_of(words: &[&str]) -> String {
    words.join(", ")
}

/// The value that was meant, where there is one.
fn suggest(draft: &mut Draft, row: &Parameter, planned: &Planned) {
    let text = planned.value.to_str_lossy().to_ascii_lowercase();
    let meant = match row.value {
        Value::Switch => match text.as_str() {
            "yes" | "true" | "on" | "y" | "t" => Some("1"),
            "no" | "false" | "off" | "n" | "f" => Some("0"),
            "" if planned.value_span.is_empty() => Some("1"),
            _ => None,
        },
        Value::OneOf(words) | Value::OneOfIgnoringCase(words) => {
            nearest(&text, words.iter().copied())
        }
        _ => None,
    };
    let Some(meant) = meant else { return };
    let bare = planned.value_span.start == planned.name_span.end;
    let content = if bare { format!("={meant}") } else { meant.to_owned() };
    if !planned.value.is_empty() {
        draft.variant("near");
    }
    draft.fact("meant", meant).fix(format!("write {meant}"), planned.value_span, content);
}

/// A value on which esx, gsx and vpx kill the client.
pub(crate) fn value_crashes_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(Refusal::EsxParameter(name)) = reading.plan.refusal else { return };
    let Some(row) = Reader::Esx.named(name.as_bytes()) else { return };
    let wanted = match row.value {
        Value::StrictSwitch => "0 or 1".to_owned(),
        Value::OneOf(words) => one_of(words),
        _ => "[http://|socks://|socks4://|socks4a://|socks5://]HOST[:PORT] with a port from 1 to 65535".to_owned(),
    };
    for (planned, _) in judged(reading) {
        if planned.name.eq_ignore_ascii_case(name.as_bytes())
            && reading.is_certain(planned.value_span)
        {
            out.at(planned.value_span)
                .fact("name", name)
                .fact("value", planned.value.as_slice())
                .fact("wanted", &wanted)
                .quote("Segmentation fault", None);
        }
    }
}
