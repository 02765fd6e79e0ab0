//! Which paths are read, as what, and why the others are not.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

use super::json::{line_of, problems, write_document, write_line};
use super::object::Object;
use crate::inventory::{IgnoredBy, Problem, Why, by_name};
use crate::tables::clients::Client;
use crate::text::{Shown, Veil};

/// A path, and what became of it.
#[derive(Debug)]
pub(crate) struct Inspected {
    pub(crate) path: PathBuf,
    pub(crate) result: Result<ReadAs, Why>,
}

/// How a file is read.
#[derive(Debug)]
pub(crate) struct ReadAs {
    pub(crate) kind: &'static str,
    pub(crate) client: Client,
    /// The configuration file in force.
    pub(crate) config: Option<PathBuf>,
    pub(crate) uris: usize,
    /// URIs in comments and running text.
    pub(crate) not_judged: usize,
    /// Values that are only a placeholder.
    pub(crate) holes: usize,
}

/// What `--inspect` found.
#[derive(Debug, Default)]
pub(crate) struct InspectRun {
    pub(crate) paths: Vec<Inspected>,
    pub(crate) problems: Vec<Problem>,
}

impl InspectRun {
    /// In the order of their names, each once: folders that were named may share some.
    pub(crate) fn sort(&mut self) {
        self.paths.sort_by(|one, other| by_name(&one.path, &other.path));
        self.paths.dedup_by(|one, other| one.path == other.path);
    }

    /// Tells of what could not be read, once for all files that it is about.
    pub(crate) fn trouble(&mut self, problem: Problem) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    fn count(&self, count: impl Fn(&ReadAs) -> usize) -> usize {
        self.paths.iter().filter_map(|path| path.result.as_ref().ok()).map(count).sum()
    }
}

/// A path a line.
pub(crate) fn text(run: &InspectRun, quiet: bool, out: &mut dyn Write) -> io::Result<()> {
    for Inspected { path, result } in &run.paths {
        let path = Shown::path(path);
        match result {
            Ok(read) => writeln!(out, "{path}: {}", as_what(read))?,
            Err(why) => writeln!(out, "{path}: not read: {}", because(why))?,
        }
    }
    if !quiet {
        let read = run.count(|_| 1);
        let (rest, uris) = (run.paths.len() - read, run.count(|read| read.uris));
        writeln!(out, "{read} read, {rest} not read, {uris} URIs")?;
    }
    Ok(())
}

/// "yaml, 2 URIs, 1 not judged, libvirt@11.3, virt-doctor.toml"
fn as_what(read: &ReadAs) -> String {
    let uris = match read.uris {
        0 => "no URI".to_owned(),
        1 => "1 URI".to_owned(),
        count => format!("{count} URIs"),
    };
    let mut words = vec![read.kind.to_owned(), uris];
    if read.not_judged > 0 {
        words.push(format!("{} in comments or prose", read.not_judged));
    }
    if read.holes > 0 {
        words.push(format!("{} only a placeholder", read.holes));
    }
    words.push(read.client.to_string());
    words.extend(read.config.as_ref().map(|config| Shown::path(config).to_string()));
    words.join(", ")
}

fn because(why: &Why) -> String {
    match why {
        Why::GitFolder => "a repository's own folder".to_owned(),
        Why::Ignored(None) => "ignored".to_owned(),
        Why::Ignored(Some(IgnoredBy { file, line, pattern })) => {
            let line = line.map(|line| format!(":{line}")).unwrap_or_default();
            let pattern = Veil::default().show(pattern);
            format!("ignored by {}{line}: {pattern}", Shown::path(file))
        }
        Why::SymbolicLink => "a symbolic link".to_owned(),
        Why::SpecialFile => "not a regular file".to_owned(),
        Why::Binary => "binary".to_owned(),
        Why::Baseline => "a baseline of virt-doctor".to_owned(),
        Why::Policy => "the page of a policy".to_owned(),
        Why::Problem => "see the problems".to_owned(),
    }
}

fn entry(inspected: &Inspected) -> Value {
    let start = Object::new().shown("path", &Shown::path(&inspected.path));
    match &inspected.result {
        Ok(read) => start
            .put("read", true)
            .put("kind", read.kind)
            .put("client", read.client.to_string())
            .shown_some("config", read.config.as_deref().map(Shown::path).as_ref())
            .put("uris", read.uris)
            .put("not_judged", read.not_judged)
            .put("holes", read.holes),
        Err(why) => start.put("read", false).put("why", why.name()).put_some(
            "ignored_by",
            match why {
                Why::Ignored(by) => by.as_ref().map(ignored_by),
                _ => None,
            },
        ),
    }
    .done()
}

fn ignored_by(by: &IgnoredBy) -> Value {
    Object::new()
        .shown("file", &Shown::path(&by.file))
        .put_some("line", by.line)
        .put("pattern", Veil::default().show(&by.pattern))
        .done()
}

fn summary(run: &InspectRun) -> Value {
    let read = run.count(|_| 1);
    Object::new()
        .put("read", read)
        .put("not_read", run.paths.len() - read)
        .put("uris", run.count(|read| read.uris))
        .done()
}

/// The document of `--inspect`.
pub(crate) fn document(run: &InspectRun, out: &mut dyn Write) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .put("paths", run.paths.iter().map(entry).collect::<Vec<_>>())
        .put("summary", summary(run))
        .put("problems", problems(&run.problems))
        .done();
    write_document(&document, out)
}

/// The stream of `--inspect`.
pub(crate) fn lines(run: &InspectRun, out: &mut dyn Write) -> io::Result<()> {
    for inspected in &run.paths {
        write_line(&line_of("path", entry(inspected)), out)?;
    }
    for problem in problems(&run.problems) {
        write_line(&line_of("problem", problem), out)?;
    }
    write_line(&line_of("summary", summary(run)), out)
}
