//! What a finding is called: one of our rules, or one of the user's own.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};

use super::Rule;

/// The subject of all policies.
pub(crate) const POLICY: &str = "policy";

/// The name of whatever judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum RuleId {
    /// One of ours.
    Builtin(Rule),
    /// One of the user's own.
    Policy(PolicyName),
}

/// The name of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct PolicyName(&'static str);

impl PolicyName {
    /// The name as an id. Each name is kept once and until the end of the program, so
    /// that an id is as easy to hand on as that of a rule.
    pub(crate) fn of(name: &str) -> Self {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = names.get(name) {
            return Self(known);
        }
        let kept: &'static str = Box::leak(name.into());
        names.insert(kept);
        Self(kept)
    }

    pub(crate) fn name(self) -> &'static str {
        self.0
    }
}

impl RuleId {
    /// What a suppression, an option and a page call it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Builtin(rule) => rule.name(),
            Self::Policy(name) => name.name(),
        }
    }

    /// The subject: a folder of pages, or [`POLICY`].
    pub(crate) fn folder(self) -> &'static str {
        self.builtin().map_or(POLICY, Rule::folder)
    }

    /// The rule, where it is one of ours.
    pub(crate) fn builtin(self) -> Option<Rule> {
        match self {
            Self::Builtin(rule) => Some(rule),
            Self::Policy(_) => None,
        }
    }
}

impl From<Rule> for RuleId {
    fn from(rule: Rule) -> Self {
        Self::Builtin(rule)
    }
}

impl PartialEq<Rule> for RuleId {
    fn eq(&self, rule: &Rule) -> bool {
        self.builtin() == Some(*rule)
    }
}

impl Serialize for RuleId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_name_is_the_same_id() {
        let names = [1, 1].map(|number| PolicyName::of(&format!("policy-{number}")));
        assert_eq!(names[0], names[1]);
        assert!(std::ptr::eq(names[0].name(), names[1].name()), "kept once");
        assert_ne!(PolicyName::of("another"), names[0]);
        assert_eq!(RuleId::Policy(names[0]).folder(), "policy");
        assert!(RuleId::from(Rule::PlainTcp) == Rule::PlainTcp);
    }
}
