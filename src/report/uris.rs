//! The connection URIs of files, with their places.

use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::Value;

use super::json::{line_of, problems, write_document, write_line};
use super::object::Object;
use crate::inventory::{Context, Problem, Tool};
use crate::text::{Position, Shown, Veil};

/// A URI of a file.
#[derive(Debug)]
pub(crate) struct ListedUri {
    pub(crate) uri: Shown,
    pub(crate) file: PathBuf,
    pub(crate) kind: &'static str,
    pub(crate) key: Option<String>,
    pub(crate) context: Context,
    pub(crate) templated: bool,
    /// The tool that puts it together.
    pub(crate) built_by: Option<Tool>,
    pub(crate) start: Position,
    pub(crate) end: Position,
}

/// What `uris` found.
#[derive(Debug, Default)]
pub(crate) struct UrisRun {
    pub(crate) uris: Vec<ListedUri>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) files: usize,
    /// Values that are only a placeholder.
    pub(crate) holes: usize,
}

impl UrisRun {
    /// Puts behind this what was found after it.
    pub(crate) fn join(&mut self, mut next: Self) {
        self.uris.append(&mut next.uris);
        self.problems.append(&mut next.problems);
        self.files += next.files;
        self.holes += next.holes;
    }
}

fn summary(run: &UrisRun) -> Value {
    Object::new().put("files", run.files).put("uris", run.uris.len()).put("holes", run.holes).done()
}

fn uri(listed: &ListedUri) -> Value {
    let veil = Veil::default();
    Object::new()
        .shown("uri", &listed.uri)
        .shown("file", &Shown::path(&listed.file))
        .put("kind", listed.kind)
        .put_some("key", listed.key.as_ref().map(|key| veil.show(key)))
        .put("context", listed.context)
        .put("templated", listed.templated)
        .put_some("built_by", listed.built_by.map(Tool::name))
        .put("start", listed.start)
        .put("end", listed.end)
        .done()
}

/// The document of `uris`.
pub(crate) fn document(run: &UrisRun, out: &mut dyn Write) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .put("uris", run.uris.iter().map(uri).collect::<Vec<_>>())
        .put("summary", summary(run))
        .put("problems", problems(&run.problems))
        .done();
    write_document(&document, out)
}

/// The stream of `uris`.
pub(crate) fn lines(run: &UrisRun, out: &mut dyn Write) -> io::Result<()> {
    for listed in &run.uris {
        write_line(&line_of("uri", uri(listed)), out)?;
    }
    for problem in problems(&run.problems) {
        write_line(&line_of("problem", problem), out)?;
    }
    write_line(&line_of("summary", summary(run)), out)
}

/// A URI a line, as grep prints it; for a person also who puts it together.
pub(crate) fn text(run: &UrisRun, is_concise: bool, out: &mut dyn Write) -> io::Result<()> {
    for listed in &run.uris {
        let file = Shown::path(&listed.file);
        write!(out, "{file}:{}:{}: {}", listed.start.line, listed.start.column, listed.uri)?;
        match listed.built_by.filter(|_| !is_concise) {
            Some(tool) => writeln!(out, "  (built by {})", tool.name())?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
