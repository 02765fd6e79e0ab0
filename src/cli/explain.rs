//! `virt-doctor explain`: the page of a rule.

use std::io::Write as _;

use clap::Args as ClapArgs;

use super::common::{Common, Format, OneFormat, RuleOptions};
use super::{CliError, Exit};
use crate::finding::Rule;
use crate::report::{catalogue, console};
use crate::text::nearest;

/// Show the page of a rule
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// The name of a rule
    #[arg(value_name = "RULE")]
    rule: String,
    #[command(flatten)]
    format: OneFormat,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rules: RuleOptions,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let rule = named(&args.rule)?;
    let levels = args.common.configured()?.levels(&args.rules)?;
    let mut out = console::stdout(args.common.color);
    match args.format.format {
        Format::Text | Format::Concise => catalogue::page(rule, &levels, &mut out)?,
        Format::Json => catalogue::page_json(rule, &levels, &mut out)?,
        Format::Jsonl => catalogue::page_line(rule, &levels, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn named(name: &str) -> Result<Rule, CliError> {
    Rule::named(name).ok_or_else(|| {
        let near = nearest(name, Rule::all().map(Rule::name));
        let hint = near.map_or_else(
            || "; `virt-doctor rules` lists them".to_owned(),
            |near| format!("; did you mean `{near}`?"),
        );
        CliError::Usage(format!("there is no rule `{name}`{hint}"))
    })
}
