//! `/embed`: the driver within the process of the client.

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::text::Span;

/// Quotes what the client says, and gives the place of the path.
fn error(reading: &Reading<'_>) -> Vec<u8> {
    reading.plan.error().map(Vec::from).unwrap_or_default()
}

/// `/embed` without `root`.
pub(crate) fn embed_without_root(reading: &Reading<'_>, out: &mut Drafts) {
    if !matches!(reading.plan.refusal, Some(Refusal::EmbedWithoutRoot)) {
        return;
    }
    // A placeholder may hold it.
    if reading.uri.query_span().is_none_or(|query| reading.is_certain(query)) {
        out.at(reading.uri.path_span()).quote(error(reading), None);
    }
}

/// `/embed?root=here`.
pub(crate) fn embed_relative_root(reading: &Reading<'_>, out: &mut Drafts) {
    if !matches!(reading.plan.refusal, Some(Refusal::EmbedRelativeRoot)) {
        return;
    }
    let root =
        reading.uri.parameters().find(|parameter| parameter.name().eq_ignore_ascii_case(b"root"));
    let Some(root) = root else { return };
    let span = root.value_or_end();
    if reading.is_certain(span) {
        out.at(if span.is_empty() { root.section } else { span })
            .fact("root", reading.text(span))
            .quote(error(reading), None);
    }
}

/// `qemu+unix:///embed`.
pub(crate) fn embed_with_transport(reading: &Reading<'_>, out: &mut Drafts) {
    if !matches!(reading.plan.refusal, Some(Refusal::EmbedScheme(_))) {
        return;
    }
    if let (Some(transport), Some(scheme)) =
        (reading.uri.transport_span(), reading.uri.scheme_span())
    {
        let plus_on = Span::new(transport.start as usize - 1, scheme.end as usize);
        let draft = out
            .at(transport)
            .fact("transport", reading.text(transport))
            .quote(error(reading), None);
        if reading.uri.host_span().is_none() {
            draft.fix("remove the transport", plus_on, "");
        }
    }
}

/// `lxc:///embed`.
pub(crate) fn not_embeddable(reading: &Reading<'_>, out: &mut Drafts) {
    if !matches!(reading.plan.refusal, Some(Refusal::NotEmbeddable(_))) {
        return;
    }
    // A word that is no driver at all has a rule of its own.
    if let (Some(driver), Some(span)) = (reading.driver(), reading.uri.driver_span()) {
        out.at(span).fact("driver", driver.name).quote(error(reading), None);
    }
}
