//! A URI of a file: what is found in it, and about the way in which it stands there.

use crate::engine::{Levels, Subject, seal};
use crate::finding::{Draft, Drafts, Edit, Finding, Fix, Rule, Severity};
use crate::inventory::{Located, Origin};
use crate::text::{Span, Veil};

/// What is found about a URI of a file.
#[derive(Debug, Default)]
pub(crate) struct Filed {
    /// At places in the URI.
    pub(crate) in_uri: Vec<Finding>,
    /// At places in the file.
    pub(crate) in_file: Vec<Finding>,
    /// What could not be judged, and why.
    pub(crate) failures: Vec<String>,
}

impl Subject<'_> {
    /// What the rules say of a URI of a file. What a tool adds by itself nobody wrote:
    /// of that only what keeps it from working is told, and what is unsafe.
    pub(crate) fn lint_located(&self, located: &Located, file: &[u8], levels: &Levels) -> Filed {
        let in_file: Vec<Draft> = about_its_place(located, file)
            .filter(|draft| levels.is_on(draft.rule))
            .into_iter()
            .collect();
        let judged = self.lint(levels);
        let mut in_uri = judged.findings;
        in_uri.retain(|finding| {
            let is_replaced = |draft: &Draft| {
                let head = draft.rule.builtin().map(Rule::head);
                head.is_some_and(|head| {
                    head.replaces.iter().any(|name| name == finding.rule.name())
                })
            };
            let is_somebodys = finding.severity == Severity::Error
                || finding.rule.folder() == "security"
                || located.is_written(finding.span);
            is_somebodys && !in_file.iter().any(is_replaced)
        });
        Filed {
            in_uri,
            in_file: seal(&in_file, &Veil::default(), levels),
            failures: judged.failures,
        }
    }
}

/// What is to be said about the way in which a URI stands in its file.
pub(crate) fn about_its_place(located: &Located, file: &[u8]) -> Option<Draft> {
    let Origin::CutByShell(cut) = &located.origin else { return None };
    let mut drafts = Drafts::new();
    drafts.rule = Rule::UnquotedAmpersand;
    let draft = drafts.at(cut.ampersand).fact("name", cut.name.of(file));
    if let Some(quote) = cut.quote {
        let ends = [cut.word.start, cut.word.end];
        let edits =
            ends.map(|at| Edit { span: Span { start: at, end: at }, content: [quote].into() });
        draft.fixes.push(Fix::new("quote the URI", edits.into()));
        if cut.has_holes {
            draft.fix_is_unsafe();
        }
    }
    drafts.done().pop()
}
