//! Judges the URIs of the command line and of files, and mends them.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::{Arc, Mutex};

use super::file::JudgedFile;
use super::known::{Known, whole_file_path};
use crate::cli::common::Clients;
use crate::cli::configured::{Configurations, InForce};
use crate::engine::baseline::Baseline;
use crate::engine::fix::{Allowed, Applicable, Mended, mend};
use crate::engine::{
    Levels, Standing, Subject, Suppressions, about_its_place, expired_paths, locked, quotes_uris,
    seal,
};
use crate::finding::{Draft, RuleId};
use crate::inventory::{Dialect, Located, Problem, ProblemKind, Terraform, scan};
use crate::report::place::{Ground, shown_source};
use crate::report::{Judged, LintRun, Placed};
use crate::settings::{FailOn, Machine, Source};
use crate::tables::clients::Client;
use crate::text::{Shown, Veil};

/// How to judge.
pub(super) struct Judge<'a> {
    pub(super) settings: &'a Configurations<'a>,
    /// For the URIs of the command line.
    pub(super) typed: Arc<InForce>,
    pub(super) terraform: Mutex<Terraform>,
    pub(super) here: Machine,
    /// For the URIs of files.
    pub(super) files: Machine,
    /// Whether findings are shown on the lines of their files.
    pub(super) is_drawn: bool,
    /// What was known before the run: no fix may touch it.
    pub(super) listed: Option<Baseline>,
    /// How many threads may judge.
    pub(super) threads: NonZeroUsize,
}

impl Judge<'_> {
    /// A URI or alias of the command line.
    pub(super) fn uri(&self, text: &[u8], run: &mut LintRun) {
        let source = Source::given(text, &self.here);
        let subject = self.typed(&source);
        let uri = subject.uri.unwrap_or_default();
        let judged = subject.lint(&self.typed.levels);
        let ground = Ground::argument(uri);
        let shown = judged.veil.show(uri);
        run.summary.uris += 1;
        run.had(self.typed.levels.policies());
        not_judged(None, judged.failures, run);
        run.judge(Judged::Argument { uri: shown.clone(), unsettled: None });
        for finding in judged.findings {
            run.add(ground.place(finding, &shown, subject.client, None), self.typed.fail_on());
        }
    }

    /// The URIs of a file; nothing of one of ours, which quotes URIs and uses none.
    pub(super) fn text(&self, path: &Path, bytes: &[u8]) -> Result<Option<JudgedFile>, Problem> {
        if quotes_uris(path, bytes) {
            return Ok(None);
        }
        let settings = self.settings.of_or_problem(path)?;
        Ok(Some(JudgedFile::of(self, path, bytes, settings)))
    }

    /// What there is to say about the configuration and the baseline themselves.
    pub(super) fn own_files(&self, known: Option<&Known>, run: &mut LintRun) {
        for file in self.settings.files() {
            let settings = self.settings.of_noted(&file.path, &mut run.problems);
            let Some(settings) = settings else { continue };
            let drafts = expired_paths(&file, &self.files.today);
            let found = about(
                &Ground::file(&file.path, file.text.as_bytes(), &[]).drawn_if(self.is_drawn),
                &drafts,
                &settings.levels,
                Client::LIBVIRT,
            );
            add(&file.path, found, settings.fail_on(), run);
        }
        if let Some(known) = known {
            let (levels, fail_on) = (&self.typed.levels, self.typed.fail_on());
            let ground = Ground::file(known.path(), known.text(), &[]).drawn_if(self.is_drawn);
            let found = about(&ground, &known.stale(levels), levels, Client::LIBVIRT);
            add(known.path(), found, fail_on, run);
        }
    }

    /// What a URI of the command line would be without its mistakes.
    pub(super) fn mended_uri(&self, text: &[u8], allowed: Allowed) -> Mended {
        mend(text, |text| {
            let source = Source::given(text, &self.here);
            // What stands behind an alias is not what was typed.
            if source.uri.as_deref() == Some(text) {
                self.typed(&source).fixes(&self.typed.levels, allowed)
            } else {
                Vec::new()
            }
        })
    }

    /// What a file would be without the mistakes in its URIs. A URI of which the baseline
    /// lists a finding is left as it is: an edit would make all of them new ones. Nothing
    /// where its settings are not known.
    pub(super) fn mended_text(
        &self,
        path: &Path,
        bytes: &[u8],
        allowed: Allowed,
    ) -> Result<Option<Mended>, Problem> {
        let settings = self.settings.of_or_problem(path)?;
        let levels = &settings.levels;
        let dialect = Dialect::of_file(path, bytes);
        let client = self.client_of(path, &settings);
        let place = settings.path_of(path);
        if quotes_uris(path, bytes) {
            return Ok(None);
        }
        let listed = self.listed.as_ref().map(|known| known.listed(&whole_file_path(path)));
        Ok(Some(mend(bytes, |bytes| {
            let mut listed = listed.clone();
            let suppressions = Suppressions::of(bytes, dialect, &self.files.today, levels);
            let mut fixes: Vec<Applicable> = Vec::new();
            for located in scan(bytes, dialect).found.iter().filter(|located| is_judged(located)) {
                let subject = self.filed(located, client, &settings);
                let subject = standing(subject, located, &place, dialect);
                let is_silenced = |rule| {
                    suppressions.hides(rule, located.span, levels)
                        || levels.silencer(rule).is_some()
                };
                if let Some(listed) = &mut listed {
                    let shown = shown_source(located, bytes);
                    let mut rules: Vec<RuleId> =
                        subject.lint(levels).findings.iter().map(|finding| finding.rule).collect();
                    rules.retain(|rule| !is_silenced(*rule));
                    rules.retain(|rule| listed.takes(*rule, &shown, levels));
                    if !rules.is_empty() {
                        continue;
                    }
                }
                let found = subject.fixes_but(levels, allowed, is_silenced);
                fixes.extend(found.into_iter().filter_map(|fix| fix.in_file(located)));
                let standing = about_its_place(located, bytes).filter(|draft| {
                    levels.is_on(draft.rule)
                        && !suppressions.hides(draft.rule, located.span, levels)
                        && levels.silencer(draft.rule).is_none()
                });
                fixes.extend(standing.and_then(|draft| allowed.of(draft)));
            }
            let drafts = suppressions.drafts(levels).into_iter();
            let drafts = drafts.filter(|draft| levels.silencer(draft.rule).is_none());
            fixes.extend(drafts.filter_map(|draft| allowed.of(draft)));
            fixes
        })))
    }

    fn typed<'s>(&'s self, source: &'s Source) -> Subject<'s> {
        let client = self.typed.client(None);
        compared(Subject::new(source, client, &self.here, false), &self.typed)
    }

    pub(super) fn filed<'s>(
        &'s self,
        one: &'s Located,
        client: Client,
        settings: &InForce,
    ) -> Subject<'s> {
        compared(Subject::of_file(&one.text, client, &self.files), settings)
    }

    /// A Terraform file is read by the Terraform provider.
    pub(super) fn client_of(&self, path: &Path, settings: &InForce) -> Client {
        settings.client(locked(&self.terraform).client_of(path))
    }
}

impl InForce {
    pub(super) fn fail_on(&self) -> FailOn {
        self.fail_on.unwrap_or(FailOn::Warning)
    }
}

/// Findings of drafts that are about a file itself.
pub(super) fn about(
    ground: &Ground<'_>,
    drafts: &[Draft],
    levels: &Levels,
    client: Client,
) -> Vec<Placed> {
    seal(drafts, &Veil::default(), levels)
        .into_iter()
        .filter(|finding| levels.silencer(finding.rule).is_none())
        .map(|finding| ground.place(finding, &Shown::default(), client, None))
        .collect()
}

/// Adds what was found in a file, even in one without a URI.
fn add(path: &Path, found: Vec<Placed>, fail_on: FailOn, run: &mut LintRun) {
    if !found.is_empty() {
        run.judge(Judged::File(path.to_owned()));
    }
    for placed in found {
        run.add(placed, fail_on);
    }
}

fn compared<'s>(subject: Subject<'s>, settings: &InForce) -> Subject<'s> {
    Subject { compare: settings.clients == Some(Clients::All), ..subject }
}

pub(super) fn standing<'s>(
    subject: Subject<'s>,
    located: &'s Located,
    file: &'s Path,
    dialect: Dialect,
) -> Subject<'s> {
    let (key, context) = (located.key.as_deref(), located.context);
    let standing = Standing { file, kind: dialect.kind, key, context };
    Subject { standing: Some(standing), ..subject }
}

/// What a policy could not judge is not to be taken for clean.
pub(super) fn not_judged(file: Option<&Path>, failures: Vec<String>, run: &mut LintRun) {
    let file = file.map(Path::to_owned);
    run.problems.extend(failures.into_iter().map(|message| Problem {
        kind: ProblemKind::NotJudged,
        file: file.clone(),
        message,
    }));
}

/// Comments and running text are not in force.
pub(super) fn is_judged(located: &Located) -> bool {
    located.context.is_in_force()
}
