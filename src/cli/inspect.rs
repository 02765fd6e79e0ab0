//! `--inspect`: which paths are read, as what, and why the others are not.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::common::{Common, Format};
use super::configured::Configurations;
use super::files::FileOptions;
use super::{CliError, Exit};
use crate::engine::{baseline, in_order, locked};
use crate::inventory::{
    Context, Dialect, Input, Opened, Problem, ProblemKind, Terraform, Walk, Why, parts, scan,
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
    Ok(if run.problems.is_empty() { Exit::Clean } else { Exit::Wrong })
}

struct Inspector<'a> {
    settings: &'a Configurations<'a>,
    terraform: Mutex<Terraform>,
    one_large: Mutex<()>,
}

impl Inspector<'_> {
    fn file(&self, input: &Input) -> Result<Result<ReadAs, Why>, Problem> {
        let Some(opened) = Opened::open(input)? else { return Ok(Err(Why::SpecialFile)) };
        let _alone = opened.is_large().then(|| locked(&self.one_large));
        let Some(bytes) = opened.read()? else { return Ok(Err(Why::Binary)) };
        if bytes.starts_with(baseline::HEAD.as_bytes()) {
            return Ok(Err(Why::Baseline));
        }
        self.text(&input.path, &bytes).map(Ok)
    }

    fn text(&self, path: &Path, bytes: &[u8]) -> Result<ReadAs, Problem> {
        let in_force = self.settings.of(path).map_err(|error| Problem {
            kind: ProblemKind::BadConfig,
            file: None,
            message: error.to_string(),
        })?;
        let dialect = Dialect::of(path);
        let mut read = ReadAs {
            kind: dialect.kind,
            client: in_force.client(locked(&self.terraform).client_of(path)),
            config: in_force.config.as_ref().map(|config| config.path.to_path_buf()),
            uris: 0,
            not_judged: 0,
            holes: 0,
        };
        for part in parts(bytes, dialect) {
            let scan = scan(&bytes[part], dialect);
            let judged = |context| matches!(context, Context::Value | Context::Code);
            let in_force = scan.found.iter().filter(|located| judged(located.context)).count();
            read.uris += in_force;
            read.not_judged += scan.found.len() - in_force;
            read.holes += scan.holes;
        }
        Ok(read)
    }
}
