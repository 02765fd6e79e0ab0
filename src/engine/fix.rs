//! Applies fixes to the text that they are about.
//!
//! A fix is taken from a draft, not from a finding: a finding shows secrets as `***`,
//! and what is written back must be the text itself. Fixes that touch each other wait
//! for the next round, which reads the text anew.

use std::collections::BTreeMap;

use crate::engine::subject::static_drafts;
use crate::engine::{Levels, Subject, replaced};
use crate::finding::{Applicability, Draft, Edit, RuleId};
use crate::inventory::Located;
use crate::uri::HOLE;

/// Which fixes may be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Allowed {
    /// Only those that have one right answer.
    Safe,
    /// Also those that change the meaning.
    Unsafe,
}

/// A text after its fixes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mended {
    pub(crate) text: Vec<u8>,
    /// How many fixes of each rule were applied.
    pub(crate) applied: BTreeMap<&'static str, usize>,
}

impl Mended {
    /// How many fixes were applied.
    pub(crate) fn count(&self) -> usize {
        self.applied.values().sum()
    }
}

/// A fix that may be applied, at its places in the text.
pub(crate) struct Applicable {
    rule: RuleId,
    edits: Vec<Edit>,
}

/// How often a text is read anew. Each round mends at least one mistake, and one URI
/// does not have many that hide each other.
const ROUNDS: usize = 16;

impl Subject<'_> {
    /// The fixes of this connection, the first of each finding.
    pub(crate) fn fixes(&self, levels: &Levels, allowed: Allowed) -> Vec<Applicable> {
        self.fixes_but(levels, allowed, |_| false)
    }

    /// Those of findings that are not hidden. Every finding is asked about.
    pub(crate) fn fixes_but(
        &self,
        levels: &Levels,
        allowed: Allowed,
        mut is_hidden: impl FnMut(RuleId) -> bool,
    ) -> Vec<Applicable> {
        self.read(|reading| {
            let veil = reading.uri.veil();
            let own = self.ask(reading, &veil, levels).drafts;
            replaced(static_drafts(reading, levels), reading.uri)
                .into_iter()
                .chain(own)
                .filter(|draft| !is_hidden(draft.rule))
                .filter_map(|draft| allowed.of(draft))
                .collect()
        })
    }
}

impl Allowed {
    /// The first fix of a finding, if it may be applied.
    pub(crate) fn of(self, draft: Draft) -> Option<Applicable> {
        let fix = draft.fixes.into_iter().next()?;
        let is_allowed =
            self == Self::Unsafe || draft.rule.applicability(&fix) == Applicability::Safe;
        is_allowed.then_some(Applicable { rule: draft.rule, edits: fix.edits })
    }
}

impl Applicable {
    /// At its places in the file; none where it would touch a placeholder.
    pub(crate) fn in_file(self, located: &Located) -> Option<Self> {
        let possible =
            |edit: &Edit| !located.crosses_pieces(edit.span) && !edit.content.contains(&HOLE);
        if !self.edits.iter().all(possible) {
            return None;
        }
        let place = |edit: Edit| Edit { span: located.in_file(edit.span), ..edit };
        Some(Self { rule: self.rule, edits: self.edits.into_iter().map(place).collect() })
    }
}

/// Reads, mends and reads again until nothing is left to mend. `find` gives the
/// fixes for a text.
pub(crate) fn mend(text: &[u8], find: impl Fn(&[u8]) -> Vec<Applicable>) -> Mended {
    let mut mended = Mended { text: text.to_vec(), applied: BTreeMap::new() };
    for _ in 0..ROUNDS {
        let chosen = without_overlap(find(&mended.text));
        if chosen.is_empty() {
            break;
        }
        for fix in &chosen {
            *mended.applied.entry(fix.rule.name()).or_default() += 1;
        }
        mended.text = apply(&mended.text, chosen);
    }
    mended
}

/// Those that share no byte and no place with an earlier one.
fn without_overlap(mut fixes: Vec<Applicable>) -> Vec<Applicable> {
    fixes.sort_by_key(|fix| fix.edits.iter().map(|edit| edit.span).min());
    let mut chosen: Vec<Applicable> = Vec::new();
    let mut end = None;
    for fix in fixes {
        let first = fix.edits.iter().map(|edit| edit.span.start).min();
        if first > end {
            end = fix.edits.iter().map(|edit| edit.span.end).max();
            chosen.push(fix);
        }
    }
    chosen
}

fn apply(text: &[u8], fixes: Vec<Applicable>) -> Vec<u8> {
    let mut edits: Vec<Edit> = fixes.into_iter().flat_map(|fix| fix.edits).collect();
    edits.sort_by_key(|edit| edit.span);
    let mut result = Vec::with_capacity(text.len() + 16);
    let mut at = 0;
    for Edit { span, content } in edits {
        let range = span.range();
        if range.start < at {
            continue;
        }
        result.extend_from_slice(&text[at..range.start]);
        result.extend_from_slice(&content);
        at = range.end;
    }
    result.extend_from_slice(&text[at..]);
    result
}

#[cfg(test)]
mod property;

#[cfg(test)]
mod tests {
    use bstr::BString;

    use super::*;
    use crate::finding::Rule;
    use crate::text::Span;

    fn fix(edits: &[(usize, usize, &str)]) -> Applicable {
        let edit = |(start, end, content): &(usize, usize, &str)| Edit {
            span: Span::new(*start, *end),
            content: BString::from(*content),
        };
        Applicable { rule: Rule::BadPercentEscape.into(), edits: edits.iter().map(edit).collect() }
    }

    #[test]
    fn fixes_that_touch_wait_for_the_next_round() {
        let chosen = without_overlap(vec![
            fix(&[(4, 6, "x")]),
            fix(&[(0, 2, "a"), (8, 9, "b")]),
            fix(&[(9, 9, "c")]),
            fix(&[(10, 11, "d")]),
        ]);
        assert_eq!(apply(b"0123456789abc", chosen), b"a234567b9dbc");
    }

    #[test]
    fn a_fix_at_the_very_beginning_counts() {
        assert_eq!(apply(b"abc", without_overlap(vec![fix(&[(0, 0, "x")])])), b"xabc");
    }

    #[test]
    fn mending_ends_even_where_fixes_undo_each_other() {
        let flip = |text: &[u8]| vec![fix(&[(0, 1, if text == b"a" { "b" } else { "a" })])];
        assert_eq!(mend(b"a", flip).applied.values().sum::<usize>(), ROUNDS);
    }
}
