//! Vagrantfiles: the settings of the provider libvirt.
//!
//! Where `uri` is not set, vagrant-libvirt builds it (0.5 to 0.12.2,
//! `lib/vagrant-libvirt/config.rb`, `_generate_uri`). The settings of a machine's own block
//! are laid over those of the block for all machines. `driver` alone makes nothing to
//! judge: then `LIBVIRT_DEFAULT_URI` may say where to connect. The key `~/.ssh/id_rsa`,
//! added for ssh where there is such a file, is left out.

use std::borrow::Cow;

use super::setting::{Setting, Value, indent, lines, named, place};
use super::{Builder, Tool};
use crate::inventory::hole::Holes;
use crate::inventory::located::Located;

/// The settings that a URI is made of.
const PARTS: [&str; 8] = [
    "uri",
    "driver",
    "host",
    "connect_via_ssh",
    "username",
    "id_ssh_key_file",
    "socket",
    "qemu_use_session",
];

/// The block of a provider.
struct Block<'t> {
    /// How the block calls the provider's settings; none for another provider.
    variable: Option<&'t [u8]>,
    indent: usize,
    /// How far its statements are indented.
    depth: Option<usize>,
    for_all: bool,
    settings: Vec<Setting>,
    /// Whether a part of the URI is set under a condition.
    is_conditional: bool,
}

pub(super) fn uris(text: &[u8]) -> Vec<Located> {
    if memchr::memmem::find(text, b"libvirt").is_none()
        || memchr::memmem::find(text, b".provider").is_none()
    {
        return Vec::new();
    }
    let blocks = blocks(text);
    let (for_all, own): (Vec<_>, Vec<_>) = blocks.into_iter().partition(|block| block.for_all);
    let is_conditional = for_all.iter().any(|block| block.is_conditional);
    let all: Vec<Setting> = for_all.into_iter().flat_map(|block| block.settings).collect();
    // Of each part the last one counts.
    let last = |part: &&str| all.iter().rev().find(|setting| setting.name == **part).cloned();
    let common: Vec<Setting> = PARTS.iter().filter_map(last).collect();
    if is_conditional {
        return Vec::new();
    }
    let mut found: Vec<Located> = uri(text, &common).into_iter().collect();
    for block in own.into_iter().filter(|block| !block.settings.is_empty()) {
        let settings: Vec<Setting> = common.iter().cloned().chain(block.settings).collect();
        found.extend(uri(text, &settings).filter(|_| !block.is_conditional));
    }
    found
}

/// The blocks of the provider libvirt.
fn blocks(text: &[u8]) -> Vec<Block<'_>> {
    let mut done: Vec<Block<'_>> = Vec::new();
    let mut open: Option<Block<'_>> = None;
    // How the file calls the configuration of all machines.
    let mut whole: &[u8] = b"config";
    let mut in_comment = false;
    for (_, line) in lines(text) {
        in_comment = (in_comment || line.starts_with(b"=begin")) && !line.starts_with(b"=end");
        let words = line.trim_ascii();
        if in_comment || words.is_empty() || words.starts_with(b"#") {
            continue;
        }
        if memchr::memmem::find(words, b"Vagrant.configure").is_some() {
            whole = block_variable(words).unwrap_or(whole);
        } else if let Some((block, inline)) = opened(line, whole) {
            done.extend(open.replace(block));
            if let (Some(block), Some(inline)) = (&mut open, inline) {
                let statements = inline.split(|byte| *byte == b';');
                statements.for_each(|statement| block.read(text, statement.trim_ascii(), None));
            }
        } else if let Some(block) = &mut open {
            let indent = indent(line);
            if indent <= block.indent && (words.starts_with(b"end") || words.starts_with(b"}")) {
                done.extend(open.take());
            } else {
                block.read(text, words, Some(indent));
            }
        }
    }
    done.extend(open);
    done.retain(|block| block.variable.is_some());
    done
}

/// The block that a line opens, and what stands behind its variable.
fn opened<'t>(line: &'t [u8], whole: &[u8]) -> Option<(Block<'t>, Option<&'t [u8]>)> {
    let at = memchr::memmem::find(line, b".provider")?;
    let rest = &line[at + b".provider".len()..];
    let name = rest.trim_ascii_start();
    let name = name.strip_prefix(b"(").unwrap_or(name).trim_ascii_start();
    let mut names = [&b":libvirt"[..], b"\"libvirt\"", b"'libvirt'"].into_iter();
    let is_libvirt = names.any(|libvirt| name.starts_with(libvirt));
    let before = line[..at].trim_ascii();
    let for_all = before.strip_suffix(b".vm").is_some_and(|receiver| receiver == whole);
    let variable = block_variable(rest)?;
    let after = memchr::memchr_iter(b'|', rest).nth(1).map(|bar| rest[bar + 1..].trim_ascii());
    let inline = after.filter(|after| !after.is_empty() && !after.starts_with(b"#"));
    let inline = inline.map(|inline| inline.strip_suffix(b"}").unwrap_or(inline));
    let block = Block {
        variable: is_libvirt.then_some(variable),
        indent: indent(line),
        depth: None,
        for_all,
        settings: Vec::new(),
        is_conditional: false,
    };
    Some((block, inline))
}

/// `|name|`, `|name, override|`.
fn block_variable(text: &[u8]) -> Option<&[u8]> {
    let start = memchr::memchr(b'|', text)? + 1;
    let end = memchr::memchr2(b'|', b',', &text[start..])? + start;
    Some(text[start..end].trim_ascii()).filter(|name| !name.is_empty())
}

impl Block<'_> {
    /// Reads a statement: `name.part = value`.
    fn read(&mut self, text: &[u8], statement: &[u8], indent: Option<usize>) {
        let depth = indent.map(|indent| *self.depth.get_or_insert(indent));
        let Some(rest) = self
            .variable
            .and_then(|variable| statement.strip_prefix(variable))
            .and_then(|rest| rest.strip_prefix(b"."))
        else {
            return;
        };
        let length = rest.iter().take_while(|byte| is_word(**byte)).count();
        let (name, rest) = rest.split_at(length);
        let rest = rest.trim_ascii_start();
        let Some(part) = PARTS.iter().find(|part| part.as_bytes() == name) else { return };
        if rest.starts_with(b"||=") || rest.starts_with(b"&&=") {
            self.is_conditional = true;
        }
        let Some(value) = rest.strip_prefix(b"=").filter(|rest| !rest.starts_with(b"=")) else {
            return;
        };
        self.is_conditional |= indent > depth || has_condition(value);
        let value = value_of(text, value.trim_ascii());
        self.settings.push(Setting { name: (*part).to_owned(), value });
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// `… if condition`, `… unless condition`.
fn has_condition(expression: &[u8]) -> bool {
    let mut words = [&b" if "[..], b" unless "].into_iter();
    words.any(|word| memchr::memmem::find(expression, word).is_some())
}

/// A literal of Ruby, else something unknown.
fn value_of(text: &[u8], expression: &[u8]) -> Value {
    let comment = |rest: &[u8]| {
        let rest = rest.trim_ascii();
        rest.is_empty() || rest.starts_with(b"#")
    };
    match expression.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let inner = &expression[1..];
            let holes = Holes::new(inner);
            let mut at = 0;
            while at < inner.len() && inner[at] != *quote && inner[at] != b'\\' {
                let interpolation = *quote == b'"' && inner[at..].starts_with(b"#{");
                at = interpolation.then(|| holes.end(at)).flatten().unwrap_or(at + 1);
            }
            if inner.get(at) == Some(quote) && comment(&inner[at + 1..]) {
                let span = place(text, &inner[..at]);
                return if *quote == b'"' && memchr::memmem::find(&inner[..at], b"#{").is_some() {
                    Value::templated(text, span)
                } else {
                    Value::literal(span)
                };
            }
        }
        Some(b':') => {
            let length = expression[1..].iter().take_while(|byte| is_word(**byte)).count();
            if length > 0 && comment(&expression[length + 1..]) {
                return Value::literal(place(text, &expression[1..=length]));
            }
        }
        _ => {
            for word in [&b"true"[..], b"false", b"nil"] {
                if expression.strip_prefix(word).is_some_and(comment) {
                    return Value::literal(place(text, &expression[..word.len()]));
                }
            }
        }
    }
    let end = memchr::memmem::find(expression, b" #").unwrap_or(expression.len());
    Value::unknown(place(text, expression[..end].trim_ascii_end()))
}

/// What the plugin does with a setting.
enum Given<'s> {
    Unset,
    Nil,
    Value(&'s Value),
}

fn given<'s>(text: &[u8], settings: &'s [Setting], name: &str) -> Given<'s> {
    match named(settings, name) {
        None => Given::Unset,
        Some(value) if value.text(text) == Some(b"nil") => Given::Nil,
        Some(value) => Given::Value(value),
    }
}

fn uri(text: &[u8], settings: &[Setting]) -> Option<Located> {
    let set = |name| match given(text, settings, name) {
        Given::Value(value) => Some(value),
        Given::Unset | Given::Nil => None,
    };
    if set("uri").is_some() {
        return None;
    }
    let (host, key, socket) = (set("host"), set("id_ssh_key_file"), set("socket"));
    let (ssh, session) = (set("connect_via_ssh"), set("qemu_use_session"));
    let (part, cause) = [
        ("host", host),
        ("connect_via_ssh", ssh),
        ("id_ssh_key_file", key),
        ("socket", socket),
        ("qemu_use_session", session),
    ]
    .into_iter()
    .find_map(|(name, value)| Some((name, value?.span)))?;
    let is_true = |value: &Value| value.text(text).map(|text| text == b"true");
    let is_session = session.map_or(Some(false), is_true)?;
    let over_ssh = match given(text, settings, "connect_via_ssh") {
        Given::Unset => key.map(|key| key.span),
        Given::Nil => None,
        Given::Value(value) => is_true(value)?.then_some(value.span),
    };
    let mut uri = Builder::default();
    let driver = set("driver");
    let word = driver.map_or(Some(&b"kvm"[..]), |driver| driver.text(text))?;
    let path = match word {
        b"qemu" | b"kvm" if is_session => "/session",
        b"qemu" | b"kvm" | b"openvz" | b"uml" | b"phyp" | b"parallels" => "/system",
        b"esx" => "/",
        b"vbox" | b"vmwarews" | b"hyperv" => "/session",
        // The plugin refuses others.
        _ => return None,
    };
    match driver {
        Some(driver) if word != b"kvm" => uri.put(driver, text),
        _ => uri.add("qemu", driver.map_or(cause, |driver| driver.span)),
    };
    match over_ssh {
        Some(cause) => {
            uri.add("+ssh://", cause);
            if let Some(user) = set("username") {
                uri.put_as(user, text, form_encoded).add("@", user.span);
            }
            if host.is_none() {
                uri.add("localhost", cause);
            }
        }
        None => {
            uri.add("://", cause);
        }
    }
    if let Some(host) = host {
        uri.put(host, text);
    }
    uri.add(path, session.or(driver).map_or(cause, |value| value.span));
    if let Some(cause) = over_ssh {
        uri.add("?no_verify=1", cause);
    }
    if let Some(key) = key.filter(|_| over_ssh.is_some()) {
        uri.add("&keyfile=", key.span);
        let begins = key.runs.first().map(|run| run.hole || run.file.of(text).starts_with(b"/"));
        // A name without a folder is that of one of the user's keys.
        if begins != Some(true) {
            uri.add_unknown(key.span).add("/.ssh/", key.span);
        }
        uri.put(key, text);
    }
    if let Some(socket) = socket {
        let mark = if over_ssh.is_some() { "&socket=" } else { "?socket=" };
        uri.add(mark, socket.span).put(socket, text);
    }
    uri.done(Tool::VagrantLibvirt, part)
}

/// As `URI.encode_www_form_component` of Ruby writes a byte.
fn form_encoded(byte: u8) -> Cow<'static, [u8]> {
    match byte {
        b' ' => Cow::Borrowed(b"+"),
        byte if byte.is_ascii_alphanumeric() || b"*-._".contains(&byte) => Cow::Owned(vec![byte]),
        byte => Cow::Owned(format!("%{byte:02X}").into_bytes()),
    }
}
