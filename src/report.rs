//! Shows what was found, in one format or another.
//!
//! Text from outside comes here as `Shown` only. A format is a function from
//! what was found to a writer; nothing here looks at a file or a network, and
//! nothing else in the program prints.

pub(crate) mod catalogue;
pub(crate) mod check_json;
pub(crate) mod check_text;
pub(crate) mod concise;
pub(crate) mod console;
pub(crate) mod diff;
mod fix_line;
mod flow;
pub(crate) mod github;
pub(crate) mod gitlab;
mod hop_line;
pub(crate) mod inspect;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod lint_text;
pub(crate) mod pasted;
pub(crate) mod place;
pub(crate) mod plan_json;
pub(crate) mod plan_text;
pub(crate) mod root;
pub(crate) mod sarif;
mod sarif_rule;
pub(crate) mod snippet;
pub(crate) mod style;
pub(crate) mod uris;

use std::path::PathBuf;
use std::sync::Arc;

use crate::engine::{Alternative, Diagnosis, Foresight, Policies, Verdict};
use crate::evidence::{Evidence, Tried};
use crate::finding::{Applicability, Finding, RuleId, Severity, ShownFix};
use crate::inventory::{Problem, Tool};
use crate::settings::{FailOn, UriOrigin};
use crate::tables::clients::Client;
pub(crate) use crate::text::object;
use crate::text::{Position, Shown, Span};

/// A finding and where it stands: in a file, or in a URI given as argument.
#[derive(Debug, Clone)]
pub(crate) struct Placed {
    pub(crate) finding: Finding,
    pub(crate) client: Client,
    /// The URI, secrets hidden.
    pub(crate) uri: Shown,
    pub(crate) file: Option<PathBuf>,
    pub(crate) start: Position,
    pub(crate) end: Position,
    /// The finding's labels at their places.
    pub(crate) labels: Vec<(Position, Position, Shown)>,
    /// For each fix its edits at their places; none where one would cross a
    /// placeholder.
    pub(crate) edits: Vec<Option<Vec<(Position, Position, Shown)>>>,
    /// The lines around it, secrets hidden; nothing where nobody draws it.
    pub(crate) excerpt: Excerpt,
    /// The tool that puts the URI together from settings of the file.
    pub(crate) built_by: Option<Tool>,
}

impl Placed {
    /// Whether it can be mended, and how far the fix may be trusted.
    pub(crate) fn fixable(&self) -> Option<Applicability> {
        self.fix().map(|fix| fix.applicability)
    }

    /// The first fix that is possible: the one that is applied.
    pub(crate) fn fix(&self) -> Option<&ShownFix> {
        let fixes = self.finding.fixes.iter().zip(&self.edits);
        fixes.filter(|(_, edits)| edits.is_some()).map(|(fix, _)| fix).next()
    }
}

/// The part of a source that a finding is drawn on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Excerpt {
    /// One line, or a piece of a long one.
    pub(crate) text: String,
    pub(crate) line: u32,
    /// The finding's own place in `text`.
    pub(crate) span: Span,
    pub(crate) labels: Vec<(Span, Shown)>,
    /// The edits of the fix that would be applied, where all of them are in `text`.
    pub(crate) edits: Vec<(Span, Shown)>,
}

/// What was judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    /// A file with connection URIs in it.
    File(PathBuf),
    /// A URI of the command line, secrets hidden.
    Argument {
        uri: Shown,
        /// Why nobody knows whether it connects, where a check did not find out.
        unsettled: Option<&'static str>,
    },
}

impl Judged {
    /// Whether this was found in it.
    pub(crate) fn holds(&self, placed: &Placed) -> bool {
        match self {
            Self::File(file) => placed.file.as_ref() == Some(file),
            Self::Argument { uri, .. } => placed.file.is_none() && placed.uri == *uri,
        }
    }
}

/// What `lint` found.
#[derive(Debug, Default)]
pub(crate) struct LintRun {
    /// In the order of `findings`; those without any, too.
    pub(crate) judged: Vec<Judged>,
    pub(crate) findings: Vec<Placed>,
    /// What the baseline lists; nothing where there is no baseline.
    pub(crate) known: Option<Vec<Placed>>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) summary: Summary,
    /// Whether a finding fails the run, by the settings of its own file.
    pub(crate) fails: bool,
    /// The user's own rules that were in force, each set once.
    pub(crate) policies: Vec<Arc<Policies>>,
    /// The first finding of the highest severity.
    pub(crate) worst: Option<(Severity, RuleId)>,
}

impl LintRun {
    /// Notes which policies were in force.
    pub(crate) fn had(&mut self, policies: &Arc<Policies>) {
        if !self.policies.iter().any(|known| Arc::ptr_eq(known, policies)) {
            self.policies.push(Arc::clone(policies));
        }
    }

    /// Notes what was judged, before its findings.
    pub(crate) fn judge(&mut self, judged: Judged) {
        if self.judged.last() != Some(&judged) {
            self.judged.push(judged);
        }
    }

    /// The URIs of which nobody knows whether they connect, and why.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = (&Shown, &'static str)> {
        self.judged.iter().filter_map(|judged| match judged {
            Judged::Argument { uri, unsettled } => Some((uri, (*unsettled)?)),
            Judged::File(_) => None,
        })
    }

    /// Tells of what could not be read or finished, once for all files that it is about.
    pub(crate) fn trouble(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// Keeps and counts a finding.
    pub(crate) fn add(&mut self, placed: Placed, fail_on: FailOn) {
        let Finding { rule, severity, .. } = placed.finding;
        self.fails |= fail_on.is_reached(severity);
        if self.worst.is_none_or(|(worst, _)| severity > worst) {
            self.worst = Some((severity, rule));
        }
        self.summary.count(severity, placed.fixable());
        self.findings.push(placed);
    }
}

/// One connection, looked at and judged.
#[derive(Debug)]
pub(crate) struct CheckedTarget {
    /// The URI as the client got it; empty where there is none.
    pub(crate) uri: Vec<u8>,
    /// Where its secrets stand.
    pub(crate) secrets: Vec<Span>,
    pub(crate) origin: UriOrigin,
    /// The host that looked, where it is not this one.
    pub(crate) seen_from: Option<Shown>,
    pub(crate) evidence: Evidence,
    pub(crate) diagnosis: Diagnosis,
    /// What virsh would do with the addresses.
    pub(crate) foresight: Option<Foresight>,
    pub(crate) alternatives: Vec<ShownAlternative>,
    /// What was seen of the alternatives.
    pub(crate) tried: Vec<Tried>,
    /// How many findings are silenced where the URI stands.
    pub(crate) suppressed: usize,
    /// Whether a finding fails the run, by the settings of that place.
    pub(crate) fails: bool,
}

/// Another URI that could work.
#[derive(Debug)]
pub(crate) struct ShownAlternative {
    pub(crate) found: Alternative,
    /// Secrets hidden.
    pub(crate) uri: Shown,
    pub(crate) why: Shown,
    /// What came of looking at it, where somebody did.
    pub(crate) verdict: Option<Verdict>,
}

impl ShownAlternative {
    pub(crate) fn is_proved(&self) -> bool {
        self.verdict == Some(Verdict::Ok)
    }
}

/// What `check` found.
#[derive(Debug, Default)]
pub(crate) struct CheckRun {
    pub(crate) targets: Vec<CheckedTarget>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) summary: Summary,
    /// RFC 3339, UTC.
    pub(crate) observed_at: String,
    /// The user's own rules that were in force.
    pub(crate) policies: Vec<Arc<Policies>>,
}

impl CheckRun {
    /// The same as `lint` would have it: findings at their places in the URIs.
    pub(crate) fn as_lint(&self) -> LintRun {
        let mut run = LintRun { problems: self.problems.clone(), ..LintRun::default() };
        for policies in &self.policies {
            run.had(policies);
        }
        for target in &self.targets {
            let uri = check_text::title(target);
            let unsettled = check_text::unsettled(target);
            run.judge(Judged::Argument { uri: uri.clone(), unsettled });
            let ground = place::Ground::argument(&target.uri);
            for finding in &target.diagnosis.findings {
                let client = target.diagnosis.plan.client;
                // The exit code of a check is that of its verdicts.
                run.add(ground.place(finding.clone(), &uri, client, None), FailOn::Never);
            }
        }
        run
    }
}

/// Counts of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub(crate) struct Summary {
    pub(crate) files: usize,
    pub(crate) uris: usize,
    /// URIs in comments and running text.
    pub(crate) not_judged: usize,
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) notes: usize,
    /// Silenced by a comment, or for their path by the configuration.
    pub(crate) suppressed: usize,
    /// Listed in the baseline.
    pub(crate) baselined: usize,
    pub(crate) fixable: usize,
    /// Of `fixable`, those that no `--unsafe-fixes` is needed for.
    pub(crate) fixable_safely: usize,
    /// Fixes that were applied.
    pub(crate) fixed: usize,
}

impl Summary {
    /// Counts one finding.
    pub(crate) fn count(&mut self, severity: Severity, fixable: Option<Applicability>) {
        match severity {
            Severity::Error => self.errors += 1,
            Severity::Warning => self.warnings += 1,
            Severity::Note => self.notes += 1,
        }
        self.fixable += usize::from(fixable.is_some());
        self.fixable_safely += usize::from(fixable == Some(Applicability::Safe));
    }
}
