//! From files to connection URIs and the places where they stand.
//!
//! A file is read once. What looks like the beginning of a connection URI is a
//! candidate; its end, its placeholders and its context are found from there.
//! Rules then see the URI's parts, and every part knows its place in the file.

mod assembled;
mod candidate;
mod comment;
mod context;
mod escape;
mod extent;
mod hole;
mod line;
mod located;
mod shell;
mod terraform;
mod walk;
mod yaml_key;

pub(crate) use assembled::Tool;
pub(crate) use candidate::scan;
pub(crate) use context::{Context, Dialect};
pub(crate) use located::{Located, Origin};
pub(crate) use terraform::Terraform;
pub(crate) use walk::{Problem, ProblemKind, Walk, read_file};
