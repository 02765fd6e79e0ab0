//! Files and folders: what libvirt does not expand, and what is not what is asked for.

use super::{offer_to_remove, reader};
use crate::finding::Drafts;
use crate::plan::{Effect, Planned};
use crate::rules::Reading;
use crate::tables::parameters::{Reader, Value};
use crate::tables::transports::Transport;
use crate::text::Span;

/// Who opens the path, where it is used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Opener {
    /// libvirt, here.
    Libvirt,
    /// The program ssh, here: it expands `~`, not `$NAME`.
    Ssh,
    /// The library libssh, here: it expands `~`.
    LibrarySsh,
    /// A shell on the remote host, which expands all.
    RemoteShell,
    /// A shell on the remote host that gets it quoted.
    RemoteQuoted,
}

/// Who opens the path that a parameter names; none where it is no path or unused.
fn opener(reading: &Reading<'_>, planned: &Planned) -> Option<Opener> {
    let transport = reading.plan.transport?;
    if planned.effect != Effect::Used || reader(reading) != Reader::Remote {
        return None;
    }
    let row = Reader::Remote.named(&planned.name)?;
    let opener = match (row.value, transport) {
        (Value::Socket, Transport::Unix) | (Value::Folder | Value::Program, _) => Opener::Libvirt,
        (Value::Socket, _) => Opener::RemoteShell,
        (Value::RemoteProgram, _) => Opener::RemoteQuoted,
        (Value::File, Transport::Ssh) if row.name == "keyfile" => Opener::Ssh,
        (Value::File, Transport::Libssh) if row.name == "known_hosts" => Opener::LibrarySsh,
        (Value::File, _) => Opener::Libvirt,
        _ => return None,
    };
    reading.is_judgeable(planned).then_some(opener)
}

fn beginning<'r>(
    reading: &'r Reading<'_>,
    is_it: impl Fn(&[u8]) -> bool + 'r,
) -> impl Iterator<Item = (&'r Planned, Opener)> {
    reading
        .plan
        .parameters
        .iter()
        .filter(move |planned| is_it(&planned.value))
        .filter_map(|planned| Some((planned, opener(reading, planned)?)))
}

/// `~` where nobody expands it.
pub(crate) fn tilde_in_path(reading: &Reading<'_>, out: &mut Drafts) {
    for (planned, opener) in beginning(reading, |value| value.starts_with(b"~")) {
        let variant = match opener {
            Opener::Libvirt => "default",
            Opener::RemoteQuoted => "remote",
            Opener::Ssh | Opener::LibrarySsh | Opener::RemoteShell => continue,
        };
        out.at(planned.value_span)
            .variant(variant)
            .fact("name", planned.name.to_ascii_lowercase())
            .fact("value", planned.value.as_slice());
    }
}

/// `$HOME` where nobody expands it.
pub(crate) fn variable_in_path(reading: &Reading<'_>, out: &mut Drafts) {
    let has_variable = |value: &[u8]| {
        memchr::memchr_iter(b'$', value).any(|at| {
            value.get(at + 1).is_some_and(|next| next.is_ascii_alphabetic() || *next == b'_')
        })
    };
    for (planned, opener) in beginning(reading, has_variable) {
        let variant = match opener {
            Opener::Libvirt | Opener::Ssh | Opener::LibrarySsh => "default",
            Opener::RemoteQuoted => "remote",
            Opener::RemoteShell => continue,
        };
        out.at(planned.value_span)
            .variant(variant)
            .fact("name", planned.name.to_ascii_lowercase())
            .fact("value", planned.value.as_slice());
    }
}

/// A path that depends on the folder in which the client was started.
pub(crate) fn relative_path(reading: &Reading<'_>, out: &mut Drafts) {
    let is_relative =
        |value: &[u8]| !value.is_empty() && !matches!(value[0], b'/' | b'~' | b'$' | b'@' | b'|');
    for (planned, opener) in beginning(reading, is_relative) {
        let is_word = planned.name.eq_ignore_ascii_case(b"command")
            && !planned.value.contains(&b'/')
            || opener == Opener::RemoteQuoted;
        if is_word {
            continue;
        }
        let draft = out
            .at(planned.value_span)
            .fact("name", planned.name.to_ascii_lowercase())
            .fact("value", planned.value.as_slice());
        if opener == Opener::RemoteShell {
            draft.variant("remote");
        }
    }
}

fn keyfiles<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a Planned> {
    reading.given("keyfile").filter(|planned| planned.effect == Effect::Used)
}

fn ends_with(planned: &Planned, ending: &str) -> bool {
    let value = planned.value.as_slice();
    value.len() > ending.len()
        && value[value.len() - ending.len()..].eq_ignore_ascii_case(ending.as_bytes())
}

/// `keyfile` names the public half.
pub(crate) fn public_key_as_keyfile(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in keyfiles(reading).filter(|planned| ends_with(planned, ".pub")) {
        let end = planned.value_span.end as usize;
        let ending = Span::new(end - ".pub".len(), end);
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        if reading.plan.transport != Some(Transport::Ssh) {
            draft.variant("library");
        }
        draft.fix("remove .pub", ending, "");
    }
}

/// `keyfile` names a key of `PuTTY`.
pub(crate) fn putty_key(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in keyfiles(reading).filter(|planned| ends_with(planned, ".ppk")) {
        out.at(planned.value_span).fact("value", planned.value.as_slice());
    }
}

/// `pkipath` names a file within the folder.
pub(crate) fn pkipath_names_a_file(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in reading.given("pkipath").filter(|planned| planned.effect == Effect::Used) {
        if ![".pem", ".crt", ".cert", ".key"].iter().any(|ending| ends_with(planned, ending)) {
            continue;
        }
        let raw = reading.text(planned.value_span);
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        match memchr::memrchr(b'/', raw) {
            Some(slash) if slash > 0 => {
                let from = planned.value_span.start as usize + slash;
                let file = Span::new(from, planned.value_span.end as usize);
                draft.fix("name its folder", file, "");
            }
            _ => offer_to_remove(draft, reading, planned),
        }
    }
}
