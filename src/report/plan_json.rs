//! A plan as JSON.

use std::io::{self, Write};

use serde_json::Value;

use crate::inventory::Problem;
use crate::plan::Plan;
pub(crate) use crate::plan::fields as plan;
use crate::report::json::{line_of, problems, write_document, write_line};
use crate::report::object::Object;
use crate::text::Veil;

/// A plan, the URI that it is for, and its place in the input.
#[derive(Debug)]
pub(crate) struct PlannedUri {
    pub(crate) index: usize,
    /// The line of the input, from 1.
    pub(crate) line: Option<usize>,
    /// The URI as the client got it.
    pub(crate) uri: Vec<u8>,
    pub(crate) plan: Plan,
    pub(crate) veil: Veil,
}

/// The document of `plan`.
pub(crate) fn document(
    plans: &[PlannedUri],
    found: &[Problem],
    out: &mut dyn Write,
) -> io::Result<()> {
    let document = Object::new()
        .put("version", 1)
        .put("plans", plans.iter().map(planned_uri).collect::<Vec<_>>())
        .put("problems", problems(found))
        .done();
    write_document(&document, out)
}

/// One plan of a stream.
pub(crate) fn line(planned: &PlannedUri, out: &mut dyn Write) -> io::Result<()> {
    write_line(&line_of("plan", planned_uri(planned)), out)
}

/// One problem of a stream.
pub(crate) fn problem_line(problem: &Problem, out: &mut dyn Write) -> io::Result<()> {
    for problem in problems(std::slice::from_ref(problem)) {
        write_line(&line_of("problem", problem), out)?;
    }
    Ok(())
}

fn planned_uri(planned: &PlannedUri) -> Value {
    Object::new()
        .put("index", planned.index)
        .put_some("line", planned.line)
        .with(plan(&planned.plan, &planned.uri, &planned.veil))
        .done()
}
