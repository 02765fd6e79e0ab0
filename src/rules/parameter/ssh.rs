//! How ssh logs in and reaches the remote daemon: modes, proxies, keys, host keys.

use bstr::ByteSlice;

use super::value::quote;
use super::{offer_to_remove, section};
use crate::finding::Drafts;
use crate::plan::{Effect, Planned, Proxy, Refusal};
use crate::rules::Reading;
use crate::tables::clients::Since;
use crate::tables::transports::Transport;
use crate::text::nearest;

fn is_over_ssh(reading: &Reading<'_>) -> bool {
    reading.plan.transport.is_some_and(Transport::is_ssh_like)
}

fn is_over_library(reading: &Reading<'_>) -> bool {
    matches!(reading.plan.transport, Some(Transport::Libssh | Transport::Libssh2))
}

/// The one of several parameters of this name that counts.
fn last<'a>(reading: &Reading<'a>, name: &'static str) -> Option<&'a Planned> {
    reading.given(name).last()
}

/// `mode=direct` over ssh: the client cannot know the remote host's sockets.
pub(crate) fn direct_mode_over_ssh(reading: &Reading<'_>, out: &mut Drafts) {
    if !is_over_ssh(reading) || !reading.plan.client.has(Since::Mode) {
        return;
    }
    let Some(planned) = last(reading, "mode").filter(|planned| planned.value == "direct") else {
        return;
    };
    let has_socket = |planned: &Planned| planned.name.eq_ignore_ascii_case(b"socket");
    if reading.plan.parameters.iter().any(has_socket) {
        return;
    }
    let draft = out.at(section(planned));
    quote(draft, reading, |refusal| matches!(refusal, Refusal::DirectMode(_)));
    offer_to_remove(draft, reading, planned);
}

/// `netcat` where only virt-ssh-helper may be used.
pub(crate) fn netcat_with_native_proxy(reading: &Reading<'_>, out: &mut Drafts) {
    if !is_over_ssh(reading) || reading.plan.proxy != Some(Proxy::Native) {
        return;
    }
    let Some(netcat) = last(reading, "netcat").filter(|planned| !planned.value.is_empty()) else {
        return;
    };
    let asked = last(reading, "proxy").filter(|planned| planned.value == "native");
    let draft = match asked {
        Some(proxy) => out.at(section(netcat)).label(section(proxy), "native has no netcat"),
        // Without a word about it, a session is reached by the helper only.
        None if !reading.has_certain_query() => return,
        None if reading.plan.user_session && !says_native(reading) => {
            out.at(section(netcat)).variant("session")
        }
        None => return,
    };
    quote(draft, reading, |refusal| *refusal == Refusal::NetcatWithNative);
    offer_to_remove(draft, reading, netcat);
}

/// Whether libvirt.conf asks for virt-ssh-helper and nothing else.
fn says_native(reading: &Reading<'_>) -> bool {
    reading.machine.conf.read().is_ok_and(
        |conf| matches!(conf.string("remote_proxy"), Ok(Some((word, _))) if word == "native"),
    )
}

/// `socket` with `proxy=native`: clients before 9.1 tell the helper nothing.
pub(crate) fn socket_ignored_by_native_proxy(reading: &Reading<'_>, out: &mut Drafts) {
    if reading.plan.client.has(Since::HelperKeepsSocket)
        || !is_over_ssh(reading)
        || reading.plan.proxy != Some(Proxy::Native)
    {
        return;
    }
    if let Some(planned) = last(reading, "socket").filter(|planned| !planned.value.is_empty()) {
        let draft = out.at(section(planned)).fact("client", reading.plan.client.to_string());
        offer_to_remove(draft, reading, planned);
    }
}

/// `known_hosts_verify` is none of its words.
pub(crate) fn wrong_host_key_policy(reading: &Reading<'_>, out: &mut Drafts) {
    const WORDS: [&str; 3] = ["normal", "auto", "ignore"];
    if !is_over_library(reading) {
        return;
    }
    for planned in reading.given("known_hosts_verify").filter(|planned| !planned.value.is_empty()) {
        let lower = planned.value.to_ascii_lowercase();
        if WORDS.iter().any(|word| word.as_bytes() == lower.as_slice()) {
            continue;
        }
        let draft = out.at(planned.value_span).fact("value", planned.value.as_slice());
        quote(draft, reading, |refusal| matches!(refusal, Refusal::HostKeyVerification(_)));
        let meant = match lower.as_slice() {
            b"yes" | b"true" | b"on" | b"1" | b"strict" | b"ask" => Some("normal"),
            b"accept-new" | b"add" => Some("auto"),
            b"no" | b"false" | b"off" | b"0" | b"none" => Some("ignore"),
            _ => nearest(&lower.to_str_lossy(), WORDS),
        };
        if let Some(meant) = meant {
            let fix = format!("write {meant}");
            draft.variant("near").fact("meant", meant).fix(fix, planned.value_span, meant);
        }
    }
}

const METHODS: [&str; 4] = ["agent", "privkey", "password", "keyboard-interactive"];

/// The login method that a word stands for.
fn method(word: &[u8]) -> Option<&'static str> {
    let lower = word.trim().to_ascii_lowercase();
    match lower.as_slice() {
        b"ssh-password" | b"pass" | b"passwd" => Some("password"),
        b"ssh-agent" => Some("agent"),
        b"publickey" | b"pubkey" | b"key" | b"ssh-privkey" | b"privatekey" | b"private-key"
        | b"keyfile" => Some("privkey"),
        b"keyboard" | b"interactive" | b"ssh-keyboard-interactive" => Some("keyboard-interactive"),
        _ => nearest(&lower.to_str_lossy(), METHODS),
    }
}

/// `sshauth` has a word that is no login method.
pub(crate) fn wrong_login_method(reading: &Reading<'_>, out: &mut Drafts) {
    if !is_over_library(reading) {
        return;
    }
    for planned in reading.given("sshauth").filter(|planned| !planned.value.is_empty()) {
        let known =
            |word: &[u8]| METHODS.iter().any(|method| word.eq_ignore_ascii_case(method.as_bytes()));
        let Some(wrong) = planned.value.split_str(",").find(|word| !known(word)) else { continue };
        let draft =
            out.at(planned.value_span).fact("word", wrong).fact("value", planned.value.as_slice());
        quote(draft, reading, |refusal| matches!(refusal, Refusal::SshAuthMethod(_)));
        let words: Option<Vec<&str>> = planned
            .value
            .split_str(",")
            .flat_map(|part| part.split_str(";"))
            .filter(|word| !word.trim().is_empty())
            .map(method)
            .collect();
        if let Some(meant) = words.filter(|words| !words.is_empty()) {
            let mut list: Vec<&str> = Vec::new();
            for word in meant {
                if !list.contains(&word) {
                    list.push(word);
                }
            }
            let list = list.join(",");
            draft.variant("near").fact("meant", &list).fix(
                format!("write {list}"),
                planned.value_span,
                &list,
            );
        }
    }
}

/// `sshauth` is there and empty: no way to log in is left.
pub(crate) fn no_login_method(reading: &Reading<'_>, out: &mut Drafts) {
    if !is_over_library(reading) {
        return;
    }
    if let Some(planned) = last(reading, "sshauth").filter(|planned| planned.value.is_empty()) {
        offer_to_remove(out.at(section(planned)), reading, planned);
    }
}

/// `privkey` without a key file, neither named nor in its usual place.
pub(crate) fn private_key_method_without_key(reading: &Reading<'_>, out: &mut Drafts) {
    // A file is read on machines whose keys nobody knows here.
    if !reading.is_argument || !matches!(reading.plan.refusal, Some(Refusal::NoKeyFile { .. })) {
        return;
    }
    if let Some(planned) = last(reading, "sshauth").filter(|one| one.effect == Effect::Used) {
        let draft =
            out.at(planned.value_span).fact("folder", format!("{}/.ssh", reading.machine.home));
        quote(draft, reading, |_| true);
    }
}
