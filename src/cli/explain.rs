//! `virt-doctor explain`: the page of a rule or a policy, or what is behind a pasted error text.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;

use clap::Args as ClapArgs;

use super::common::{Common, Format, OneFormat, RuleOptions};
use super::{CliError, Exit};
use crate::engine::Levels;
use crate::finding::RuleId;
use crate::pasted;
use crate::report::{catalogue, console, pasted as report};
use crate::text::{Veil, nearest, system_words};

/// Show the page of a rule, or the likely causes of an error text
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Exit codes: 0 a page or a cause is shown, 1 nothing in the text is known, 2 wrong use."
)]
pub(super) struct Args {
    /// The name of a rule; an error text; or - to read one from standard input
    #[arg(value_name = "RULE|TEXT|-", required = true)]
    what: Vec<OsString>,
    #[command(flatten)]
    format: OneFormat,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    rules: RuleOptions,
}

/// A log of this size holds every error it ever will.
const MOST: u64 = 4 * 1024 * 1024;

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let text = args.what.join(" ".as_ref());
    if text == "-" {
        return explain(args, &pasted_text(args)?);
    }
    let name = text.to_str().filter(|text| is_name(text));
    name.map_or_else(|| explain(args, text.as_bytes()), |name| page(args, name))
}

/// Whether it can only be meant as a name: error texts have several words.
fn is_name(text: &str) -> bool {
    !text.chars().any(|letter| letter.is_whitespace() || ":'\"(".contains(letter))
}

fn page(args: &Args, name: &str) -> Result<Exit, CliError> {
    let levels = args.common.configured()?.levels(&args.rules)?;
    let page = levels.page(named(name, &levels)?);
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
        CliError::Usage(format!("there is no rule `{}`{hint}", Veil::default().show(name)))
    })
}

/// All of standard input, up to a limit.
fn pasted_text(args: &Args) -> Result<Vec<u8>, CliError> {
    let stdin = io::stdin();
    if stdin.is_terminal() && !args.common.quiet {
        console::complain(
            args.common.color,
            "virt-doctor: paste the error text, then press Enter and Ctrl-D",
        );
    }
    let mut text = Vec::new();
    stdin.lock().take(MOST + 1).read_to_end(&mut text).map_err(|error| {
        CliError::Usage(format!("cannot read standard input: {}", system_words(&error)))
    })?;
    if text.len() as u64 > MOST {
        return Err(CliError::Usage(
            "the text is longer than 4 MiB: paste the error and a few lines around it".to_owned(),
        ));
    }
    Ok(text)
}

fn explain(args: &Args, text: &[u8]) -> Result<Exit, CliError> {
    if text.trim_ascii().is_empty() {
        return Err(CliError::Usage("there is no text to explain".to_owned()));
    }
    let explanation = pasted::explain(text);
    let mut out = console::stdout(args.common.color);
    match args.format.format {
        Format::Text if !args.common.quiet => report::text(&explanation, &mut out)?,
        Format::Text | Format::Concise => report::concise(&explanation, &mut out)?,
        Format::Json => report::document(&explanation, &mut out)?,
        Format::Jsonl => report::lines(&explanation, &mut out)?,
    }
    out.flush()?;
    Ok(if explanation.seen.is_empty() { Exit::Findings } else { Exit::Clean })
}
