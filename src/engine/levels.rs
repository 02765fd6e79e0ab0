//! Which rules speak, how loud, and why: the page's own level, the
//! configuration, the command line, each over the one before.

use std::path::PathBuf;

use crate::finding::{Rule, Severity};
use crate::text::nearest;

/// What was decided about each rule, over what its page says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Levels {
    decided: Vec<Option<(Option<Severity>, Origin)>>,
    /// The same in short: asked for every rule and URI.
    silent: Vec<bool>,
}

/// Who decided a level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The rule's own page.
    Page,
    /// Our configuration file.
    Config(PathBuf),
    /// An option of the command line.
    Option(&'static str),
}

/// A name that is neither a rule nor a folder of rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule or subject `{name}`{}", near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
pub(crate) struct LevelError {
    pub(crate) name: String,
    pub(crate) near: Option<&'static str>,
}

impl Default for Levels {
    fn default() -> Self {
        Self {
            decided: Rule::all().map(|_| None).collect(),
            silent: Rule::all().map(|_| false).collect(),
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

    /// Only these speak.
    pub(crate) fn select(&mut self, names: &[String], origin: &Origin) -> Result<(), LevelError> {
        if names.is_empty() {
            return Ok(());
        }
        let mut wanted = Vec::new();
        for name in names {
            wanted.extend(rules_of(name)?);
        }
        for rule in Rule::all().filter(|rule| !wanted.contains(rule) && !rule.head().locked) {
            self.decide(rule, None, origin);
        }
        Ok(())
    }

    /// These are silent. A locked rule is not.
    pub(crate) fn ignore(&mut self, names: &[String], origin: &Origin) -> Result<(), LevelError> {
        self.set(names, None, origin)
    }

    /// These have this level.
    pub(crate) fn set(
        &mut self,
        names: &[String],
        level: Option<Severity>,
        origin: &Origin,
    ) -> Result<(), LevelError> {
        for name in names {
            for rule in rules_of(name)? {
                if level.is_some() || !rule.head().locked {
                    self.decide(rule, level, origin);
                }
            }
        }
        Ok(())
    }
}

/// The rule of this name, or all of this folder.
fn rules_of(name: &str) -> Result<Vec<Rule>, LevelError> {
    if let Some(rule) = Rule::named(name) {
        return Ok(vec![rule]);
    }
    let of_folder: Vec<Rule> = Rule::all().filter(|rule| rule.folder() == name).collect();
    if of_folder.is_empty() {
        let names = Rule::all().map(Rule::name).chain(Rule::all().map(Rule::folder));
        return Err(LevelError { name: name.to_owned(), near: nearest(name, names) });
    }
    Ok(of_folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn later_decisions_win_and_know_where_they_come_from() {
        let mut levels = Levels::default();
        let config = Origin::Config("virt-doctor.toml".into());
        levels.ignore(&names(&["security"]), &config).unwrap();
        levels
            .set(&names(&["plain-tcp"]), Some(Severity::Error), &Origin::Option("--error"))
            .unwrap();
        assert_eq!(levels.of(Rule::PlainTcp), Some(Severity::Error));
        assert_eq!(levels.of(Rule::UnverifiedPeer), None);
        assert_eq!(levels.origin(Rule::UnverifiedPeer), &config);
        assert_eq!(levels.origin(Rule::WrongPath), &Origin::Page);
    }

    #[test]
    fn a_wrong_name_is_told_with_the_nearest() {
        let error = Levels::default().ignore(&names(&["plain-tpc"]), &Origin::Page).unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no rule or subject `plain-tpc`; did you mean `plain-tcp`?"
        );
    }

    #[test]
    fn selecting_silences_the_rest() {
        let mut levels = Levels::default();
        levels.select(&names(&["uri", "plain-tcp"]), &Origin::Option("--select")).unwrap();
        assert!(levels.of(Rule::PortZero).is_some() && levels.of(Rule::PlainTcp).is_some());
        assert_eq!(levels.of(Rule::WrongPath), None);
    }
}
