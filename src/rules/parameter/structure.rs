//! How the query is cut into parameters, where it is not cut as written.

use super::{kind, offer_removal, reader};
use crate::finding::Drafts;
use crate::plan::Planned;
use crate::rules::Reading;
use crate::tables::parameters::Value;
use crate::text::{Span, nearest};

/// `a=1;b=2&c=3`: libvirt takes `1;b=2` for the value of `a`.
pub(crate) fn mixed_separators(reading: &Reading<'_>, out: &mut Drafts) {
    swallowed(reading, b';', out);
}

/// `?a=1?b=2`: the second `?` is part of the value.
pub(crate) fn second_question_mark(reading: &Reading<'_>, out: &mut Drafts) {
    swallowed(reading, b'?', out);
}

/// One finding for each parameter with others behind `mark` in its value.
fn swallowed(reading: &Reading<'_>, mark: u8, out: &mut Drafts) {
    if reading.uri.query().is_none_or(|query| memchr::memchr(mark, query).is_none()) {
        return;
    }
    let text = reading.uri.text();
    for planned in &reading.plan.parameters {
        let section = planned.name_span.to(planned.value_span);
        let marks = || reading.swallowing(planned).filter(|at| text[*at] == mark);
        let Some(first) = marks().next().filter(|_| reading.is_certain(section)) else { continue };
        let until = |from: usize, byte| {
            let rest = &text[from..section.end as usize];
            memchr::memchr(byte, rest).map_or(section.end as usize, |length| from + length)
        };
        let start = section.start as usize;
        let name = Span::new(start, until(start, b'=').min(first));
        let next = Span::new(first + 1, until(first + 1, b'='));
        out.at(Span::new(first, first + 1))
            .fact("name", reading.text(name))
            .fact("next", reading.text(next))
            .fix_at("write &", marks().map(|at| Span::new(at, at + 1)), "&");
    }
}

/// `;` as the only separator: other readers of URIs do not cut there.
pub(crate) fn semicolon_separator(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(query) = reading.uri.query_span() else { return };
    let text = reading.uri.text();
    if memchr::memchr(b';', query.of(text)).is_none() {
        return;
    }
    let sections: Vec<Span> = reading.uri.sections().collect();
    let cuts: Vec<Span> = sections
        .windows(2)
        .filter(|pair| {
            let at = pair[0].end as usize;
            // `&amp;` is no separator but a mistake of another kind.
            text[at] == b';' && pair[0].of(text) != b"amp" && pair[1].of(text).contains(&b'=')
        })
        .map(|pair| Span::new(pair[0].end as usize, pair[0].end as usize + 1))
        .collect();
    if let Some(first) = cuts.first() {
        out.at(*first).fix_at("write &", cuts.iter().copied(), "&");
    }
}

/// `??a=1`: the second `?` is part of the first name.
pub(crate) fn doubled_question_mark(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(query) = reading.uri.query_span() else { return };
    if reading.text(query).starts_with(b"?") {
        let marks = reading.text(query).iter().take_while(|byte| **byte == b'?').count();
        let start = query.start as usize;
        let span = Span::new(start, start + marks);
        out.at(span).fix("write one ?", span, "");
    }
}

/// `=value`: libvirt drops it.
pub(crate) fn parameter_without_name(reading: &Reading<'_>, out: &mut Drafts) {
    if !has_equals_first(reading) {
        return;
    }
    for section in reading.uri.sections() {
        let text = reading.text(section);
        if text.len() > 1 && text[0] == b'=' && reading.is_certain(section) {
            let draft = out.at(section);
            draft.fact("value", &text[1..]);
            offer_removal(draft, reading, section, "remove it");
        }
    }
}

/// A lone `=`: libxml2 reads the whole rest of the query as a name.
pub(crate) fn lone_equals_sign(reading: &Reading<'_>, out: &mut Drafts) {
    if !has_equals_first(reading) {
        return;
    }
    for section in reading.uri.sections() {
        if reading.text(section) == b"=" {
            offer_removal(out.at(section), reading, section, "remove the =");
        }
    }
}

/// Whether a section may begin with its `=`.
fn has_equals_first(reading: &Reading<'_>) -> bool {
    let Some(query) = reading.uri.query_span() else { return false };
    let text = query.of(reading.uri.text());
    memchr::memchr_iter(b'=', text).any(|at| at == 0 || matches!(text[at - 1], b'&' | b';'))
}

/// A separator too many: `&&`, or one with nothing before or behind it.
pub(crate) fn empty_section(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(query) = reading.uri.query_span() else { return };
    let text = reading.text(query);
    let start = query.start as usize;
    let Some(last) = text.iter().rposition(|byte| *byte != b'&') else {
        let whole = Span::new(start - 1, query.end as usize);
        out.at(whole).fact("mark", reading.text(whole)).fix("remove it", whole, "");
        return;
    };
    let idle = |at: &usize| *at == 0 || *at > last || text[*at - 1] == b'&';
    let mut marks = memchr::memchr_iter(b'&', text).filter(idle).map(|at| {
        let at = start + at;
        Span::new(at, at + 1)
    });
    if let Some(first) = marks.next() {
        let all = std::iter::once(first).chain(marks);
        out.at(first).fact("mark", "&").fix_at("remove what separates nothing", all, "");
    }
}

/// A `&` or `;` that was to be part of a path, and cuts it.
pub(crate) fn value_cut_by_separator(reading: &Reading<'_>, out: &mut Drafts) {
    for pair in reading.plan.parameters.windows(2) {
        let [before, rest] = pair else { continue };
        let bare = rest.value_span.is_empty() && rest.value_span.start == rest.name_span.end;
        let next_to = before.value_span.end + 1 == rest.name_span.start;
        if !bare || !next_to || before.value.is_empty() || !takes_a_path(reading, before) {
            continue;
        }
        let known = reader(reading).table().iter().map(|row| row.name);
        let word = String::from_utf8_lossy(&rest.name);
        let (first, second) =
            (before.name_span.to(before.value_span), rest.name_span.to(rest.value_span));
        if reader(reading).named(&rest.name).is_some()
            || rest.name == "amp"
            || !reading.is_certain(first.to(second))
            || nearest(&word, known).is_some()
        {
            continue;
        }
        let at = Span::new(before.value_span.end as usize, rest.name_span.start as usize);
        let (mark, escape) = match reading.text(at) {
            b";" => (";", "%3B"),
            _ => ("&", "%26"),
        };
        out.at(second)
            .fact("mark", mark)
            .fact("escape", escape)
            .fact("name", before.name.as_slice())
            .fact("value", before.value.as_slice())
            .label(before.value_span, "all of the value")
            .fix(format!("write {escape}"), at, escape);
    }
}

fn takes_a_path(reading: &Reading<'_>, planned: &Planned) -> bool {
    matches!(
        kind(reading, planned),
        Some(Value::File | Value::Folder | Value::Socket | Value::Program | Value::RemoteProgram)
    )
}

/// Where escaped percent signs stand that begin an escape themselves.
fn escaped_twice(text: &[u8]) -> impl Iterator<Item = usize> {
    memchr::memmem::find_iter(text, b"%25").filter(|at| {
        text.get(at + 3..at + 5).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit))
    })
}

/// `%2520`: decoded once, it is `%20` and not a blank.
pub(crate) fn double_encoding(reading: &Reading<'_>, out: &mut Drafts) {
    if !reading.has_escapes
        || reading.uri.query().is_none_or(|query| escaped_twice(query).next().is_none())
    {
        return;
    }
    for planned in &reading.plan.parameters {
        let raw = reading.text(planned.value_span);
        let Some(at) = escaped_twice(raw).next() else { continue };
        if !takes_a_path(reading, planned) || !reading.is_judgeable(planned) {
            continue;
        }
        let start = planned.value_span.start as usize + at;
        let escape = Span::new(start, start + 5);
        let meant = [b"%", &reading.text(escape)[3..]].concat();
        out.at(planned.value_span)
            .fact("name", planned.name.to_ascii_lowercase())
            .fact("value", planned.value.as_slice())
            .fact("written", reading.text(escape))
            .fact("meant", &meant)
            .fix_at(
                format!("write {}", String::from_utf8_lossy(&meant)),
                escaped_twice(raw).map(|at| {
                    let start = planned.value_span.start as usize + at;
                    Span::new(start, start + 3)
                }),
                "%",
            );
    }
}
