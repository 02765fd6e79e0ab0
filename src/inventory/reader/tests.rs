//! What the tests of the readers ask for, and what holds for all of them.

use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::inventory::{Dialect, Located, scan};
use crate::text::Span;

/// A URI that was found, beside its file.
pub(super) struct Found {
    pub(super) uri: String,
    pub(super) key: Option<String>,
    file: Rc<str>,
    pub(super) located: Located,
}

impl Found {
    /// What the file has in the place of these words of the URI.
    pub(super) fn at(&self, words: &str) -> &str {
        let at = self.uri.find(words).unwrap();
        &self.file[self.located.in_file(Span::new(at, at + words.len())).range()]
    }

    /// Whether a fix may write over these words.
    pub(super) fn is_whole(&self, words: &str) -> bool {
        let at = self.uri.find(words).unwrap();
        !self.located.crosses_pieces(Span::new(at, at + words.len()))
    }

    /// The context and the URI.
    pub(super) fn context(&self) -> String {
        let context = serde_json::to_value(self.located.context).unwrap();
        format!("{} {}", context.as_str().unwrap(), self.uri)
    }
}

pub(super) fn found(name: &str, text: &str) -> Vec<Found> {
    let scan = scan(text.as_bytes(), Dialect::of(Path::new(name)));
    let file: Rc<str> = text.into();
    let read = |located: Located| Found {
        uri: String::from_utf8_lossy(&located.text).into_owned(),
        key: located.key.clone(),
        file: Rc::clone(&file),
        located,
    };
    scan.found.into_iter().map(read).collect()
}

pub(super) fn contexts(name: &str, text: &str) -> Vec<String> {
    found(name, text).iter().map(Found::context).collect()
}

/// Why it was read as plain text, and from which place on it is broken.
fn plain(name: &str, text: &[u8]) -> Option<(&'static str, Option<usize>)> {
    let plain = scan(text, Dialect::of(Path::new(name))).plain_text?;
    Some((plain.format, plain.broken.map(|(at, _)| at)))
}

#[test]
fn broken_documents_are_said_to_be_so() {
    for (name, text, expected) in [
        ("a.yml", "a: [\n- qemu:///sytem\n", Some(("YAML", Some(5)))),
        ("a.yml", "a: 1\n---\nb: [\n- qemu:///sytem\n", Some(("YAML", Some(14)))),
        ("a.toml", "a = [\n 'qemu:///sytem'\n", Some(("TOML", Some(22)))),
        ("a.json", "[\n \"qemu:///sytem\"\n}", Some(("JSON", Some(19)))),
        ("main.tf", "a = [\n \"qemu:///sytem\"\n}\n", Some(("HCL", Some(23)))),
        ("a.xml", "<a>\n<b>qemu:///sytem</a>", Some(("XML", Some(20)))),
        ("a.yml", "a: [\nb: c\n", None),
        ("a.yml", "a: {{ b }}\nc: {{ d }}: [\nlibvirt_uri: qemu:///sytem\n", None),
    ] {
        assert_eq!(plain(name, text.as_bytes()), expected, "{name}: {text}");
    }
    assert_eq!(plain("a.yml", b"a:\n- qemu:///sytem\n- \xff"), Some(("YAML", Some(21))));
}

#[test]
fn large_documents_are_said_to_be_so_where_it_matters() {
    let filler = format!("a: {}\n", "b".repeat(1000)).repeat(1500);
    for (line, expected) in
        [("b: \"\\u0071emu:///sytem\"\n", Some(("YAML", None))), ("b:\n- qemu:///sytem\n", None)]
    {
        assert_eq!(plain("a.yml", format!("{filler}{line}").as_bytes()), expected, "{line}");
        let apart = format!("{filler}---\n{line}");
        assert_eq!(plain("a.yml", apart.as_bytes()), None, "{line}");
    }
}

#[test]
fn depth_is_bounded() {
    for (name, open, close) in [
        ("a.yml", "[", "]"),
        ("a.yml", "- ", ""),
        ("a.yml", "{a: ", "}"),
        ("a.yml", "? ", ""),
        ("a.yml", "!a ", ""),
        ("a.json", "[", "]"),
        ("a.json", "{\"a\":", "}"),
        ("a.toml", "[", "]"),
        ("a.toml", "{a=", "}"),
        ("main.tf", "[", "]"),
        ("main.tf", "{a=", "}"),
        ("main.tf", "(", ")"),
        ("main.tf", "!", ""),
        ("main.tf", "f(", ")"),
        ("main.tf", "\"${", "}\""),
        ("main.tf", "a ? ", " : b"),
        ("a.xml", "<a>", "</a>"),
        ("a.ini", "[", "]"),
        ("a.py", "(", ")"),
    ] {
        let key = match name {
            "a.toml" | "main.tf" => "a = ",
            "a.yml" => "a: ",
            _ => "",
        };
        let depth = 20_000;
        let (open, close) = (open.repeat(depth), close.repeat(depth));
        let text = format!("{key}{open}\"qemu:///sytem\"{close}\n");
        let _ = found(name, &text);
        let _ = found(name, &format!("{text}b = [\"\\u0071emu:///sytem\"]\nc:\n- qemu:///sytem\n"));
    }
}

#[test]
fn hostile_lines_cost_little() {
    let long = "n".repeat(1000);
    for (name, text) in [
        ("a.sh", "<<A ".repeat(100_000)),
        ("a.json", format!("{{\"{long}\": {}\"qemu:///x\"", "[".repeat(400_000))),
        ("a.py", format!("{long} = {}'qemu:///x'", "(".repeat(400_000))),
        ("a.rb", "x = 'qemu:///x' \" ".repeat(10_000)),
        ("a.xml", format!("{}qemu:///x", "<a b='".repeat(50_000))),
        ("a.csv", "qemu:///x,\"\"".repeat(10_000)),
        ("a.yml", format!("a: \"{}", "\\x71emu:///x ".repeat(10_000))),
        ("a.ini", format!("a = [{}", "'qemu:///x\\'',".repeat(10_000))),
        ("a.properties", "a=qemu\\:///x\\\n".repeat(10_000)),
        ("a.toml", format!("a = \"\"\"{}", "qemu:///x\n".repeat(10_000))),
    ] {
        let begun = Instant::now();
        let _ = found(name, &text);
        assert!(begun.elapsed() < Duration::from_secs(10), "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn aliases_are_never_followed() {
    let mut text = "a0: &a0 [\"\\u0071emu:///sytem\"]\n".to_owned();
    for level in 1..30 {
        let before = format!("*a{}, ", level - 1).repeat(9);
        writeln!(text, "a{level}: &a{level} [{before}]").unwrap();
    }
    assert_eq!(contexts("a.yml", &text), ["value qemu:///sytem"]);
}
