//! Which rules speak, how loud, and why: the page's own level, the
//! configuration, the command line, each over the one before.

mod configured;

use std::path::Path;
use std::sync::Arc;

use crate::finding::{Rule, Severity};
use crate::text::nearest;

/// What was decided about each rule, over what its page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Levels {
    decided: Vec<Option<(Option<Severity>, Origin)>>,
    /// The same in short: asked for every rule and URI.
    silent: Vec<bool>,
    /// Who forbade to silence a rule.
    locked: Vec<Option<Origin>>,
    /// Who silences what a rule finds; it looks all the same, so that it can be counted.
    silenced: Vec<Option<Origin>>,
}

/// Who decided a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The rule's own page.
    Page,
    /// Our configuration file.
    Config(Arc<Place>),
    /// An option of the command line.
    Option(&'static str),
}

/// A place in a configuration file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Arc<Path>,
    /// From 1.
    pub(crate) line: usize,
    /// Of a table for some paths: which, and why.
    pub(crate) paths: Option<String>,
}

/// Why a name cannot be obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum LevelError {
    /// It is neither a rule nor a folder of rules.
    #[error("there is no rule or subject `{name}`{}", near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    Unknown { name: String, near: Option<&'static str> },
    /// The rule may not be silenced.
    #[error("`{name}` is locked: nothing may silence it")]
    Locked { name: String },
}

impl Default for Levels {
    fn default() -> Self {
        let none = || Rule::all().map(|_| None).collect();
        Self {
            decided: Rule::all().map(|_| None).collect(),
            silent: Rule::all().map(|_| false).collect(),
            locked: none(),
            silenced: none(),
        }
    }
}

impl Levels {
    /// Whether a rule speaks at all. Reads no page: it is asked for every rule and URI.
    pub(crate) fn is_on(&self, rule: Rule) -> bool {
        !self.silent[rule as usize]
    }

    fn decide(&mut self, rule: Rule, level: Option<Severity>, origin: &Origin) {
        self.silent[rule as usize] = level.is_none();
        self.decided[rule as usize] = Some((level, origin.clone()));
    }

    /// The level of a rule; none where it is off.
    pub(crate) fn of(&self, rule: Rule) -> Option<Severity> {
        match &self.decided[rule as usize] {
            Some((level, _)) => *level,
            None => Some(rule.head().severity),
        }
    }

    /// Who decided it.
    pub(crate) fn origin(&self, rule: Rule) -> &Origin {
        self.decided[rule as usize].as_ref().map_or(&Origin::Page, |(_, origin)| origin)
    }

    /// Whether nothing may silence it.
    pub(crate) fn is_locked(&self, rule: Rule) -> bool {
        self.locked[rule as usize].is_some() || rule.head().locked
    }

    /// Who silences what it finds.
    pub(crate) fn silencer(&self, rule: Rule) -> Option<&Origin> {
        self.silenced[rule as usize].as_ref()
    }

    /// Only these speak.
    pub(crate) fn select<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n str>,
        origin: &Origin,
    ) -> Result<(), LevelError> {
        let mut wanted = Vec::new();
        for name in names {
            wanted.extend(Self::rules_of(name)?);
        }
        if wanted.is_empty() {
            return Ok(());
        }
        for rule in Rule::all().filter(|rule| !wanted.contains(rule)) {
            if !self.is_locked(rule) {
                self.decide(rule, None, origin);
            }
        }
        Ok(())
    }

    /// It is silent, and does not even look.
    pub(crate) fn ignore(&mut self, name: &str, origin: &Origin) -> Result<(), LevelError> {
        for rule in self.free(name)? {
            self.decide(rule, None, origin);
        }
        Ok(())
    }

    /// It has this level.
    pub(crate) fn set(
        &mut self,
        name: &str,
        level: Severity,
        origin: &Origin,
    ) -> Result<(), LevelError> {
        for rule in Self::rules_of(name)? {
            self.decide(rule, Some(level), origin);
            self.silenced[rule as usize] = None;
        }
        Ok(())
    }

    /// Nothing may silence it.
    pub(crate) fn lock(&mut self, name: &str, origin: &Origin) -> Result<(), LevelError> {
        for rule in Self::rules_of(name)? {
            self.locked[rule as usize] = Some(origin.clone());
        }
        Ok(())
    }

    /// What it finds is not shown.
    pub(crate) fn silence(&mut self, name: &str, origin: &Origin) -> Result<(), LevelError> {
        for rule in self.free(name)? {
            self.silenced[rule as usize] = Some(origin.clone());
        }
        Ok(())
    }

    /// The rules of a name that may be silenced.
    fn free(&self, name: &str) -> Result<Vec<Rule>, LevelError> {
        let mut rules = Self::rules_of(name)?;
        rules.retain(|rule| !self.is_locked(*rule));
        if rules.is_empty() { Err(LevelError::Locked { name: name.to_owned() }) } else { Ok(rules) }
    }

    /// The rule of this name, or all of this folder.
    pub(crate) fn rules_of(name: &str) -> Result<Vec<Rule>, LevelError> {
        if let Some(rule) = Rule::named(name) {
            return Ok(vec![rule]);
        }
        let of_folder: Vec<Rule> = Rule::all().filter(|rule| rule.folder() == name).collect();
        if of_folder.is_empty() {
            let names = Rule::all().map(Rule::name).chain(Rule::all().map(Rule::folder));
            return Err(LevelError::Unknown { name: name.to_owned(), near: nearest(name, names) });
        }
        Ok(of_folder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Origin {
        let file = Path::new("virt-doctor.toml").into();
        Origin::Config(Arc::new(Place { file, line: 3, paths: None }))
    }

    #[test]
    fn later_decisions_win_and_know_where_they_come_from() {
        let mut levels = Levels::default();
        levels.ignore("security", &config()).unwrap();
        levels.set("plain-tcp", Severity::Error, &Origin::Option("--error")).unwrap();
        assert_eq!(levels.of(Rule::PlainTcp), Some(Severity::Error));
        assert_eq!(levels.of(Rule::UnverifiedPeer), None);
        assert_eq!(levels.origin(Rule::UnverifiedPeer), &config());
        assert_eq!(levels.origin(Rule::WrongPath), &Origin::Page);
    }

    #[test]
    fn a_wrong_name_is_told_with_the_nearest() {
        let error = Levels::default().ignore("plain-tpc", &Origin::Page).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no rule or subject `plain-tpc`; did you mean `plain-tcp`?"
        );
    }

    #[test]
    fn selecting_silences_the_rest() {
        let mut levels = Levels::default();
        levels.select(["uri", "plain-tcp"], &Origin::Option("--select")).unwrap();
        assert!(levels.of(Rule::PortZero).is_some() && levels.of(Rule::PlainTcp).is_some());
        assert_eq!(levels.of(Rule::WrongPath), None);
    }

    #[test]
    fn what_is_locked_goes_on_speaking() {
        let mut levels = Levels::default();
        levels.lock("plain-tcp", &config()).unwrap();
        levels.ignore("security", &Origin::Option("--ignore")).unwrap();
        levels.select(["uri"], &Origin::Option("--select")).unwrap();
        assert!(levels.is_on(Rule::PlainTcp) && !levels.is_on(Rule::UnverifiedPeer));
        let error = levels.silence("plain-tcp", &config()).unwrap_err();
        assert_eq!(error.to_string(), "`plain-tcp` is locked: nothing may silence it");
    }
}
