//! `socket`: what is no path to a daemon's socket, or not to the one that is meant.

use bstr::ByteSlice;

use super::value::quote;
use super::{offer_to_remove, section};
use crate::finding::Drafts;
use crate::plan::{Effect, Planned};
use crate::rules::Reading;
use crate::tables::drivers::{Driver, Paths, Runs};
use crate::tables::transports::Transport;
use crate::text::Span;

fn sockets<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a Planned> {
    let is_remote = reading.plan.transport.is_some();
    reading.given("socket").filter(move |planned| is_remote && planned.effect == Effect::Used)
}

fn is_local(reading: &Reading<'_>) -> bool {
    reading.plan.transport == Some(Transport::Unix)
}

/// `socket=` without a path.
pub(crate) fn empty_socket(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in sockets(reading).filter(|planned| planned.value.is_empty()) {
        let draft = out.at(section(planned));
        if is_local(reading) && reading.plan.refusal.is_none() {
            draft.quote("Failed to connect socket to '': Connection refused", None);
        }
        quote(draft, reading, |_| true);
        offer_to_remove(draft, reading, planned);
    }
}

/// What fits into an address of a UNIX socket, its final NUL included.
const LONGEST: usize = 108;

/// A path that fits into no socket address.
pub(crate) fn socket_too_long(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in sockets(reading).filter(|planned| planned.value.len() >= LONGEST) {
        out.at(planned.value_span)
            .fact("length", planned.value.len().to_string())
            .fact("most", (LONGEST - 1).to_string());
    }
}

/// `@name`: libvirt pads it to its full length, and nobody listens there.
pub(crate) fn abstract_socket(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in sockets(reading).filter(|planned| planned.value.starts_with(b"@")) {
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        if !is_local(reading) {
            draft.variant("remote");
        }
    }
}

/// A socket that grants no changes, for a connection that is to make some.
pub(crate) fn read_only_socket(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.readonly {
        return;
    }
    for planned in sockets(reading).filter(|planned| planned.value.ends_with(b"-sock-ro")) {
        let end = planned.value_span.end as usize;
        let ending = Span::new(end - "-ro".len(), end);
        out.at(planned.value_span).fact("value", planned.value.as_slice()).fix(
            "remove -ro",
            ending,
            "",
        );
    }
}

/// A socket of libvirt that does not manage what the URI's driver does.
pub(crate) fn socket_of_another_daemon(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in sockets(reading) {
        let file = planned.value.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        let stem = file.strip_suffix(b"-ro").unwrap_or(file);
        let Some(daemon) = stem.strip_suffix(b"-sock") else { continue };
        let inner = daemon.strip_prefix(b"virt").and_then(|name| name.strip_suffix(b"d"));
        let (variant, driver) = match inner {
            _ if daemon.ends_with(b"-admin") => ("admin", ""),
            Some(b"log" | b"lock") => ("default", ""),
            Some(name) => {
                let (Some(row), Some(own)) = (Driver::named(name), reading.driver()) else {
                    continue;
                };
                if row.name == own.name || own.runs == Runs::Pseudo {
                    continue;
                }
                ("driver", own.name)
            }
            None => continue,
        };
        out.at(planned.value_span).variant(variant).fact("daemon", daemon).fact("driver", driver);
    }
}

/// Whose daemon listens on a socket, by its folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    System,
    User,
}

fn owner(path: &[u8]) -> Option<Owner> {
    let path = path.strip_prefix(b"/var").unwrap_or(path);
    if path.starts_with(b"/run/libvirt/") {
        return Some(Owner::System);
    }
    let rest = path.strip_prefix(b"/run/user/")?;
    (rest.find(b"/libvirt/").is_some()).then_some(Owner::User)
}

/// The system daemon's socket for `/session`, or a user's for `/system`.
pub(crate) fn socket_disagrees_with_path(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in sockets(reading) {
        let Some(driver) = reading.driver() else { return };
        let judges_path = driver.paths == Paths::SystemOrSession;
        if !judges_path
            || !reading.is_certain(reading.uri.path_span())
            || reading.plan.used("name").is_some()
        {
            return;
        }
        let (variant, word) = match (owner(&planned.value), reading.plan.path.as_slice()) {
            (Some(Owner::System), b"/session") => ("default", "/system"),
            (Some(Owner::User), b"/system") => ("user", "/session"),
            _ => continue,
        };
        out.at(planned.value_span)
            .variant(variant)
            .fact("value", planned.value.as_slice())
            .fact("driver", driver.name)
            .label(reading.uri.path_span(), format!("{word} is what this daemon opens"))
            .fix(format!("write {word}"), reading.uri.path_span(), word);
    }
}

/// The socket of a user's daemon on the remote host.
pub(crate) fn user_socket_over_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    if is_local(reading) {
        return;
    }
    for planned in sockets(reading).filter(|one| owner(&one.value) == Some(Owner::User)) {
        if reading.plan.path == "/session" {
            let draft = out.at(section(planned)).fact("value", planned.value.as_slice());
            offer_to_remove(draft, reading, planned);
        }
    }
}
