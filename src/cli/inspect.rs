//! `--inspect`: which paths are read, as what, and why the others are not.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::common::{Common, Format};
use super::configured::Configurations;
use super::files::FileOptions;
use super::{CliError, Exit};
use crate::engine::{baseline, in_order, locked, quotes_uris};
use crate::inventory::{
    Dialect, Input, Opened, PlainText, Problem, Terraform, Walk, Why, parts, scan_part,
};
use crate::report::inspect::{self, InspectRun, Inspected, ReadAs};
use crate::report::{console, lint_text};

/// Looks at files, and tells of each what `lint` and `uris` make of it.
pub(super) fn run(
    files: &FileOptions,
    paths: &[PathBuf],
    settings: &Configurations<'_>,
    common: &Common,
    format: Format,
) -> Result<Exit, CliError> {
    if paths.iter().any(|path| path == Path::new("-")) {
        return Err(CliError::Usage(
            "--inspect tells of files and folders: it goes with no standard input".to_owned(),
        ));
    }
    let threads = files.threads();
    let mut walk = Walk { threads: threads.get(), ..Walk::default() };
    let here = PathBuf::from(".");
    let here = (paths.is_empty() && !files.has_list()).then_some(&here);
    for path in paths.iter().chain(here) {
        walk.add(path);
    }
    files.add_listed(&mut walk, false)?;
    walk.without_repeats();
    let mut run = InspectRun { problems: std::mem::take(&mut walk.problems), ..Default::default() };
    for folder in paths.iter().chain(here).filter(|path| path.is_dir()) {
        let left_out = walk.left_out(folder).into_iter();
        run.paths.extend(left_out.map(|one| Inspected { path: one.path, result: Err(one.why) }));
    }
    let inspector =
        Inspector { settings, terraform: Mutex::default(), one_large: Mutex::default() };
    let work = |input: &Input| (input.path.clone(), inspector.file(input));
    in_order(&walk.inputs, threads, work, |(path, result)| {
        let result = result.unwrap_or_else(|problem| {
            run.trouble(problem);
            Err(Why::Problem)
        });
        let result = result.map(|Read { read, plain }| {
            run.problems.extend(plain);
            read
        });
        run.paths.push(Inspected { path, result });
    });
    run.sort();
    let mut out = console::stdout(common.color);
    match format {
        Format::Text => inspect::text(&run, common.quiet, &mut out)?,
        Format::Concise => inspect::text(&run, true, &mut out)?,
        Format::Json => inspect::document(&run, &mut out)?,
        Format::Jsonl => inspect::lines(&run, &mut out)?,
    }
    out.flush()?;
    for problem in &run.problems {
        console::complain(common.color, &lint_text::problem(problem));
    }
    let failed = run.problems.iter().any(Problem::is_failure);
    Ok(if failed { Exit::Wrong } else { Exit::Clean })
}

/// How a file was read, and what is to be said of that.
struct Read {
    read: ReadAs,
    plain: Option<Problem>,
}

struct Inspector<'a> {
    settings: &'a Configurations<'a>,
    terraform: Mutex<Terraform>,
    one_large: Mutex<()>,
}

impl Inspector<'_> {
    fn file(&self, input: &Input) -> Result<Result<Read, Why>, Problem> {
        let Some(opened) = Opened::open(input)? else { return Ok(Err(Why::SpecialFile)) };
        let _alone = opened.is_large().then(|| locked(&self.one_large));
        let Some(bytes) = opened.read()? else { return Ok(Err(Why::Binary)) };
        if quotes_uris(&input.path, &bytes) {
            let is_list = baseline::is_baseline(&bytes);
            return Ok(Err(if is_list { Why::Baseline } else { Why::Policy }));
        }
        self.text(&input.path, &bytes).map(Ok)
    }

    fn text(&self, path: &Path, bytes: &[u8]) -> Result<Read, Problem> {
        let in_force = self.settings.of_or_problem(path)?;
        let dialect = Dialect::of_file(path, bytes);
        let mut read = ReadAs {
            kind: dialect.kind,
            client: in_force.client(locked(&self.terraform).client_of(path)),
            config: in_force.config.as_ref().map(|config| config.path.to_path_buf()),
            uris: 0,
            not_judged: 0,
            holes: 0,
        };
        let mut plain: Option<PlainText> = None;
        for part in parts(bytes, dialect) {
            let scan = scan_part(bytes, &part, dialect);
            let judged = scan.found.iter().filter(|located| located.context.is_in_force()).count();
            read.uris += judged;
            read.not_judged += scan.found.len() - judged;
            read.holes += scan.holes;
            plain = plain.or(scan.plain_text);
        }
        let plain = plain.map(|plain| Problem::plain_text(path, bytes, &plain));
        Ok(Read { read, plain })
    }
}
