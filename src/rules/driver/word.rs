//! The word before `+` or `:`, where no libvirt has a driver of this name.

use std::borrow::Cow;

use bstr::ByteSlice;

use crate::finding::{Draft, Drafts};
use crate::rules::Reading;
use crate::tables::drivers::{DRIVERS, Driver, Mistaken};
use crate::tables::transports::Transport;
use crate::text::{Span, nearest};

use super::opening::remote;

/// What a word is that is no driver.
enum Word {
    UpperCase(&'static Driver),
    Removed(&'static Mistaken),
    Invented(&'static Mistaken),
    /// `qemu-ssh`.
    Joined(&'static Driver, Transport),
    Host,
    Transport(Transport),
    Near(&'static str),
    Unknown,
}

/// The word and what it is; nothing where it is a driver.
#[inline]
fn word<'a>(reading: &Reading<'a>) -> Option<(Span, Cow<'a, str>, Word)> {
    if reading.driver.is_some() { None } else { stranger(reading) }
}

#[cold]
fn stranger<'a>(reading: &Reading<'a>) -> Option<(Span, Cow<'a, str>, Word)> {
    let span = reading.uri.driver_span()?;
    let raw = reading.text(span);
    let scheme = reading.uri.scheme().unwrap_or_default();
    // Faulty schemes have rules of their own.
    let legal = scheme.first().is_some_and(u8::is_ascii_alphabetic)
        && scheme
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !legal {
        return None;
    }
    let word = raw.to_str_lossy();
    let kind = kind(reading, &word);
    Some((span, word, kind))
}

fn kind(reading: &Reading<'_>, word: &str) -> Word {
    if let Some(driver) = DRIVERS.iter().find(|driver| driver.name.eq_ignore_ascii_case(word)) {
        return Word::UpperCase(driver);
    }
    if let Some(transport) = Transport::named(word.as_bytes()) {
        return Word::Transport(transport);
    }
    if let Some(mistaken) = Mistaken::named(word) {
        return if mistaken.removed { Word::Removed(mistaken) } else { Word::Invented(mistaken) };
    }
    let bare = reading.uri.transport_span().is_none();
    if bare && let Some((driver, transport)) = joined(word) {
        return Word::Joined(driver, transport);
    }
    let near = nearest(word, DRIVERS.iter().map(|driver| driver.name));
    if bare && is_host(reading, word, near.is_some()) {
        return Word::Host;
    }
    near.map_or(Word::Unknown, Word::Near)
}

fn joined(word: &str) -> Option<(&'static Driver, Transport)> {
    let at = word.rfind(['-', '.'])?;
    let driver = Driver::named(&word.as_bytes()[..at])?;
    Some((driver, Transport::named(&word.as_bytes()[at + 1..])?))
}

/// Whether a host or alias stands there, with its port or path behind the colon.
fn is_host(reading: &Reading<'_>, word: &str, near_driver: bool) -> bool {
    if reading.uri.has_slashes() {
        return false;
    }
    let path = reading.text(reading.uri.path_span());
    let port = !path.is_empty() && path.iter().all(u8::is_ascii_digit);
    let hostlike = word.contains('.') || word == "localhost";
    port || hostlike || !near_driver && path.starts_with(b"/")
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

fn told<'d>(reading: &Reading<'_>, out: &'d mut Drafts, span: Span, word: &str) -> &'d mut Draft {
    out.at(span).fact("word", word.as_bytes()).fact("reach", reach(reading))
}

/// A word that no libvirt opens.
pub(crate) fn unknown_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word, kind)) = certain_word(reading) else { return };
    match kind {
        Word::Unknown => {
            told(reading, out, span, &word);
        }
        Word::Near(known) => {
            told(reading, out, span, &word).variant("near").fact("driver", known).fix(
                format!("write {known}"),
                span,
                known,
            );
        }
        _ => {}
    }
}

#[inline]
fn certain_word<'a>(reading: &Reading<'a>) -> Option<(Span, Cow<'a, str>, Word)> {
    word(reading).filter(|(span, ..)| reading.is_certain(*span))
}

/// `QEMU`.
pub(crate) fn upper_case_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, word, Word::UpperCase(driver))) = certain_word(reading) {
        told(reading, out, span, &word).fact("driver", driver.name).fix(
            format!("write {}", driver.name),
            span,
            driver.name,
        );
    }
}

fn mistaken(reading: &Reading<'_>, out: &mut Drafts, span: Span, word: &str, entry: &Mistaken) {
    let draft = told(reading, out, span, word).fact("why", entry.why);
    if let Some(instead) = entry.instead {
        draft.fix(format!("write {instead}"), span, instead);
    }
}

/// `uml`, `xend`.
pub(crate) fn removed_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, word, Word::Removed(entry))) = certain_word(reading) {
        mistaken(reading, out, span, &word, entry);
    }
}

/// `kvm`, `libvirt`, `vmware`.
pub(crate) fn invented_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, word, Word::Invented(entry))) = certain_word(reading) {
        mistaken(reading, out, span, &word, entry);
    }
}

/// `parallels`.
pub(crate) fn renamed_driver(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.uri.driver() == Some(b"parallels")
        && let Some(span) = reading.uri.driver_span()
    {
        out.at(span).fix("write vz", span, "vz");
    }
}

/// `qemu-ssh://host/system`.
pub(crate) fn transport_joined_by_dash(reading: &Reading<'_>, out: &mut Drafts) {
    if let Some((span, word, Word::Joined(driver, transport))) = certain_word(reading) {
        let better = format!("{}+{transport}", driver.name);
        told(reading, out, span, &word).fact("better", &better).fix(
            format!("write {better}"),
            span,
            &better,
        );
    }
}

/// `kvm1:16514`, `kvm1.example:/system`.
pub(crate) fn host_as_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word, Word::Host)) = certain_word(reading) else { return };
    let path_span = reading.uri.path_span();
    if !reading.is_certain(path_span) {
        return;
    }
    let path = reading.text(path_span).to_str_lossy();
    let port = path.bytes().all(|byte| byte.is_ascii_digit());
    let better = if port {
        format!("{}/system", remote(&word, &path))
    } else if path.starts_with('/') && path.len() > 1 {
        format!("{}{path}", remote(&word, ""))
    } else {
        format!("{}/system", remote(&word, ""))
    };
    out.at(span).fact("word", word.as_bytes()).fact("better", &better).fix(
        format!("write {better}"),
        span.to(path_span),
        &better,
    );
}

/// `ssh://host`, `tcp://host`.
pub(crate) fn transport_as_driver(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((span, word, Word::Transport(transport))) = certain_word(reading) else { return };
    if swapped(reading).is_none() {
        let better = format!("qemu+{transport}");
        told(reading, out, span, &word).fact("better", &better);
    }
}

/// `ssh+qemu://host`.
pub(crate) fn swapped_driver_and_transport(reading: &Reading<'_>, out: &mut Drafts) {
    let Some((_, word, Word::Transport(transport))) = certain_word(reading) else { return };
    if let (Some(driver), Some(scheme)) = (swapped(reading), reading.uri.scheme_span()) {
        let better = format!("{driver}+{transport}");
        out.at(scheme)
            .fact("word", word.as_bytes())
            .fact("driver", driver)
            .fact("better", &better)
            .fix(format!("write {better}"), scheme, &better);
    }
}

/// The driver that stands behind the `+`.
fn swapped(reading: &Reading<'_>) -> Option<&'static str> {
    let after = reading.uri.transport_word()?;
    DRIVERS
        .iter()
        .find(|driver| driver.name.as_bytes().eq_ignore_ascii_case(after))
        .map(|driver| driver.name)
}
