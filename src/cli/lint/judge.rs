//! Judges the URIs of the command line and of files, and mends them.

use std::cell::RefCell;
use std::path::Path;

use crate::cli::common::Clients;
use crate::engine::fix::{Allowed, Mended, mend};
use crate::engine::{Levels, Subject};
use crate::inventory::{Context, Dialect, Located, Terraform, scan};
use crate::report::place::{Ground, shown_source};
use crate::report::{Judged, LintRun};
use crate::settings::{Machine, Source};
use crate::tables::clients::Client;

/// How to judge.
pub(super) struct Judge<'a> {
    pub(super) levels: &'a Levels,
    /// Asked for; else each file's own.
    pub(super) clients: Option<Clients>,
    pub(super) terraform: RefCell<Terraform>,
    pub(super) here: Machine,
    /// For the URIs of files.
    pub(super) files: Machine,
    /// Whether findings are shown on the lines of their files.
    pub(super) is_drawn: bool,
}

impl Judge<'_> {
    /// A URI or alias of the command line.
    pub(super) fn uri(&self, text: &[u8], run: &mut LintRun) {
        let source = Source::given(text, &self.here);
        let subject = self.typed(&source);
        let uri = subject.uri.unwrap_or_default();
        let judged = subject.lint(self.levels);
        let ground = Ground::argument(uri);
        let shown = judged.veil.show(uri);
        run.summary.uris += 1;
        run.judge(Judged::Argument { uri: shown.clone(), unsettled: None });
        for finding in judged.findings {
            run.add(ground.place(finding, &shown, subject.client, None));
        }
    }

    /// The URIs of a file.
    pub(super) fn text(&self, path: &Path, bytes: &[u8], run: &mut LintRun) {
        let scan = scan(bytes, Dialect::of(path));
        let client = self.client_of(path);
        let ground = Ground::file(path, bytes, &scan.found).drawn_if(self.is_drawn);
        run.summary.files += 1;
        run.summary.not_judged += scan.found.iter().filter(|located| !is_judged(located)).count();
        if scan.found.iter().any(is_judged) {
            run.judge(Judged::File(path.to_owned()));
        }
        for located in scan.found.iter().filter(|located| is_judged(located)) {
            let judged = self.filed(&located.text, client).lint(self.levels);
            run.summary.uris += 1;
            if judged.findings.is_empty() {
                continue;
            }
            let shown = shown_source(located, bytes);
            for finding in judged.findings {
                run.add(ground.place(finding, &shown, client, Some(located)));
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
        let client = self.client_of(path);
        mend(bytes, |bytes| {
            scan(bytes, dialect)
                .found
                .iter()
                .filter(|located| is_judged(located))
                .flat_map(|located| {
                    let fixes = self.filed(&located.text, client).fixes(self.levels, allowed);
                    fixes.into_iter().filter_map(|fix| fix.in_file(located))
                })
                .collect()
        })
    }

    fn typed<'s>(&'s self, source: &'s Source) -> Subject<'s> {
        self.compared(Subject::new(source, self.client_or(Client::LIBVIRT), &self.here, false))
    }

    fn filed<'s>(&'s self, text: &'s [u8], client: Client) -> Subject<'s> {
        self.compared(Subject::of_file(text, client, &self.files))
    }

    fn compared<'s>(&self, subject: Subject<'s>) -> Subject<'s> {
        Subject { compare: self.clients == Some(Clients::All), ..subject }
    }

    /// A Terraform file is read by the Terraform provider.
    fn client_of(&self, path: &Path) -> Client {
        let own = self.terraform.borrow_mut().client_of(path);
        self.client_or(own.unwrap_or(Client::LIBVIRT))
    }

    fn client_or(&self, otherwise: Client) -> Client {
        match self.clients {
            Some(Clients::One(client)) => client,
            Some(Clients::All) | None => otherwise,
        }
    }
}

/// Comments and running text are not in force.
fn is_judged(located: &Located) -> bool {
    matches!(located.context, Context::Value | Context::Code)
}
