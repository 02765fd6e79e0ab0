//! `virt-doctor uris`: the connection URIs in files, with their places.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;

use super::common::{Common, Format, OneFormat};
use super::target::read_stdin;
use super::{CliError, Exit};
use crate::engine::quotes_uris;
use crate::inventory::{Context, Dialect, Problem, Walk, read_file, scan};
use crate::report::place::{Ground, shown_source};
use crate::report::uris::{self, ListedUri, UrisRun};
use crate::report::{console, lint_text};

/// List the connection URIs in files, with their places
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    /// Files and folders; - for standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    format: OneFormat,
    #[command(flatten)]
    common: Common,
    /// The name by which the kind of standard input is told
    #[arg(long, value_name = "NAME")]
    stdin_filename: Option<PathBuf>,
    /// List URIs in these places too
    #[arg(long, value_name = "CONTEXT", value_delimiter = ',')]
    include: Vec<Include>,
    /// A run without a URI is clean, not exit code 3
    #[arg(long)]
    allow_empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Include {
    /// Comments
    Comments,
    /// Running text
    Prose,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    args.common.configured()?;
    let mut run = UrisRun::default();
    let mut walk = Walk::default();
    if args.paths.is_empty() {
        walk.add(Path::new("."));
    }
    for path in &args.paths {
        if path == Path::new("-") {
            match read_stdin() {
                Ok(bytes) => {
                    let name =
                        args.stdin_filename.clone().unwrap_or_else(|| PathBuf::from("<stdin>"));
                    list(args, &name, &bytes, &mut run);
                }
                Err(problem) => run.problems.push(problem),
            }
        } else {
            walk.add(path);
        }
    }
    run.problems.append(&mut walk.problems);
    for input in &walk.inputs {
        match read_file(input) {
            Ok(Some(bytes)) => list(args, &input.path, &bytes, &mut run),
            Ok(None) => {}
            Err(problem) => run.problems.push(problem),
        }
    }
    let mut out = console::stdout(args.common.color);
    match args.format.format {
        Format::Text => uris::text(&run, false, &mut out)?,
        Format::Concise => uris::text(&run, true, &mut out)?,
        Format::Json => uris::document(&run, &mut out)?,
        Format::Jsonl => uris::lines(&run, &mut out)?,
    }
    out.flush()?;
    for problem in &run.problems {
        console::complain(args.common.color, &lint_text::problem(problem));
    }
    let failed = run.problems.iter().any(Problem::is_failure);
    Ok(match (!failed, run.uris.is_empty()) {
        (false, _) => Exit::Wrong,
        (true, true) if !args.allow_empty => Exit::Nothing,
        _ => Exit::Clean,
    })
}

fn list(args: &Args, path: &Path, bytes: &[u8], run: &mut UrisRun) {
    if quotes_uris(path, bytes) {
        return;
    }
    let dialect = Dialect::of_file(path, bytes);
    let scan = scan(bytes, dialect);
    let ground = Ground::file(path, bytes, &scan.found);
    let plain = scan.plain_text.as_ref();
    run.problems.extend(plain.map(|plain| Problem::plain_text(path, bytes, plain)));
    run.files += 1;
    run.holes += scan.holes;
    let wanted = |context| match context {
        Context::Value | Context::Code | Context::Heredoc => true,
        Context::Comment => args.include.contains(&Include::Comments),
        Context::Prose => args.include.contains(&Include::Prose),
    };
    for located in scan.found.iter().filter(|located| wanted(located.context)) {
        run.uris.push(ListedUri {
            uri: shown_source(located, bytes),
            file: path.to_owned(),
            kind: dialect.kind,
            key: located.key.clone(),
            context: located.context,
            templated: located.is_templated(),
            built_by: located.built_by(),
            start: ground.position(located.span.start),
            end: ground.position(located.span.end),
        });
    }
}
