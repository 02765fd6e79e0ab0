//! Where in a text a connection URI may begin.
//!
//! Three things make one: a driver that libvirt has, a transport that it has
//! (or nearly has), or a name before it that says that a connection URI
//! follows. Words that other programs use as schemes need the latter.

use std::cell::OnceCell;

mod edge;
mod key;
mod scheme;

use self::edge::{default_start, has_left_edge, scheme_with_hole, word_start};
use self::key::{is_command, is_uri_key, key_before};
use self::scheme::{After, Evidence, classify, is_colonless};
use super::comment::{Comments, LineComments};
use super::context::{Context, Dialect};
use super::extent;
use super::hole::Holes;
use super::line::Line;
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
    let mut comments = Comments::new(text, dialect);
    let mut line_start = 0;
    while line_start < text.len() {
        let line_end =
            memchr::memchr(b'\n', &text[line_start..]).map_or(text.len(), |at| line_start + at);
        let line = &text[line_start..line_end];
        fences.see(line);
        let known = if comments.end_with_their_line() {
            OnceCell::new()
        } else {
            OnceCell::from(comments.of_line(line_start, line_end))
        };
        let search = || Search {
            line: Line::new(text, line_start, line_end, dialect),
            in_fence: fences.open,
            comments: known,
        };
        // Most lines hold nothing that could begin a URI.
        if memchr::memchr2(b':', b'/', line).is_some() {
            search().collect(&mut scan);
        } else if memchr::memchr2(b'{', b'$', line).is_some() {
            search().count_hole(&mut scan);
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

/// The search for the URIs of a line. Every byte is read as part of one URI at most.
struct Search<'t> {
    line: Line<'t>,
    in_fence: bool,
    /// Its comments, once somebody wants to know.
    comments: OnceCell<LineComments>,
}

impl Search<'_> {
    fn is_comment(&self, at: usize) -> bool {
        let Line { text, start, end, dialect, .. } = self.line;
        self.comments.get_or_init(|| Comments::new(text, dialect).of_line(start, end)).hold(at)
    }

    fn context(&self, located: &Located) -> Context {
        let [begin, end] =
            [located.span.start, located.span.end].map(|at| at as usize - self.line.start);
        let context =
            self.line.dialect.context(self.is_comment(begin), self.line.bytes(), begin, end);
        if context == Context::Prose && self.in_fence { Context::Code } else { context }
    }

    fn collect(&self, scan: &mut Scan) {
        let line = self.line.bytes();
        let mut at = 0;
        while let Some(offset) = memchr::memchr2(b':', b'/', &line[at..]) {
            let mark = at + offset;
            at = mark + 1;
            let Some(begin) = self.begins(mark) else { continue };
            let before = &line[..begin];
            // Reading goes far; the scheme is at hand.
            let scheme = String::from_utf8_lossy(&line[begin..mark]);
            let promised = has_hole(&line[begin..mark])
                || proves(&scheme, &After::on_line(&line[mark..]), || Asked::before(before).any());
            if !promised {
                continue;
            }
            let asked = Asked::before(before);
            let in_command = asked.by_command && self.line.dialect.has_shell_commands();
            let Some(read) = extent::read(&self.line, self.line.start + begin, in_command) else {
                continue;
            };
            at = at.max(read.read_to - self.line.start);
            let mut located = read.located;
            if is_connection(&located, &asked) {
                located.context = self.context(&located);
                located.key = asked.key;
                scan.found.push(located);
            }
        }
        if scan.found.last().is_none_or(|last| (last.span.start as usize) < self.line.start) {
            self.count_hole(scan);
        }
    }

    /// A name for URIs whose value is a placeholder and nothing else.
    fn count_hole(&self, scan: &mut Scan) {
        let line = self.line.bytes();
        let Some(separator) = memchr::memchr2(b':', b'=', line) else { return };
        let value = line[separator + 1..].trim_ascii();
        let value =
            value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value);
        if !value.is_empty()
            && Holes::new(value).end(0) == Some(value.len())
            && key_before(&line[..=separator]).is_some_and(|key| is_uri_key(&key))
            && !self.is_comment(separator)
        {
            scan.holes += 1;
        }
    }

    /// Where the scheme begins whose end is at `mark`, a colon or the first of two
    /// slashes without a colon.
    fn begins(&self, mark: usize) -> Option<usize> {
        let line = self.line.bytes();
        if line[mark] == b'/' {
            let colonless = line[mark..].starts_with(b"//")
                && mark > 0
                && line[mark - 1] != b':'
                && line[mark - 1] != b'/';
            return colonless
                .then(|| word_start(line, mark))
                .filter(|begin| is_colonless(&line[*begin..mark], &line[mark..]));
        }
        let begin = scheme_with_hole(line, mark)
            .unwrap_or_else(|| default_start(line, word_start(line, mark)));
        (begin < mark && has_left_edge(line, begin)).then_some(begin)
    }
}

/// Whether what stands before says that a connection URI follows.
struct Asked {
    key: Option<String>,
    by_key: bool,
    by_command: bool,
}

impl Asked {
    fn before(before: &[u8]) -> Self {
        let key = key_before(before);
        let by_key = key.as_deref().is_some_and(is_uri_key);
        Self { key, by_key, by_command: is_command(before) }
    }

    fn any(&self) -> bool {
        self.by_key || self.by_command
    }
}

/// `qemu+{{ transport }}`: what else could it be.
fn has_hole(scheme: &[u8]) -> bool {
    !scheme.iter().all(|byte| edge::is_scheme_byte(*byte))
}

/// Whether a scheme and what follows it are those of a connection.
fn proves(scheme: &str, after: &After<'_>, asked: impl Fn() -> bool) -> bool {
    classify(scheme, after).is_some_and(|evidence| match evidence {
        Evidence::Strong => true,
        Evidence::Weak => asked(),
        Evidence::OnlyIfAsked => after.is_full() && asked(),
    })
}

/// Whether what was read is really a libvirt connection.
fn is_connection(located: &Located, asked: &Asked) -> bool {
    let colon = memchr::memchr(b':', &located.text);
    let slashes = memchr::memmem::find(&located.text, b"//");
    let end = match (colon, slashes) {
        (Some(colon), Some(slashes)) => colon.min(slashes),
        (Some(end), None) | (None, Some(end)) => end,
        (None, None) => return false,
    };
    let scheme = String::from_utf8_lossy(&located.text[..end]);
    let after = &located.text[end..];
    !is_pattern(&located.text)
        && (asked.by_key || !is_bare_mention(after, located))
        && proves(&scheme, &After::in_uri(after), || asked.any())
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
    after == b"://"
        || after == b":"
        || after == b"//"
        || after.iter().skip(3).all(|byte| *byte == crate::uri::HOLE)
            && after.len() == 4
            && ends_in_dots(located)
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

    fn found_in(name: &str, text: &str) -> Vec<(String, Context)> {
        let scan = scan(text.as_bytes(), Dialect::of(Path::new(name)));
        let read =
            |found: Located| (String::from_utf8_lossy(&found.text).into_owned(), found.context);
        scan.found.into_iter().map(read).collect()
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
        let quoted = "<a b=\"virsh -c &quot;qemu+ssh://h/system?a=1&#38;b=2&quot;\"/>";
        assert_eq!(found_in("x.xml", quoted)[0].0, "qemu+ssh://h/system?a=1&b=2");
    }

    #[test]
    fn escapes_of_strings_are_characters() {
        for (name, text, uri) in [
            ("a.json", r#"{"b":"qemu+ssh://h/s?a=1\u0026b=2"}"#, "qemu+ssh://h/s?a=1&b=2"),
            ("a.json", r#"{"libvirt_uri":"qemu+ssh:\/\/h\/sytem"}"#, "qemu+ssh://h/sytem"),
            ("a.json", r#"{"b":"virsh -c qemu:\/\/\/sytem list"}"#, "qemu:///sytem"),
            ("a.json", r#"{"b":"virsh -c \"qemu:///sytem\" list"}"#, "qemu:///sytem"),
            ("a.json", r#"{"b":"qemu:///system?socket=\u00e9"}"#, "qemu:///system?socket=é"),
            ("a.yml", r#"b: "qemu:\/\/\/sytem""#, "qemu:///sytem"),
            ("a.toml", r#"b = "qemu:///system?a=1\u0026b=2""#, "qemu:///system?a=1&b=2"),
            ("a.go", r#"f("qemu:///system?a=1\u0026b=2")"#, "qemu:///system?a=1&b=2"),
            ("a.py", r#"print("qemu:///system\n")"#, "qemu:///system"),
            ("a.sh", r"virsh -c qemu:///system?a=1\&b=2 list", "qemu:///system?a=1&b=2"),
            ("a.sh", "virsh -c qemu:///system?a=1&b=2 list", "qemu:///system?a=1"),
            ("a.yml", "run: virsh -c qemu:///system?a=1;ls", "qemu:///system?a=1"),
            ("a.sh", "virsh -c 'qemu:///system?a=1&b=2' list", "qemu:///system?a=1&b=2"),
            ("a.service", "X=virsh -c qemu:///system?a=1&b=2 x", "qemu:///system?a=1&b=2"),
        ] {
            let found = found_in(name, text);
            assert_eq!(found.iter().map(|(uri, _)| uri).collect::<Vec<_>>(), [uri], "{text}");
        }
        for (name, text) in [
            ("a.yml", r"b: 'qemu:\/\/\/sytem'"),
            ("a.go", r#"regexp.MustCompile("qemu:///\\w+")"#),
            ("a.py", r#"re.match("qemu:\/\/\/system")"#),
            ("a.json", r#"{"b":"qemu:///\\w+"}"#),
        ] {
            assert_eq!(found_in(name, text), [], "{text}");
        }
    }

    #[test]
    fn an_escape_is_a_piece_of_its_own() {
        let text = r#"{"b":"qemu:\/\/h/sytem?a=\u00e9b"}"#.as_bytes();
        let located = scan(text, Dialect::of(Path::new("a.json"))).found.remove(0);
        let place = |word: &[u8]| {
            let at = memchr::memmem::find(&located.text, word).unwrap();
            crate::text::Span::new(at, at + word.len())
        };
        assert_eq!(located.in_file(place(b"sytem")).of(text), b"sytem");
        assert!(!located.crosses_pieces(place(b"sytem")));
        assert_eq!(located.in_file(place(b"//h")).of(text), br"\/\/h");
        assert!(located.crosses_pieces(place(b"//h")));
        assert_eq!(located.in_file(place("é".as_bytes())).of(text), br"\u00e9");
        assert_eq!(located.in_file(place(b"b")).of(text), b"b");
        assert_eq!(located.source(text, &[]).0, &br"qemu:\/\/h/sytem?a=\u00e9b"[..]);
    }

    #[test]
    fn defaults_of_variables_are_literal() {
        for line in [
            "X=${X:-qemu:///sytem}",
            "X=${X-qemu:///sytem}",
            "X=${X:=qemu:///sytem}",
            "- X=\"${X:-qemu:///sytem}\"",
            "x: \"{{ x | default('qemu:///sytem') }}\"",
            "x: '{{ x | default(\"qemu:///sytem\") }}'",
        ] {
            assert_eq!(found(line), ["qemu:///sytem"], "{line}");
        }
        assert_eq!(found("x=${X:-qemu+ssh://${H:-a}/system}"), ["qemu+ssh://${H:-a}/system"]);
        let text = b"${LIBVIRT_URI:-test:///x}";
        let scan = scan(text, Dialect::of(Path::new("a.sh")));
        assert_eq!(scan.found[0].key.as_deref(), Some("LIBVIRT_URI"));
    }

    #[test]
    fn comments_over_lines_are_comments() {
        for (name, text, contexts) in [
            ("a.xml", "<!--\n<uri>qemu:///sytem</uri>\n-->", vec![Context::Comment]),
            (
                "a.go",
                "/*\nqemu:///sytem\n*/ f(\"qemu:///x\")",
                vec![Context::Comment, Context::Code],
            ),
            ("a.xml", "<!-- a --> <uri>qemu:///sytem</uri>", vec![Context::Value]),
            (
                "a.rb",
                "=begin\nqemu:///sytem\n=end\n'qemu:///x'",
                vec![Context::Comment, Context::Code],
            ),
        ] {
            let found = found_in(name, text).into_iter().map(|(_, context)| context);
            assert_eq!(found.collect::<Vec<_>>(), contexts, "{name}: {text}");
        }
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
