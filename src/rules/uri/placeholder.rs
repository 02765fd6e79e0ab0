//! Placeholders that nobody put a value in the place of.
//!
//! In a file they are known as such, and what they stand for is not judged. This
//! is about the text that a client is really given.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::text::Span;
use crate::uri::{Fault, FaultKind};

/// Pairs of characters between which a name stands.
const PAIRS: [(&[u8], &[u8]); 6] =
    [(b"{{", b"}}"), (b"${", b"}"), (b"$(", b")"), (b"{", b"}"), (b"<", b">"), (b"%(", b")s")];

/// Names that documentation writes for "your own", in capitals.
const NAMES: [&str; 14] = [
    "FQDN",
    "HOST",
    "HOSTNAME",
    "HOST_IP",
    "HOST_NAME",
    "IP",
    "IP_ADDRESS",
    "REMOTE_HOST",
    "SERVER",
    "SERVER_IP",
    "YOUR-HOST",
    "YOUR_ADDRESS",
    "YOUR_HOST",
    "YOUR_SERVER",
];

/// How long a name may be, in bytes: a text full of opening brackets is not
/// searched to its end for each of them.
const LONGEST: usize = 60;

/// The first placeholder.
fn first(reading: &Reading<'_>) -> Option<Span> {
    let text = reading.uri.text();
    if !reading.faults.is_empty() || memchr::memchr(b'$', text).is_some() {
        let first = PAIRS.iter().filter_map(|pair| pairs(text, pair).next());
        if let Some(span) = first.min_by_key(|span| span.start) {
            return Some(span);
        }
    }
    let host = reading.uri.host_span()?;
    let word = reading.text(host);
    match word.first()? {
        b'$' => {
            let legal = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
            (word.len() > 1 && word[1..].iter().all(legal)).then_some(host)
        }
        b'A'..=b'Z' => NAMES.iter().any(|name| name.as_bytes() == word).then_some(host),
        _ => None,
    }
}

/// Where such a pair with a name between stands.
fn pairs<'t>(
    text: &'t [u8],
    (open, close): &'static (&'static [u8], &'static [u8]),
) -> impl Iterator<Item = Span> + 't {
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte >= 0x80
            || matches!(byte, b' ' | b'_' | b'-' | b'.' | b':' | b'@')
    };
    text.find_iter(open).filter_map(move |start| {
        let inner = start + open.len();
        let rest = &text[inner..text.len().min(inner + LONGEST)];
        let name = &rest[..rest.find(close)?];
        let first = name.trim_ascii().first()?;
        let word = legal(first)
            && (*first == b'_' || !first.is_ascii_punctuation())
            && name.iter().all(legal);
        word.then(|| Span::new(start, inner + name.len() + close.len()))
    })
}

/// Whether a fault is a part of one.
pub(super) fn is_placeholder(reading: &Reading<'_>, fault: &Fault) -> bool {
    let part = matches!(
        fault.kind,
        FaultKind::Unescaped
            | FaultKind::Escape
            | FaultKind::NotAScheme
            | FaultKind::PortNotNumber
            | FaultKind::EmptyPort
    );
    if !part || fault.span.len() > LONGEST {
        return false;
    }
    // What is further away than a name is long belongs to another one.
    let text = reading.uri.text();
    let start = (fault.span.start as usize).saturating_sub(LONGEST);
    let window = &text[start..text.len().min(fault.span.end as usize + LONGEST)];
    let place = Span::new(fault.span.start as usize - start, fault.span.end as usize - start);
    PAIRS
        .iter()
        .any(|pair| pairs(window, pair).any(|span| span.contains(place) || place.contains(span)))
}

/// `<host>`, `{host}`, `$HOST`, `HOSTNAME`.
pub(crate) fn unfilled_placeholder(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some(span) = first(reading).filter(|span| reading.is_certain(*span)) {
        let draft = out.at(span).fact("placeholder", reading.text(span));
        if reading.faults.is_empty() {
            draft.variant("parsed");
        }
    }
}
