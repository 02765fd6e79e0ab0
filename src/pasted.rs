//! What an error text that somebody pasted tells: which errors of libvirt and its
//! clients are in it, what causes them, and what to check.
//!
//! The errors and causes are tables ([`crate::tables::signatures`]); here the text is
//! unwrapped, its facts are taken out, and the causes are put in order. Nothing is
//! looked at but the text.

mod clean;
mod facts;
mod hide;
#[cfg(test)]
mod recorded;
mod target;
#[cfg(test)]
mod wrapped;

use std::collections::BTreeSet;

use clean::{Flat, flat_texts};
use facts::Facts;
pub(crate) use target::{Target, Unknown};

use crate::tables::signatures::{
    Candidate, Cause, Match, Signature, is_like, recognise, signatures,
};
use crate::text::Shown;

/// What a text tells.
#[derive(Debug)]
pub(crate) struct Explanation {
    /// The errors in it, the most decisive first.
    pub(crate) seen: Vec<Seen>,
    /// Hosts, ports, paths, ... by name.
    pub(crate) facts: Vec<(String, Shown)>,
    /// The likely causes, the likeliest first.
    pub(crate) causes: Vec<Likely>,
    pub(crate) target: Target,
    /// The beginning of a text in which nothing was recognised.
    pub(crate) unknown: Vec<Shown>,
}

/// An error in the text.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) signature: &'static Signature,
    pub(crate) text: Shown,
    /// Whether it only follows from another error beside it.
    pub(crate) follows: bool,
}

/// A cause in the words for this text.
#[derive(Debug)]
pub(crate) struct Likely {
    pub(crate) cause: &'static Cause,
    pub(crate) what: Shown,
    pub(crate) look: Shown,
    pub(crate) mend: Shown,
}

/// An error and where it stands.
struct Recognised<'t> {
    signature: &'static Signature,
    flat: &'t Flat,
    found: Match,
}

/// Lines that are quoted of a text in which nothing was recognised.
const QUOTED_LINES: usize = 5;

/// Explains a text of any bytes.
pub(crate) fn explain(paste: &[u8]) -> Explanation {
    let flats = flat_texts(paste);
    let mut found: Vec<_> = flats.iter().map(|flat| (flat, recognise(&flat.lower))).collect();
    let mut recognised: Vec<Recognised<'_>> = signatures()
        .iter()
        .enumerate()
        .filter_map(|(row, signature)| {
            let mut of_row = found.iter_mut().map(|(flat, matches)| (*flat, matches[row].take()));
            let (flat, found) = of_row.find_map(|(flat, found)| Some((flat, found?)))?;
            Some(Recognised { signature, flat, found })
        })
        .collect();
    let within: Vec<bool> = recognised.iter().map(|one| one.is_within(&recognised)).collect();
    let mut within = within.into_iter();
    recognised.retain(|_| within.next() != Some(true));
    recognised.sort_by_key(|one| std::cmp::Reverse(one.signature.strength));
    let mut facts = Facts::of_text(&flats[0]);
    for one in &recognised {
        facts.add(one.flat, &one.found);
    }
    facts.conclude();
    let strongest = recognised.first().map_or(0, |one| one.signature.strength);
    let follows = |one: &Recognised<'_>| one.signature.strength == 1 && strongest > 1;
    let causes = rank(&recognised, strongest, &facts, &flats);
    let target = Target::of(recognised.iter().map(|one| one.signature), &facts);
    let unknown =
        if recognised.is_empty() { flats[0].first_lines(QUOTED_LINES) } else { Vec::new() };
    Explanation {
        seen: recognised
            .iter()
            .map(|one| Seen {
                signature: one.signature,
                text: one.flat.excerpt(&one.found.range),
                follows: follows(one),
            })
            .collect(),
        causes: causes.into_iter().map(|cause| Likely::of(cause, &facts)).collect(),
        facts: facts.shown(),
        target,
        unknown,
    }
}

/// The causes of the most decisive errors, each error's likeliest first; then those of
/// the next. What only follows from something has a say only where it stands alone.
fn rank(
    recognised: &[Recognised<'_>],
    strongest: u8,
    facts: &Facts,
    flats: &[Flat],
) -> Vec<&'static Cause> {
    let mut ranked = Vec::new();
    let mut known = BTreeSet::new();
    for strength in (1..=strongest).rev() {
        if strength == 1 && strongest > 1 {
            break;
        }
        let of_this = recognised.iter().filter(|one| one.signature.strength == strength);
        let lists: Vec<Vec<&str>> = of_this.map(|one| candidates(one, facts, flats)).collect();
        let longest = lists.iter().map(Vec::len).max().unwrap_or(0);
        for place in 0..longest {
            for name in lists.iter().filter_map(|list| list.get(place)) {
                if known.insert(*name) {
                    ranked.extend(Cause::named(name));
                }
            }
        }
    }
    ranked
}

/// The causes of an error that the facts allow.
fn candidates(one: &Recognised<'_>, facts: &Facts, flats: &[Flat]) -> Vec<&'static str> {
    let holds = |candidate: &Candidate| match candidate {
        Candidate::Always(_) => true,
        Candidate::Where(condition) => {
            let likes = if condition.not.is_empty() { &condition.is } else { &condition.not };
            let is_like = |value: &str| likes.iter().any(|like| is_like(value, like));
            let is_so = match condition.fact.as_str() {
                "paste" => flats.iter().any(|flat| is_like(&flat.lower)),
                name => one.own_fact(name).or_else(|| facts.get(name)).is_some_and(is_like),
            };
            is_so == condition.not.is_empty()
        }
    };
    let holding: Vec<&Candidate> =
        one.signature.causes.iter().filter(|candidate| holds(candidate)).collect();
    let is_alone = |candidate: &&Candidate| matches!(candidate, Candidate::Where(one) if one.alone);
    let alone = holding.iter().any(is_alone);
    let counts = |candidate: &&Candidate| !alone || matches!(candidate, Candidate::Where(_));
    holding.into_iter().filter(counts).map(Candidate::cause).collect()
}

impl Recognised<'_> {
    /// Whether it is only the beginning of another error.
    fn is_within(&self, all: &[Self]) -> bool {
        let (start, end) = (self.found.range.start, self.found.range.end);
        let holds = |other: &Self| {
            let range = &other.found.range;
            other.signature.strength > 1 && range.start <= start && end <= range.end
        };
        self.signature.strength == 1
            && all.iter().any(|other| std::ptr::eq(self.flat, other.flat) && holds(other))
    }

    /// A fact of this very error.
    fn own_fact(&self, name: &str) -> Option<&str> {
        let facts = &self.found.facts;
        let (_, range) = facts.iter().find(|(known, _)| known == name)?;
        Some(&self.flat.text[range.clone()])
    }
}

impl Likely {
    fn of(cause: &'static Cause, facts: &Facts) -> Self {
        Self {
            cause,
            what: facts.fill(&cause.what),
            look: facts.fill(&cause.look),
            mend: facts.fill(&cause.mend),
        }
    }
}

#[cfg(test)]
fn names(explanation: &Explanation) -> Vec<&str> {
    explanation.causes.iter().map(|likely| likely.cause.name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Rule;
    use crate::tables::signatures::causes;

    #[test]
    fn every_example_is_recognised() {
        for signature in signatures() {
            let explanation = explain(signature.example.as_bytes());
            let seen: Vec<&str> =
                explanation.seen.iter().map(|seen| seen.signature.name.as_str()).collect();
            assert!(seen.contains(&signature.name.as_str()), "{}: {seen:?}", signature.name);
            let names = names(&explanation);
            let own = |name: &&&str| signature.causes.iter().any(|one| one.cause() == **name);
            assert!(names.iter().take(3).any(|name| own(&name)), "{}: {names:?}", signature.name);
        }
    }

    #[test]
    fn every_rule_of_a_cause_exists() {
        for cause in causes() {
            if let Some(rule) = &cause.rule {
                assert!(Rule::named(rule).is_some(), "{}: no rule {rule}", cause.name);
            }
        }
    }

    #[test]
    fn the_specific_error_wins() {
        let text = "error: failed to connect to the hypervisor\n\
            error: End of file while reading data: sh: 1: nc: not found: Input/output error\n\
            error: internal error: client socket is closed";
        let explanation = explain(text.as_bytes());
        assert_eq!(names(&explanation)[0], "remote-netcat-missing");
        let closed = explanation.seen.iter().find(|seen| seen.signature.name == "connection-broke");
        assert!(closed.unwrap().follows);
    }

    #[test]
    fn nothing_is_made_up() {
        let explanation = explain(b"error: out of cheese\n\nredo from start\n");
        assert!(explanation.causes.is_empty() && explanation.seen.is_empty());
        let lines: Vec<String> = explanation.unknown.iter().map(Shown::to_string).collect();
        assert_eq!(lines, ["error: out of cheese", "redo from start"]);
    }
}
