//! Which settings are in force: from the command line, from our configuration file, and
//! for each file from the one nearest to it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::CliError;
use super::common::{Clients, Common, RuleOptions};
use crate::engine::{Levels, Origin, Policies, locked};
use crate::inventory::{Problem, ProblemKind};
use crate::settings::{ConfigError, ConfigFile, FailOn};
use crate::tables::clients::Client;

/// The configuration in force for what stands in no file.
#[derive(Debug, Default)]
pub(crate) struct Configured {
    file: Option<Arc<ConfigFile>>,
    policies: Arc<Policies>,
}

/// The settings for one file, or for the arguments.
#[derive(Debug)]
pub(crate) struct InForce {
    pub(crate) levels: Levels,
    /// Asked for; else each file's own.
    pub(crate) clients: Option<Clients>,
    /// Who asked for it.
    pub(crate) clients_origin: Origin,
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) fail_on_origin: Origin,
    /// The file that they come from.
    pub(crate) config: Option<Arc<ConfigFile>>,
}

impl InForce {
    /// Whose reading counts in a file that itself is for `own`.
    pub(crate) fn client(&self, own: Option<Client>) -> Client {
        match self.clients {
            Some(Clients::One(client)) => client,
            Some(Clients::All) | None => own.unwrap_or(Client::LIBVIRT),
        }
    }
}

impl Configured {
    /// The configuration that a person named, else the nearest to this folder.
    pub(super) fn of(common: &Common) -> Result<Self, CliError> {
        let here = whole_path(Path::new("."));
        let file = match common.config() {
            Some(path) => Some(ConfigFile::read(path, &here)?),
            None if common.isolated() => None,
            None => ConfigFile::find(&here).map(|path| read_found(&path)).transpose()?,
        };
        let policies = file.as_ref().map(Policies::of_config).transpose()?.unwrap_or_default();
        Ok(Self { file: file.map(Arc::new), policies: Arc::new(policies) })
    }

    /// The level of every rule.
    pub(crate) fn levels(&self, options: &RuleOptions) -> Result<Levels, CliError> {
        levels(self.file.as_deref(), &[], "", options, &self.policies)
    }

    /// The clients by option, else by configuration; none where neither says.
    pub(crate) fn clients(&self, common: &Common) -> Result<Option<Clients>, CliError> {
        clients(self.file.as_deref(), &[], common).map(|(clients, _)| clients)
    }
}

/// Finds the settings of each file.
#[derive(Debug)]
pub(crate) struct Configurations<'a> {
    common: &'a Common,
    options: &'a RuleOptions,
    fail_on: Option<FailOn>,
    today: String,
    /// One for all, where a person named it or wants none.
    one: Option<Configured>,
    folders: Mutex<HashMap<PathBuf, Folder>>,
    read: Mutex<HashMap<PathBuf, Result<Arc<ConfigFile>, ConfigError>>>,
    policies: Mutex<HashMap<PathBuf, Result<Arc<Policies>, ConfigError>>>,
    known: Mutex<HashMap<Key, Arc<InForce>>>,
}

/// A configuration file, and which of its tables for some paths match.
type Key = (PathBuf, Vec<bool>);

/// A folder's whole path, and the configuration nearest to it or why there is none.
type Folder = Arc<(PathBuf, Result<Option<Arc<ConfigFile>>, ConfigError>)>;

impl<'a> Configurations<'a> {
    /// With the options of the command line over every file's own.
    pub(crate) fn new(
        common: &'a Common,
        options: &'a RuleOptions,
        fail_on: Option<FailOn>,
    ) -> Result<Self, CliError> {
        let is_one = common.config().is_some() || common.isolated();
        Ok(Self {
            common,
            options,
            fail_on,
            today: common.today(),
            one: is_one.then(|| Configured::of(common)).transpose()?,
            folders: Mutex::default(),
            read: Mutex::default(),
            policies: Mutex::default(),
            known: Mutex::default(),
        })
    }

    /// The settings for what stands in no file.
    pub(crate) fn here(&self) -> Result<Arc<InForce>, CliError> {
        self.of(Path::new("."))
    }

    /// The settings for a file.
    pub(crate) fn of(&self, path: &Path) -> Result<Arc<InForce>, CliError> {
        let folder = self.folder(path);
        let config = match (&self.one, &folder.1) {
            (Some(one), _) => one.file.clone(),
            (None, Ok(config)) => config.clone(),
            (None, Err(error)) => return Err(error.clone().into()),
        };
        // What stands in no file is at no path.
        let file = path.file_name().map(|name| folder.0.join(name));
        let matched: Vec<bool> = config
            .iter()
            .flat_map(|config| &config.config.paths)
            .map(|paths| file.as_ref().is_some_and(|file| paths.matches(file)))
            .collect();
        let place = config.as_ref().map(|config| config.path.to_path_buf()).unwrap_or_default();
        let key = (place, matched);
        if let Some(known) = locked(&self.known).get(&key) {
            return Ok(Arc::clone(known));
        }
        let (clients, clients_origin) = clients(config.as_deref(), &key.1, self.common)?;
        let (fail_on, fail_on_origin) = fail_on(config.as_deref(), self.fail_on);
        let policies = self.policies(config.as_deref())?;
        let levels = levels(config.as_deref(), &key.1, &self.today, self.options, &policies)?;
        let settings =
            Arc::new(InForce { levels, clients, clients_origin, fail_on, fail_on_origin, config });
        locked(&self.known).insert(key, Arc::clone(&settings));
        Ok(settings)
    }

    /// The same; where its configuration is wrong, that is told once.
    pub(crate) fn of_noted(
        &self,
        path: &Path,
        problems: &mut Vec<Problem>,
    ) -> Option<Arc<InForce>> {
        let wrong = |problem: Problem| {
            if !problems.contains(&problem) {
                problems.push(problem);
            }
        };
        self.of_or_problem(path).map_err(wrong).ok()
    }

    /// The same; where its configuration is wrong, that is for the caller to tell.
    pub(crate) fn of_or_problem(&self, path: &Path) -> Result<Arc<InForce>, Problem> {
        self.of(path).map_err(|error| Problem {
            kind: ProblemKind::BadConfig,
            file: None,
            message: error.to_string(),
        })
    }

    /// The configuration files that were used.
    pub(crate) fn files(&self) -> Vec<Arc<ConfigFile>> {
        let known = locked(&self.known);
        let mut files: Vec<_> = known.values().filter_map(|one| one.config.clone()).collect();
        files.sort_by(|one, other| one.path.cmp(&other.path));
        files.dedup_by(|one, other| one.path == other.path);
        files
    }

    /// Those of a configuration, read once.
    fn policies(&self, config: Option<&ConfigFile>) -> Result<Arc<Policies>, ConfigError> {
        let Some(config) = config else { return Ok(Arc::default()) };
        let mut known = locked(&self.policies);
        let read = || Policies::of_config(config).map(Arc::new);
        known.entry(config.path.to_path_buf()).or_insert_with(read).clone()
    }

    fn folder(&self, path: &Path) -> Folder {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        if let Some(known) = locked(&self.folders).get(folder) {
            return Arc::clone(known);
        }
        let whole = whole_path(folder);
        let config = if self.one.is_some() { Ok(None) } else { self.nearest(&whole) };
        let found = Arc::new((whole, config));
        locked(&self.folders).insert(folder.to_owned(), Arc::clone(&found));
        found
    }

    /// Read once, however many folders have it.
    fn nearest(&self, folder: &Path) -> Result<Option<Arc<ConfigFile>>, ConfigError> {
        let Some(path) = ConfigFile::find(folder) else { return Ok(None) };
        let mut read = locked(&self.read);
        let file = read.entry(path.clone()).or_insert_with(|| read_found(&path).map(Arc::new));
        file.clone().map(Some)
    }
}

impl InForce {
    /// The path of a file from the folder of its configuration: as a policy sees it,
    /// wherever the command runs.
    pub(crate) fn path_of(&self, file: &Path) -> PathBuf {
        let or_here = |folder: &Path| {
            let is_here = folder.as_os_str().is_empty();
            whole_path(if is_here { Path::new(".") } else { folder })
        };
        let root = self.config.as_ref().map(|config| or_here(&config.folder));
        let whole = file.parent().zip(file.file_name());
        let whole = whole.map(|(folder, name)| or_here(folder).join(name));
        let below =
            whole.as_ref().zip(root).and_then(|(whole, root)| whole.strip_prefix(root).ok());
        below.unwrap_or(file).to_owned()
    }
}

/// The path from the root of the file system. A link to a file stays where it stands.
pub(crate) fn whole_path(folder: &Path) -> PathBuf {
    std::fs::canonicalize(folder)
        .or_else(|_| std::path::absolute(folder))
        .unwrap_or_else(|_| folder.to_owned())
}

/// A configuration that was found, called as a person here would call it.
fn read_found(path: &Path) -> Result<ConfigFile, ConfigError> {
    let root = path.parent().unwrap_or(path);
    ConfigFile::read_as(&shown(path), path, root)
}

/// A path below this folder without the way to it.
fn shown(path: &Path) -> PathBuf {
    path.strip_prefix(whole_path(Path::new("."))).unwrap_or(path).to_owned()
}

fn clients(
    file: Option<&ConfigFile>,
    matched: &[bool],
    common: &Common,
) -> Result<(Option<Clients>, Origin), CliError> {
    let mut clients = (None, Origin::Page);
    if let Some(file) = file {
        let of_paths = file.config.paths.iter().enumerate();
        let of_paths = of_paths.filter_map(|(at, paths)| Some((Some(at), paths.client.as_ref()?)));
        let of_all = file.config.client.as_ref().map(|word| (None, word));
        for (table, word) in of_all.into_iter().chain(of_paths) {
            let parsed: Clients = word
                .get_ref()
                .parse()
                .map_err(|error| file.wrong(word.span().start, format!("{error}")))?;
            if table.is_none_or(|at| matched.get(at) == Some(&true)) {
                let paths = table.map(|at| file.config.paths[at].patterns());
                clients = (Some(parsed), Origin::of_value(file, word, paths));
            }
        }
    }
    if let Some(option) = common.client() {
        clients = (Some(option), Origin::Option("--client"));
    }
    Ok(clients)
}

fn fail_on(file: Option<&ConfigFile>, option: Option<FailOn>) -> (Option<FailOn>, Origin) {
    if option.is_some() {
        return (option, Origin::Option("--fail-on"));
    }
    match file.and_then(|file| Some((file, file.config.fail_on.as_ref()?))) {
        Some((file, level)) => (Some(*level.get_ref()), Origin::of_value(file, level, None)),
        None => (None, Origin::Page),
    }
}

/// The configuration, then the command line.
fn levels(
    file: Option<&ConfigFile>,
    matched: &[bool],
    today: &str,
    options: &RuleOptions,
    policies: &Arc<Policies>,
) -> Result<Levels, CliError> {
    let levels = file.map(|file| Levels::of_config(file, matched, today, policies)).transpose()?;
    let mut levels = levels.unwrap_or_default();
    options.apply(&mut levels).map_err(|error| CliError::Usage(error.to_string()))?;
    Ok(levels)
}
