//! Names that libvirt does not have, or has elsewhere, and names given twice.

use std::borrow::Cow;
use std::collections::HashMap;

use super::{judged, offer_to_remove, reader};
use crate::finding::{Draft, Drafts};
use crate::plan::{Effect, Planned};
use crate::rules::Reading;
use crate::tables::drivers::Runs;
use crate::tables::foreign::{FOREIGN, Foreign, MISPLACED, Misplaced};
use crate::tables::parameters::Reader;
use crate::text::nearest;

/// What a name is that the reader of this URI does not know.
enum Stranger {
    /// Only the path `/embed` reads it.
    Root,
    /// Only esx, gsx and vpx read it.
    Esx,
    /// Only the remote driver reads it.
    Libvirt,
    Foreign(&'static Foreign),
    Misplaced(&'static Misplaced),
    Near(&'static str),
    Unknown,
}

/// What turns a check off, once its name is written right.
pub(crate) const WEAKENING: [&str; 3] = ["no_verify", "no_sanity", "known_hosts_verify"];

/// The parameters that the reader of this URI does not know, and what each is.
fn strangers<'r>(
    reading: &'r Reading<'_>,
) -> impl Iterator<Item = (&'r Planned, Cow<'r, str>, Stranger)> {
    let known_to = reader(reading);
    let plan = reading.plan;
    // A local driver reads none, which is said once.
    let silent = plan.transport.is_none()
        && reading.driver().is_some_and(|driver| driver.runs == Runs::InClientLocal);
    let embedded = plan.path == "/embed";
    judged(reading)
        .filter(move |(planned, _)| plan.transport.is_none() || planned.effect == Effect::Forwarded)
        .filter(move |(planned, _)| !silent && known_to.named(&planned.name).is_none())
        .filter(move |(planned, _)| !(embedded && planned.name.eq_ignore_ascii_case(b"root")))
        .map(move |(planned, name)| {
            let stranger = classify(known_to, &planned.name, &name);
            (planned, name, stranger)
        })
}

fn classify(known_to: Reader, raw: &[u8], name: &str) -> Stranger {
    let is = |known: &str| known.as_bytes().eq_ignore_ascii_case(raw);
    if is("root") {
        return Stranger::Root;
    }
    if Reader::Remote.named(raw).is_some() {
        return Stranger::Libvirt;
    }
    if Reader::Esx.named(raw).is_some() {
        return Stranger::Esx;
    }
    if let Some(row) = FOREIGN.iter().find(|row| is(row.name)) {
        return Stranger::Foreign(row);
    }
    if let Some(part) = MISPLACED.iter().find(|part| is(part.name)) {
        return Stranger::Misplaced(part);
    }
    match nearest(name, known_to.table().iter().map(|row| row.name)) {
        Some(near) => Stranger::Near(near),
        None => Stranger::Unknown,
    }
}

/// Where an unknown parameter ends up.
fn fate(reading: &Reading<'_>) -> &'static str {
    match reader(reading) {
        _ if !reading.faults.is_empty() => "nobody reads it",
        Reader::Remote if reading.plan.path == "/embed" => "the driver ignores it",
        Reader::Remote => "the client hands it to the server, which ignores it",
        Reader::Go(_) => "the client does nothing with it",
        Reader::Esx | Reader::Hyperv => "the driver ignores it with a warning in its log",
    }
}

/// One finding for each that `wanted` takes, which adds what it has to say.
fn report(
    reading: &Reading<'_>,
    out: &mut Drafts,
    wanted: impl Fn(&Stranger) -> bool,
    add: impl Fn(&mut Draft, &Planned, &Stranger),
) {
    // What the remote driver does not know, it forwards.
    let may_be_strange =
        |planned: &Planned| reading.plan.transport.is_none() || planned.effect == Effect::Forwarded;
    if !reading.plan.parameters.iter().any(may_be_strange) {
        return;
    }
    for (planned, name, stranger) in strangers(reading) {
        if wanted(&stranger) {
            let draft = out.at(planned.name_span);
            draft.fact("name", name.as_bytes()).fact("fate", fate(reading));
            add(draft, planned, &stranger);
        }
    }
}

/// A name that no libvirt knows.
pub(crate) fn unknown_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Unknown);
    report(reading, out, is_it, |draft, planned, _| offer_to_remove(draft, reading, planned));
}

/// A name that is nearly a known one.
pub(crate) fn misspelt_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Near(_));
    report(reading, out, is_it, |draft, planned, stranger| {
        if let Stranger::Near(known) = stranger {
            draft.fact("known", known).fix(format!("write {known}"), planned.name_span, known);
            if WEAKENING.contains(known) {
                draft.fix_is_unsafe();
            }
        }
    });
}

/// A name that another tool reads.
pub(crate) fn parameter_of_another_tool(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Foreign(_));
    report(reading, out, is_it, |draft, planned, stranger| {
        let Stranger::Foreign(row) = stranger else { return };
        draft.fact("whose", row.whose).fact("instead", row.instead);
        match row.own.filter(|own| reader(reading).named(own.as_bytes()).is_some()) {
            Some(own) => {
                draft.fix(format!("write {own}"), planned.name_span, own);
                if WEAKENING.contains(&own) {
                    draft.fix_is_unsafe();
                }
            }
            None => offer_to_remove(draft, reading, planned),
        }
    });
}

/// A user, host or port as a parameter.
pub(crate) fn part_as_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Misplaced(_));
    report(reading, out, is_it, |draft, planned, stranger| {
        let Stranger::Misplaced(part) = stranger else { return };
        draft.fact("place", part.place);
        offer_to_remove(draft, reading, planned);
    });
}

/// A parameter of esx where nothing is esx.
pub(crate) fn esx_parameter_elsewhere(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it =
        |stranger: &Stranger| matches!(stranger, Stranger::Esx) && reading.has_certain_driver();
    report(reading, out, is_it, |draft, planned, _| offer_to_remove(draft, reading, planned));
}

/// A parameter of the remote driver for esx, gsx, vpx or hyperv.
pub(crate) fn libvirt_parameter_with_esx(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Libvirt);
    report(reading, out, is_it, |draft, planned, _| {
        draft.fact("driver", reading.uri.driver().unwrap_or_default());
        offer_to_remove(draft, reading, planned);
    });
}

/// `root` without the path `/embed`.
pub(crate) fn root_outside_embed(reading: &Reading<'_>, out: &mut Drafts) {
    let is_it = |stranger: &Stranger| matches!(stranger, Stranger::Root);
    let is_certain = reading.has_certain_driver()
        && reading.is_certain(reading.uri.path_span())
        && !reading.host_may_go_on();
    if !is_certain {
        return;
    }
    report(reading, out, is_it, |draft, planned, _| offer_to_remove(draft, reading, planned));
}

/// A known name with capitals.
pub(crate) fn upper_case_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in &reading.plan.parameters {
        if !planned.name.iter().any(u8::is_ascii_uppercase)
            || !reading.is_certain(planned.name_span)
        {
            continue;
        }
        let Some(row) = reader(reading).named(&planned.name) else { continue };
        let local = reading.plan.transport.is_none() && reader(reading) == Reader::Remote;
        if local {
            continue;
        }
        let draft = out
            .at(planned.name_span)
            .fact("name", planned.name.as_slice())
            .fact("known", row.name)
            .fix(format!("write {}", row.name), planned.name_span, row.name);
        // Taken out whatever its case, and looked up in lower case only.
        if row.name == "authfile" {
            draft.variant("authfile");
        }
    }
}

/// A name that stands there more than once.
pub(crate) fn duplicate_parameter(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.parameters.len() < 2 {
        return;
    }
    // The remote driver has marked all but the last of each name.
    let remote = reading.plan.transport.is_some();
    let earlier_one = |planned: &Planned| planned.effect == Effect::Ignored;
    if remote && !reading.plan.parameters.iter().any(earlier_one) {
        return;
    }
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
