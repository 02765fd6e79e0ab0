//! `virt-doctor rules`: the catalogue, with levels and why they are so.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args as ClapArgs, Subcommand};

use super::common::{Common, Format, OneFormat, RuleOptions};
use super::configured::Configurations;
use super::{CliError, Exit};
use crate::engine::examples::{self, Mismatch};
use crate::engine::{Policies, is_policy};
use crate::finding::Rule;
use crate::report::catalogue::{self, InForceFor};
use crate::report::console::{self, Color};
use crate::settings::FailOn;
use crate::text::{Shown, system_words};

/// List the rules, their levels, and why they have them
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    format: OneFormat,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rules: RuleOptions,
    /// The levels in force for this file, and what else is set for it
    #[arg(long = "for", value_name = "FILE")]
    file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the examples of pages, of rules or of your own policies; without files those of all rules
    Test {
        /// Pages to run instead
        #[arg(value_name = "FILE")]
        files: Vec<PathBuf>,
    },
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    if let Some(Command::Test { files }) = &args.command {
        return test(files);
    }
    let settings = Configurations::new(&args.common, &args.rules, None)?;
    let settings = settings.of(args.file.as_deref().unwrap_or(Path::new(".")))?;
    let in_force = args.file.as_deref().map(|file| InForceFor {
        file,
        config: settings.config.as_ref().map(|config| &*config.path),
        client: (settings.clients.map(|clients| clients.to_string()), &settings.clients_origin),
        fail_on: (settings.fail_on.map(FailOn::name), &settings.fail_on_origin),
    });
    let mut out = console::stdout(args.common.color);
    match args.format.format {
        Format::Text | Format::Concise => {
            catalogue::table(&settings.levels, in_force.as_ref(), &mut out)?;
        }
        Format::Json => catalogue::table_json(&settings.levels, in_force.as_ref(), &mut out)?,
        Format::Jsonl => catalogue::table_lines(&settings.levels, in_force.as_ref(), &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Clean)
}

/// Runs examples and says which of them are not true.
fn test(files: &[PathBuf]) -> Result<Exit, CliError> {
    let mut results: Vec<(String, Vec<Mismatch>)> = Vec::new();
    if files.is_empty() {
        let pages = Rule::all().map(|rule| {
            (format!("rules/{}/{}.md", rule.folder(), rule.name()), examples::check(rule.page()))
        });
        results.extend(pages);
    }
    for file in files {
        let page = std::fs::read_to_string(file).map_err(|error| {
            CliError::Usage(format!("{}: {}", Shown::path(file), system_words(&error)))
        })?;
        let mut mismatches = if is_policy(&page) {
            examples::check_policy(&page, Policies::of_page(file, page.clone())?)
        } else {
            examples::check(&page)
        };
        mismatches.extend(examples::lacking(&page));
        results.push((file.to_string_lossy().into_owned(), mismatches));
    }
    let failed = results.iter().any(|(_, mismatches)| !mismatches.is_empty());
    let mut out = console::stdout(Color::Auto);
    catalogue::test_results(&results, !files.is_empty(), &mut out)?;
    out.flush()?;
    Ok(if failed { Exit::Findings } else { Exit::Clean })
}
