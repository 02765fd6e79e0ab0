//! Parameters that a client written in Go does not know, or not here, or not with this
//! value.

use super::go::is_go;
use crate::finding::Drafts;
use crate::plan::{Effect, Planned};
use crate::rules::Reading;
use crate::rules::parameter::{WEAKENING, offer_to_remove};
use crate::tables::clients::{Client, UriDialect};
use crate::tables::parameters::{Parameter, Reader, Value};
use crate::tables::transports::Transport;
use crate::text::nearest;

/// The parameters of a client written in Go, each with its row in the client's table.
fn rows<'r>(
    reading: &'r Reading<'_>,
) -> impl Iterator<Item = (&'r Planned, Option<&'static Parameter>)> {
    let reader = Reader::Go(reading.dialect());
    let parameters = if is_go(reading) { reading.plan.parameters.as_slice() } else { &[] };
    parameters
        .iter()
        .filter(|planned| reading.is_certain(planned.name_span))
        .map(move |planned| (planned, reader.named(&planned.name)))
}

/// A name that the client does not have.
pub(crate) fn parameter_unknown_to_client(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, row) in rows(reading) {
        if row.is_some() || planned.name.contains(&b';') {
            continue;
        }
        let names: Vec<&str> =
            Reader::Go(reading.dialect()).table().iter().map(|row| row.name).collect();
        let draft = out
            .at(planned.name_span)
            .fact("client", reading.dialect().phrase())
            .fact("name", planned.name.as_slice())
            .fact("names", names.join(", "));
        let near = nearest(&String::from_utf8_lossy(&planned.name), names.iter().copied());
        if let Some(known) = near {
            draft.variant("near").fact("known", known).fix(
                format!("write {known}"),
                planned.name_span,
                known,
            );
            if WEAKENING.contains(&known) {
                draft.fix_is_unsafe();
            }
        }
    }
}

/// A name that the client reads on other transports.
pub(crate) fn parameter_ignored_by_client(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(transport) = reading.plan.transport else { return };
    for (planned, row) in rows(reading) {
        let Some(row) = row.filter(|row| !row.used_by.has(transport)) else { continue };
        if reading.plan.client == Client::TERRAFORM && was_read(planned, transport) {
            continue;
        }
        let users: Vec<&str> = row.used_by.iter().map(Transport::name).collect();
        let draft = out
            .at(planned.name_span)
            .fact("client", reading.dialect().phrase())
            .fact("name", planned.name.as_slice())
            .fact("transport", transport.name())
            .fact("users", users.join(", "));
        offer_to_remove(draft, reading, planned);
    }
}

/// Whether the provider up to 0.8 reads it there.
fn was_read(planned: &Planned, transport: Transport) -> bool {
    let row = Reader::Go(UriDialect::Terraform08).named(&planned.name);
    row.is_some_and(|row| row.used_by.has(transport))
}

/// A word that the client passes over.
pub(crate) fn value_unknown_to_client(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, row) in rows(reading) {
        let Some(row) = row.filter(|_| planned.effect == Effect::Used) else { continue };
        let (words, list) = match row.value {
            Value::OneOf(words) => (words, false),
            Value::ListOf(words) => (words, true),
            _ => continue,
        };
        if !reading.is_certain(planned.value_span) || planned.value.is_empty() {
            continue;
        }
        let value = String::from_utf8_lossy(&planned.value);
        let unknown = |word: &&str| !words.contains(word);
        let Some(wrong) = value.split(|c| list && c == ',').find(unknown) else { continue };
        let draft = out
            .at(planned.value_span)
            .fact("client", reading.dialect().phrase())
            .fact("name", row.name)
            .fact("value", wrong)
            .fact("wanted", words.join(", "));
        if let Some(meant) = nearest(wrong, words.iter().copied()) {
            draft.variant("near").fact("meant", meant);
            if wrong == value {
                draft.fix(format!("write {meant}"), planned.value_span, meant);
            }
        }
    }
}
