//! Rules about the settings that a URI meets on the way.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::text::nearest;

/// libvirt.conf breaks every connection of this user.
pub(crate) fn broken_libvirt_conf(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(refusal) = &reading.plan.refusal else { return };
    let path = reading.machine.conf.path.as_str();
    let variant = match refusal {
        Refusal::ConfUnreadable { .. } => "unreadable",
        Refusal::Conf { .. } => "syntax",
        Refusal::Alias(_) => "alias",
        _ => return,
    };
    let text = refusal.text();
    out.at(reading.uri.span())
        .variant(variant)
        .fact("file", path)
        .fact("error", text.as_slice())
        .quote(text, None);
}

/// A word that could be an alias, and is none.
pub(crate) fn unknown_alias(reading: &Reading<'_>, out: &mut Drafts) {
    let text = reading.uri.text();
    let is_word = !text.is_empty()
        && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'));
    if !reading.is_argument
        || !is_word
        || !matches!(reading.plan.refusal, Some(Refusal::NoDriver(_)))
    {
        return;
    }
    let conf = reading.machine.conf.read().unwrap_or_default();
    let names: Vec<String> =
        conf.alias_names().into_iter().map(|name| name.to_str_lossy().into_owned()).collect();
    let near = nearest(&text.to_str_lossy(), names.iter().map(String::as_str)).map(str::to_owned);
    let draft =
        out.at(reading.uri.span()).fact("word", text).fact("file", &reading.machine.conf.path);
    match near {
        Some(near) => draft.variant("near").fact("near", &near).fix(
            format!("write {near}"),
            reading.uri.span(),
            &near,
        ),
        None if names.is_empty() => draft.variant("none"),
        None => draft.fact("names", names.join(", ")),
    };
}
