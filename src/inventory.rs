//! From files to connection URIs and the places where they stand.
//!
//! A file is read line by line. What looks like the beginning of a connection URI is a
//! candidate; its end, its placeholders and its context are found from there. Where a
//! line does not settle what stands in it, the reader of its format is asked.
//! Rules then see the URI's parts, and every part knows its place in the file.

mod around;
mod assembled;
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
mod reader;
mod scan;
mod shell;
mod spelling;
mod terraform;
mod walk;
mod whole;
mod yaml_key;

pub(crate) use assembled::Tool;
pub(crate) use context::{Context, Dialect};
pub(crate) use left_out::{IgnoredBy, Why};
pub(crate) use located::{Located, Origin};
pub(crate) use part::{Part, parts};
pub(crate) use reader::PlainText;
pub(crate) use scan::{scan, scan_part};
pub(crate) use terraform::Terraform;
pub(crate) use walk::{Input, Opened, Problem, ProblemKind, Walk, by_name, read_file};
