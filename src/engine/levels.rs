//! Which rules speak, how loud, and why: the page's own level, the
//! configuration, the command line, each over the one before.

mod configured;

use std::path::Path;
use std::sync::Arc;

use super::catalogue::Page;
use super::policy::Policies;
use crate::finding::{POLICY, Rule, RuleId, Severity};
use crate::text::nearest;

/// What was decided about each rule, over what its page says.
#[derive(Debug, Clone)]
pub(crate) struct Levels {
    /// The user's own rules; their places below are behind those of ours.
    policies: Arc<Policies>,
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
        Self::with(Arc::default())
    }
}

impl Levels {
    /// Every rule and every one of these policies has the level of its page.
    pub(crate) fn with(policies: Arc<Policies>) -> Self {
        let count = Rule::all().count() + policies.list().len();
        Self {
            policies,
            decided: vec![None; count],
            silent: vec![false; count],
            locked: vec![None; count],
            silenced: vec![None; count],
        }
    }

    pub(crate) fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }

    /// All rules, ours first.
    pub(crate) fn all(&self) -> impl Iterator<Item = RuleId> {
        Rule::all().map(RuleId::from).chain(self.policies.ids())
    }

    /// The page of a rule.
    pub(crate) fn page(&self, rule: RuleId) -> Page<'_> {
        match rule {
            RuleId::Builtin(rule) => rule.parts(),
            RuleId::Policy(name) => self.policies.named(name).page(),
        }
    }

    /// The rule or policy of this name.
    pub(crate) fn named(&self, name: &str) -> Option<RuleId> {
        let policy = || self.policies.ids().find(|policy| policy.name() == name);
        Rule::named(name).map(RuleId::from).or_else(policy)
    }

    /// Where what was decided about it stands.
    fn at(&self, rule: RuleId) -> usize {
        match rule {
            RuleId::Builtin(rule) => rule as usize,
            RuleId::Policy(name) => Rule::all().count() + self.policies.place(name),
        }
    }

    /// Whether a rule speaks at all. Reads no page: it is asked for every rule and URI.
    pub(crate) fn is_on(&self, rule: impl Into<RuleId>) -> bool {
        !self.silent[self.at(rule.into())]
    }

    fn decide(&mut self, rule: RuleId, level: Option<Severity>, origin: &Origin) {
        let at = self.at(rule);
        self.silent[at] = level.is_none();
        self.decided[at] = Some((level, origin.clone()));
    }

    /// The level of a rule; none where it is off.
    pub(crate) fn of(&self, rule: impl Into<RuleId>) -> Option<Severity> {
        let rule = rule.into();
        match &self.decided[self.at(rule)] {
            Some((level, _)) => *level,
            None => Some(self.page(rule).head.severity),
        }
    }

    /// Who decided it.
    pub(crate) fn origin(&self, rule: impl Into<RuleId>) -> &Origin {
        let decided = &self.decided[self.at(rule.into())];
        decided.as_ref().map_or(&Origin::Page, |(_, origin)| origin)
    }

    /// Whether nothing may silence it.
    pub(crate) fn is_locked(&self, rule: RuleId) -> bool {
        self.locked[self.at(rule)].is_some() || self.page(rule).head.locked
    }

    /// Who silences what it finds.
    pub(crate) fn silencer(&self, rule: RuleId) -> Option<&Origin> {
        self.silenced[self.at(rule)].as_ref()
    }

    /// Only these speak.
    pub(crate) fn select<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n str>,
        origin: &Origin,
    ) -> Result<(), LevelError> {
        let (mut wanted, mut is_any) = (Vec::new(), false);
        for name in names {
            wanted.extend(self.rules_of(name)?);
            is_any = true;
        }
        let others: Vec<RuleId> = self
            .all()
            .filter(|rule| is_any && !wanted.contains(rule) && !self.is_locked(*rule))
            .collect();
        for rule in others {
            self.decide(rule, None, origin);
        }
        Ok(())
    }

    /// None of ours speaks.
    pub(crate) fn only_policies(&mut self) {
        for rule in Rule::all() {
            self.decide(rule.into(), None, &Origin::Page);
        }
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
        for rule in self.rules_of(name)? {
            self.decide(rule, Some(level), origin);
            let at = self.at(rule);
            self.silenced[at] = None;
        }
        Ok(())
    }

    /// Nothing may silence it.
    pub(crate) fn lock(&mut self, name: &str, origin: &Origin) -> Result<(), LevelError> {
        for rule in self.rules_of(name)? {
            let at = self.at(rule);
            self.locked[at] = Some(origin.clone());
        }
        Ok(())
    }

    /// What it finds is not shown.
    pub(crate) fn silence(&mut self, name: &str, origin: &Origin) -> Result<(), LevelError> {
        for rule in self.free(name)? {
            let at = self.at(rule);
            self.silenced[at] = Some(origin.clone());
        }
        Ok(())
    }

    /// The rules of a name that may be silenced.
    fn free(&self, name: &str) -> Result<Vec<RuleId>, LevelError> {
        let rules = self.rules_of(name)?;
        let free: Vec<RuleId> =
            rules.iter().copied().filter(|rule| !self.is_locked(*rule)).collect();
        if free.is_empty() && !rules.is_empty() {
            return Err(LevelError::Locked { name: name.to_owned() });
        }
        Ok(free)
    }

    /// The rule of this name, or all of this folder. There may be no policy at all.
    pub(crate) fn rules_of(&self, name: &str) -> Result<Vec<RuleId>, LevelError> {
        if let Some(rule) = self.named(name) {
            return Ok(vec![rule]);
        }
        let of_folder: Vec<RuleId> = self.all().filter(|rule| rule.folder() == name).collect();
        if of_folder.is_empty() && name != POLICY {
            let names = self.all().map(RuleId::name).chain(Rule::all().map(Rule::folder));
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
