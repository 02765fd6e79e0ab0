//! `virt-doctor explain`: the page of a rule or a policy.

use std::io::Write as _;

use clap::Args as ClapArgs;

use super::common::{Common, Format, OneFormat, RuleOptions};
use super::{CliError, Exit};
use crate::engine::Levels;
use crate::finding::RuleId;
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
    let levels = args.common.configured()?.levels(&args.rules)?;
    let page = levels.page(named(&args.rule, &levels)?);
    let mut out = console::stdout(args.common.color);
    match args.format.format {
        Format::Text | Format::Concise => catalogue::page(page, &levels, &mut out)?,
        Format::Json => catalogue::page_json(page, &levels, &mut out)?,
        Format::Jsonl => catalogue::page_line(page, &levels, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Clean)
}

fn named(name: &str, levels: &Levels) -> Result<RuleId, CliError> {
    levels.named(name).ok_or_else(|| {
        let near = nearest(name, levels.all().map(RuleId::name));
        let hint = near.map_or_else(
            || "; `virt-doctor rules` lists them".to_owned(),
            |near| format!("; did you mean `{near}`?"),
        );
        CliError::Usage(format!("there is no rule `{name}`{hint}"))
    })
}
