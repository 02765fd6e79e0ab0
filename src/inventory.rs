//! From files to connection URIs and the places where they stand.
//!
//! A file is read once. What looks like the beginning of a connection URI is a
//! candidate; its end, its placeholders and its context are found from there.
//! Rules then see the URI's parts, and every part knows its place in the file.

mod candidate;
mod comment;
mod context;
mod escape;
mod extent;
mod hole;
mod left_out;
mod line;
mod located;
mod part;
mod terraform;
mod walk;

pub(crate) use candidate::scan;
pub(crate) use context::{Context, Dialect};
pub(crate) use left_out::{IgnoredBy, Why};
pub(crate) use located::Located;
pub(crate) use part::parts;
pub(crate) use terraform::Terraform;
pub(crate) use walk::{Input, Opened, Problem, ProblemKind, Walk, by_name, read_file};
