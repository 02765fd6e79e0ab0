//! Values that are nothing but a placeholder, under a name for connection URIs: they
//! are counted, neither listed nor judged.

use super::candidate::{is_command, is_uri_key, key_before};
use super::context::{Context, Dialect};
use super::line::Line;
use super::located::Located;

/// Whether the line may hold a name for URIs, or a command that takes one: `uri`, `url`,
/// `power_address`, `virsh`, `virt-`. One look at each byte, and none back.
pub(super) fn may_name(line: &[u8]) -> bool {
    memchr::memchr2_iter(b'r', b'R', line).any(|at| {
        let before = at.checked_sub(1).map(|before| line[before].to_ascii_lowercase());
        let after = line.get(at + 1).map(u8::to_ascii_lowercase);
        matches!(
            (before, after),
            (Some(b'u'), Some(b'i' | b'l'))
                | (Some(b'i'), Some(b's' | b't'))
                | (Some(b'e'), Some(b'_'))
        )
    })
}

/// The block `provider "libvirt"` of Terraform, in which `uri` alone is a name for URIs.
pub(super) struct Provider {
    is_hcl: bool,
    is_open: bool,
}

impl Provider {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self { is_hcl: Self::is_followed(dialect), is_open: false }
    }

    /// Whether a language has such blocks.
    pub(super) fn is_followed(dialect: Dialect) -> bool {
        dialect.kind == "hcl"
    }

    pub(super) fn see(&mut self, line: &[u8]) {
        if !self.is_hcl {
        } else if line.starts_with(b"provider") {
            self.is_open = memchr::memmem::find(line, b"\"libvirt\"").is_some();
        } else if line.first().is_some_and(|byte| !byte.is_ascii_whitespace()) {
            self.is_open = false;
        }
    }

    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }
}

/// How many such values the line has. `found` are the URIs in it.
pub(super) fn count(
    line: &Line<'_>,
    found: &[Located],
    in_provider: bool,
    is_comment: impl Fn(usize) -> bool,
) -> usize {
    let text = line.bytes();
    let mut count = 0;
    let mut at = 0;
    while let Some(offset) = memchr::memchr3(b'=', b':', b' ', &text[at..]) {
        let mark = at + offset;
        at = mark + 1;
        let before = &text[..=mark];
        let is_named = if text[mark] == b' ' {
            // The last word of a command; a name's value is found at its own mark.
            !matches!(text.get(mark + 1), Some(b' ' | b'-') | None) && is_command(before)
        } else {
            key_before(before).is_some_and(|key| is_uri_key(&key) || in_provider && key == "uri")
                || is_command(before)
        };
        if !is_named {
            continue;
        }
        let Some(end) = value_end(line, at) else { continue };
        // They stand in their order.
        let start = |located: &Located| located.span.start as usize;
        let next = found.partition_point(|located| start(located) < line.start + at);
        let holds = found.get(next).is_some_and(|located| start(located) < line.start + end);
        if !holds && !is_comment(mark) {
            count += 1;
        }
        at = at.max(end);
    }
    count
}

/// Where the value that begins at `at` ends, if it is nothing but placeholders.
fn value_end(line: &Line<'_>, at: usize) -> Option<usize> {
    let text = line.bytes();
    let is_close = text.get(at).is_some_and(|byte| !byte.is_ascii_whitespace());
    // `=>`
    let at = if text[..at].ends_with(b"=") && text.get(at) == Some(&b'>') { at + 1 } else { at };
    let start = at + text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = &text[start..];
    if let Some(quote) = rest.first().filter(|byte| matches!(byte, b'"' | b'\'')) {
        let end = placeholders_end(line, start + 1)?;
        return (text.get(end) == Some(quote)).then_some(end + 1);
    }
    if is_reference(line.dialect, rest) {
        return Some(text.len());
    }
    // Those are lists and mappings.
    let is_list = rest.starts_with(b"[")
        || rest.starts_with(b"{") && !(rest.starts_with(b"{{") || rest.starts_with(b"{%"));
    let end = placeholders_end(line, start).filter(|_| !is_list)?;
    let after = &text[end..];
    let ends = match after.trim_ascii_start().first() {
        None | Some(b',' | b';' | b')' | b']' | b'}' | b'"' | b'\'' | b'#') => true,
        // `URI=$1 command`, `uri={{ x }} other=1`, `virsh -c $URI list`
        Some(_) => after[0].is_ascii_whitespace() && (is_close || is_command(&text[..at])),
    };
    ends.then_some(end)
}

/// Where the placeholders end that follow each other from `at` on.
fn placeholders_end(line: &Line<'_>, at: usize) -> Option<usize> {
    let text = line.bytes();
    let mut end = at;
    while end < text.len()
        && let Some(next) = line.holes.end(line.start + end).map(|next| next - line.start)
    {
        end = next;
    }
    if end == at {
        end = at + autoconf(&text[at..])?;
    }
    Some(end)
}

/// The length of `@NAME@`.
fn autoconf(text: &[u8]) -> Option<usize> {
    let name = text.strip_prefix(b"@")?;
    let length =
        name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    (length > 0 && name.get(length) == Some(&b'@')).then_some(length + 2)
}

/// How code asks for a variable of the environment.
const ENVIRONMENT: [&[u8]; 7] = [
    b"ENV[",
    b"ENV.fetch",
    b"os.environ",
    b"os.getenv",
    b"os.Getenv",
    b"process.env",
    b"System.getenv",
];

/// `var.uri`, `local.uri`, `lookup(…)`, `ENV['URI']`: a value of another place.
fn is_reference(dialect: Dialect, text: &[u8]) -> bool {
    let name =
        text.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    match dialect.kind {
        "hcl" => {
            text.first().is_some_and(u8::is_ascii_alphabetic)
                && matches!(text.get(name), Some(b'.' | b'(' | b'['))
        }
        _ => {
            dialect.context(false, b"", 0, 0) == Context::Code
                && ENVIRONMENT.iter().any(|read| text.starts_with(read))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::inventory::{Dialect, scan};

    fn holes(name: &str, text: &str) -> (usize, usize) {
        let scan = scan(text.as_bytes(), Dialect::of(Path::new(name)));
        (scan.found.len(), scan.holes)
    }

    #[test]
    fn placeholders_of_every_syntax_are_counted() {
        for (name, line) in [
            ("a.yml", "libvirt_uri: \"{{ u }}\""),
            ("a.yml", "libvirt_uri: '{{ u | default(x, true) }}'  # ours"),
            ("a.yml", "libvirt_uri: \"{{ a }}{{ b }}\""),
            ("a.yml", "- libvirt_uri: \"{{ u if x == 'y' else z }}\""),
            ("a.yml", "uris: {a_libvirt_uri: \"{{ u }}\", x: 1}"),
            ("a.yml", "libvirt:uri: ${URI}"),
            ("a.yml", "LIBVIRT_DEFAULT_URI: ${{ secrets.URI }}"),
            ("a.yml", "- LIBVIRT_DEFAULT_URI=${URI}"),
            ("a.yml", "- LIBVIRT_DEFAULT_URI=${URI:-}"),
            ("a.yml", "libvirt_uri: #{LibvirtUri}"),
            ("a.yml", "libvirtURI: $(LIBVIRT_URI)"),
            ("a.yml", "libvirt_uri: <your URI>"),
            ("a.yml", "libvirt_uri: __LIBVIRT_URI__"),
            ("a.yaml", "libvirt_uri: {{ .Values.libvirt.uri | quote }}"),
            ("hosts.ini", "kvm1 libvirt_uri={{ u }} other=1"),
            ("a.conf", "connection_uri = %(uri)s"),
            ("a.conf", "hypervisor.uri=%s"),
            ("nova.conf.j2", "connection_uri = \"{{ a | b('url') }}\""),
            ("nova.conf.erb", "live_migration_uri = <%= @uri %>"),
            ("a.conf.in", "uri_default = \"@LIBVIRT_URI@\""),
            ("a.conf", "uri_default = @@uri@@"),
            ("a.sh", "export LIBVIRT_DEFAULT_URI=$URI"),
            ("a.sh", "LIBVIRT_DEFAULT_URI=\"$1\" virsh list"),
            ("a.sh", "LIBVIRT_DEFAULT_URI=$(get-uri kvm1)"),
            ("a.sh", "LIBVIRT_DEFAULT_URI=`get-uri`"),
            ("a.sh", "virsh -c $URI list"),
            ("a.sh", "virsh -c \"${URI}\" list"),
            ("a.sh", "virt-install --connect=\"$URI\" --name x"),
            ("Makefile", "libvirt_uri ?= $(URI)"),
            ("Makefile", "\tvirsh --connect $(URI) list"),
            ("a.json", "{\"libvirt_uri\": \"{{user `uri`}}\"}"),
            ("a.rb", ":libvirt_uri: <%= uri %>"),
            ("a.rb", "libvirt_uri => \"#{uri}\","),
            ("a.py", "LIBVIRT_URI = '{}'"),
            ("a.py", "LIBVIRT_URI = os.environ['URI']"),
            ("Vagrantfile", "libvirt.uri = ENV['LIBVIRT_URI']"),
            ("a.pp", "  connection_uri => \"${uri}\","),
            ("a.tf", "libvirt_uri = var.libvirt_uri"),
            ("a.tf", "libvirt_uri = \"${var.libvirt_uri}\""),
            ("a.tf", "  libvirt_uri = each.value.uri"),
            ("a.tf", "libvirt_uri = lookup(var.uris, \"a\")  # one of them"),
            ("a.tf", "libvirt_uri = module.a[\"b\"].uri"),
            ("a.tf", "provider \"libvirt\" {\n  uri = local.uri\n}"),
            ("a.tf", "provider \"libvirt\" {\n  alias = \"a\"\n  uri   = \"${var.uri}\"\n}"),
        ] {
            assert_eq!(holes(name, line), (0, 1), "{name}: {line}");
        }
    }

    #[test]
    fn what_is_no_whole_placeholder_is_not() {
        for (name, line, found) in [
            ("a.yml", "other: \"{{ u }}\"", 0),
            ("a.yml", "# libvirt_uri: \"{{ u }}\"", 0),
            ("a.yml", "libvirt_uri: plain", 0),
            ("a.yml", "libvirt_uri:", 0),
            ("a.yml", "libvirt_uris: [a]", 0),
            ("a.yml", "libvirt_uri: {a: b}", 0),
            ("a.yml", "libvirt_uri: \"{{ u }} and more\"", 0),
            ("a.yml", "libvirt_uri: \"{{ u | default('qemu:///system') }}\"", 1),
            ("a.yml", "libvirt_uri: qemu+ssh://{{ h }}/system", 1),
            ("a.sh", "X=${LIBVIRT_URI:-qemu:///system}", 1),
            ("a.sh", "LIBVIRT_DEFAULT_URI=${URI:-qemu:///system}", 1),
            ("a.tf", "uri = var.image_uri", 0),
            ("a.tf", "provider \"aws\" {\n  uri = var.uri\n}", 0),
            ("a.tf", "provider \"libvirt\" {\n}\nresource \"x\" \"y\" {\n  uri = var.uri\n}", 0),
            ("a.tf", "libvirt_uri = format(\"qemu+ssh://%s@%s/system\", var.a, var.b)", 1),
            ("a.tf", "libvirt_uri = var.far ? \"qemu+ssh://h.example/system\" : var.near", 1),
            ("a.py", "libvirt_uri = args.uri", 0),
        ] {
            assert_eq!(holes(name, line), (found, 0), "{name}: {line}");
        }
    }
}
