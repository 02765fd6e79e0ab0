//! Where in a text a connection URI may begin.
//!
//! Three things make one: a driver that libvirt has, a transport that it has
//! (or nearly has), or a name before it that says that a connection URI
//! follows. Words that other programs use as schemes need the latter.

use std::cell::OnceCell;

mod edge;
mod key;
mod scheme;

use self::edge::{has_left_edge, scheme_with_hole, word_start};
use self::key::{is_command, is_uri_key, key_before};
use self::scheme::{Evidence, classify, is_colonless};
use super::context::{Context, Dialect};
use super::extent;
use super::located::Located;

/// What a text holds.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) found: Vec<Located>,
    /// Values that are nothing but a placeholder, under a name for URIs.
    pub(crate) holes: usize,
}

/// Finds the connection URIs of a text.
pub(crate) fn scan(text: &[u8], dialect: Dialect) -> Scan {
    let mut scan = Scan::default();
    let mut fences = Fences::new(dialect);
    let mut line_start = 0;
    while line_start < text.len() {
        let line_end =
            memchr::memchr(b'\n', &text[line_start..]).map_or(text.len(), |at| line_start + at);
        let line = &text[line_start..line_end];
        fences.see(line);
        // Most lines hold nothing that could begin a URI.
        if memchr::memchr2(b':', b'/', line).is_some() {
            Line::new(text, line_start, line_end, dialect, fences.open).collect(&mut scan);
        } else if memchr::memchr2(b'{', b'$', line).is_some() {
            Line::new(text, line_start, line_end, dialect, fences.open).count_hole(&mut scan);
        }
        line_start = line_end + 1;
    }
    scan
}

/// Code blocks of Markdown: what stands in them is code, not prose.
struct Fences {
    markdown: bool,
    open: bool,
}

impl Fences {
    fn new(dialect: Dialect) -> Self {
        Self { markdown: dialect.kind == "prose", open: false }
    }

    fn see(&mut self, line: &[u8]) {
        let trimmed = line.trim_ascii_start();
        if self.markdown && (trimmed.starts_with(b"```") || trimmed.starts_with(b"~~~")) {
            self.open = !self.open;
        }
    }
}

/// One line of the text.
struct Line<'t> {
    text: &'t [u8],
    start: usize,
    end: usize,
    dialect: Dialect,
    in_fence: bool,
    /// Where its comment begins, once somebody wants to know.
    comment: OnceCell<Option<usize>>,
}

impl<'t> Line<'t> {
    fn new(text: &'t [u8], start: usize, end: usize, dialect: Dialect, in_fence: bool) -> Self {
        Self { text, start, end, dialect, in_fence, comment: OnceCell::new() }
    }

    fn context(&self, at: usize) -> Context {
        let comment = self.comment.get_or_init(|| self.dialect.comment(self.bytes()));
        self.dialect.context(*comment, at)
    }

    fn bytes(&self) -> &[u8] {
        &self.text[self.start..self.end]
    }

    fn collect(&self, scan: &mut Scan) {
        let line = self.bytes();
        let mut at = 0;
        while let Some(offset) = memchr::memchr2(b':', b'/', &line[at..]) {
            let mark = at + offset;
            at = mark + 1;
            let Some(begin) = self.begins(mark) else { continue };
            let Some(mut located) = extent::read(
                self.text,
                self.start + begin,
                (self.start, self.end),
                self.dialect.kind == "xml",
            ) else {
                continue;
            };
            located.key = key_before(&line[..begin]);
            located.context = match self.context(begin) {
                Context::Prose if self.in_fence => Context::Code,
                context => context,
            };
            if self.is_connection(&located, begin) {
                at = at.max(located.span.end as usize - self.start);
                scan.found.push(located);
            }
        }
        if scan.found.last().is_none_or(|last| (last.span.start as usize) < self.start) {
            self.count_hole(scan);
        }
    }

    /// A name for URIs whose value is a placeholder and nothing else.
    fn count_hole(&self, scan: &mut Scan) {
        let line = self.bytes();
        let Some(separator) = memchr::memchr2(b':', b'=', line) else { return };
        if !key_before(&line[..=separator]).is_some_and(|key| is_uri_key(&key)) {
            return;
        }
        let value = line[separator + 1..].trim_ascii();
        let value =
            value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        if self.context(separator) != Context::Comment
            && !value.is_empty()
            && super::hole::end(value, 0) == Some(value.len())
        {
            scan.holes += 1;
        }
    }

    /// Where the scheme begins whose end is at `mark`, a colon or the first of two
    /// slashes without a colon.
    fn begins(&self, mark: usize) -> Option<usize> {
        let line = self.bytes();
        if line[mark] == b'/' {
            let colonless = line[mark..].starts_with(b"//")
                && mark > 0
                && line[mark - 1] != b':'
                && line[mark - 1] != b'/';
            return colonless
                .then(|| word_start(line, mark))
                .filter(|begin| is_colonless(&line[*begin..mark], &line[mark..]));
        }
        let begin = scheme_with_hole(line, mark).unwrap_or_else(|| word_start(line, mark));
        (begin < mark && has_left_edge(line, begin)).then_some(begin)
    }

    /// Whether what was found is really a libvirt connection.
    fn is_connection(&self, located: &Located, begin: usize) -> bool {
        let line = self.bytes();
        let colon = memchr::memchr(b':', &located.text);
        let slashes = memchr::memmem::find(&located.text, b"//");
        let end = match (colon, slashes) {
            (Some(colon), Some(slashes)) => colon.min(slashes),
            (Some(end), None) | (None, Some(end)) => end,
            (None, None) => return false,
        };
        let scheme = String::from_utf8_lossy(&located.text[..end]).into_owned();
        let after = &located.text[end..];
        if is_pattern(&located.text) || is_bare_mention(after, located) {
            return false;
        }
        let asked_for =
            located.key.as_deref().is_some_and(is_uri_key) || is_command(&line[..begin]);
        classify(&scheme, after).is_some_and(|evidence| match evidence {
            Evidence::Strong => true,
            Evidence::Weak => asked_for,
            Evidence::OnlyIfAsked => asked_for && after.starts_with(b"://"),
        })
    }
}

/// Regular expressions and globs over URIs.
fn is_pattern(text: &[u8]) -> bool {
    let has = |pattern: &[u8]| memchr::memmem::find(text, pattern).is_some();
    has(b"\\")
        || has(b"(?")
        || has(b"[^")
        || has(b".*")
        || has(b".+")
        || (has(b"(") && has(b"|"))
        || matches!(text.last(), Some(b'*' | b'+'))
}

/// `qemu+ssh://` by itself, as in "use qemu+ssh:// for that": only a mention,
/// unless it is the whole value of a name for URIs.
fn is_bare_mention(after: &[u8], located: &Located) -> bool {
    let bare = after == b"://"
        || after == b":"
        || after == b"//"
        || after.iter().skip(3).all(|byte| *byte == crate::uri::HOLE)
            && after.len() == 4
            && ends_in_dots(located);
    bare && !located.key.as_deref().is_some_and(is_uri_key)
}

/// `qemu+tcp://...`
fn ends_in_dots(located: &Located) -> bool {
    located.pieces.last().is_some_and(|piece| piece.hole && piece.file.len() == 3)
}

/// The place of a text in the file, for tests.
#[cfg(test)]
fn texts(scan: &Scan, file: &[u8]) -> Vec<String> {
    scan.found
        .iter()
        .map(|located| String::from_utf8_lossy(&located.source(file, &[]).0).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn found(line: &str) -> Vec<String> {
        let scan = scan(line.as_bytes(), Dialect::of(Path::new("x.yml")));
        texts(&scan, line.as_bytes())
    }

    #[test]
    fn connections_are_found() {
        for (line, uris) in [
            ("uri: qemu:///system", vec!["qemu:///system"]),
            ("a: 'qemu+ssh://joe@kvm1.example/system'", vec!["qemu+ssh://joe@kvm1.example/system"]),
            (
                "uris=['qemu:///system', 'qemu:///session']",
                vec!["qemu:///system", "qemu:///session"],
            ),
            (
                "LIBVIRT_URIS=qemu:///system,qemu+ssh://u@h/system",
                vec!["qemu:///system", "qemu+ssh://u@h/system"],
            ),
            (
                "- LIBVIRT_DEFAULT_URI=qemu:///system?socket=/x&mode=auto # c",
                vec!["qemu:///system?socket=/x&mode=auto"],
            ),
            (
                "virsh -c qemu+ssh://\"$USER\"@\"$H\":\"$P\"/system quit",
                vec!["qemu+ssh://$USER@$H:$P/system"],
            ),
            ("x: qemu+{{ t }}://{{ h }}/system", vec!["qemu+{{ t }}://{{ h }}/system"]),
            ("u: qemu+%s://%s:%s/system", vec!["qemu+%s://%s:%s/system"]),
            ("u: qemu+ssh//h.example/system", vec!["qemu+ssh//h.example/system"]),
            ("u: qemu:/system", vec!["qemu:/system"]),
            ("u: quemu:///system", vec!["quemu:///system"]),
            ("u: ssh+qemu://h/system", vec!["ssh+qemu://h/system"]),
            ("libvirt_uri: ssh://h/system", vec!["ssh://h/system"]),
            ("libvirt_uri: lxc://", vec!["lxc://"]),
            ("Use qemu:///system.", vec!["qemu:///system"]),
            ("(qemu:///system)", vec!["qemu:///system"]),
            (
                "uri = \"qemu+tcp://${var.B[\"a\"]}/system\"",
                vec!["qemu+tcp://${var.B[\"a\"]}/system"],
            ),
            ("u: \"qemu+ssh://h/system?keyfile=/a b\"", vec!["qemu+ssh://h/system?keyfile=/a b"]),
            (
                "connect=qemu+ssh://h/system?sshauth=agent,privkey",
                vec!["qemu+ssh://h/system?sshauth=agent,privkey"],
            ),
            ("u: qemu+ssh://[2001:db8::7]/system", vec!["qemu+ssh://[2001:db8::7]/system"]),
            ("\"a=qemu+ssh://root@a.example/system\",", vec!["qemu+ssh://root@a.example/system"]),
            ("libvirt_uri: \"test:///default\"", vec!["test:///default"]),
            ("u: vz:///system", vec!["vz:///system"]),
        ] {
            assert_eq!(found(line), uris, "{line}");
        }
    }

    #[test]
    fn an_entity_of_xml_is_one_character() {
        let text = b"<uri>qemu+ssh://h/system?no_tty=1&amp;mode=legacy</uri>";
        let in_xml = scan(text, Dialect::of(Path::new("x.xml"))).found.remove(0);
        assert_eq!(in_xml.text, b"qemu+ssh://h/system?no_tty=1&mode=legacy");
        let ampersand = crate::text::Span::new(28, 29);
        assert_eq!(in_xml.in_file(ampersand).of(text), b"&amp;");
        let in_yaml = scan(text, Dialect::of(Path::new("x.yml"))).found.remove(0);
        assert!(in_yaml.text.ends_with(b"&amp;mode=legacy"));
    }

    #[test]
    fn lookalikes_are_not() {
        for line in [
            "s/qemu:\\/\\/\\/system/x/",
            "qemu\\+ssh://([^@]+)@",
            "a: qemu:///(system|session)",
            "case qemu+libssh://*)",
            "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'",
            "<qemu:commandline>",
            "/etc/libvirt/qemu:/etc/libvirt/qemu:ro",
            "git+ssh://git@h/x.git",
            "gluster+tcp://h/v",
            "remote+http://10.10.10.10:9990",
            "remote+ssh://build/srv",
            "ssh-remote+ssh://u@localhost:22",
            "Use `qemu+ssh://` if",
            "`qemu+tcp://...`",
            "driver[+transport]://[u@][h]/",
            "libvirt://192.168.222.1:16230",
            "kvm+ssh://u@h/x/y.img",
            "hyperv://vms/inventory",
            "Libvirt::open",
            "https://qemu.org/x",
            "image: docker.io/qemu:latest",
            "- /var/run/libvirt/libvirt-sock:/x",
            "uri: \"{{ libvirt_uri }}\"",
            "a: xen/test/remote",
            "u: qemu:///system+",
            "HyperV://{_vmName}",
            "test://foo",
            "xenmigr://%s/",
            "ssh://host/x",
        ] {
            assert_eq!(found(line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn whole_placeholders_are_counted() {
        let scan = scan(
            b"libvirt_uri: \"{{ u }}\"\nother: \"{{ u }}\"\nkvm_uri = ${X}\n",
            Dialect::of(Path::new("x.yml")),
        );
        assert_eq!((scan.found.len(), scan.holes), (0, 2));
    }
}
