//! Judges the URIs of one file, part by part: all that can be said of it without the
//! other files. What comes of it is put among theirs in their order.

use std::cell::LazyCell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::judge::{Judge, about, is_judged};
use super::known::Known;
use crate::cli::configured::InForce;
use crate::engine::{Suppressions, in_order};
use crate::inventory::{Dialect, parts, scan};
use crate::report::place::{Ground, secrets, shown_source};
use crate::report::{Judged, LintRun, Placed};
use crate::tables::clients::Client;
use crate::text::Span;

/// What came of a file.
pub(super) struct JudgedFile {
    path: PathBuf,
    settings: Arc<InForce>,
    counts: Counts,
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

/// What came of a part of a text; places are places in the part.
struct JudgedPart {
    counts: Counts,
    findings: Vec<Placed>,
    lines: u32,
    bytes: u32,
}

/// A file under judgement.
struct Reading<'r> {
    judge: &'r Judge<'r>,
    path: &'r Path,
    bytes: &'r [u8],
    dialect: Dialect,
    /// Once there is a URI: what other files of its folder say is asked for nothing else.
    client: OnceLock<Client>,
    settings: &'r InForce,
    suppressions: Suppressions,
}

impl JudgedFile {
    /// The URIs of a text are judged.
    pub(super) fn of(judge: &Judge<'_>, path: &Path, bytes: &[u8], settings: Arc<InForce>) -> Self {
        let dialect = Dialect::of(path);
        let reading = Reading {
            judge,
            path,
            bytes,
            dialect,
            client: OnceLock::new(),
            settings: &settings,
            suppressions: Suppressions::of(bytes, dialect, &judge.files.today),
        };
        let parts = parts(bytes, dialect);
        let (mut counts, mut findings) = (Counts::default(), Vec::new());
        let (mut lines, mut at) = (0, 0);
        in_order(
            &parts,
            judge.threads,
            |part| reading.part(part),
            |part| {
                counts.uris += part.counts.uris;
                counts.not_judged += part.counts.not_judged;
                counts.suppressed += part.counts.suppressed;
                findings.extend(part.findings.into_iter().map(|placed| placed.moved(lines, at)));
                lines += part.lines;
                at += part.bytes;
            },
        );
        let about = reading.about(&parts);
        Self { path: path.to_owned(), settings, counts, findings, about }
    }

    /// Puts it behind the files before it. What is said of it is asked of the list of
    /// known findings here: an entry counts how often it was met.
    pub(super) fn join(self, known: Option<&mut Known>, run: &mut LintRun) {
        let Self { path, settings, counts, mut findings, about } = self;
        run.summary.files += 1;
        run.summary.uris += counts.uris;
        run.summary.not_judged += counts.not_judged;
        run.summary.suppressed += counts.suppressed;
        if let Some(known) = known {
            let levels = &settings.levels;
            let mut known = known.file(&path, levels);
            let all = findings.len();
            findings.retain(|placed| !known.hides(placed.finding.rule, &placed.uri, levels));
            run.summary.baselined += all - findings.len();
        }
        if !about.is_empty() {
            findings.extend(about);
            findings.sort_by_key(|placed| placed.start.line);
        }
        if counts.uris > 0 || !findings.is_empty() {
            run.judge(Judged::File(path));
        }
        for placed in findings {
            run.add(placed, settings.fail_on());
        }
    }
}

impl Reading<'_> {
    fn client(&self) -> Client {
        *self.client.get_or_init(|| self.judge.client_of(self.path, self.settings))
    }

    fn part(&self, part: &Range<usize>) -> JudgedPart {
        let Self { judge, suppressions, settings, .. } = self;
        let levels = &settings.levels;
        let text = &self.bytes[part.clone()];
        let begins = Span::empty(part.start).start;
        let found = scan(text, self.dialect).found;
        let ground =
            LazyCell::new(|| Ground::file(self.path, text, &found).drawn_if(judge.is_drawn));
        let (mut counts, mut findings) = (Counts::default(), Vec::new());
        for located in &found {
            if !is_judged(located) {
                counts.not_judged += 1;
                continue;
            }
            counts.uris += 1;
            let client = self.client();
            let judged = judge.filed(&located.text, client, settings).lint(levels);
            if judged.findings.is_empty() {
                continue;
            }
            let shown = shown_source(located, text);
            for finding in judged.findings {
                let place = located.span.moved(begins);
                if suppressions.hides(finding.rule, place, levels)
                    || levels.silencer(finding.rule).is_some()
                {
                    counts.suppressed += 1;
                } else {
                    findings.push(ground.place(finding, &shown, client, Some(located)));
                }
            }
        }
        findings.sort_by_key(|placed| placed.start.line);
        let lines = memchr::memchr_iter(b'\n', text).count();
        JudgedPart {
            counts,
            findings,
            lines: Span::empty(lines).start,
            bytes: Span::empty(text.len()).start,
        }
    }

    /// What there is to say about its comments.
    fn about(&self, parts: &[Range<usize>]) -> Vec<Placed> {
        let drafts = self.suppressions.drafts(&self.settings.levels);
        if drafts.is_empty() {
            return Vec::new();
        }
        // Few files have any: to read this one again is cheaper than to keep them all.
        let hidden = parts.iter().flat_map(|part| {
            let found = scan(&self.bytes[part.clone()], self.dialect).found;
            let begins = Span::empty(part.start).start;
            secrets(&found).map(|span| span.moved(begins)).collect::<Vec<Span>>()
        });
        let ground = Ground::with_secrets(self.path, self.bytes, hidden.collect());
        let ground = ground.drawn_if(self.judge.is_drawn);
        about(&ground, &drafts, &self.settings.levels, self.client())
    }
}
