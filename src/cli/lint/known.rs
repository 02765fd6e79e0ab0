//! The baseline of a run: read before it, asked during it, written after it.

use std::path::{Path, PathBuf};

use crate::cli::CliError;
use crate::cli::configured::whole_path;
use crate::engine::Levels;
use crate::engine::baseline::Baseline;
use crate::finding::{Draft, Rule, RuleId};
use crate::text::{Shown, system_words};

/// A file of known findings.
pub(super) struct Known {
    path: PathBuf,
    text: String,
    baseline: Baseline,
    /// Whether this run makes the list anew.
    updates: bool,
}

/// The list, for one file.
pub(super) struct KnownHere<'k> {
    known: &'k mut Known,
    name: String,
}

impl Known {
    /// Reads the list. One that is to be written need not be there yet.
    pub(super) fn read(path: &Path, updates: bool) -> Result<Self, CliError> {
        let name = path.to_string_lossy();
        // A FIFO would block, a device never end.
        if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
            return Err(CliError::Usage(format!("{name}: it is not a regular file")));
        }
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if updates && error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => {
                let how = if error.kind() == std::io::ErrorKind::NotFound {
                    "; --update-baseline makes it"
                } else {
                    ""
                };
                return Err(CliError::Usage(format!("{name}: {}{how}", system_words(&error))));
            }
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = whole_path(folder.unwrap_or(Path::new(".")));
        let baseline = Baseline::of(&text, folder)
            .map_err(|error| CliError::Usage(format!("{name}:{error}")))?;
        Ok(Self { path: path.to_owned(), text, baseline, updates })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn text(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// What it says about a file.
    pub(super) fn file(&mut self, path: &Path, levels: &Levels) -> KnownHere<'_> {
        let name = self.baseline.look_at(&whole_file_path(path), levels);
        KnownHere { known: self, name }
    }

    /// The list as it is now.
    pub(super) fn list(&self) -> &Baseline {
        &self.baseline
    }

    /// What it lists and nobody finds; of a list that is made anew there is nothing.
    pub(super) fn stale(&self, levels: &Levels) -> Vec<Draft> {
        if self.updates || !levels.is_on(Rule::StaleBaselineEntry) {
            return Vec::new();
        }
        self.baseline.drafts(|file| self.baseline.has_file(file))
    }

    /// Writes the list, where it is to be made anew and says something else.
    pub(super) fn write(&self) -> Result<(), CliError> {
        let text = self.baseline.updated(|file| self.baseline.has_file(file));
        if !self.updates || text == self.text {
            return Ok(());
        }
        std::fs::write(&self.path, text).map_err(|error| {
            let name = self.path.to_string_lossy();
            CliError::Usage(format!("{name}: could not be written: {}", system_words(&error)))
        })
    }
}

/// A file's whole path. A link to a file stays where it stands.
pub(super) fn whole_file_path(path: &Path) -> PathBuf {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = whole_path(folder.unwrap_or(Path::new(".")));
    path.file_name().map_or(folder.clone(), |name| folder.join(name))
}

impl KnownHere<'_> {
    /// Whether a finding is listed, or will be.
    pub(super) fn hides(&mut self, rule: RuleId, uri: &Shown, levels: &Levels) -> bool {
        let listed = self.known.baseline.hides(rule, &self.name, uri, levels);
        listed || self.known.updates && Baseline::takes(rule, levels)
    }
}
