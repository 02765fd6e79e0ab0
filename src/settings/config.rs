//! Our own configuration file, `virt-doctor.toml`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::tables::levels::Severity;
use crate::text::system_words;

/// The name that is looked for.
pub(crate) const FILE_NAME: &str = "virt-doctor.toml";

/// What a configuration file may say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct Config {
    /// Whose reading of the URI counts.
    pub(crate) client: Option<String>,
    /// The level from which findings fail the run.
    pub(crate) fail_on: Option<FailOn>,
    pub(crate) rules: RuleSettings,
}

/// The table `[rules]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RuleSettings {
    /// Only these speak.
    pub(crate) select: Vec<String>,
    /// These are silent.
    pub(crate) ignore: Vec<String>,
    /// These are errors.
    pub(crate) error: Vec<String>,
    /// These are warnings.
    pub(crate) warning: Vec<String>,
    /// These are notes.
    pub(crate) note: Vec<String>,
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
}

/// Why a configuration file cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("{path}: {why}")]
    Unreadable { path: String, why: String },
    #[error("{path}:{line}:{column}: {why}")]
    Wrong { path: String, line: usize, column: usize, why: String },
}

impl Config {
    /// The file that a person named.
    pub(crate) fn read(path: &Path) -> Result<Self, ConfigError> {
        let shown = path.to_string_lossy().into_owned();
        let text = std::fs::read_to_string(path).map_err(|error| ConfigError::Unreadable {
            path: shown.clone(),
            why: system_words(&error),
        })?;
        toml::from_str(&text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start.min(text.len()));
            let before = text.get(..at).unwrap_or_default();
            ConfigError::Wrong {
                path: shown,
                line: before.matches('\n').count() + 1,
                column: before.rsplit('\n').next().unwrap_or_default().chars().count() + 1,
                why: error.message().to_owned(),
            }
        })
    }

    /// The nearest file, from a folder upward.
    pub(crate) fn find(from: &Path) -> Option<PathBuf> {
        from.ancestors().map(|folder| folder.join(FILE_NAME)).find(|path| path.is_file())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_told_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE_NAME);
        std::fs::write(&path, "client = \"libvirt\"\n\n[rules]\nignor = []\n").unwrap();
        let error = Config::read(&path).unwrap_err().to_string();
        assert!(error.contains("virt-doctor.toml:4:1: unknown field `ignor`"), "{error}");
        std::fs::write(&path, "fail-on = \"note\"\n").unwrap();
        assert_eq!(Config::read(&path).unwrap().fail_on, Some(FailOn::Note));
        assert_eq!(Config::find(folder.path()), Some(path));
    }
}
