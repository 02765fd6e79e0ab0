//! `virt-doctor schema`: the contracts of the JSON output, of our configuration
//! and of saved evidence.

use std::io::Write as _;

use clap::{Args as ClapArgs, ValueEnum};

use super::{CliError, Exit};
use crate::report::console::{self, Color};

/// Print the JSON Schema of the output, of virt-doctor.toml, or of saved evidence
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
    /// The configuration file, virt-doctor.toml
    Config,
    /// What check --save-evidence writes
    Evidence,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let text = match args.document {
        Document::Output => include_str!("../../schemas/output.json"),
        Document::Config => include_str!("../../schemas/config.json"),
        Document::Evidence => include_str!("../../schemas/evidence.json"),
    };
    let mut out = console::stdout(Color::Never);
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(Exit::Clean)
}
