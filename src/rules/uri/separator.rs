//! `?`, `&`, `;` and `#`: where one part ends and the next begins.

use bstr::ByteSlice;

use crate::finding::{Drafts, Edit, Fix};
use crate::rules::Reading;
use crate::tables::parameters::{Reader, named};
use crate::text::Span;
use crate::uri::FaultKind;

/// `/system&no_tty=1`, `/system;no_tty=1`.
pub(crate) fn ampersand_instead_of_question_mark(reading: &Reading<'_>, out: &mut Drafts) {
    let uri = reading.uri;
    let path = uri.path_span();
    let place = uri.host_span().map_or(path, |host| host.to(path));
    let text = reading.text(place);
    let Some(at) = memchr::memchr2(b'&', b';', text) else { return };
    let name = text[at + 1..].split(|byte| *byte == b'=').next().unwrap_or_default();
    let known =
        [Reader::Remote, Reader::Esx].iter().any(|reader| named(reader.table(), name).is_some());
    // A placeholder before it in the same part may hold the ?.
    let start = place.start as usize + at;
    let part = if start < path.start as usize { place } else { path };
    if !known || !reading.is_certain(part) {
        return;
    }
    let mark = Span::new(start, start + 1);
    let draft = out.at(mark).fact("mark", reading.text(mark)).fact("name", name);
    let mut edits = vec![Edit { span: mark, content: "?".into() }];
    // The ? that came too late separates two parameters.
    if let Some(query) = uri.query_span() {
        let late = Span::new(query.start as usize - 1, query.start as usize);
        edits.push(Edit { span: late, content: "&".into() });
    }
    draft.fixes.push(Fix::new("write ?", edits));
}

/// `&amp;`, as HTML and XML write `&`.
pub(crate) fn html_entity_in_uri(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(query) = reading.uri.query_span() else { return };
    let text = reading.uri.text();
    let start = query.start as usize;
    let rest = &text[start..];
    let Some(first) = memchr::memchr(b'&', rest) else { return };
    let entities = [&b"&amp;"[..], b"&#38;", b"&#x26;"];
    let found: Vec<Span> = memchr::memchr_iter(b'&', &rest[first..])
        .filter_map(|at| {
            let at = first + at;
            let entity = entities.iter().find(|entity| rest[at..].starts_with(entity))?;
            Some(Span::new(start + at, start + at + entity.len()))
        })
        .collect();
    let Some(span) = found.first().copied() else { return };
    // Without the & itself, the place is that of the parameter it makes.
    let place = Span::new(span.start as usize + 1, span.end as usize - 1);
    let edits = found.iter().map(|span| Edit { span: *span, content: "&".into() }).collect();
    let draft = out.at(place).fact("entity", reading.text(span));
    draft.fixes.push(Fix::new("write &", edits));
}

/// `qemu:///system#a#b`.
pub(crate) fn second_hash(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.faults.is_empty() {
        return;
    }
    let hashes: Vec<Span> = reading
        .faults
        .iter()
        .filter(|fault| fault.kind == FaultKind::SecondHash)
        .map(|fault| fault.span)
        .collect();
    if let Some(first) = hashes.first() {
        let edits = hashes.iter().map(|span| Edit { span: *span, content: "%23".into() }).collect();
        out.at(*first).fixes.push(Fix::new("write %23", edits));
    }
}

/// The `#` and what follows it, where all of it is there.
fn fragment<'a>(reading: &Reading<'a>) -> Option<(Span, &'a [u8])> {
    let span = reading.uri.fragment_span()?;
    let hash = Span::new(span.start as usize - 1, span.start as usize);
    let meant = reading.is_certain(span) && !html_number(reading, hash);
    meant.then(|| (hash, reading.text(span)))
}

/// Whether parameters follow the `#`.
fn cut(text: &[u8]) -> Option<&[u8]> {
    let at = memchr::memchr3(b'&', b';', b'?', text)?;
    memchr::memchr(b'=', &text[at..]).map(|_| &text[at + 1..])
}

/// `?keyfile=/k#1&no_tty=1`.
pub(crate) fn fragment_cuts_parameters(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((hash, text)) = fragment(reading) else { return };
    let Some(lost) = cut(text) else { return };
    let draft = out.at(hash).fact("lost", lost);
    if reading.uri.query_span().is_some() {
        draft.fix("write %23", hash, "%23");
    } else {
        draft.variant("before");
    }
}

/// `qemu:///system#note`.
pub(crate) fn fragment_without_use(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((hash, text)) = fragment(reading) else { return };
    if cut(text).is_some() {
        return;
    }
    let whole = Span::new(hash.start as usize, hash.end as usize + text.len());
    let draft = out.at(whole).fact("fragment", text).fix("remove it", whole, "");
    if reading.uri.query_span().is_some() {
        draft.variant("value");
    }
}

/// `&#38;`: no fragment is meant.
fn html_number(reading: &Reading<'_>, hash: Span) -> bool {
    let rest = &reading.uri.text()[..hash.start as usize];
    rest.ends_with(b"&") && reading.uri.text()[hash.end as usize..].contains_str(";")
}
