//! From places in a URI to places in a file, or in the argument itself.

use std::path::Path;
use std::sync::Arc;

use super::diff::Side;
use super::{Excerpt, Placed, snippet};
use crate::finding::Finding;
use crate::inventory::{Located, Origin};
use crate::tables::clients::Client;
use crate::text::{Lines, Position, Shown, Span, apart};
use crate::uri::{HOLE, secret_spans};

/// The text that positions are counted in.
pub(crate) struct Ground<'a> {
    source: &'a [u8],
    lines: Arc<Lines<'a>>,
    file: Option<&'a Path>,
    /// Where the secrets of all its URIs stand.
    secrets: Vec<Span>,
    /// Whether findings are drawn on the lines of the text.
    is_drawn: bool,
}

impl<'a> Ground<'a> {
    /// A file and the URIs found in it.
    pub(crate) fn file(path: &'a Path, source: &'a [u8], found: &[Located]) -> Self {
        let lines = Arc::new(Lines::of_file(source));
        Self::with_secrets(path, source, lines, secrets(found, source).collect())
    }

    /// A file and the places of the secrets in it.
    pub(crate) fn with_secrets(
        path: &'a Path,
        source: &'a [u8],
        lines: Arc<Lines<'a>>,
        secrets: Vec<Span>,
    ) -> Self {
        let secrets = apart(secrets);
        Self { source, lines, file: Some(path), secrets, is_drawn: true }
    }

    /// A URI given as an argument.
    pub(crate) fn argument(uri: &'a [u8]) -> Self {
        let secrets = secret_spans(uri);
        let lines = Arc::new(Lines::of(uri));
        Self { source: uri, lines, file: None, secrets, is_drawn: true }
    }

    /// The same for a report that draws nothing: it is spared the excerpts.
    pub(crate) fn drawn_if(self, is_drawn: bool) -> Self {
        Self { is_drawn, ..self }
    }

    /// The text and its secrets, for a comparison.
    pub(crate) fn side(&self) -> Side<'_> {
        Side { text: self.source, secrets: &self.secrets }
    }

    /// The position of a byte.
    pub(crate) fn position(&self, byte: u32) -> Position {
        self.lines.position(byte)
    }

    /// A finding about the URI `located`, or about the argument.
    pub(crate) fn place(
        &self,
        mut finding: Finding,
        uri: &Shown,
        client: Client,
        located: Option<&Located>,
    ) -> Placed {
        if located.is_some_and(Located::is_templated) {
            name_holes(&mut finding);
        }
        let put = |span: Span| located.map_or(span, |located| located.in_file(span));
        let span = put(finding.span);
        let labels: Vec<(Span, Shown)> =
            finding.labels.iter().map(|(span, text)| (put(*span), text.clone())).collect();
        let edits: Vec<Option<Vec<(Position, Position, Shown)>>> = finding
            .fixes
            .iter()
            .map(|fix| {
                let crossing =
                    |span: &Span| located.is_some_and(|located| located.crosses_pieces(*span));
                let unknown = |content: &Shown| {
                    located.is_some() && content.as_str().as_bytes().contains(&HOLE)
                };
                let possible =
                    !fix.edits.iter().any(|(span, content)| crossing(span) || unknown(content));
                possible.then(|| {
                    fix.edits
                        .iter()
                        .map(|(span, content)| {
                            (
                                self.position(put(*span).start),
                                self.position(put(*span).end),
                                content.clone(),
                            )
                        })
                        .collect()
                })
            })
            .collect();
        let start = self.position(span.start);
        let excerpt = if self.is_drawn {
            let possible = edits.iter().position(Option::is_some);
            let first = possible.map_or(&[][..], |at| &finding.fixes[at].edits);
            let first: Vec<(Span, Shown)> =
                first.iter().map(|(span, content)| (put(*span), content.clone())).collect();
            snippet::excerpt(self.source, span, [&labels, &first], &self.secrets, &self.lines)
        } else {
            Excerpt::default()
        };
        Placed {
            client,
            uri: uri.clone(),
            file: self.file.map(Path::to_owned),
            start,
            end: self.position(span.end),
            labels: labels
                .into_iter()
                .map(|(span, text)| (self.position(span.start), self.position(span.end), text))
                .collect(),
            edits,
            excerpt,
            built_by: located.and_then(Located::built_by),
            finding,
        }
    }
}

/// Where the secrets of some URIs stand in their file.
pub(crate) fn secrets<'a>(
    found: &'a [Located],
    source: &'a [u8],
) -> impl Iterator<Item = Span> + 'a {
    let own = found.iter().flat_map(|located| {
        secret_spans(&located.text).into_iter().flat_map(|span| located.all_in_file(span))
    });
    own.chain(found.iter().flat_map(|one| cut_off(one, source)))
}

/// The secrets in what a shell cuts off a URI.
fn cut_off(located: &Located, source: &[u8]) -> Vec<Span> {
    let Origin::CutByShell(cut) = &located.origin else { return Vec::new() };
    let start = cut.word.start;
    let in_file = |span: Span| Span { start: start + span.start, end: start + span.end };
    secret_spans(cut.word.of(source)).into_iter().map(in_file).collect()
}

/// In words, what stands for unknown text is an ellipsis.
fn name_holes(finding: &mut Finding) {
    let named = |text: &mut Shown| {
        if text.as_str().as_bytes().contains(&HOLE) {
            *text = text.replaced(char::from(HOLE), "…");
        }
    };
    named(&mut finding.message);
    finding.help.iter_mut().for_each(named);
    finding.labels.iter_mut().for_each(|(_, text)| named(text));
    finding.fixes.iter_mut().for_each(|fix| named(&mut fix.title));
    finding.virsh.iter_mut().for_each(|virsh| named(&mut virsh.message));
}

/// The URI of a file as it stands there, secrets hidden.
pub(crate) fn shown_source(located: &Located, source: &[u8]) -> Shown {
    let (text, secrets) = located.source(source, &secret_spans(&located.text));
    Shown::masked(&text, &secrets)
}
