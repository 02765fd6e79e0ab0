//! Judges the URIs of the command line and of files, and mends them.

use std::path::Path;

use crate::engine::fix::{Allowed, Mended, mend};
use crate::engine::{Levels, Subject};
use crate::inventory::{Context, Dialect, Located, scan};
use crate::report::LintRun;
use crate::report::place::{Ground, shown_source};
use crate::settings::{Machine, Source};
use crate::tables::clients::Client;

/// How to judge.
pub(super) struct Judge<'a> {
    pub(super) levels: &'a Levels,
    pub(super) client: Client,
    pub(super) here: Machine,
    /// For the URIs of files.
    pub(super) files: Machine,
}

impl Judge<'_> {
    /// A URI or alias of the command line.
    pub(super) fn uri(&self, text: &[u8], run: &mut LintRun) {
        let source = Source::given(text, &self.here);
        let uri = source.uri.as_deref().unwrap_or_default();
        let judged = self.typed(&source).lint(self.levels);
        let ground = Ground::argument(uri);
        let shown = judged.veil.show(uri);
        run.summary.uris += 1;
        for finding in judged.findings {
            run.add(ground.place(finding, &shown, self.client, None));
        }
    }

    /// The URIs of a file.
    pub(super) fn text(&self, path: &Path, bytes: &[u8], run: &mut LintRun) {
        let scan = scan(bytes, Dialect::of(path));
        let ground = Ground::file(path, bytes, &scan.found);
        run.summary.files += 1;
        for located in scan.found.iter().filter(|located| is_judged(located)) {
            let source = Source::of_file(&located.text);
            let judged = self.filed(&source).lint(self.levels);
            let shown = shown_source(located, bytes, &judged.veil);
            run.summary.uris += 1;
            for finding in judged.findings {
                run.add(ground.place(finding, &shown, self.client, Some(located)));
            }
        }
    }

    /// What a URI of the command line would be without its mistakes.
    pub(super) fn mended_uri(&self, text: &[u8], allowed: Allowed) -> Mended {
        mend(text, |text| {
            let source = Source::given(text, &self.here);
            // What stands behind an alias is not what was typed.
            if source.uri.as_deref() == Some(text) {
                self.typed(&source).fixes(self.levels, allowed)
            } else {
                Vec::new()
            }
        })
    }

    /// What a file would be without the mistakes in its URIs.
    pub(super) fn mended_text(&self, path: &Path, bytes: &[u8], allowed: Allowed) -> Mended {
        let dialect = Dialect::of(path);
        mend(bytes, |bytes| {
            scan(bytes, dialect)
                .found
                .iter()
                .filter(|located| is_judged(located))
                .flat_map(|located| {
                    let source = Source::of_file(&located.text);
                    let fixes = self.filed(&source).fixes(self.levels, allowed);
                    fixes.into_iter().filter_map(|fix| fix.in_file(located))
                })
                .collect()
        })
    }

    fn typed<'s>(&'s self, source: &'s Source) -> Subject<'s> {
        Subject::new(source, self.client, &self.here, false)
    }

    fn filed<'s>(&'s self, source: &'s Source) -> Subject<'s> {
        Subject::new(source, self.client, &self.files, false)
    }
}

/// Comments and running text are not in force.
fn is_judged(located: &Located) -> bool {
    matches!(located.context, Context::Value | Context::Code)
}
