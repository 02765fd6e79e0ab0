//! The word before `+` or `:`.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::plan::Refusal;
use crate::rules::Reading;
use crate::tables::drivers::{DRIVERS, Driver, Mistaken};
use crate::tables::transports::Transport;
use crate::text::Span;
use crate::text::nearest;

/// There is no scheme at all.
pub(crate) fn missing_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(Refusal::NoDriver(_)) = &reading.plan.refusal else { return };
    let uri = reading.uri;
    let text = uri.text();
    // `qemu+ssh//host/system`: the colon is missing.
    let slashes = memchr::memmem::find(text, b"//");
    let told = slashes.map_or(uri.span(), |at| Span::new(0, at));
    if !reading.is_certain(told) {
        return;
    }
    let draft = out.at(uri.span()).fact("uri", text);
    if let Some(at) = slashes.filter(|at| *at > 0 && is_scheme(&text[..*at])) {
        draft.variant("colon").fix("write ://", Span::empty(at), ":");
    } else if reading.is_argument && !text.contains(&b':') {
        draft.variant("neither");
    }
}

fn is_scheme(word: &[u8]) -> bool {
    let driver = word.split(|byte| *byte == b'+').next().unwrap_or(word);
    Driver::named(&driver.to_ascii_lowercase()).is_some()
}

/// A word that no libvirt opens.
pub(crate) fn unknown_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word)) = reading.driver_word() else { return };
    if Driver::named(word.as_bytes()).is_some()
        || reading.uri.scheme().is_some_and(|scheme| !is_word(scheme))
    {
        return;
    }
    let draft = out.at(span).fact("word", word.as_bytes()).fact("reach", reach(reading));
    let lower = word.to_ascii_lowercase();
    if Driver::named(lower.as_bytes()).is_some() {
        draft.variant("case").fact("driver", &lower).fix(format!("write {lower}"), span, &lower);
    } else if let Some(mistaken) = Mistaken::named(&word) {
        draft.variant("mistaken").fact("why", mistaken.why);
        if let Some(instead) = mistaken.instead {
            draft.fix(format!("write {instead}"), span, instead);
        }
    } else if let Some(known) = nearest(&word, DRIVERS.iter().map(|driver| driver.name)) {
        draft.variant("near").fact("driver", known).fix(format!("write {known}"), span, known);
    }
}

/// Faulty schemes have a rule of their own.
fn is_word(scheme: &[u8]) -> bool {
    scheme.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Where an unknown driver leads: it looks like a dead daemon.
fn reach(reading: &Reading<'_>) -> String {
    match (reading.plan.transport, &reading.plan.effective_host) {
        (Some(Transport::Unix), _) => "the local daemon is asked for it".to_owned(),
        (Some(transport), Some(host)) => {
            format!(
                "the client turns to {} over {} with it",
                host.to_str_lossy(),
                transport.facts().phrase
            )
        }
        _ => "the daemon is asked for it".to_owned(),
    }
}

/// `ssh://host`, `tcp://host`, `ssh+qemu://host`.
pub(crate) fn transport_as_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word)) = reading.driver_word() else { return };
    let Some(transport) = Transport::named(word.as_bytes()) else { return };
    let scheme = reading.uri.scheme_span().unwrap_or(span);
    let after = reading.uri.transport_word().map(|word| word.to_str_lossy());
    if let Some(driver) = after.as_deref().filter(|after| Driver::named(after.as_bytes()).is_some())
    {
        let swapped = format!("{driver}+{transport}");
        out.at(scheme)
            .variant("swapped")
            .fact("word", word.as_bytes())
            .fact("better", &swapped)
            .fix(format!("write {swapped}"), scheme, &swapped);
    } else {
        let better = format!("qemu+{transport}");
        out.at(span)
            .fact("word", word.as_bytes())
            .fact("better", &better)
            .fact("reach", reach(reading));
    }
}
