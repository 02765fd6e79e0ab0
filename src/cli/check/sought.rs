//! What to look at: each URI, and the settings of the place where it stands.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::Args;
use crate::cli::CliError;
use crate::cli::common::Clients;
use crate::cli::configured::{Configurations, InForce};
use crate::cli::target::{Target, lines_of, nul_problem, read_stdin};
use crate::engine::{Levels, Suppressions, quotes_uris};
use crate::finding::RuleId;
use crate::inventory::{Dialect, Problem, Walk, read_file, scan};
use crate::settings::{FailOn, Machine, Source};
use crate::tables::clients::Client;

/// A connection to look at.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    pub(super) source: Source,
    pub(super) terms: Arc<Terms>,
    /// What a comment or the configuration silences wherever the URI stands.
    pub(super) silenced: Vec<RuleId>,
}

/// How to judge it.
#[derive(Debug)]
pub(super) struct Terms {
    pub(super) levels: Levels,
    pub(super) client: Client,
    pub(super) fail_on: FailOn,
}

impl Terms {
    fn of(settings: &InForce, installed: Client) -> Result<Self, CliError> {
        let client = match settings.clients {
            None => installed,
            Some(Clients::One(client)) => client,
            Some(Clients::All) => {
                return Err(CliError::Usage(
                    "check looks at the way of one client: --client all is for lint and plan"
                        .to_owned(),
                ));
            }
        };
        Ok(Self::for_client(settings, client))
    }

    /// For this client, whatever is asked for.
    pub(super) fn for_client(settings: &InForce, client: Client) -> Self {
        let fail_on = settings.fail_on.unwrap_or(FailOn::Error);
        Self { levels: settings.levels.clone(), client, fail_on }
    }
}

/// All URIs to look at, in their order.
pub(super) fn sought(
    args: &Args,
    machine: &Machine,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Sought>, CliError> {
    use std::os::unix::ffi::OsStrExt;
    let settings = Configurations::new(&args.common, &args.rules, args.fail_on)?;
    let installed = machine.libvirt.map_or(Client::LIBVIRT, Client::libvirt);
    let typed = Arc::new(Terms::of(&*settings.here()?, installed)?);
    let given = |source: Source| Sought { source, terms: Arc::clone(&typed), silenced: Vec::new() };
    let mut targets = args.targets.sorted(machine);
    targets.extend(args.connect.as_ref().map(|uri| Target::Uri(uri.as_bytes().to_vec())));
    if targets.is_empty() {
        return Ok(vec![given(Source::default_of(machine))]);
    }
    let mut all = Vec::new();
    for target in targets {
        match target {
            Target::Uri(text) => all.push(given(Source::given(&text, machine))),
            Target::Stdin => match read_stdin() {
                Ok(bytes) => {
                    for (number, line) in lines_of(&bytes, args.null) {
                        if line.contains(&0) {
                            problems.push(nul_problem(number));
                        } else {
                            all.push(given(Source::given(line, machine)));
                        }
                    }
                }
                Err(problem) => problems.push(problem),
            },
            Target::Path(path) => {
                all.extend(of_files(&path, &settings, installed, &machine.today, problems)?);
            }
        }
    }
    Ok(all)
}

/// The whole URIs of files: one with a placeholder cannot be looked at. One that stands
/// in several places is looked at once, with the settings of the first.
fn of_files(
    path: &Path,
    settings: &Configurations<'_>,
    installed: Client,
    today: &str,
    problems: &mut Vec<Problem>,
) -> Result<Vec<Sought>, CliError> {
    let mut walk = Walk::default();
    walk.add(path);
    problems.append(&mut walk.problems);
    let mut all: Vec<Sought> = Vec::new();
    let mut places: HashMap<(Vec<u8>, Client), usize> = HashMap::new();
    for input in walk.inputs {
        let bytes = match read_file(&input) {
            Ok(Some(bytes)) if !quotes_uris(&input.path, &bytes) => bytes,
            Ok(_) => continue,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        let Some(in_force) = settings.of_noted(&input.path, problems) else { continue };
        let terms = Arc::new(Terms::of(&in_force, installed)?);
        let levels = &terms.levels;
        let dialect = Dialect::of_file(&input.path, &bytes);
        let suppressions = Suppressions::of(&bytes, dialect, today, levels);
        let scan = scan(&bytes, dialect);
        let plain = scan.plain_text.as_ref();
        problems.extend(plain.map(|plain| Problem::plain_text(&input.path, &bytes, plain)));
        for located in scan.found {
            if !located.context.is_in_force() || located.is_templated() {
                continue;
            }
            let is_silenced = |rule: &RuleId| {
                suppressions.hides(*rule, located.span, levels) || levels.silencer(*rule).is_some()
            };
            let source = Source::of_file(&located.text);
            let place = (located.text, terms.client);
            if let Some(at) = places.get(&place) {
                all[*at].silenced.retain(is_silenced);
                continue;
            }
            let silenced = levels.all().filter(is_silenced).collect();
            places.insert(place, all.len());
            all.push(Sought { source, terms: Arc::clone(&terms), silenced });
        }
    }
    Ok(all)
}
