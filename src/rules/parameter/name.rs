//! Names that nobody knows, nearly known ones, and names given twice.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{judged, reader};
use crate::finding::Drafts;
use crate::plan::Planned;
use crate::rules::Reading;
use crate::tables::parameters::Reader;
use crate::text::nearest;

/// Names that nobody knows, or that only `/embed` reads.
fn unknown<'r>(
    reading: &'r Reading<'_>,
) -> impl Iterator<Item = (&'r Planned, Cow<'r, str>, Option<&'static str>)> {
    let reader = reader(reading);
    let embedded = reading.plan.path == "/embed";
    judged(reading)
        .filter(move |(planned, _)| reader.named(&planned.name).is_none())
        .filter(move |(planned, _)| !(embedded && planned.name.eq_ignore_ascii_case(b"root")))
        .map(move |(planned, name)| {
            let near = nearest(&name, reader.table().iter().map(|row| row.name));
            (planned, name, near)
        })
}

/// Where an unknown parameter ends up.
fn fate(reading: &Reading<'_>) -> &'static str {
    match reader(reading) {
        Reader::Remote => "the client hands it to the server, which ignores it",
        Reader::Go(_) => "the client does nothing with it",
        Reader::Esx | Reader::Hyperv => "the driver ignores it with a warning in its log",
    }
}

/// A name that no libvirt knows.
pub(crate) fn unknown_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let fate = fate(reading);
    for (planned, name, near) in unknown(reading) {
        if near.is_none() {
            let draft = out.at(planned.name_span).fact("name", name.as_bytes()).fact("fate", fate);
            if Reader::Esx.named(&planned.name).is_some() {
                draft.variant("esx");
            } else if planned.name.eq_ignore_ascii_case(b"root") {
                draft.variant("root");
            }
        }
    }
}

/// A name that is nearly a known one.
pub(crate) fn misspelt_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let fate = fate(reading);
    for (planned, name, near) in unknown(reading) {
        if let Some(known) = near {
            out.at(planned.name_span)
                .fact("name", name.as_bytes())
                .fact("known", known)
                .fact("fate", fate)
                .fix(format!("write {known}"), planned.name_span, known);
        }
    }
}

/// A name that stands there more than once.
pub(crate) fn duplicate_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let reader = reader(reading);
    let mut seen: HashMap<Vec<u8>, &Planned> = HashMap::new();
    for (planned, name) in judged(reading) {
        let earlier = seen.insert(planned.name.to_ascii_lowercase(), planned);
        if let Some(earlier) = earlier
            && reader.named(&planned.name).is_some()
        {
            out.at(planned.name_span)
                .fact("name", name.as_bytes())
                .label(earlier.name_span, "this one has no effect");
        }
    }
}
