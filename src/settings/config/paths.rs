//! The tables `[[paths]]`: settings for some files only.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Names, is_day};

/// Settings for the files that a pattern matches.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PathSettings {
    /// Patterns as in a .gitignore, relative to the file's folder.
    #[serde(rename = "match")]
    patterns: Spanned<Patterns>,
    /// What these find is not shown.
    #[serde(default)]
    pub(crate) ignore: Names,
    /// Why.
    #[serde(default)]
    pub(crate) reason: Option<Spanned<String>>,
    /// The last day on which it is not.
    #[serde(default)]
    pub(crate) until: Option<Spanned<Day>>,
    /// These are errors.
    #[serde(default)]
    pub(crate) error: Names,
    /// These are warnings.
    #[serde(default)]
    pub(crate) warning: Names,
    /// These are notes.
    #[serde(default)]
    pub(crate) note: Names,
    /// Whose reading of the URI counts.
    #[serde(default)]
    pub(crate) client: Option<Spanned<String>>,
    #[serde(skip, default = "Gitignore::empty")]
    matcher: Gitignore,
}

/// One pattern or several.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, expecting = "expected a pattern or a list of patterns")]
enum Patterns {
    One(String),
    Several(Vec<String>),
}

/// A day, as text or as TOML's own kind of date.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day(pub(crate) String);

impl<'de> Deserialize<'de> for Day {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a day, as in 2027-01-31")]
        enum Written {
            Text(String),
            Date(toml::value::Datetime),
        }
        Ok(Self(match Written::deserialize(deserializer)? {
            Written::Text(text) => text,
            Written::Date(date) => date.to_string(),
        }))
    }
}

impl Patterns {
    fn all(&self) -> &[String] {
        match self {
            Self::One(pattern) => std::slice::from_ref(pattern),
            Self::Several(patterns) => patterns,
        }
    }
}

impl PathSettings {
    /// Whether they are for this file, given with its whole path.
    pub(crate) fn matches(&self, file: &Path) -> bool {
        let below = file.strip_prefix(self.matcher.path()).ok();
        below.is_some_and(|file| self.matcher.matched_path_or_any_parents(file, false).is_ignore())
    }

    /// The patterns, as they are written.
    pub(crate) fn patterns(&self) -> String {
        self.patterns.get_ref().all().join(", ")
    }

    /// Whether what they ignore is ignored on this day.
    pub(crate) fn is_in_force(&self, today: &str) -> bool {
        self.until.as_ref().is_none_or(|until| today <= until.get_ref().0.as_str())
    }

    /// Reads the patterns; where something is wrong: its place, and why.
    pub(super) fn check(&mut self, root: &Path) -> Result<(), (usize, String)> {
        let at = self.patterns.span().start;
        let mut builder = GitignoreBuilder::new(root);
        for pattern in self.patterns.get_ref().all() {
            builder.add_line(None, pattern).map_err(|error| (at, error.to_string()))?;
        }
        self.matcher = builder.build().map_err(|error| (at, error.to_string()))?;
        if self.matcher.is_empty() {
            return Err((at, "there is no pattern".to_owned()));
        }
        self.check_ignored()
    }

    /// What is ignored has a reason, and only that.
    fn check_ignored(&self) -> Result<(), (usize, String)> {
        let reason = self.reason.as_ref().filter(|reason| !reason.get_ref().trim().is_empty());
        let wrong = match (self.ignore.first(), reason, &self.until) {
            (Some(first), None, _) => {
                (first.span(), "what is ignored for some files needs a `reason`")
            }
            (None, Some(reason), _) => {
                (reason.span(), "a `reason` is for `ignore`, and nothing is ignored here")
            }
            (None, None, Some(until)) => {
                (until.span(), "`until` is for `ignore`, and nothing is ignored here")
            }
            (_, _, Some(until)) if !is_day(&until.get_ref().0) => {
                (until.span(), "write the day as in 2027-01-31")
            }
            _ => return Ok(()),
        };
        Err((wrong.0.start, wrong.1.to_owned()))
    }
}
