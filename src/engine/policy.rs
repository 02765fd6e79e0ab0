//! Users' own rules: pages like ours, with a condition in CEL in the place of a function.
//!
//! They see what `plan --format json` shows, and can do nothing but judge: they silence
//! no rule, mend nothing and are no cause of a failure.

mod expression;
mod facts;
mod files;
mod list;
mod page;
mod part;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bstr::ByteSlice;
use regex::Regex;

use self::expression::When;
use self::facts::Facts;
pub(crate) use self::page::{is_policy, is_policy_file};
use super::Levels;
use super::catalogue::{Head, Page};
use crate::finding::{Draft, Drafts, PolicyName, RuleId};
use crate::inventory::Context;
use crate::rules::Reading;
use crate::text::{Span, Veil};
use crate::uri::HOLE;

/// The policies in force.
#[derive(Debug, Default)]
pub(crate) struct Policies {
    list: Vec<Policy>,
    /// All patterns of them, each compiled once.
    patterns: Arc<BTreeMap<String, Regex>>,
}

/// A page with a condition.
#[derive(Debug)]
pub(crate) struct Policy {
    name: PolicyName,
    file: PathBuf,
    text: String,
    head: Head,
    when: When,
    at: At,
    /// The line of `when`, from 1.
    line: usize,
}

/// Which part of the URI the caret is under.
#[derive(Debug, Clone, PartialEq, Eq)]
enum At {
    Uri,
    Driver,
    Transport,
    User,
    Host,
    Port,
    Path,
    Query,
    /// The last one of this name.
    Parameter(String),
}

/// Where in the world a URI stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing<'a> {
    /// From the folder of the configuration.
    pub(crate) file: &'a Path,
    pub(crate) kind: &'static str,
    pub(crate) key: Option<&'a str>,
    pub(crate) context: Context,
}

/// What the policies say about one URI.
#[derive(Debug, Default)]
pub(crate) struct Spoken {
    pub(crate) drafts: Vec<Draft>,
    /// Why one could not judge.
    pub(crate) failures: Vec<String>,
}

impl Policies {
    /// These, with all their patterns.
    fn of(list: Vec<Policy>) -> Self {
        let patterns = list.iter().flat_map(|policy| policy.when.patterns().clone()).collect();
        Self { list, patterns: Arc::new(patterns) }
    }

    pub(crate) fn list(&self) -> &[Policy] {
        &self.list
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = RuleId> {
        self.list.iter().map(|policy| RuleId::Policy(policy.name))
    }

    /// The place of a policy among them.
    pub(crate) fn place(&self, name: PolicyName) -> usize {
        let place = self.list.iter().position(|policy| policy.name == name);
        place.expect("a policy's findings stay with the levels that it has a place in")
    }

    pub(crate) fn named(&self, name: PolicyName) -> &Policy {
        &self.list[self.place(name)]
    }

    /// What they say. Where the URI cannot be parsed that is its mistake, and where a
    /// placeholder hides what a policy asks for, the policy says nothing.
    pub(crate) fn judge(
        reading: &Reading<'_>,
        standing: Option<Standing<'_>>,
        veil: &Veil,
        levels: &Levels,
    ) -> Spoken {
        let policies = levels.policies();
        let mut spoken = Spoken::default();
        let family = reading.plan.client.family;
        let mut asked = policies
            .list
            .iter()
            .filter(|policy| {
                let clients = policy.head.clients.as_ref();
                levels.is_on(RuleId::Policy(policy.name))
                    && clients.is_none_or(|names| names.iter().any(|name| name == family.name()))
            })
            .peekable();
        if asked.peek().is_none() || !reading.faults.is_empty() {
            return spoken;
        }
        let mut drafts = Drafts::new();
        let facts = Facts::of(reading, standing, veil, &policies.patterns);
        for policy in asked {
            let judged = facts.as_ref().map_err(Clone::clone);
            match judged.and_then(|facts| policy.when.holds(facts)) {
                Ok(false) => {}
                Ok(true) => policy.speak(reading, veil, &mut drafts),
                Err(why) => spoken.failures.push(format!(
                    "{}:{}: `{}` cannot judge {}: {why}",
                    policy.file.display(),
                    policy.line,
                    policy.name.name(),
                    veil.show(reading.uri.text()).replaced(char::from(HOLE), "…")
                )),
            }
        }
        spoken.drafts = drafts.done();
        spoken
    }
}

impl Policy {
    pub(crate) fn id(&self) -> RuleId {
        RuleId::Policy(self.name)
    }

    pub(crate) fn page(&self) -> Page<'_> {
        Page { rule: self.id(), head: &self.head, text: &self.text, file: Some(&self.file) }
    }

    fn speak(&self, reading: &Reading<'_>, veil: &Veil, out: &mut Drafts) {
        let draft = out.at_of(self.id(), self.at.span(reading));
        for (name, value) in words(reading, veil) {
            draft.fact(name, value);
        }
    }
}

/// What a message may name: `{host}` and the like.
const WORDS: &[&str] = &["client", "driver", "host", "path", "port", "transport", "user"];

fn words(reading: &Reading<'_>, veil: &Veil) -> [(&'static str, String); WORDS.len()] {
    let plan = reading.plan;
    let show = |text: Option<&[u8]>| match text {
        Some(text) => veil.show(text.replace([HOLE], "…")).into_string(),
        None => "none".to_owned(),
    };
    [
        ("client", plan.client.to_string()),
        ("driver", show(plan.driver.as_deref().map(AsRef::as_ref))),
        ("host", show(plan.host.as_deref().map(AsRef::as_ref))),
        ("path", show(Some(&plan.path))),
        ("port", plan.port.map_or_else(|| "none".to_owned(), |port| port.to_string())),
        ("transport", show(plan.transport.map(|transport| transport.name().as_bytes()))),
        ("user", show(plan.user.as_deref().map(AsRef::as_ref))),
    ]
}

impl At {
    /// All but parameters.
    const ALL: [(&'static str, Self); 8] = [
        ("uri", Self::Uri),
        ("driver", Self::Driver),
        ("transport", Self::Transport),
        ("user", Self::User),
        ("host", Self::Host),
        ("port", Self::Port),
        ("path", Self::Path),
        ("query", Self::Query),
    ];

    fn named(word: &str) -> Option<Self> {
        let part = Self::ALL.into_iter().find(|(name, _)| *name == word).map(|(_, at)| at);
        let parameter = || word.strip_prefix("parameters.").filter(|name| !name.is_empty());
        part.or_else(|| parameter().map(|name| Self::Parameter(name.to_owned())))
    }

    /// The place of it; the whole URI where the part is not there.
    fn span(&self, reading: &Reading<'_>) -> Span {
        let uri = reading.uri;
        let place = match self {
            Self::Uri => None,
            Self::Driver => uri.driver_span(),
            Self::Transport => uri.transport_span(),
            Self::User => uri.user_span(),
            Self::Host => uri.host_span(),
            Self::Port => uri.written_port().map(|port| port.span),
            Self::Path => Some(uri.path_span()),
            Self::Query => uri.query_span(),
            Self::Parameter(name) => {
                let named = uri.parameters().filter(|one| one.name().as_ref() == name.as_bytes());
                named.last().map(|parameter| parameter.section)
            }
        };
        place.filter(|place| !place.is_empty()).unwrap_or(uri.span())
    }
}

#[cfg(test)]
mod tests;
