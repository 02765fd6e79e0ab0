//! `virt-doctor schema`: the contract of the JSON output.

use std::io::Write as _;

use clap::{Args as ClapArgs, ValueEnum};

use super::{CliError, Exit};
use crate::report::console::{self, Color};

/// Print the JSON Schema of the output
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Of which document
    #[arg(value_enum, default_value = "output")]
    document: Document,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Document {
    /// What plan, uris, lint and check print with --format json and jsonl
    Output,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let text = match args.document {
        Document::Output => include_str!("../../schemas/output.json"),
    };
    let mut out = console::stdout(Color::Never);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
