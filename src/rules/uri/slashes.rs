//! Too few or too many slashes: the host ends up in the path.

use crate::finding::{Drafts, Edit, Fix};
use crate::plan::{GoPart, Refusal};
use crate::rules::Reading;
use crate::tables::drivers::{Paths, Runs};
use crate::text::Span;
use crate::uri::{Fault, FaultKind, Part};

use super::host::PATH_WORDS;

/// `qemu+ssh:/host/system`, `qemu+ssh:///host/system`, `qemu:system`.
pub(crate) fn misplaced_slashes(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    if uri.host_span().is_some() || uri.scheme().is_none() || !reading.has_certain_place() {
        return;
    }
    let Some(driver) =
        reading.driver().filter(|driver| matches!(driver.runs, Runs::InDaemon | Runs::Pseudo))
    else {
        return;
    };
    if driver.paths == Paths::VcenterInventory {
        return;
    }
    let path = String::from_utf8_lossy(reading.text(uri.path_span()));
    let body = path.trim_start_matches('/');
    let slashes = reading.slashes_span();
    let after = Span::new(slashes.end as usize, uri.path_span().end as usize);
    let (first, rest) = body.split_once('/').map_or((body, ""), |(first, rest)| (first, rest));
    if is_path_word(first) {
        if slashes.is_empty() && rest.trim_matches('/').is_empty() {
            out.at(slashes.to(after)).variant("no-slash").fact("path", first).fix(
                "write three slashes",
                slashes.to(after),
                format!("///{first}"),
            );
        }
        return;
    }
    if first.is_empty() || !looks_like_host(first, rest, uri.transport_word().is_some()) {
        return;
    }
    let variant = if uri.has_slashes() { "surplus" } else { "missing" };
    let tail = if rest.is_empty() { "system" } else { rest };
    // Not `first`, which has other bytes where they are no UTF-8.
    let host = reading.text(after);
    let length = memchr::memchr(b'/', host).unwrap_or(host.len());
    out.at(slashes.to(Span::new(after.start as usize, after.start as usize + length)))
        .variant(variant)
        .fact("host", first)
        .fact("tail", tail)
        .fact("scheme", uri.scheme().unwrap_or_default())
        .fact("fate", fate(reading))
        .fix("write two slashes", slashes, "//");
}

/// What the client does without a host.
fn fate(reading: &Reading<'_>) -> &'static str {
    match &reading.plan.refusal {
        Some(Refusal::Go(refusal)) if refusal.about == GoPart::Host => "the client refuses it",
        _ if reading.uri.transport_word().is_some() => "the client connects to localhost",
        _ => "the client connects to the daemon of this machine",
    }
}

fn is_path_word(segment: &str) -> bool {
    PATH_WORDS.contains(&segment)
}

/// A host is followed by a path word, or looks like nothing but a host.
fn looks_like_host(first: &str, rest: &str, has_transport: bool) -> bool {
    let followed = PATH_WORDS.iter().any(|word| rest.trim_end_matches('/') == *word);
    followed
        || (has_transport && (first.contains('.') || first.contains('@') || first.contains(':')))
}

/// Whether a fault is a run of backslashes where slashes belong: before the path
/// or between its words, or before a slash, as JSON may write one.
pub(super) fn is_backslash_slash(reading: &Reading<'_>, fault: &Fault) -> bool {
    let after = reading.uri.text().get(fault.span.end as usize);
    fault.kind == FaultKind::Unescaped
        && matches!(fault.part, Part::Path | Part::Host)
        && reading.uri.scheme_span().is_some()
        && after.is_some_and(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'/'))
        && reading.text(fault.span).iter().all(|byte| *byte == b'\\')
}

/// `qemu:\\\system`, as paths are written on Windows; `qemu:\/\/\/system`.
pub(crate) fn backslash_instead_of_slash(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    let runs: Vec<Span> = reading
        .faults
        .iter()
        .filter(|fault| is_backslash_slash(reading, fault))
        .map(|fault| fault.span)
        .collect();
    let Some(first) = runs.first() else { return };
    let before_slash = |run: &Span| reading.uri.text()[run.end as usize] == b'/';
    let edits = runs.iter().map(|run| {
        let slashes = if before_slash(run) { 0 } else { run.len() };
        Edit { span: *run, content: vec![b'/'; slashes].into() }
    });
    let fix = Fix::new("write slashes", edits.collect());
    let draft = out.at(*first);
    draft.fixes.push(fix);
    if before_slash(first) {
        draft.variant("escaped");
    }
}
