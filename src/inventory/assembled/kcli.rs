//! kcli: the clients of `config.yml`.
//!
//! A client of the type `kvm` without a `url` has one built from `host`, `user`, `protocol`,
//! `port` and `session` (kcli 99.0, `kvirt/providers/kvm/__init__.py`); what a client does
//! not say the section `default` says (`kvirt/baseconfig.py`). The key file that kcli adds
//! where one is in `~/.kcli` or `~/.ssh` is left out.

use super::setting::{Setting, Value, indent, lines, named, place, unquoted};
use super::{Builder, Tool};
use crate::inventory::located::Located;
use crate::text::Span;

/// A section at the top of the file.
struct Section {
    name: String,
    settings: Vec<Setting>,
}

pub(super) fn uris(text: &[u8]) -> Vec<Located> {
    let has = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    if !(has(b"default:") && has(b"client:") && has(b"host:")) {
        return Vec::new();
    }
    let sections = sections(text);
    let Some(default) = sections.iter().find(|section| section.name == "default") else {
        return Vec::new();
    };
    // What tells the file from others of its name: the default client is one of it.
    let is_client = |value: &Value| {
        let name = value.text(text).unwrap_or_default();
        sections.iter().any(|section| section.name.as_bytes() == name)
    };
    if !named(&default.settings, "client").is_some_and(is_client) {
        return Vec::new();
    }
    let clients = sections.iter().filter(|section| section.name != "default");
    clients.filter_map(|client| uri(text, client, default)).collect()
}

/// The mappings at the top and the scalars directly in them.
fn sections(text: &[u8]) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    // How far the settings of the section are indented.
    let mut depth = None;
    for (_, line) in lines(text) {
        let words = line.trim_ascii();
        if words.is_empty() || words.starts_with(b"#") || words.starts_with(b"---") {
            continue;
        }
        let Some((name, value)) = key_and_value(words) else { continue };
        let indent = indent(line);
        if indent == 0 {
            sections.push(Section { name, settings: Vec::new() });
            depth = None;
        } else if let Some(section) = sections.last_mut()
            && *depth.get_or_insert(indent) == indent
        {
            let place = place(text, value);
            // `?secret` stands for a value of another file.
            let value = match value {
                b"?secret" => Value::unknown(place),
                _ => Value::templated(text, place),
            };
            section.settings.push(Setting { name, value });
        }
    }
    sections
}

/// `name: value` without quotes and without the comment behind it.
fn key_and_value(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    let (name, rest) = (unquoted(&line[..colon]), &line[colon + 1..]);
    let is_key = rest.first().is_none_or(u8::is_ascii_whitespace)
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.@".contains(byte));
    let rest = rest.trim_ascii();
    let quoted = rest.first().filter(|byte| matches!(byte, b'"' | b'\''));
    let value = match quoted {
        Some(quote) => {
            let close = memchr::memchr(*quote, &rest[1..])? + 1;
            &rest[1..close]
        }
        None if rest.starts_with(b"#") => b"",
        None => {
            let comment = memchr::memmem::find(rest, b" #");
            rest[..comment.unwrap_or(rest.len())].trim_ascii_end()
        }
    };
    is_key.then(|| (String::from_utf8_lossy(name).into_owned(), value))
}

fn uri(text: &[u8], client: &Section, default: &Section) -> Option<Located> {
    let own = |name: &str| named(&client.settings, name).filter(|value| !value.span.is_empty());
    let given = |name: &str| {
        let inherited = || named(&default.settings, name).filter(|value| !value.span.is_empty());
        own(name).or_else(inherited)
    };
    let word = |name: &str| given(name).map(|value| value.text(text));
    let is = |name: &str| word(name) == Some(Some(b"true")) || word(name) == Some(Some(b"True"));
    let is_kvm = matches!(word("type"), None | Some(Some(b"kvm")));
    let is_enabled = !matches!(word("enabled"), Some(Some(b"false" | b"False")));
    let host = given("host")?;
    let is_local = matches!(host.text(text), Some(b"127.0.0.1" | b"localhost"));
    let is_refused = host.text(text).is_some_and(|host| host.starts_with(b"http"));
    if !is_kvm || !is_enabled || is_local || is_refused || given("url").is_some() {
        return None;
    }
    let protocol = given("protocol");
    let reason = protocol.unwrap_or(host).span;
    let mut uri = Builder::default();
    uri.add("qemu+", reason);
    let is_ssh = protocol.is_none_or(|protocol| protocol.text(text) == Some(b"ssh"));
    match protocol {
        Some(protocol) => uri.put(protocol, text),
        None => uri.add("ssh", host.span),
    };
    uri.add("://", reason);
    match given("user") {
        Some(user) => uri.put(user, text),
        None => uri.add("root", host.span),
    };
    uri.add("@", host.span);
    let is_ipv6 = host.text(text).is_some_and(|host| host.contains(&b':') && !host.contains(&b'['));
    let [open, close] = if is_ipv6 { ["[", "]"] } else { [""; 2] };
    uri.add(open, host.span).put(host, text).add(close, host.span);
    // 22 is the default for every protocol, and left out of a URI for ssh alone.
    let port = given("port");
    match port {
        Some(port) if port.text(text) == Some(b"22") && is_ssh && !is_quoted(port.span, text) => {}
        Some(port) => {
            uri.add(":", port.span).put(port, text);
        }
        None if is_ssh => {}
        None => {
            uri.add(":22", reason);
        }
    }
    let session = given("session").filter(|_| is("session"));
    let path = if session.is_some() { "/session" } else { "/system" };
    uri.add(path, session.map_or(reason, |value| value.span));
    if is_ssh {
        uri.add("?no_verify=1", reason);
        if let Some(legacy) = given("legacy").filter(|_| is("legacy")) {
            uri.add("&socket=/var/run/libvirt/libvirt-sock", legacy.span);
        }
    }
    uri.done(Tool::Kcli, "host")
}

/// A number in quotes is a text, and no port that is left out.
fn is_quoted(span: Span, text: &[u8]) -> bool {
    let before = (span.start as usize).checked_sub(1).and_then(|at| text.get(at));
    matches!(before, Some(b'"' | b'\''))
}
