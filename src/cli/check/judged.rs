//! What follows from what was seen. Nothing here looks at anything.

use super::sought::Sought;
use crate::engine::{Alternative, Foresight, Subject, Verdict, alternatives, judge_evidence};
use crate::evidence::{Evidence, Tried};
use crate::report::{CheckedTarget, ShownAlternative};
use crate::settings::{Machine, Source};
use crate::text::Veil;
use crate::uri::secret_spans;

/// One connection, judged. `tried` is what was seen of its alternatives.
pub(super) fn judged(
    sought: &Sought,
    machine: &Machine,
    readonly: bool,
    evidence: Evidence,
    tried: Vec<Tried>,
) -> CheckedTarget {
    let Sought { source, terms, silenced } = sought;
    let subject = Subject::new(source, terms.client, machine, readonly);
    let mut diagnosis = judge_evidence(&subject, &evidence, &terms.levels);
    let alternatives = alternatives(&subject, &evidence, &diagnosis, &terms.levels)
        .into_iter()
        .map(|found| shown(found, sought, machine, &diagnosis.veil, &tried))
        .collect();
    let suppressed = diagnosis.silence(silenced);
    let mut findings = diagnosis.findings.iter();
    let fails = findings.any(|finding| terms.fail_on.is_reached(finding.severity));
    let uri = subject.uri.unwrap_or_default().to_vec();
    CheckedTarget {
        secrets: secret_spans(&uri),
        uri,
        origin: source.origin.clone(),
        foresight: Foresight::of(&diagnosis.plan, &evidence),
        seen_from: None,
        evidence,
        diagnosis,
        alternatives,
        tried,
        suppressed,
        fails,
    }
}

fn shown(
    found: Alternative,
    sought: &Sought,
    machine: &Machine,
    veil: &Veil,
    tried: &[Tried],
) -> ShownAlternative {
    let source = Source::given(&found.uri, machine);
    let subject = Subject::new(&source, sought.terms.client, machine, found.readonly);
    let seen = tried.iter().find(|one| one.uri == found.uri && one.readonly == found.readonly);
    let verdict: Option<Verdict> =
        seen.map(|seen| judge_evidence(&subject, &seen.evidence, &sought.terms.levels).verdict);
    ShownAlternative {
        uri: subject.read(|reading| reading.uri.veil()).show(&found.uri),
        why: veil.show(&found.why),
        found,
        verdict,
    }
}
