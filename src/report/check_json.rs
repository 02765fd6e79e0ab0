//! A check as JSON.

use std::io::{self, Write};

use serde_json::Value;

use super::json::{finding, line_of, problems, write_document, write_line};
use super::object::{Object, veiled};
use super::{CheckRun, CheckedTarget, ShownAlternative, Summary, place::Ground, plan_json};
use crate::evidence::{Evidence, VERSION};
use crate::finding::Finding;
use crate::plan::Hop;

/// The document of `check`.
pub(crate) fn document(run: &CheckRun, out: &mut dyn Write) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .put("evidence_version", VERSION)
        .put("observed_at", &run.observed_at)
        .put("targets", run.targets.iter().map(target).collect::<Vec<_>>())
        .put("summary", run.summary)
        .put("problems", problems(&run.problems))
        .done();
    write_document(&document, out)
}

/// One target of a stream.
pub(crate) fn target_line(checked: &CheckedTarget, out: &mut dyn Write) -> io::Result<()> {
    let fields = Object::new()
        .put("evidence_version", VERSION)
        .put("observed_at", &checked.evidence.observed_at)
        .with(target(checked))
        .done();
    write_line(&line_of("target", fields), out)
}

/// The end of a stream.
pub(crate) fn end_lines(run: &CheckRun, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems(&run.problems) {
        write_line(&line_of("problem", problem), out)?;
    }
    write_line(&line_of("summary", serde_json::to_value(run.summary)?), out)
}

fn target(checked: &CheckedTarget) -> Value {
    let diagnosis = &checked.diagnosis;
    let alone = diagnosis.rivals.is_empty();
    let cause = |at: usize| {
        let finding = &diagnosis.findings[at];
        let distinguish = finding.distinguish.as_ref().filter(|_| !alone);
        Object::new()
            .put("rule", finding.rule)
            .put("finding", at)
            .put_some("distinguish", distinguish)
            .done()
    };
    let causes: Vec<Value> =
        diagnosis.cause.into_iter().chain(diagnosis.rivals.iter().copied()).map(cause).collect();
    let ground = Ground::argument(&checked.uri);
    Object::new()
        .text("uri", Some(&checked.uri), &diagnosis.veil)
        .put_some("from", checked.seen_from.as_ref())
        .put("plan", plan_json::plan(&diagnosis.plan, &checked.uri, &diagnosis.veil))
        .put("verdict", diagnosis.verdict)
        .put("cause", diagnosis.cause_rule())
        .put("causes", causes)
        .put("hops", hops(checked))
        .put(
            "findings",
            diagnosis
                .findings
                .iter()
                .map(|found| checked_finding(found, checked, &ground))
                .collect::<Vec<_>>(),
        )
        .put("foresight", &checked.foresight)
        .put("alternatives", checked.alternatives.iter().map(alternative).collect::<Vec<_>>())
        .done()
}

fn alternative(alternative: &ShownAlternative) -> Value {
    Object::new()
        .shown("uri", &alternative.uri)
        .put("readonly", alternative.found.readonly)
        .put("why", &alternative.why)
        .put("proved", alternative.is_proved())
        .put_some("verdict", alternative.verdict)
        .done()
}

fn hops(checked: &CheckedTarget) -> Vec<Value> {
    let veil = &checked.diagnosis.veil;
    checked
        .diagnosis
        .hops
        .iter()
        .map(|hop| {
            let (evidence, ms) = hop_evidence(hop.hop, &checked.evidence);
            Object::new()
                .put("hop", hop.hop)
                .put("status", hop.status)
                .put("duration_ms", ms)
                .put("evidence", veiled(evidence, veil))
                .done()
        })
        .collect()
}

/// What was seen at a hop, and how long that took.
fn hop_evidence(hop: Hop, evidence: &Evidence) -> (Value, f64) {
    let value = match hop {
        Hop::Local => serde_json::to_value(&evidence.local),
        Hop::Name => serde_json::to_value(&evidence.name),
        Hop::Network => serde_json::to_value(&evidence.network),
        Hop::Session if evidence.tls.is_some() => serde_json::to_value(&evidence.tls),
        Hop::Session => serde_json::to_value(&evidence.session),
        Hop::Remote => serde_json::to_value(&evidence.remote),
        Hop::Daemon => serde_json::to_value(&evidence.daemon),
        Hop::Driver => serde_json::to_value(&evidence.driver),
        Hop::Uri => Ok(Value::Null),
    };
    let value = value.expect("evidence has string keys and finite numbers");
    let ms = value.get("duration_ms").and_then(Value::as_f64).unwrap_or(0.0);
    (value, ms)
}

fn checked_finding(found: &Finding, checked: &CheckedTarget, ground: &Ground<'_>) -> Value {
    let uri = checked.diagnosis.veil.show(&checked.uri);
    let placed = ground.place(found.clone(), &uri, checked.diagnosis.plan.client, None);
    Object::new()
        .with(finding(&placed))
        .put("hop", found.hop)
        .put_some("consequence_of", found.consequence_of)
        .put("remedy", &found.remedy)
        .put_some("virsh", found.virsh.as_ref())
        .done()
}

/// Counts the findings of a target.
pub(crate) fn count(summary: &mut Summary, checked: &CheckedTarget) {
    summary.uris += 1;
    summary.suppressed += checked.suppressed;
    for finding in &checked.diagnosis.findings {
        summary.count(finding.severity, finding.fixes.first().map(|fix| fix.applicability));
    }
}
