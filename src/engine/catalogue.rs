//! The heads of the rule pages: what is fixed about a rule, and its words.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use serde::Deserialize;

use crate::finding::{Applicability, Consequence, Fix, Precision, Rule, RuleId, Severity};
use crate::plan::Hop;
use crate::tables::clients::Family;

/// The ```` ```toml rule ```` block of a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Head {
    pub(crate) severity: Severity,
    pub(crate) precision: Precision,
    pub(crate) effect: Consequence,
    /// Rules that say nothing where this one speaks.
    #[serde(default)]
    pub(crate) replaces: Vec<String>,
    /// Rules that say nothing about the letters of which this one speaks.
    #[serde(default, rename = "replaces-here")]
    pub(crate) replaces_here: Vec<String>,
    /// Rules on evidence, or folders of them, whose findings about the same place
    /// only follow from this one.
    #[serde(default)]
    pub(crate) explains: Vec<String>,
    /// Rules on evidence that may be the cause as well where both speak.
    #[serde(default)]
    pub(crate) rivals: Vec<String>,
    pub(crate) since: String,
    /// The clients that it is about; absent: every client.
    pub(crate) clients: Option<Vec<String>>,
    /// One line, as in a list of rules.
    pub(crate) summary: String,
    /// Whether its fix keeps the meaning; absent where there is none.
    pub(crate) fix: Option<Applicability>,
    #[serde(default)]
    pub(crate) sources: Vec<String>,
    /// Where on the way it shows; absent: within the URI.
    pub(crate) hop: Option<Hop>,
    /// The sentence of a finding. `{fact}` stands for what the function found.
    pub(crate) message: Words,
    /// What to do.
    pub(crate) help: Option<Words>,
    /// What would show that this is the cause and no rival of it.
    pub(crate) distinguish: Option<Words>,
    /// A word at the caret.
    pub(crate) label: Option<Words>,
    /// Commands that mend it.
    #[serde(default)]
    pub(crate) remedy: Vec<RemedyWords>,
    /// The client of which `effect` speaks; absent: of any libvirt.
    #[cfg_attr(not(test), allow(dead_code, reason = "the tests hold the effect against it"))]
    pub(crate) client: Option<String>,
    /// Whether no suppression and no configuration silences it.
    #[serde(default)]
    pub(crate) locked: bool,
}

/// One text, or one for each variant that the function names.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Words {
    /// The same for all.
    One(String),
    /// By the variant's name; `default` for the others.
    Each(BTreeMap<String, String>),
}

impl Words {
    /// The text of a variant; none where the page has none for it.
    pub(crate) fn of(&self, variant: Option<&str>) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            Self::Each(texts) => variant
                .and_then(|name| texts.get(name))
                .or_else(|| texts.get("default"))
                .map(String::as_str),
        }
    }

    /// All texts.
    #[cfg(test)]
    pub(crate) fn all(&self) -> Vec<&str> {
        match self {
            Self::One(text) => vec![text],
            Self::Each(texts) => texts.values().map(String::as_str).collect(),
        }
    }
}

/// A command with facts to be filled in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RemedyWords {
    #[serde(rename = "where")]
    pub(crate) place: String,
    pub(crate) command: String,
    /// Only for this variant.
    pub(crate) variant: Option<String>,
}

impl Head {
    /// The kinds of client that it is about.
    pub(crate) fn clients(&self) -> Vec<&str> {
        match &self.clients {
            Some(clients) => clients.iter().map(String::as_str).collect(),
            None => Family::ALL.map(Family::name).to_vec(),
        }
    }
}

impl Rule {
    /// The head of its page, read at first use.
    pub(crate) fn head(self) -> &'static Head {
        static HEADS: OnceLock<Vec<OnceLock<Head>>> = OnceLock::new();
        let heads = HEADS.get_or_init(|| Self::all().map(|_| OnceLock::new()).collect());
        heads[self as usize].get_or_init(|| {
            let block = fenced(self.page(), "toml rule").expect("the tests read every page's head");
            toml::from_str(block).expect("the tests read every page's head")
        })
    }

    /// Whether what `other` sees only follows from what this rule says.
    pub(crate) fn explains(self, other: RuleId) -> bool {
        let names = &self.head().explains;
        names.iter().any(|name| name == other.name() || name == other.folder())
    }

    /// Whether the other may be the cause as well, where both speak.
    pub(crate) fn is_rival_of(self, other: Self) -> bool {
        let names = |one: Self, two: Self| one.head().rivals.iter().any(|name| name == two.name());
        names(self, other) || names(other, self)
    }

    /// Whether it is about clients of this kind.
    pub(crate) fn is_about(self, family: Family) -> bool {
        let clients = self.head().clients.as_ref();
        clients.is_none_or(|clients| clients.iter().any(|name| name == family.name()))
    }

    /// Its page, taken apart.
    pub(crate) fn parts(self) -> Page<'static> {
        Page { rule: self.into(), head: self.head(), text: self.page(), file: None }
    }
}

impl RuleId {
    /// Whether a fix of this rule keeps the meaning. A policy has none.
    pub(crate) fn applicability(self, fix: &Fix) -> Applicability {
        let own = self.builtin().filter(|_| !fix.changes_meaning);
        own.and_then(|rule| rule.head().fix).unwrap_or(Applicability::Unsafe)
    }
}

/// The page of a rule or a policy.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Page<'p> {
    pub(crate) rule: RuleId,
    pub(crate) head: &'p Head,
    /// All of it, as Markdown.
    pub(crate) text: &'p str,
    /// Where it was read; none for ours.
    pub(crate) file: Option<&'p Path>,
}

impl<'p> Page<'p> {
    /// What stands between the head and the examples.
    pub(crate) fn prose(&self) -> &'p str {
        let page = self.text;
        let after_head = page
            .find("```toml rule")
            .and_then(|at| page[at + 3..].find("\n```\n").map(|end| at + 3 + end + 5));
        let body = &page[after_head.unwrap_or(0)..];
        body.split("\n## ").next().unwrap_or(body).trim()
    }

    /// Where it is: ours on the web, a policy in its file.
    pub(crate) fn url(&self) -> String {
        match self.file {
            None => format!(
                "{}/blob/main/rules/{}/{}.md",
                env!("CARGO_PKG_REPOSITORY"),
                self.rule.folder(),
                self.rule.name()
            ),
            Some(file) => reference(file),
        }
    }
}

/// A path as a relative reference (RFC 3986, 4.2).
fn reference(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The first fenced block with this info string.
pub(crate) fn fenced<'p>(page: &'p str, info: &str) -> Option<&'p str> {
    let opening = format!("```{info}\n");
    let start = page.find(&opening)? + opening.len();
    let length = page[start..].find("```")?;
    Some(&page[start..start + length])
}
