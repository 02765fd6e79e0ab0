//! Evidence written to a file, and judged from one. Judging from a file opens no socket
//! and runs no program.

use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;

use super::judged::judged;
use super::print::Telling;
use super::sought::{Sought, Terms};
use super::{Args, STDOUT};
use crate::cli::CliError;
use crate::cli::configured::Configurations;
use crate::evidence::{Saved, SavedTarget};
use crate::inventory::{Problem, ProblemKind};
use crate::report::{CheckedTarget, console};
use crate::settings::Machine;
use crate::text::{Shown, Veil, system_words};

/// What a run saw, on its way to a file.
pub(super) struct Record<'a> {
    file: &'a Path,
    saved: Saved,
    problems: Vec<Problem>,
}

impl<'a> Record<'a> {
    pub(super) fn new(file: &'a Path, machine: &Machine) -> Self {
        Self { file, saved: Saved::new(machine), problems: Vec::new() }
    }

    /// Keeps what was seen of a connection.
    pub(super) fn keep(&mut self, sought: &Sought, readonly: bool, checked: &CheckedTarget) {
        let silenced = sought.silenced.iter().map(|rule| rule.name().to_owned()).collect();
        let (client, veil) = (sought.terms.client, &checked.diagnosis.veil);
        let target = SavedTarget::new(
            &sought.source,
            client,
            readonly,
            silenced,
            &checked.evidence,
            &checked.tried,
            veil,
        );
        let (Some(mut target), machine) = (target, &self.saved.machine) else {
            return self.tell(
                ProblemKind::NotWritten,
                "the evidence cannot be saved without the secret of the URI",
                checked,
            );
        };
        let again = target.source().ok().map(|source| {
            let sought = Sought { source, ..sought.clone() };
            judged(&sought, machine, readonly, target.evidence.clone(), target.tried())
        });
        target.altered = again.is_none_or(|again| !is_same(checked, &again));
        if target.altered {
            self.tell(ProblemKind::Redacted, ALTERED, checked);
        }
        if self.saved.targets.is_empty() {
            self.saved.observed_at.clone_from(&target.evidence.observed_at);
        }
        self.saved.targets.push(target);
    }

    fn tell(&mut self, kind: ProblemKind, what: &str, checked: &CheckedTarget) {
        let uri = checked.diagnosis.veil.show(&checked.uri);
        let file = Some(self.file.to_owned());
        self.problems.push(Problem { kind, file, message: format!("{what}: {uri}") });
    }

    /// Writes the file; says what went wrong.
    pub(super) fn write(self) -> Vec<Problem> {
        let failure = write(self.file, &self.saved).err();
        let unwritten = failure.map(|error| unwritten(self.file, &error));
        self.problems.into_iter().chain(unwritten).collect()
    }
}

const ALTERED: &str = "the client reads this URI otherwise without its secret: what is judged from the file may differ";

/// Whether both say the same.
fn is_same(one: &CheckedTarget, other: &CheckedTarget) -> bool {
    let said = |target: &CheckedTarget| {
        let diagnosis = &target.diagnosis;
        let rules: Vec<_> = diagnosis.findings.iter().map(|finding| finding.rule).collect();
        (diagnosis.verdict, diagnosis.cause_rule(), diagnosis.hops.clone(), rules)
    };
    said(one) == said(other)
}

/// Judges what a file holds.
pub(super) fn replay(args: &Args, file: &Path, telling: &mut Telling<'_>) -> Result<(), CliError> {
    args.common.contradicts_evidence()?;
    let unusable = |why: String| {
        let why = Veil::default().show(why);
        CliError::Usage(format!("cannot judge from {}: {why}", Shown::path(file)))
    };
    let text = std::fs::read(file).map_err(|error| unusable(system_words(&error)))?;
    let saved = Saved::read(&text).map_err(|error| unusable(error.to_string()))?;
    tell_all(args, saved, Some(file), telling)
}

/// Judges and shows all that somebody else has seen.
pub(super) fn tell_all(
    args: &Args,
    saved: Saved,
    file: Option<&Path>,
    telling: &mut Telling<'_>,
) -> Result<(), CliError> {
    if let Some(copy) = &args.save_evidence {
        telling.run.problems.extend(write(copy, &saved).err().map(|error| unwritten(copy, &error)));
    }
    let settings = Configurations::new(&args.common, &args.rules, args.fail_on)?;
    let in_force = settings.here()?;
    for target in saved.targets {
        let legible = target.source().and_then(|source| Ok((source, target.client()?)));
        let (source, client) = legible.map_err(|why| CliError::Usage(why.to_owned()))?;
        let terms = Terms::for_client(&in_force, client);
        let silenced = target.silenced.iter().filter_map(|name| terms.levels.named(name)).collect();
        if target.altered {
            let kind = ProblemKind::Redacted;
            let shown = Veil::default().show(source.uri.as_deref().unwrap_or_default());
            let message = format!("{ALTERED}: {shown}");
            telling.run.problems.push(Problem { kind, file: file.map(Path::to_owned), message });
        }
        let sought = Sought { source, terms: Arc::new(terms), silenced };
        telling.run.policies = vec![Arc::clone(sought.terms.levels.policies())];
        let tried = target.tried();
        let checked = judged(&sought, &saved.machine, target.readonly, target.evidence, tried);
        telling.target(checked)?;
    }
    Ok(())
}

fn write(file: &Path, saved: &Saved) -> io::Result<()> {
    let text = saved.to_text();
    if file == STDOUT {
        return console::pass_through(text.as_bytes());
    }
    let mut out = console::file(file)?;
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn unwritten(file: &Path, error: &io::Error) -> Problem {
    Problem {
        kind: ProblemKind::NotWritten,
        file: Some(file.to_owned()),
        message: format!("the evidence cannot be written: {}", system_words(error)),
    }
}
