//! Our own configuration file, `virt-doctor.toml`.
//!
//! Every value keeps its place in the file, so that whatever comes of it can name the
//! line. Names of rules are plain words here: the engine knows them.

mod paths;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

pub(crate) use self::paths::PathSettings;
use crate::tables::levels::Severity;
use crate::text::{Lines, Span, nearest, system_words};

/// The name that is looked for.
pub(crate) const FILE_NAME: &str = "virt-doctor.toml";

/// Names of rules or subjects, each with its place.
pub(crate) type Names = Vec<Spanned<String>>;

/// What a configuration file may say.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Whose reading of the URI counts.
    pub(crate) client: Option<Spanned<String>>,
    /// The level from which findings fail the run.
    pub(crate) fail_on: Option<Spanned<FailOn>>,
    pub(crate) rules: RuleSettings,
    /// The pages of the user's own rules: patterns, from the file's folder on.
    pub(crate) policies: Names,
    /// For some files more, in their order: a later one wins.
    pub(crate) paths: Vec<PathSettings>,
}

/// The table `[rules]`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RuleSettings {
    /// Only these speak.
    pub(crate) select: Names,
    /// These are silent.
    pub(crate) ignore: Names,
    /// These are errors.
    pub(crate) error: Names,
    /// These are warnings.
    pub(crate) warning: Names,
    /// These are notes.
    pub(crate) note: Names,
    /// These nothing may silence.
    pub(crate) locked: Names,
}

/// From which level on findings fail the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailOn {
    /// Errors only.
    Error,
    /// Warnings and errors.
    Warning,
    /// Any finding.
    Note,
    /// No finding.
    Never,
}

impl FailOn {
    /// Whether a finding of this level fails the run.
    pub(crate) fn is_reached(self, level: Severity) -> bool {
        match self {
            Self::Error => level >= Severity::Error,
            Self::Warning => level >= Severity::Warning,
            Self::Note => true,
            Self::Never => false,
        }
    }

    /// The word for it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Never => "never",
        }
    }
}

/// A configuration file.
#[derive(Debug)]
pub(crate) struct ConfigFile {
    pub(crate) path: Arc<Path>,
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
}

/// Why a configuration file cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{path}: {why}")]
    Unreadable { path: String, why: String },
    #[error("{path}:{line}:{column}: {why}")]
    Wrong { path: String, line: u32, column: u32, why: String },
    #[error("{path}:{line}:{column}: {why}\n{excerpt}")]
    WrongPage { path: String, line: u32, column: u32, why: String, excerpt: String },
}

impl ConfigFile {
    /// The file that a person named. `root` is the folder to which the paths in it are
    /// relative.
    pub(crate) fn read(path: &Path, root: &Path) -> Result<Self, ConfigError> {
        Self::read_as(path, path, root)
    }

    /// The same, called by another name than it is opened by.
    pub(crate) fn read_as(name: &Path, path: &Path, root: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: name.to_string_lossy().into_owned(),
            why: system_words(&error),
        })?;
        let mut file = Self::of(name, text, root)?;
        path.parent().unwrap_or(Path::new("")).clone_into(&mut file.folder);
        Ok(file)
    }

    /// The same from its text.
    pub(crate) fn of(path: &Path, text: String, root: &Path) -> Result<Self, ConfigError> {
        let config = Config::default();
        let mut file = Self { path: path.into(), text, folder: root.to_owned(), config };
        file.config = toml::from_str(&file.text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            file.wrong(at, in_our_words(error.message()))
        })?;
        let mut paths = std::mem::take(&mut file.config.paths);
        for settings in &mut paths {
            settings.check(root).map_err(|(at, why)| file.wrong(at, why))?;
        }
        file.config.paths = paths;
        Ok(file)
    }

    /// The nearest file, from a folder upward.
    pub(crate) fn find(from: &Path) -> Option<PathBuf> {
        from.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
    }

    /// A mistake at a byte of it.
    pub(crate) fn wrong(&self, at: usize, why: String) -> ConfigError {
        let byte = Span::empty(at.min(self.text.len())).start;
        let place = Lines::of(self.text.as_bytes()).position(byte);
        let path = self.path.to_string_lossy().into_owned();
        ConfigError::Wrong { path, line: place.line, column: place.column, why }
    }

    /// The line of a value, from 1.
    pub(crate) fn line<T>(&self, value: &Spanned<T>) -> usize {
        let before = self.text.get(..value.span().start).unwrap_or_default();
        before.matches('\n').count() + 1
    }
}

/// Whether a word is a day, as in 2027-01-31.
pub(crate) fn is_day(word: &str) -> bool {
    let format = time::macros::format_description!("[year]-[month]-[day]");
    word.len() == 10 && time::Date::parse(word, &format).is_ok()
}

/// A mistake as we would say it: with the word that was probably meant, where one is near.
fn in_our_words(message: &str) -> String {
    let mut words = message.split('`').skip(1).step_by(2);
    let known: Vec<&str> = words.clone().skip(1).collect();
    let (Some(word), Some(kind)) = (
        words.next(),
        ["field", "variant"].iter().find(|kind| message.starts_with(&format!("unknown {kind} "))),
    ) else {
        return message.to_owned();
    };
    let what = if *kind == "field" { "key" } else { "value" };
    let hint = match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("there are `{}`", known.join("`, `")),
    };
    format!("unknown {what} `{word}`; {hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(text: &str) -> String {
        let path = Path::new("virt-doctor.toml");
        ConfigFile::of(path, text.to_owned(), Path::new("/")).unwrap_err().to_string()
    }

    #[test]
    fn a_mistake_is_told_with_its_place_and_the_nearest_word() {
        for (text, said) in [
            (
                "client = \"libvirt\"\n\n[rules]\nignor = []\n",
                "4:1: unknown key `ignor`; did you mean `ignore`?",
            ),
            ("fail_on = \"note\"\n", "1:1: unknown key `fail_on`; did you mean `fail-on`?"),
            (
                "fail-on = \"warn\"\n",
                "1:11: unknown value `warn`; there are `error`, `warning`, `note`, `never`",
            ),
            (
                "colour = 1\n",
                "1:1: unknown key `colour`; there are `client`, `fail-on`, `rules`, `policies`, `paths`",
            ),
            ("client = 1\n", "1:10: invalid type: integer `1`, expected a string"),
            ("[[paths]]\nignore = []\n", "1:1: missing field `match`"),
            (
                "[[paths]]\nmatch = \"a\"\nignore = [\"b\"]\n",
                "3:11: what is ignored for some files needs a `reason`",
            ),
            (
                "[[paths]]\nmatch = \"a\"\nignore = [\"b\"]\nreason = \" \"\n",
                "3:11: what is ignored for some files needs a `reason`",
            ),
            (
                "[[paths]]\nmatch = \"a\"\nreason = \"b\"\n",
                "3:10: a `reason` is for `ignore`, and nothing is ignored here",
            ),
            (
                "[[paths]]\nmatch = \"a\"\nignore = [\"b\"]\nreason = \"c\"\nuntil = \"soon\"\n",
                "5:9: write the day as in 2027-01-31",
            ),
            (
                "[[paths]]\nmatch = \"a\"\nuntil = 2027-01-31\n",
                "3:9: `until` is for `ignore`, and nothing is ignored here",
            ),
            ("[[paths]]\nmatch = []\n", "2:9: there is no pattern"),
            ("[[paths]]\nmatch = \"{a\"\n", "2:9: "),
        ] {
            let error = wrong(text);
            assert!(error.starts_with(&format!("virt-doctor.toml:{said}")), "{text}: {error}");
        }
    }

    #[test]
    fn the_nearest_file_upward_counts() {
        let folder = tempfile::tempdir().unwrap();
        let (path, below) = (folder.path().join(FILE_NAME), folder.path().join("a/b"));
        std::fs::create_dir_all(&below).unwrap();
        std::fs::write(&path, "fail-on = \"note\"\n").unwrap();
        assert_eq!(ConfigFile::find(&below).as_ref(), Some(&path));
        let file = ConfigFile::read(&path, folder.path()).unwrap();
        assert_eq!(file.config.fail_on.map(Spanned::into_inner), Some(FailOn::Note));
        std::fs::write(folder.path().join("a").join(FILE_NAME), "").unwrap();
        assert_eq!(ConfigFile::find(&below), Some(folder.path().join("a").join(FILE_NAME)));
    }

    #[test]
    fn a_day_is_a_real_one() {
        assert!(is_day("2027-01-31") && is_day("2028-02-29"));
        for word in ["2027-02-29", "27-01-31", "2027-1-31", "31.01.2027", "2027-01-31x", ""] {
            assert!(!is_day(word), "{word}");
        }
    }
}
