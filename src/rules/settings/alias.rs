//! Aliases of libvirt.conf: those that are not found, and those that break the rest.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::settings::{LibvirtConf, MalformedAlias};
use crate::text::nearest;

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

/// The settings, where the text was typed and turned out to have no driver: only
/// then it may be an alias that was not found.
fn conf_of_unresolved<'r>(reading: &Reading<'r>) -> Option<&'r LibvirtConf> {
    let is_unresolved = reading.is_argument
        && !reading.uri.text().is_empty()
        && matches!(reading.plan.refusal, Some(Refusal::NoDriver(_) | Refusal::Unparseable(_)));
    is_unresolved.then(|| reading.machine.conf.read().unwrap_or_default())
}

/// The alias of exactly this name.
fn is_alias(conf: &LibvirtConf, word: &[u8]) -> bool {
    conf.alias_names().iter().any(|name| *name == word)
}

/// The alias of this name in other case, where none has it exactly.
fn in_other_case(conf: &LibvirtConf, word: &[u8]) -> Option<Vec<u8>> {
    let names = conf.alias_names();
    names.iter().find(|name| name.eq_ignore_ascii_case(word)).map(|name| name.to_vec())
}

/// A word that could be an alias, and is none.
pub(crate) fn unknown_alias(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(conf) = conf_of_unresolved(reading) else { return };
    let text = reading.uri.text();
    if !text.iter().copied().all(is_name_byte) || in_other_case(conf, text).is_some() {
        return;
    }
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

/// An alias with something behind it.
pub(crate) fn alias_with_suffix(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(conf) = conf_of_unresolved(reading) else { return };
    let text = reading.uri.text();
    let length = text.iter().copied().take_while(|byte| is_name_byte(*byte)).count();
    let (word, suffix) = text.split_at(length);
    // Anything else behind it is no part of a URI either.
    if word.is_empty() || !matches!(suffix.first(), Some(b'/' | b'?' | b'#' | b'&')) {
        return;
    }
    let Ok(Some(target)) = conf.resolve_alias(word) else { return };
    let draft = out.at(reading.uri.span()).fact("alias", word).fact("word", text);
    // Of all suffixes only parameters have one place in the whole URI.
    if suffix.starts_with(b"?") && !target.contains(&b'#') {
        let mut whole = target.to_vec();
        let joined = if target.contains(&b'?') { b'&' } else { b'?' };
        whole.push(joined);
        whole.extend_from_slice(&suffix[1..]);
        draft.fix("write the whole URI", reading.uri.span(), whole);
    }
}

/// An alias, but for its case.
pub(crate) fn alias_in_other_case(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(conf) = conf_of_unresolved(reading) else { return };
    let text = reading.uri.text();
    if is_alias(conf, text) {
        return;
    }
    if let Some(alias) = in_other_case(conf, text) {
        out.at(reading.uri.span()).fact("alias", &alias).fact("word", text).fix(
            format!("write {}", alias.to_str_lossy()),
            reading.uri.span(),
            &alias,
        );
    }
}

/// An alias stands for the name of another one.
pub(crate) fn alias_of_an_alias(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(conf) = conf_of_unresolved(reading) else { return };
    let text = reading.uri.text();
    // What is an alias was looked up, unless it came out of a look-up itself.
    let Ok(Some(target)) = conf.resolve_alias(text) else { return };
    out.at(reading.uri.span())
        .fact("word", text)
        .fact("file", &reading.machine.conf.path)
        .fact("uri", target);
}

fn malformed<'r>(reading: &'r Reading<'_>) -> Option<(&'r MalformedAlias, &'r Refusal)> {
    match &reading.plan.refusal {
        Some(refusal @ Refusal::Alias(entry)) => Some((entry, refusal)),
        _ => None,
    }
}

/// An entry whose name has more than letters, digits, `_` and `-`.
pub(crate) fn alias_name_not_allowed(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((malformed, refusal)) = malformed(reading) else { return };
    if malformed.no_equals {
        return;
    }
    let name = malformed.entry.split(|byte| *byte == b'=').next().unwrap_or_default();
    let rest = name.find_not_byteset(ALLOWED).map(|at| &name[at..]).unwrap_or_default();
    out.at(reading.uri.span())
        .fact("file", &reading.machine.conf.path)
        .fact("name", name)
        .fact("character", rest.chars().next().map(String::from).unwrap_or_default())
        .quote(refusal.text(), None);
}

const ALLOWED: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/// An entry that is no `name=uri`.
pub(crate) fn alias_without_equals(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((malformed, refusal)) = malformed(reading) else { return };
    if malformed.no_equals {
        out.at(reading.uri.span())
            .fact("file", &reading.machine.conf.path)
            .fact("entry", &malformed.entry)
            .quote(refusal.text(), None);
    }
}
