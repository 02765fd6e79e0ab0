//! `virt-doctor uris`: the connection URIs in files, with their places.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};

use clap::Args as ClapArgs;

use super::common::{Common, Format, OneFormat, RuleOptions};
use super::configured::Configurations;
use super::files::FileOptions;
use super::target::read_stdin;
use super::{CliError, Exit, inspect};
use crate::engine::{in_order, locked, quotes_uris};
use crate::inventory::{
    Context, Dialect, Input, Located, Opened, Part, PlainText, Problem, Walk, parts, scan_part,
};
use crate::report::place::shown_source;
use crate::report::uris::{self, ListedUri, UrisRun};
use crate::report::{console, lint_text};
use crate::text::Lines;

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
    #[command(flatten)]
    files: FileOptions,
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
    if args.files.inspect {
        let options = RuleOptions::default();
        let settings = Configurations::new(&args.common, &options, None)?;
        let format = args.format.format;
        return inspect::run(&args.files, &args.paths, &settings, &args.common, format);
    }
    args.common.configured()?;
    let mut run = UrisRun::default();
    let threads = args.files.threads();
    let mut walk = Walk { threads: threads.get(), ..Walk::default() };
    if args.paths.is_empty() && !args.files.has_list() {
        walk.add(Path::new("."));
    }
    let is_stdin = |path: &PathBuf| path == Path::new("-");
    for path in &args.paths {
        if is_stdin(path) {
            match read_stdin() {
                Ok(bytes) => run.join(list(args, &args.files.stdin_name(), &bytes)),
                Err(problem) => run.problems.push(problem),
            }
        } else {
            walk.add(path);
        }
    }
    args.files.add_listed(&mut walk, args.paths.iter().any(is_stdin))?;
    walk.without_repeats();
    run.problems.append(&mut walk.problems);
    let one_large = Mutex::new(());
    let work = |input: &Input| of_file(args, input, &one_large);
    in_order(&walk.inputs, threads, work, |result| match result {
        Ok(listed) => run.join(listed),
        Err(problem) => run.problems.push(problem),
    });
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

fn of_file(args: &Args, input: &Input, one_large: &Mutex<()>) -> Result<UrisRun, Problem> {
    let Some(opened) = Opened::open(input)? else { return Ok(UrisRun::default()) };
    // All threads work on one large file, so that no more than one is kept.
    let _alone = opened.is_large().then(|| locked(one_large));
    let bytes = opened.read()?;
    Ok(bytes.map(|bytes| list(args, &input.path, &bytes)).unwrap_or_default())
}

fn list(args: &Args, path: &Path, bytes: &[u8]) -> UrisRun {
    if quotes_uris(path, bytes) {
        return UrisRun::default();
    }
    let dialect = Dialect::of_file(path, bytes);
    let mut run = UrisRun { files: 1, ..UrisRun::default() };
    let mut plain: Option<PlainText> = None;
    let text = Text { path, bytes, dialect, lines: OnceLock::new() };
    let work = |part: &Part| list_part(args, &text, part);
    in_order(&parts(bytes, dialect), args.files.threads(), work, |(next, why)| {
        run.join(next);
        // That is said once of a file.
        plain = plain.take().or(why);
    });
    run.problems.extend(plain.map(|plain| Problem::plain_text(path, bytes, &plain)));
    run
}

/// The text of a file.
struct Text<'t> {
    path: &'t Path,
    bytes: &'t [u8],
    dialect: Dialect,
    /// Once there is something to place in them.
    lines: OnceLock<Lines<'t>>,
}

fn list_part(args: &Args, text: &Text<'_>, part: &Part) -> (UrisRun, Option<PlainText>) {
    let Text { path, bytes, dialect, lines } = text;
    let scan = scan_part(bytes, part, *dialect);
    let wanted = |located: &&Located| match located.context {
        Context::Value | Context::Code | Context::Heredoc => true,
        Context::Comment => args.include.contains(&Include::Comments),
        Context::Prose => args.include.contains(&Include::Prose),
    };
    let position = |byte| lines.get_or_init(|| Lines::of_file(bytes)).position(byte);
    let listed = scan.found.iter().filter(wanted).map(|located| ListedUri {
        uri: shown_source(located, bytes),
        file: (*path).to_owned(),
        kind: dialect.kind,
        key: located.key.clone(),
        context: located.context,
        templated: located.is_templated(),
        built_by: located.built_by(),
        start: position(located.span.start),
        end: position(located.span.end),
    });
    let uris = listed.collect();
    (UrisRun { uris, holes: scan.holes, ..UrisRun::default() }, scan.plain_text)
}
