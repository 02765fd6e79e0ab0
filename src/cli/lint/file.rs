//! Judges the URIs of one file, part by part: all that can be said of it without the
//! other files. What comes of it is put among theirs in their order.

use std::cell::LazyCell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::judge::{Judge, about, is_judged, not_judged, standing};
use super::known::Known;
use crate::cli::configured::InForce;
use crate::engine::{Suppressions, in_order};
use crate::inventory::{Dialect, Part, PlainText, Problem, parts, scan_part};
use crate::report::place::{Ground, secrets, shown_source};
use crate::report::{Judged, LintRun, Placed};
use crate::tables::clients::Client;
use crate::text::{Lines, Span};

/// What came of a file.
pub(super) struct JudgedFile {
    path: PathBuf,
    settings: Arc<InForce>,
    counts: Counts,
    /// That it was read as plain text.
    plain: Option<Problem>,
    /// What policies could not judge, and why.
    failures: Vec<String>,
    /// About its URIs, in their order.
    findings: Vec<Placed>,
    /// About its comments.
    about: Vec<Placed>,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    uris: usize,
    /// URIs in comments and running text.
    not_judged: usize,
    suppressed: usize,
}

/// What came of a part of a text.
#[derive(Default)]
struct JudgedPart {
    counts: Counts,
    plain: Option<PlainText>,
    failures: Vec<String>,
    findings: Vec<Placed>,
}

/// A file under judgement.
struct Reading<'r> {
    judge: &'r Judge<'r>,
    path: &'r Path,
    /// As policies see it.
    place: PathBuf,
    bytes: &'r [u8],
    dialect: Dialect,
    /// Once there is a URI: what other files of its folder say is asked for nothing else.
    client: OnceLock<Client>,
    /// Once there is something to place in them.
    lines: OnceLock<Arc<Lines<'r>>>,
    settings: &'r InForce,
    suppressions: Suppressions,
}

impl JudgedFile {
    /// The URIs of a text are judged.
    pub(super) fn of(judge: &Judge<'_>, path: &Path, bytes: &[u8], settings: Arc<InForce>) -> Self {
        let dialect = Dialect::of_file(path, bytes);
        let reading = Reading {
            judge,
            path,
            place: settings.path_of(path),
            bytes,
            dialect,
            client: OnceLock::new(),
            lines: OnceLock::new(),
            settings: &settings,
            suppressions: Suppressions::of(bytes, dialect, &judge.files.today, &settings.levels),
        };
        let parts = parts(bytes, dialect);
        let mut whole = JudgedPart::default();
        in_order(&parts, judge.threads, |part| reading.part(part), |part| whole.join(part));
        let about = reading.about(&parts);
        let JudgedPart { counts, plain, failures, findings } = whole;
        let plain = plain.map(|plain| Problem::plain_text(path, bytes, &plain));
        Self { path: path.to_owned(), settings, counts, plain, failures, findings, about }
    }

    /// Puts it behind the files before it. What is said of it is asked of the list of
    /// known findings here: an entry counts how often it was met.
    pub(super) fn join(self, known: Option<&mut Known>, run: &mut LintRun) {
        let Self { path, settings, counts, plain, failures, mut findings, about } = self;
        run.had(settings.levels.policies());
        run.problems.extend(plain);
        not_judged(Some(&path), failures, run);
        run.summary.files += 1;
        run.summary.uris += counts.uris;
        run.summary.not_judged += counts.not_judged;
        run.summary.suppressed += counts.suppressed;
        if let Some(known) = known {
            let levels = &settings.levels;
            let mut known = known.file(&path, levels);
            let is_known =
                |placed: &mut Placed| known.hides(placed.finding.rule, &placed.uri, levels);
            let hidden: Vec<Placed> = findings.extract_if(.., is_known).collect();
            run.summary.baselined += hidden.len();
            run.known.get_or_insert_default().extend(hidden);
        }
        findings.extend(about);
        findings.sort_by_key(|placed| placed.start.line);
        if counts.uris > 0 || !findings.is_empty() {
            run.judge(Judged::File(path));
        }
        for placed in findings {
            run.add(placed, settings.fail_on());
        }
    }
}

impl JudgedPart {
    /// Puts the next part behind it.
    fn join(&mut self, next: Self) {
        self.counts.uris += next.counts.uris;
        self.counts.not_judged += next.counts.not_judged;
        self.counts.suppressed += next.counts.suppressed;
        // That is said once of a file.
        self.plain = self.plain.take().or(next.plain);
        self.failures.extend(next.failures);
        self.findings.extend(next.findings);
    }
}

impl<'r> Reading<'r> {
    fn client(&self) -> Client {
        *self.client.get_or_init(|| self.judge.client_of(self.path, self.settings))
    }

    /// The text, with these secrets in it.
    fn ground(&self, secrets: Vec<Span>) -> Ground<'r> {
        let lines = self.lines.get_or_init(|| Arc::new(Lines::of_file(self.bytes)));
        Ground::with_secrets(self.path, self.bytes, Arc::clone(lines), secrets)
            .drawn_if(self.judge.is_drawn)
    }

    fn part(&self, part: &Part) -> JudgedPart {
        let Self { judge, suppressions, settings, .. } = self;
        let levels = &settings.levels;
        let scan = scan_part(self.bytes, part, self.dialect);
        // A finding is drawn on lines of its own part.
        let ground = LazyCell::new(|| self.ground(secrets(&scan.found, self.bytes).collect()));
        let mut done = JudgedPart { plain: scan.plain_text, ..JudgedPart::default() };
        for located in &scan.found {
            if !is_judged(located) {
                done.counts.not_judged += 1;
                continue;
            }
            done.counts.uris += 1;
            let client = self.client();
            let subject = judge.filed(located, client, settings);
            let subject = standing(subject, located, &self.place, self.dialect);
            let filed = subject.lint_located(located, self.bytes, levels);
            done.failures.extend(filed.failures);
            if filed.in_uri.is_empty() && filed.in_file.is_empty() {
                continue;
            }
            let shown = shown_source(located, self.bytes);
            let in_uri = filed.in_uri.into_iter().map(|finding| (finding, Some(located)));
            let in_file = filed.in_file.into_iter().map(|finding| (finding, None));
            for (finding, within) in in_uri.chain(in_file) {
                let rule = finding.rule;
                if suppressions.hides(rule, located.span, levels) || levels.silencer(rule).is_some()
                {
                    done.counts.suppressed += 1;
                } else {
                    done.findings.push(ground.place(finding, &shown, client, within));
                }
            }
        }
        done
    }

    /// What there is to say about its comments.
    fn about(&self, parts: &[Part]) -> Vec<Placed> {
        let drafts = self.suppressions.drafts(&self.settings.levels);
        if drafts.is_empty() {
            return Vec::new();
        }
        // Few files have any: to read this one again is cheaper than to keep them all.
        let hidden = parts.iter().flat_map(|part| {
            let found = scan_part(self.bytes, part, self.dialect).found;
            secrets(&found, self.bytes).collect::<Vec<Span>>()
        });
        let ground = self.ground(hidden.collect());
        about(&ground, &drafts, &self.settings.levels, self.client())
    }
}
