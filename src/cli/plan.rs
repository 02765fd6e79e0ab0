//! `virt-doctor plan`: what the client would do, without doing it.

use std::io::Write;

use clap::Args as ClapArgs;

use super::common::{Clients, Common, Format, OneFormat};
use super::target::{NOTHING, Target, Targets, lines_of, nul_problem, read_stdin};
use super::{CliError, Exit};
use crate::engine::Subject;
use crate::inventory::{Dialect, Problem, Terraform, Walk, read_file, scan};
use crate::plan::Outcome;
use crate::report::plan_json::{self, PlannedUri};
use crate::report::{console, lint_text, plan_text};
use crate::settings::{Machine, Source};
use crate::tables::clients::Client;

/// Show what the client would do with a URI, hop by hop
#[derive(Debug, ClapArgs)]
pub(super) struct Args {
    #[command(flatten)]
    targets: Targets,
    #[command(flatten)]
    format: OneFormat,
    #[command(flatten)]
    common: Common,
    /// Plan a read-only connection, as virsh -r does
    #[arg(long, short)]
    readonly: bool,
    /// Standard input is ended by NUL bytes, not line feeds
    #[arg(long = "null", short = '0')]
    null: bool,
}

/// Plans one URI after the other and prints each, or keeps it for the document.
struct Planner<'a> {
    args: &'a Args,
    /// Asked for; else each file's own.
    clients: Option<Clients>,
    machine: Machine,
    out: &'a mut dyn Write,
    planned: Vec<PlannedUri>,
    problems: Vec<Problem>,
    count: usize,
    rejected: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, CliError> {
    let configured = args.common.configured()?;
    let machine = args.common.machine_here();
    let clients = configured.clients(&args.common)?;
    let targets = args.targets.sorted(&machine);
    let mut out = console::stdout(args.common.color);
    let mut planner = Planner {
        args,
        clients,
        machine,
        out: &mut out,
        planned: Vec::new(),
        problems: Vec::new(),
        count: 0,
        rejected: false,
    };
    if targets.is_empty() {
        let source = Source::default_of(&planner.machine);
        planner.plan(&source, None, None)?;
    }
    for target in targets {
        planner.target(target)?;
    }
    planner.finish()?;
    let (problems, rejected) = (std::mem::take(&mut planner.problems), planner.rejected);
    let nothing = planner.count == 0 && !problems.iter().any(Problem::is_failure);
    out.flush()?;
    for problem in &problems {
        console::complain(args.common.color, &lint_text::problem(problem));
    }
    if nothing {
        console::complain(args.common.color, NOTHING);
        return Ok(Exit::Nothing);
    }
    let failed = problems.iter().any(Problem::is_failure);
    Ok(match (!failed, rejected) {
        (false, _) => Exit::Wrong,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

impl Planner<'_> {
    fn target(&mut self, target: Target) -> Result<(), CliError> {
        match target {
            Target::Uri(text) => self.plan(&Source::given(&text, &self.machine), None, None),
            Target::Stdin => match read_stdin() {
                Ok(bytes) => self.list(&bytes),
                Err(problem) => self.problem(problem),
            },
            Target::Path(path) => self.files(&path),
        }
    }

    /// One URI a line, the whole line.
    fn list(&mut self, bytes: &[u8]) -> Result<(), CliError> {
        for (number, line) in lines_of(bytes, self.args.null) {
            if line.contains(&0) {
                self.problem(nul_problem(number))?;
            } else {
                self.plan(&Source::given(line, &self.machine), Some(number), None)?;
            }
        }
        Ok(())
    }

    /// The URIs of files that are whole: a placeholder has no plan.
    fn files(&mut self, path: &std::path::Path) -> Result<(), CliError> {
        let mut walk = Walk::default();
        walk.add(path);
        let mut terraform = Terraform::default();
        for problem in walk.problems {
            self.problem(problem)?;
        }
        for input in walk.inputs {
            match read_file(&input) {
                Ok(Some(bytes)) => {
                    let client = terraform.client_of(&input.path);
                    let scan = scan(&bytes, Dialect::of_file(&input.path, &bytes));
                    if let Some(plain) = &scan.plain_text {
                        self.problem(Problem::plain_text(&input.path, &bytes, plain))?;
                    }
                    for located in scan.found {
                        if located.context.is_in_force() && !located.is_templated() {
                            self.plan(&Source::of_file(&located.text), None, client)?;
                        }
                    }
                }
                Ok(None) => {}
                Err(problem) => self.problem(problem)?,
            }
        }
        Ok(())
    }

    /// As the client that was asked for, else as the one whose file it is.
    fn plan(
        &mut self,
        source: &Source,
        line: Option<usize>,
        own: Option<Client>,
    ) -> Result<(), CliError> {
        match self.clients {
            Some(Clients::All) => {
                Client::ALL.into_iter().try_for_each(|client| self.plan_as(client, source, line))
            }
            Some(Clients::One(client)) => self.plan_as(client, source, line),
            None => self.plan_as(own.unwrap_or(Client::LIBVIRT), source, line),
        }
    }

    fn plan_as(
        &mut self,
        client: Client,
        source: &Source,
        line: Option<usize>,
    ) -> Result<(), CliError> {
        let subject = Subject::new(source, client, &self.machine, self.args.readonly);
        let (plan, veil) = subject.read(|reading| (reading.plan.clone(), reading.uri.veil()));
        self.rejected |= matches!(plan.outcome, Outcome::Rejected | Outcome::Crashes);
        let uri = subject.uri.unwrap_or_default().to_vec();
        let planned = PlannedUri { index: self.count, line, uri, plan, veil };
        self.count += 1;
        match self.args.format.format {
            Format::Text => {
                if self.count > 1 {
                    writeln!(self.out)?;
                }
                plan_text::write(&planned, self.out)?;
            }
            Format::Concise => plan_text::concise(&planned, self.out)?,
            Format::Jsonl => plan_json::line(&planned, self.out)?,
            Format::Json => self.planned.push(planned),
        }
        Ok(())
    }

    fn problem(&mut self, problem: Problem) -> Result<(), CliError> {
        if self.args.format.format == Format::Jsonl {
            plan_json::problem_line(&problem, self.out)?;
        }
        self.problems.push(problem);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), CliError> {
        if self.args.format.format == Format::Json {
            plan_json::document(&self.planned, &self.problems, self.out)?;
        }
        Ok(())
    }
}
