//! What is written in the place of the host.

use bstr::ByteSlice;

use crate::finding::Drafts;
use crate::rules::Reading;
use crate::rules::driver::legal;
use crate::tables::transports::Transport;
use crate::text::Span;
use crate::uri::{Fault, FaultKind, Part};

/// Words that are paths of a driver.
pub(super) const PATH_WORDS: [&str; 3] = ["system", "session", "embed"];

/// `qemu://system`: the path word is read as a host.
pub(crate) fn path_word_as_host(reading: &Reading<'_>, out: &mut Drafts) {
    let (Some(span), Some(host)) = (reading.uri.host_span(), reading.uri.host()) else { return };
    let word = PATH_WORDS.into_iter().find(|word| host.eq_ignore_ascii_case(word.as_bytes()));
    let Some(word) = word else { return };
    if !matches!(reading.uri.path().as_ref(), b"" | b"/") || !reading.has_certain_place() {
        return;
    }
    let scheme = reading.uri.scheme().unwrap_or_default();
    let draft = out.at(span).fact("word", word).fact("scheme", scheme);
    if reading.uri.transport_word().is_none()
        && reading.uri.user_span().is_none()
        && reading.uri.written_port().is_none()
    {
        let path = format!("/{word}");
        if reading.driver().is_some_and(|row| legal(row).contains(&path.as_str())) {
            let end = reading.uri.path_span();
            draft.variant("local").fix("write three slashes", span.to(end), path);
        }
    } else {
        draft.variant("remote");
    }
}

/// `kvm1%20`, ` kvm1`: no name has a blank.
pub(crate) fn blank_in_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    for fault in reading.faults {
        let text = reading.text(fault.span);
        if fault.kind == FaultKind::Unescaped
            && fault.part == Part::Host
            && text.iter().all(|byte| matches!(byte, b' ' | b'\t'))
        {
            let draft = out.at(fault.span).variant("raw");
            if fault.span.start == host.start || fault.span.end == host.end {
                draft.fix("remove it", fault.span, "");
            }
        }
    }
    let text = reading.text(host);
    if let Some(at) = memchr::memchr(b'%', text)
        && reading.uri.host().is_some_and(|host| host.iter().any(u8::is_ascii_whitespace))
    {
        let start = host.start as usize + at;
        let blank = Span::new(start, start + 3);
        let draft = out.at(blank).fact("escape", reading.text(blank));
        if blank.end == host.end || blank.start == host.start {
            draft.fix("remove it", blank, "");
        }
    }
}

/// `kvm1.example.`: the root of the name space.
pub(crate) fn trailing_dot_in_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    let text = reading.text(host);
    let Some(name) = text.strip_suffix(b".").filter(|name| !name.is_empty()) else { return };
    if name.ends_with(b".") || !reading.is_certain(host) {
        return;
    }
    let dot = Span::new(host.end as usize - 1, host.end as usize);
    let draft = out.at(dot).fact("host", name).fix("remove the dot", dot, "");
    if reading.plan.transport == Some(Transport::Tls) {
        draft.variant("tls");
    }
}

/// `kvm1,kvm2`: libvirt takes one.
pub(crate) fn several_hosts(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    // `kvm1:22,kvm2`: the others stand where the port is.
    let port = reading.faults.iter().find(|fault| is_list(reading, fault));
    let place = port.map_or(host, |port| host.to(port.span));
    let text = reading.text(place);
    if memchr::memchr(b',', text).is_some() && reading.is_certain(place) {
        let first = text.split(|byte| *byte == b',').next().unwrap_or(text);
        out.at(place).fact("hosts", text).fact("first", first);
    }
}

/// Whether a "port" is the rest of a list of hosts.
pub(super) fn is_list(reading: &Reading<'_>, fault: &Fault) -> bool {
    fault.kind == FaultKind::PortNotNumber && reading.text(fault.span).contains(&b',')
}

/// A label of more than 63 bytes, or a name of more than 253.
pub(crate) fn overlong_host(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span().filter(|host| host.len() > 63) else { return };
    let text = reading.text(host);
    let label = text.split(|byte| *byte == b'.').map(<[u8]>::len).max().unwrap_or_default();
    if !reading.is_certain(host) || text.starts_with(b"[") {
        return;
    }
    if label > 63 {
        out.at(host).variant("label").fact("length", label.to_string());
    } else if host.len() > 253 {
        out.at(host).fact("length", host.len().to_string());
    }
}

/// `qemu+ssh://https://kvm1.example/system`: a URI in the place of the host.
pub(crate) fn nested_uri(reading: &Reading<'_>, out: &mut Drafts) {
    let Some(host) = reading.uri.host_span() else { return };
    if is_nested(reading) {
        let inner = Span::new(host.start as usize, reading.uri.path_span().start as usize + 2);
        out.at(inner).fact("word", reading.text(host)).fix("remove it", inner, "");
    }
}

/// Whether the "port" is only the colon of a second scheme.
pub(super) fn is_nested(reading: &Reading<'_>) -> bool {
    let path = reading.uri.path_span();
    // Go takes the empty port, libxml2 does not.
    reading.uri.host_span().is_some_and(|host| host.end + 1 == path.start)
        && reading.text(path).starts_with(b"//")
        && reading.uri.host_span().is_some_and(|host| {
            let word = reading.text(host);
            reading.uri.text().get(host.end as usize) == Some(&b':')
                && reading.is_certain(host)
                && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'+')
        })
}

/// `ext` runs a program and tells it nothing.
pub(crate) fn host_ignored(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.transport != Some(Transport::Ext) {
        return;
    }
    let (Some(host), path) = (reading.uri.host_span(), reading.uri.path_span()) else { return };
    let start = reading.slashes_span().end as usize;
    let authority = Span::new(start, path.start as usize);
    if reading.is_certain(authority) && reading.faults.is_empty() {
        out.at(authority).fact("host", reading.text(host).as_bstr().as_bytes()).fix(
            "remove it",
            authority,
            "",
        );
    }
}
