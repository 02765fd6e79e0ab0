//! From drafts to findings: one mistake, one finding; the words of the page
//! with the facts in them; no secret.

use bstr::BString;

use crate::engine::Levels;
use crate::finding::{Draft, Finding, Remedy, ShownFix, Virsh};
use crate::plan::Hop;
use crate::text::{Shown, Span, Veil};
use crate::uri::Uri;

/// Without those that another one speaks for.
///
/// A rule's page names the rules that say nothing where it speaks. "Where" is
/// the same connection, but about two different parameters both may speak. Those
/// of `replaces-here` say nothing about the very letters of which it speaks.
pub(crate) fn replaced(mut drafts: Vec<Draft>, uri: &Uri<'_>) -> Vec<Draft> {
    // One draft has nobody to speak for it.
    if drafts.len() < 2 {
        return drafts;
    }
    // In the order of the text, which may have ten thousand of them.
    let sections: Vec<Span> = uri.parameters().map(|parameter| parameter.section).collect();
    let about = |draft: &Draft| {
        let at = sections.partition_point(|section| section.end < draft.span.end);
        sections.get(at).is_some_and(|section| section.contains(draft.span)).then_some(at)
    };
    let abouts: Vec<Option<usize>> = drafts.iter().map(about).collect();
    let silenced: Vec<bool> = drafts
        .iter()
        .zip(&abouts)
        .map(|(draft, place)| {
            drafts.iter().zip(&abouts).any(|(other, other_place)| {
                // A policy silences nothing.
                let Some(rule) = other.rule.builtin() else { return false };
                let head = rule.head();
                let names = |list: &[String]| list.iter().any(|name| name == draft.rule.name());
                let same = !matches!((other_place, place), (Some(one), Some(two)) if one != two);
                same && names(&head.replaces)
                    || draft.span.contains(other.span) && names(&head.replaces_here)
            })
        })
        .collect();
    let mut silenced = silenced.into_iter();
    drafts.retain(|_| !silenced.next().unwrap_or(false));
    drafts
}

/// The findings of one connection, in the order of its text.
pub(crate) fn seal(drafts: &[Draft], veil: &Veil, levels: &Levels) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        drafts.iter().filter_map(|draft| one(draft, veil, levels)).collect();
    findings
        .sort_by_key(|finding| (finding.hop, finding.span, std::cmp::Reverse(finding.severity)));
    findings
}

fn one(draft: &Draft, veil: &Veil, levels: &Levels) -> Option<Finding> {
    let severity = levels.of(draft.rule)?;
    let page = levels.page(draft.rule);
    let head = page.head;
    let words = Fill { draft, veil, is_prose: true };
    let commands = Fill { is_prose: false, ..words };
    let variant = draft.variant;
    let mut labels: Vec<(Span, Shown)> = Vec::new();
    if let Some(text) = head.label.as_ref().and_then(|label| label.of(variant)) {
        labels.push((draft.span, words.fill(text)));
    }
    labels.extend(draft.labels.iter().map(|(span, text)| (*span, veil.show(text))));
    let remedy = head
        .remedy
        .iter()
        .filter(|remedy| {
            remedy.variant.as_deref().is_none_or(|name| variant.unwrap_or("default") == name)
        })
        .map(|remedy| Remedy {
            place: words.fill(&remedy.place),
            command: commands.fill(&remedy.command),
        })
        .filter(|remedy| !remedy.command.is_empty())
        .collect();
    let fixes = draft.fixes.iter().map(|fix| ShownFix {
        title: veil.show(&fix.title),
        applicability: draft.rule.applicability(fix),
        edits: fix.edits.iter().map(|edit| (edit.span, veil.show(&edit.content))).collect(),
    });
    Some(Finding {
        rule: draft.rule,
        url: page.url(),
        severity,
        precision: head.precision,
        effect: head.effect,
        message: words.fill(head.message.of(variant).unwrap_or(&head.summary)),
        span: draft.span,
        labels,
        help: head.help.as_ref().and_then(|help| help.of(variant)).map(|text| words.fill(text)),
        fixes: fixes.collect(),
        remedy,
        virsh: draft
            .quote
            .as_ref()
            .map(|quote| Virsh { message: veil.show(&quote.message), seconds: quote.seconds }),
        hop: head.hop.unwrap_or(Hop::Uri),
        is_less_likely: draft.is_less_likely,
        distinguish: head
            .distinguish
            .as_ref()
            .and_then(|way| way.of(variant))
            .map(|way| words.fill(way)),
        consequence_of: None,
    })
}

/// How much of a fact a sentence takes, in characters. A command takes all.
const LONGEST_FACT: usize = 160;

/// Puts facts into the words of a page.
struct Fill<'a> {
    draft: &'a Draft,
    veil: &'a Veil,
    /// For a person to read, not for a shell to run.
    is_prose: bool,
}

impl Fill<'_> {
    fn fill(&self, words: &str) -> Shown {
        let mut text: Vec<u8> = Vec::with_capacity(words.len() + 32);
        let mut rest = words;
        while let Some(open) = rest.find('{') {
            let (before, from) = rest.split_at(open);
            text.extend_from_slice(before.as_bytes());
            let Some((name, after)) = placeholder(from) else {
                text.push(b'{');
                rest = &from[1..];
                continue;
            };
            if let Some(value) = self.fact(name) {
                let shown = self.veil.show_about(value, self.draft.span);
                match shown.as_str().char_indices().nth(LONGEST_FACT) {
                    Some((end, _)) if self.is_prose => {
                        text.extend_from_slice(&shown.as_str().as_bytes()[..end]);
                        text.extend_from_slice("…".as_bytes());
                    }
                    _ => text.extend_from_slice(shown.as_str().as_bytes()),
                }
            } else {
                debug_assert!(false, "{}: no fact for {{{name}}}", self.draft.rule.name());
                text.extend_from_slice(name.as_bytes());
            }
            rest = after;
        }
        text.extend_from_slice(rest.as_bytes());
        // The words of the page are no secret, and the facts hold none any more.
        Shown::masked(&text, &[])
    }

    fn fact(&self, name: &str) -> Option<&BString> {
        self.draft.facts.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
    }
}

/// `{name}` at the beginning of the text, and what follows it.
pub(crate) fn placeholder(text: &str) -> Option<(&str, &str)> {
    let end = text.find('}')?;
    let name = &text[1..end];
    let legal =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    legal.then(|| (name, &text[end + 1..]))
}
