//! What a rule says: first as a draft of facts, then sealed for showing.
//!
//! A rule function decides and gives facts; the wording is in the head of its
//! page. The engine joins the two and puts everything through the veil of the
//! connection, so a finding holds no secret.

mod id;

use bstr::BString;
use serde::{Deserialize, Serialize};

pub(crate) use self::id::{POLICY, PolicyName, RuleId};
use crate::plan::Hop;
pub(crate) use crate::tables::levels::Severity;
use crate::text::{Shown, Span};

include!(concat!(env!("OUT_DIR"), "/rule.rs"));

impl Rule {
    /// All of them, by name.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        PAGES.iter().map(|row| row.0)
    }

    /// Its name: what a suppression, an option and a page are called.
    #[must_use]
    pub(crate) fn name(self) -> &'static str {
        PAGES[self as usize].1
    }

    /// The folder of its page: the subject.
    #[must_use]
    pub(crate) fn folder(self) -> &'static str {
        PAGES[self as usize].2
    }

    /// Its page, as Markdown.
    #[must_use]
    pub(crate) fn page(self) -> &'static str {
        PAGES[self as usize].3
    }

    /// The rule of this name.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        PAGES.binary_search_by(|row| row.1.cmp(name)).ok().map(|at| PAGES[at].0)
    }
}

/// How sure a rule is that what it reports is really one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Precision {
    /// Certain.
    VeryHigh,
    /// Nearly always.
    High,
    /// Mostly.
    Medium,
    /// Perhaps.
    Low,
}

impl Precision {
    /// The word for it, as SARIF has it.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::VeryHigh => "very-high",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// What the client does with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Consequence {
    /// Refuses it, whatever the server.
    Fails,
    /// Connects, and is refused there.
    FailsAtServer,
    /// Connects to something else than written.
    WrongPlace,
    /// Takes it and does nothing with it.
    Ignored,
    /// Hands it to the server, which does nothing with it.
    Forwarded,
    /// Works, unsafe or fragile.
    Risky,
    /// Reads it differently from other clients.
    Differs,
    /// Dies.
    Crashes,
}

impl Consequence {
    /// The word for it.
    #[must_use]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fails => "fails",
            Self::FailsAtServer => "fails-at-server",
            Self::WrongPlace => "wrong-place",
            Self::Ignored => "ignored",
            Self::Forwarded => "forwarded",
            Self::Risky => "risky",
            Self::Differs => "differs",
            Self::Crashes => "crashes",
        }
    }

    /// Whether the connection as written cannot come about.
    #[must_use]
    pub(crate) const fn is_failure(self) -> bool {
        matches!(self, Self::Fails | Self::FailsAtServer | Self::Crashes)
    }
}

/// Whether a fix keeps the meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Applicability {
    /// There is one right answer.
    Safe,
    /// It changes what the URI means.
    Unsafe,
}

/// A replacement in the text of the URI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Edit {
    pub(crate) span: Span,
    pub(crate) content: BString,
}

/// Edits that mend one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fix {
    pub(crate) title: String,
    pub(crate) edits: Vec<Edit>,
    /// Whether it changes what the URI does, whatever the page says of the others.
    pub(crate) changes_meaning: bool,
}

impl Fix {
    /// One that is as safe as its rule's page says.
    pub(crate) fn new(title: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { title: title.into(), edits, changes_meaning: false }
    }
}

/// What the client would have said, and after how long.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quote {
    pub(crate) message: BString,
    pub(crate) seconds: Option<f64>,
}

/// A finding as its rule writes it: a place and facts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) rule: RuleId,
    /// Which of the page's messages, where it has several.
    pub(crate) variant: Option<&'static str>,
    /// Where in the URI.
    pub(crate) span: Span,
    pub(crate) labels: Vec<(Span, String)>,
    pub(crate) facts: Vec<(&'static str, BString)>,
    pub(crate) fixes: Vec<Fix>,
    pub(crate) quote: Option<Quote>,
    /// Whether another finding of the same hop is more likely the cause.
    pub(crate) is_less_likely: bool,
    /// One too many: it is thrown away, so nothing need be noted on it.
    surplus: bool,
}

impl Draft {
    /// A fact for the page's message: `{name}` stands for `value` there.
    pub(crate) fn fact(&mut self, name: &'static str, value: impl AsRef<[u8]>) -> &mut Self {
        if !self.surplus {
            self.facts.push((name, BString::from(value.as_ref())));
        }
        self
    }

    /// Which of the page's messages.
    pub(crate) fn variant(&mut self, name: &'static str) -> &mut Self {
        self.variant = Some(name);
        self
    }

    /// If another finding of the same hop may be the cause as well, that one rather is.
    pub(crate) fn less_likely(&mut self) -> &mut Self {
        self.is_less_likely = true;
        self
    }

    /// Another place that belongs to it.
    pub(crate) fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.labels.push((span, text.into()));
        self
    }

    /// One replacement that mends it.
    pub(crate) fn fix(
        &mut self,
        title: impl Into<String>,
        span: Span,
        content: impl AsRef<[u8]>,
    ) -> &mut Self {
        let edit = Edit { span, content: BString::from(content.as_ref()) };
        self.fixes.push(Fix::new(title, vec![edit]));
        self
    }

    /// The fixes so far change what the URI does.
    pub(crate) fn fix_is_unsafe(&mut self) -> &mut Self {
        for fix in &mut self.fixes {
            fix.changes_meaning = true;
        }
        self
    }

    /// Replacements that mend it only together.
    pub(crate) fn fix_at(
        &mut self,
        title: impl Into<String>,
        spans: impl IntoIterator<Item = Span>,
        content: impl AsRef<[u8]>,
    ) -> &mut Self {
        let edit = |span| Edit { span, content: BString::from(content.as_ref()) };
        let edits = spans.into_iter().map(edit).collect();
        self.fixes.push(Fix::new(title, edits));
        self
    }

    /// What the client would have said.
    pub(crate) fn quote(&mut self, message: impl AsRef<[u8]>, seconds: Option<f64>) -> &mut Self {
        if !self.surplus {
            self.quote = Some(Quote { message: BString::from(message.as_ref()), seconds });
        }
        self
    }
}

/// Where rule functions put what they found.
#[derive(Debug)]
pub(crate) struct Drafts {
    pub(crate) rule: Rule,
    drafts: Vec<Draft>,
}

impl Drafts {
    /// How often a rule may speak of one URI. A megabyte of mistakes is no URI, and
    /// nobody reads a thousand findings about one.
    pub(crate) const MOST: usize = 50;

    pub(crate) fn new() -> Self {
        Self { rule: PAGES[0].0, drafts: Vec::new() }
    }

    /// What all of them said.
    pub(crate) fn done(mut self) -> Vec<Draft> {
        self.drafts.retain(|draft| !draft.surplus);
        self.drafts
    }

    /// A finding of the rule that is judging, at this place of the URI.
    pub(crate) fn at(&mut self, span: Span) -> &mut Draft {
        self.at_of(self.rule.into(), span)
    }

    /// A finding of any rule.
    pub(crate) fn at_of(&mut self, rule: RuleId, span: Span) -> &mut Draft {
        self.drafts.pop_if(|draft| draft.surplus);
        let own = self.drafts.iter().rev().take_while(|draft| draft.rule == rule).count();
        self.drafts.push(Draft {
            rule,
            variant: None,
            span,
            labels: Vec::new(),
            facts: Vec::new(),
            fixes: Vec::new(),
            quote: None,
            is_less_likely: false,
            surplus: own == Self::MOST,
        });
        self.drafts.last_mut().expect("one was just pushed")
    }
}

/// A finding, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Finding {
    pub(crate) rule: RuleId,
    /// Where its page is.
    pub(crate) url: String,
    pub(crate) severity: Severity,
    pub(crate) precision: Precision,
    pub(crate) effect: Consequence,
    pub(crate) message: Shown,
    pub(crate) span: Span,
    pub(crate) labels: Vec<(Span, Shown)>,
    pub(crate) help: Option<Shown>,
    pub(crate) fixes: Vec<ShownFix>,
    pub(crate) remedy: Vec<Remedy>,
    pub(crate) virsh: Option<Virsh>,
    /// The stage of the way where it shows.
    pub(crate) hop: Hop,
    /// Whether another finding of the same hop is more likely the cause.
    pub(crate) is_less_likely: bool,
    /// What would show that this is the cause and no rival of it.
    pub(crate) distinguish: Option<Shown>,
    /// The index of the finding that it only follows from.
    pub(crate) consequence_of: Option<usize>,
}

/// A fix, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ShownFix {
    pub(crate) title: Shown,
    pub(crate) applicability: Applicability,
    pub(crate) edits: Vec<(Span, Shown)>,
}

/// A command that mends it, and where to run it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Remedy {
    #[serde(rename = "where")]
    pub(crate) place: Shown,
    pub(crate) command: Shown,
}

/// What virsh would have said, ready to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Virsh {
    pub(crate) message: Shown,
    pub(crate) seconds: Option<f64>,
}
