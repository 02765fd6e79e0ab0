//! `name`: the URI that the server opens, in place of the one that is derived.

use bstr::ByteSlice;

use super::{offer_to_remove, section};
use crate::finding::Drafts;
use crate::plan::Planned;
use crate::rules::Reading;
use crate::tables::transports::Transport;
use crate::uri::Uri;

fn names<'a>(reading: &Reading<'a>) -> impl Iterator<Item = &'a Planned> {
    let is_remote = reading.plan.transport.is_some();
    reading.given("name").filter(move |_| is_remote)
}

/// A host or transport: the server connects to it.
pub(crate) fn onward_name(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in names(reading) {
        let Ok(uri) = Uri::parse(&planned.value) else { continue };
        if uri.scheme().is_none() {
            continue;
        }
        let over = uri.transport_word().filter(|word| !word.eq_ignore_ascii_case(b"unix"));
        match (uri.host(), over) {
            (Some(host), _) => {
                out.at(planned.value_span).fact("host", host.as_ref());
            }
            (None, Some(word)) => {
                out.at(planned.value_span).variant("transport").fact("transport", word);
            }
            (None, None) => {}
        }
    }
}

/// `name=` over ssh: virt-ssh-helper cannot parse nothing.
pub(crate) fn empty_name(reading: &Reading<'_>, out: &mut Drafts) {
    if !reading.plan.transport.is_some_and(Transport::is_ssh_like) {
        return;
    }
    for planned in names(reading).filter(|planned| planned.value.is_empty()) {
        offer_to_remove(out.at(section(planned)), reading, planned);
    }
}

/// A name without a driver.
pub(crate) fn name_without_driver(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in names(reading).filter(|planned| !planned.value.is_empty()) {
        let has_driver = Uri::parse(&planned.value).is_ok_and(|uri| uri.scheme().is_some());
        if has_driver || planned.value.eq_ignore_ascii_case(b"xen") {
            continue;
        }
        out.at(planned.value_span).fact("value", planned.value.as_slice());
    }
}

/// The client looks for one daemon, and asks it for what another one has.
pub(crate) fn name_disagrees_with_path(reading: &Reading<'_>, out: &mut Drafts) {
    let path = reading.plan.path.as_slice();
    if !matches!(path, b"/system" | b"/session") {
        return;
    }
    for planned in names(reading) {
        let Ok(uri) = Uri::parse(&planned.value) else { continue };
        let theirs = uri.path();
        let differs =
            matches!(theirs.as_ref(), b"/system" | b"/session") && theirs.as_ref() != path;
        if uri.host().is_none() && uri.scheme().is_some() && differs {
            out.at(planned.value_span)
                .fact("path", path)
                .fact("theirs", theirs.as_ref())
                .fact("value", planned.value.as_bstr())
                .label(reading.uri.path_span(), "the socket is chosen by this");
        }
    }
}
