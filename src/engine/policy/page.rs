//! The page of a policy: read strictly, as a page of ours is by the tests.

use std::ops::Range;
use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::expression::When;
use super::{At, Policy, WORDS};
use crate::engine::catalogue::{Head, Words};
use crate::engine::seal::placeholder;
use crate::finding::{Consequence, POLICY, PolicyName, Precision, Rule, Severity};
use crate::settings::ConfigError;
use crate::tables::clients::Family;
use crate::text::{Lines, Shown, nearest};

/// The ```` ```toml rule ```` block of a policy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    severity: Severity,
    #[serde(default = "very_high")]
    precision: Precision,
    #[serde(default = "risky")]
    effect: Consequence,
    summary: String,
    message: Option<Spanned<String>>,
    help: Option<Spanned<String>>,
    label: Option<Spanned<String>>,
    #[serde(default)]
    since: String,
    clients: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    sources: Vec<String>,
    #[serde(default)]
    locked: bool,
    check: WrittenCheck,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    when: Spanned<String>,
    at: Option<Spanned<String>>,
}

fn very_high() -> Precision {
    Precision::VeryHigh
}

fn risky() -> Consequence {
    Consequence::Risky
}

/// A page under work: its text and what it is called.
struct Page<'t> {
    file: &'t Path,
    text: &'t str,
    /// Where the head stands in it.
    head: Range<usize>,
}

/// What is wrong at a byte of a page.
type Wrong = (usize, String);

/// Whether a file is the page of a policy.
pub(crate) fn is_policy_file(path: &Path, text: &[u8]) -> bool {
    path.extension().is_some_and(|kind| kind == "md")
        && memchr::memmem::find(text, b"[check]").is_some()
        && std::str::from_utf8(text).is_ok_and(is_policy)
}

/// Whether a page has a condition of its own.
pub(crate) fn is_policy(text: &str) -> bool {
    let has_check = |head: Range<usize>| text[head].lines().any(|line| line.trim() == "[check]");
    head(text).is_some_and(has_check)
}

impl Policy {
    /// Reads a page; `file` is what it is called here.
    pub(crate) fn of(file: &Path, text: String) -> Result<Self, ConfigError> {
        let page = Page { file, text: &text, head: head(&text).unwrap_or_default() };
        let parts = page.name().and_then(|name| Ok((name, page.written()?)));
        let made = parts.and_then(|(name, written)| page.policy(name, written));
        let (name, head, when, at, line) = made.map_err(|wrong| page.error(wrong))?;
        Ok(Self { name, file: file.to_owned(), text, head, when, at, line })
    }
}

/// Where the head of a page is: without its fence.
fn head(text: &str) -> Option<Range<usize>> {
    let opening = "```toml rule\n";
    let start = text.find(opening)? + opening.len();
    let length = text[start..].find("\n```")?;
    Some(start..start + length + 1)
}

impl Page<'_> {
    /// The name: that of the file, and the heading.
    fn name(&self) -> Result<PolicyName, Wrong> {
        let stem = self.file.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let is_word = |word: &str| {
            !word.is_empty()
                && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        if !stem.split('-').all(is_word) || stem.as_bytes()[0].is_ascii_digit() {
            let why =
                "the file's name is the policy's: write it in lower case, its words joined by `-`";
            return Err((0, why.to_owned()));
        }
        if Rule::named(&stem).is_some() {
            return Err((0, format!("virt-doctor has a rule `{stem}` of its own")));
        }
        if stem == POLICY || Rule::all().any(|rule| rule.folder() == stem) {
            return Err((0, format!("`{stem}` stands for a whole subject of rules")));
        }
        let heading = format!("# `{stem}`");
        if self.text.lines().next().map(str::trim_end) != Some(&heading) {
            return Err((0, format!("the page begins with its name: {heading}")));
        }
        Ok(PolicyName::of(&stem))
    }

    fn written(&self) -> Result<Written, Wrong> {
        if self.head.is_empty() {
            return Err((0, "the page has no head: a block that begins with ```toml rule".into()));
        }
        toml::from_str(&self.text[self.head.clone()]).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            (self.head.start + at, error.message().lines().next().unwrap_or_default().to_owned())
        })
    }

    #[allow(clippy::type_complexity, reason = "the parts of one policy, named by its caller")]
    fn policy(
        &self,
        name: PolicyName,
        written: Written,
    ) -> Result<(PolicyName, Head, When, At, usize), Wrong> {
        for text in [&written.message, &written.help, &written.label].into_iter().flatten() {
            self.check_words(text)?;
        }
        for client in written.clients.iter().flatten() {
            if !Family::ALL.iter().any(|family| family.name() == client.get_ref()) {
                let known = Family::ALL.map(Family::name);
                let why =
                    format!("there is no client `{}`; {}", client.get_ref(), known.join(", "));
                return Err((self.at(client), why));
            }
        }
        let when = When::of(written.check.when.get_ref())
            .map_err(|fault| (self.within(&written.check.when, fault.at), fault.why))?;
        let at = match &written.check.at {
            None => At::Uri,
            Some(word) => At::named(word.get_ref()).ok_or_else(|| {
                let known = At::ALL.map(|(name, _)| name);
                let near = nearest(word.get_ref(), known)
                    .map_or_else(|| known.join(", "), |near| format!("did you mean `{near}`?"));
                let why = format!("a URI has no part `{}`; {near}", word.get_ref());
                (self.at(word), why)
            })?,
        };
        let line = self.text[..self.at(&written.check.when)].matches('\n').count() + 1;
        let one = |text: Option<Spanned<String>>| text.map(|text| Words::One(text.into_inner()));
        let clients = written
            .clients
            .map(|clients| clients.into_iter().map(Spanned::into_inner).collect::<Vec<String>>());
        let head = Head {
            severity: written.severity,
            precision: written.precision,
            effect: written.effect,
            replaces: Vec::new(),
            replaces_here: Vec::new(),
            explains: Vec::new(),
            rivals: Vec::new(),
            distinguish: None,
            since: written.since,
            clients,
            fix: None,
            sources: written.sources,
            hop: None,
            message: one(written.message)
                .unwrap_or_else(|| Words::One(written.summary.replace('{', "(").replace('}', ")"))),
            summary: written.summary,
            help: one(written.help),
            label: one(written.label),
            remedy: Vec::new(),
            client: None,
            locked: written.locked,
        };
        Ok((name, head, when, at, line))
    }

    /// What is named in braces can be filled in.
    fn check_words(&self, text: &Spanned<String>) -> Result<(), Wrong> {
        let mut rest = text.get_ref().as_str();
        while let Some(open) = rest.find('{') {
            match placeholder(&rest[open..]) {
                Some((name, _)) if !WORDS.contains(&name) => {
                    let why = format!("there is no `{{{name}}}`; there are {}", WORDS.join(", "));
                    let at = self.text[self.at(text)..].find(&format!("{{{name}}}"));
                    return Err((self.at(text) + at.unwrap_or_default(), why));
                }
                Some((_, after)) => rest = after,
                None => rest = &rest[open + 1..],
            }
        }
        Ok(())
    }

    /// The byte of the page where a value of the head begins.
    fn at<T>(&self, value: &Spanned<T>) -> usize {
        self.head.start + value.span().start
    }

    /// The byte of the page where a byte of a text of the head stands; where the text has
    /// escapes, its beginning.
    fn within(&self, text: &Spanned<String>, byte: usize) -> usize {
        let start = self.at(text);
        let raw = &self.text[start..self.head.start + text.span().end];
        let quotes = ["'''", "\"\"\"", "'", "\""];
        let inner = quotes.iter().find_map(|quote| Some((quote.len(), raw.strip_prefix(quote)?)));
        let Some((length, inner)) = inner else { return start };
        let trimmed = if length == 3 { inner.trim_start_matches(['\r', '\n']) } else { inner };
        if trimmed.starts_with(text.get_ref().as_str()) {
            start + length + (inner.len() - trimmed.len()) + byte
        } else {
            start
        }
    }

    /// The error with the line and a caret under it.
    fn error(&self, (at, why): Wrong) -> ConfigError {
        let lines = Lines::of(self.text.as_bytes());
        let byte = u32::try_from(at.min(self.text.len())).unwrap_or(u32::MAX);
        let place = lines.position(byte);
        let line = &self.text[lines.line_at(byte)];
        let line = Shown::ours(line.trim_end()).to_string();
        let number = place.line.to_string();
        let before = place.column as usize - 1;
        let excerpt =
            format!("  {number} | {line}\n  {:width$} | {:before$}^", "", "", width = number.len());
        ConfigError::WrongPage {
            path: Shown::path(self.file).to_string(),
            line: place.line,
            column: place.column,
            why: Shown::ours(why).to_string(),
            excerpt,
        }
    }
}
