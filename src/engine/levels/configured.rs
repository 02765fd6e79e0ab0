//! Levels as our configuration file sets them.

use std::sync::Arc;

use toml::Spanned;

use super::{LevelError, Levels, Origin, Place};
use crate::engine::policy::Policies;
use crate::finding::Severity;
use crate::settings::{ConfigError, ConfigFile, Names};

impl Levels {
    /// What `[rules]` says, then those tables for some paths that match. What is ignored
    /// for them is so up to its day.
    pub(crate) fn of_config(
        file: &ConfigFile,
        matched: &[bool],
        today: &str,
        policies: &Arc<Policies>,
    ) -> Result<Self, ConfigError> {
        let mut levels = Self::with(Arc::clone(policies));
        let mut put = Put { levels: &mut levels, file, paths: None };
        let rules = &file.config.rules;
        put.each(&rules.locked, Self::lock)?;
        if let Some(first) = rules.select.first() {
            put.known(&rules.select)?;
            let names = rules.select.iter().map(|name| name.get_ref().as_str());
            let selected = put.levels.select(names, &Origin::of_value(file, first, None));
            selected.map_err(|error| file.wrong(first.span().start, error.to_string()))?;
        }
        put.each(&rules.ignore, Self::ignore)?;
        put.severities([&rules.error, &rules.warning, &rules.note])?;
        for (paths, _) in file.config.paths.iter().zip(matched).filter(|(_, matches)| **matches) {
            put.paths = Some(paths.patterns());
            put.severities([&paths.error, &paths.warning, &paths.note])?;
            if paths.is_in_force(today) {
                let reason = paths.reason.as_ref().map_or("", |reason| reason.get_ref().trim());
                put.paths = Some(format!("{}: {reason}", paths.patterns()));
                put.each(&paths.ignore, Self::silence)?;
            }
        }
        // A name in a table that matches nothing here is as wrong.
        for paths in &file.config.paths {
            for names in [&paths.ignore, &paths.error, &paths.warning, &paths.note] {
                put.known(names)?;
            }
        }
        Ok(levels)
    }
}

impl Origin {
    /// A value of a configuration; of a table for some paths, which and why.
    pub(crate) fn of_value<T>(
        file: &ConfigFile,
        value: &Spanned<T>,
        paths: Option<String>,
    ) -> Self {
        let place = Place { file: Arc::clone(&file.path), line: file.line(value), paths };
        Self::Config(Arc::new(place))
    }
}

/// Puts what a configuration says over what is in force.
struct Put<'a> {
    levels: &'a mut Levels,
    file: &'a ConfigFile,
    paths: Option<String>,
}

impl Put<'_> {
    fn each(
        &mut self,
        names: &Names,
        put: impl Fn(&mut Levels, &str, &Origin) -> Result<(), LevelError>,
    ) -> Result<(), ConfigError> {
        for name in names {
            let origin = Origin::of_value(self.file, name, self.paths.clone());
            put(self.levels, name.get_ref(), &origin)
                .map_err(|error| self.file.wrong(name.span().start, error.to_string()))?;
        }
        Ok(())
    }

    fn severities(&mut self, names: [&Names; 3]) -> Result<(), ConfigError> {
        let levels = [Severity::Error, Severity::Warning, Severity::Note];
        for (names, level) in names.into_iter().zip(levels) {
            self.each(names, |levels, name, origin| levels.set(name, level, origin))?;
        }
        Ok(())
    }

    fn known(&mut self, names: &Names) -> Result<(), ConfigError> {
        self.each(names, |levels, name, _| levels.rules_of(name).map(drop))
    }
}
