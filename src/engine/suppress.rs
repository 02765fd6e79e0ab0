//! Comments that silence findings, and what is to be said about the comments themselves.
//!
//! A comment is as much a promise as the setting it stands by: its rules must exist and
//! find something, its reason must be told, and its day may come.

mod comment;

use std::sync::atomic::{AtomicBool, Ordering};

use self::comment::{About, Request, requests};
use crate::engine::bind::EVIDENCE;
use crate::engine::{LevelError, Levels};
use crate::finding::{Draft, Drafts, Rule, RuleId};
use crate::inventory::Dialect;
use crate::settings::{ConfigFile, is_day};
use crate::text::Span;

/// The suppressions of a file, and which of them were needed so far.
#[derive(Debug)]
pub(crate) struct Suppressions {
    /// In the order of the lines that they speak of; those for the whole file first.
    list: Vec<Suppression>,
    whole_file: usize,
}

#[derive(Debug)]
struct Suppression {
    request: Request,
    names: Vec<Name>,
    /// Its day, where that is over or no day at all.
    ended: Option<Ended>,
}

#[derive(Debug)]
struct Name {
    span: Span,
    text: String,
    /// The rules that it stands for; or the name that was probably meant.
    rules: Result<Vec<RuleId>, Option<&'static str>>,
    used: AtomicBool,
}

/// A day that is over, or none.
#[derive(Debug)]
struct Ended {
    place: Span,
    day: String,
    is_day: bool,
}

impl Suppression {
    fn of(request: Request, text: &[u8], today: &str, levels: &Levels) -> Self {
        let names = request.names.iter().map(|span| Name::of(*span, text, levels)).collect();
        let ended = request.until.and_then(|place| {
            let day = String::from_utf8_lossy(place.of(text)).into_owned();
            let is_day = is_day(&day);
            (!is_day || *day < *today).then_some(Ended { place, day, is_day })
        });
        Self { request, names, ended }
    }

    /// Where the text begins that it speaks of.
    fn begins(&self) -> u32 {
        match self.request.about {
            About::Lines(Some(lines)) => lines.start,
            About::Lines(None) => self.request.span.start,
            About::WholeFile | About::TooFarDown | About::Unreadable => 0,
        }
    }
}

impl Name {
    fn of(span: Span, text: &[u8], levels: &Levels) -> Self {
        let text = String::from_utf8_lossy(span.of(text)).into_owned();
        let rules = levels.rules_of(&text).map_err(|error| match error {
            LevelError::Unknown { near, .. } => near,
            LevelError::Locked { .. } => None,
        });
        Self { span, text, rules, used: AtomicBool::new(false) }
    }

    /// The rule that it is the very name of, if nothing may silence that one.
    fn locked_rule(&self, levels: &Levels) -> Option<RuleId> {
        levels.named(&self.text).filter(|rule| levels.is_locked(*rule))
    }

    fn is_used(&self) -> bool {
        self.used.load(Ordering::Relaxed)
    }

    /// Whether its rules looked and it silenced nothing. Of a rule that is off, or that a
    /// check alone can ask, nobody knows what it would find.
    fn is_idle(&self, levels: &Levels) -> bool {
        let on_evidence = |rule: Rule| EVIDENCE.iter().any(|row| row.0 == rule);
        let looks = |rule: &RuleId| levels.is_on(*rule) && !rule.builtin().is_some_and(on_evidence);
        let looked = |rules: &Vec<RuleId>| rules.iter().all(looks);
        !self.is_used()
            && self.rules.as_ref().is_ok_and(looked)
            && self.locked_rule(levels).is_none()
    }
}

impl Suppressions {
    /// Those of a text, judged by this day.
    pub(crate) fn of(text: &[u8], dialect: Dialect, today: &str, levels: &Levels) -> Self {
        let mut list: Vec<Suppression> = requests(text, dialect)
            .into_iter()
            .map(|request| Suppression::of(request, text, today, levels))
            .collect();
        list.sort_by_key(Suppression::begins);
        let (mut list, lines): (Vec<_>, Vec<_>) =
            list.into_iter().partition(|one| !matches!(one.request.about, About::Lines(_)));
        let whole_file = list.len();
        list.extend(lines);
        Self { list, whole_file }
    }

    /// Whether a finding of this rule about the text at `place` is silenced. What
    /// silences it is then in use.
    pub(crate) fn hides(&self, rule: RuleId, place: Span, levels: &Levels) -> bool {
        if self.list.is_empty() {
            return false;
        }
        let (files, lines) = self.list.split_at(self.whole_file);
        let from_here = lines.partition_point(|one| one.begins() <= place.end);
        let near = lines[..from_here].iter().rev().take_while(|one| match one.request.about {
            About::Lines(Some(lines)) => lines.touches(place),
            _ => true,
        });
        let here = near.filter(|one| one.request.about != About::Lines(None));
        let file = files.iter().filter(|one| one.request.about == About::WholeFile);
        let mut hidden = false;
        for one in file.chain(here) {
            let stands_for =
                |name: &&Name| name.rules.as_ref().is_ok_and(|rules| rules.contains(&rule));
            for name in one.names.iter().filter(stands_for) {
                name.used.store(true, Ordering::Relaxed);
                hidden |= one.ended.is_none();
            }
        }
        hidden && !levels.is_locked(rule)
    }

    /// What there is to say about them, once all findings of the file were asked about.
    pub(crate) fn drafts(&self, levels: &Levels) -> Vec<Draft> {
        let mut drafts = Drafts::new();
        let mut list: Vec<&Suppression> = self.list.iter().collect();
        list.sort_by_key(|one| one.request.span);
        for one in list {
            one.judge(levels, &mut drafts);
        }
        let mut drafts = drafts.done();
        drafts.retain(|draft| levels.is_on(draft.rule));
        drafts
    }
}

/// What there is to say about a configuration's tables for some paths.
pub(crate) fn expired_paths(file: &ConfigFile, today: &str) -> Vec<Draft> {
    let mut drafts = Drafts::new();
    drafts.rule = Rule::ExpiredSuppression;
    for paths in file.config.paths.iter().filter(|paths| !paths.is_in_force(today)) {
        let Some(until) = &paths.until else { continue };
        let names: Vec<&str> = paths.ignore.iter().map(|name| name.get_ref().as_str()).collect();
        drafts
            .at(Span::new(until.span().start, until.span().end))
            .variant("default")
            .fact("rules", names.join("`, `"))
            .fact("date", &until.get_ref().0);
    }
    drafts.done()
}

impl Suppression {
    fn judge(&self, levels: &Levels, out: &mut Drafts) {
        let request = &self.request;
        let unreadable = match request.about {
            About::Unreadable => Some("unreadable"),
            About::TooFarDown => Some("too-far-down"),
            About::Lines(_) | About::WholeFile => None,
        };
        if let Some(variant) = unreadable {
            out.rule = Rule::UnknownSuppression;
            out.at(request.span).variant(variant).fact("lines", comment::TOP.to_string());
            return;
        }
        if !request.has_reason {
            out.rule = Rule::SuppressionWithoutReason;
            out.at(request.span);
        }
        let all_locked = self.names.iter().all(|name| name.locked_rule(levels).is_some());
        if let Some(ended) = self.ended.as_ref().filter(|_| !all_locked) {
            out.rule = Rule::ExpiredSuppression;
            let used = self.names.iter().any(Name::is_used);
            let names: Vec<&str> = self.names.iter().map(|name| name.text.as_str()).collect();
            let variant = match (ended.is_day, used) {
                (false, _) => "no-date",
                (true, false) => "needless",
                (true, true) => "default",
            };
            out.at(ended.place)
                .variant(variant)
                .fact("rules", names.join("`, `"))
                .fact("date", &ended.day);
        }
        self.judge_names(levels, out);
    }

    fn judge_names(&self, levels: &Levels, out: &mut Drafts) {
        // Of one that is over it was said already that it silences nothing.
        let idle = |name: &&Name| self.ended.is_none() && name.is_idle(levels);
        let all_idle = self.names.iter().all(|name| idle(&name));
        for (at, name) in self.names.iter().enumerate() {
            match &name.rules {
                Err(near) => {
                    out.rule = Rule::UnknownSuppression;
                    let draft = out.at(name.span).fact("name", &name.text);
                    if let Some(near) = near {
                        draft.variant("near").fact("near", near);
                        draft.fix(format!("write {near}"), name.span, near);
                    }
                }
                Ok(_) if name.locked_rule(levels).is_some() => {
                    out.rule = Rule::LockedRuleSuppressed;
                    out.at(name.span).fact("rule", &name.text);
                }
                Ok(_) if idle(&name) => {
                    out.rule = Rule::UnusedSuppression;
                    let draft = out.at(name.span).fact("rule", &name.text);
                    match self.request.removal {
                        Some(whole) if all_idle && at == 0 => {
                            draft.fix("take the comment out", whole, "");
                        }
                        _ if all_idle => {}
                        _ => {
                            draft.fix("take the name out", self.with_comma(at), "");
                        }
                    }
                }
                Ok(_) => {}
            }
        }
    }

    /// A name and the comma that goes with it.
    fn with_comma(&self, at: usize) -> Span {
        let name = self.names[at].span;
        match (self.names.get(at + 1), at.checked_sub(1)) {
            (Some(next), _) => Span { start: name.start, end: next.span.start },
            (None, Some(before)) => Span { start: self.names[before].span.end, end: name.end },
            (None, None) => name,
        }
    }
}
