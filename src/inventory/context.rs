//! In what kind of text a URI stands: a value, code, a comment, prose.

use std::path::Path;

use super::escape::Escapes;

/// What a URI is, where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Context {
    /// The value of a setting.
    Value,
    /// A string or an argument in code.
    Code,
    /// Within a comment.
    Comment,
    /// Running text.
    Prose,
}

/// What is known of a file's language: how comments and characters are written, and
/// what text without a comment mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The kind, as it is shown.
    pub(crate) kind: &'static str,
    /// What begins a comment that ends with its line.
    pub(super) line_marks: &'static [&'static str],
    pub(super) block: Option<Block>,
    plain: Context,
    strings: Strings,
    /// Whether a line that is nothing but a URI is a value among running text.
    lists: bool,
}

/// A comment over several lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) open: &'static [u8],
    pub(super) close: &'static [u8],
    pub(super) place: BlockPlace,
}

/// Where the mark of a comment over several lines may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockPlace {
    Anywhere,
    /// By itself, outside quotes: `/etc/*` is a path.
    Apart,
    LineStart,
}

/// In which strings a backslash or an entity writes a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strings {
    None,
    /// Everywhere: the text that counts stands in strings only.
    Json,
    /// In double quotes, as in JSON.
    DoubleQuoted,
    /// In double and single quotes of program code.
    Quoted,
    /// Outside quotes, before what the shell would take.
    Shell,
    Xml,
}

impl Dialect {
    const fn settings(kind: &'static str, line_marks: &'static [&'static str]) -> Self {
        let (plain, strings) = (Context::Value, Strings::None);
        Self { kind, line_marks, block: None, plain, strings, lists: false }
    }

    const fn code(kind: &'static str, line_marks: &'static [&'static str]) -> Self {
        Self { plain: Context::Code, ..Self::settings(kind, line_marks) }
    }

    const fn prose() -> Self {
        Self { plain: Context::Prose, ..Self::settings("prose", &[]) }
    }

    const fn block(self, open: &'static str, close: &'static str, place: BlockPlace) -> Self {
        let (open, close) = (open.as_bytes(), close.as_bytes());
        Self { block: Some(Block { open, close, place }), ..self }
    }

    const fn strings(self, strings: Strings) -> Self {
        Self { strings, ..self }
    }
}

const HASH: &[&str] = &["#"];
const HASH_SEMICOLON: &[&str] = &["#", ";"];
const SLASHES: &[&str] = &["//", " * "];
const HASH_SLASHES: &[&str] = &["#", "//"];

/// By file name, then by extension.
const DIALECTS: &[(&[&str], Dialect)] = &[
    (&["yml", "yaml", "sls"], Dialect::settings("yaml", HASH).strings(Strings::DoubleQuoted)),
    (
        &["tf", "tfvars", "tofu", "hcl", "nomad"],
        Dialect::settings("hcl", HASH_SLASHES).block("/*", "*/", BlockPlace::Apart),
    ),
    (&["toml"], Dialect::settings("toml", HASH).strings(Strings::DoubleQuoted)),
    (
        &["json", "jsonc"],
        Dialect::settings("json", SLASHES)
            .block("/*", "*/", BlockPlace::Apart)
            .strings(Strings::Json),
    ),
    (
        &[
            "conf",
            "ini",
            "cfg",
            "cnf",
            "service",
            "socket",
            "timer",
            "properties",
            "env",
            "desktop",
            "network",
            "nix",
        ],
        Dialect::settings("ini", HASH_SEMICOLON),
    ),
    (
        &["rb", "Vagrantfile", "Gemfile"],
        Dialect::code("ruby", HASH)
            .block("=begin", "\n=end", BlockPlace::LineStart)
            .strings(Strings::Quoted),
    ),
    (
        &["sh", "bash", "zsh", "fish", "Dockerfile", "Containerfile", "Makefile", "mk"],
        Dialect::code("shell", HASH).strings(Strings::Shell),
    ),
    (&["py", "pl", "pm", "pp"], Dialect::code("python", HASH).strings(Strings::Quoted)),
    (&["ps1", "psm1"], Dialect::code("powershell", HASH).block("<#", "#>", BlockPlace::Apart)),
    (
        &[
            "go",
            "rs",
            "c",
            "h",
            "cpp",
            "cc",
            "java",
            "js",
            "ts",
            "tsx",
            "groovy",
            "Jenkinsfile",
            "scala",
            "kt",
            "php",
            "ml",
        ],
        Dialect::code("source", SLASHES)
            .block("/*", "*/", BlockPlace::Apart)
            .strings(Strings::Quoted),
    ),
    (
        &["xml", "html", "htm", "svg"],
        Dialect::settings("xml", &[])
            .block("<!--", "-->", BlockPlace::Anywhere)
            .strings(Strings::Xml),
    ),
    (&["csv", "tsv"], Dialect::settings("csv", &[])),
    (&["list", "uris"], Dialect::settings("list", HASH)),
    (&["txt"], Dialect { lists: true, ..Dialect::prose() }),
    (&["md", "markdown", "rst", "adoc", "po", "pot", "tex", "1", "5", "7", "8"], Dialect::prose()),
];

/// Where nothing is known: settings with `#` for comments.
const UNKNOWN: Dialect = Dialect::settings("text", HASH);

impl Dialect {
    /// The dialect of a file, by its name.
    pub(crate) fn of(path: &Path) -> Self {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // A template is of the kind that it makes.
        let name = ["j2", "tmpl", "tpl", "erb", "epp", "in", "example", "sample", "dist", "bak"]
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix)?.strip_suffix('.'))
            .unwrap_or(name);
        let extension = name.rsplit_once('.').map_or(name, |(_, extension)| extension);
        DIALECTS
            .iter()
            .find(|(names, _)| names.contains(&name) || names.contains(&extension))
            .map_or(UNKNOWN, |(_, dialect)| *dialect)
    }

    /// The context of what begins at `begin` of a line and ends at `end`.
    pub(super) fn context(
        &self,
        in_comment: bool,
        line: &[u8],
        begin: usize,
        end: usize,
    ) -> Context {
        if in_comment {
            Context::Comment
        } else if self.lists && is_alone(line, begin, end) {
            Context::Value
        } else {
            self.plain
        }
    }

    /// How characters are written behind this quote, or without one.
    pub(super) fn escapes(&self, quote: Option<u8>) -> Escapes {
        match (self.strings, quote) {
            (Strings::Json, _) | (Strings::DoubleQuoted, Some(b'"')) => Escapes::Json,
            (Strings::Quoted, Some(b'"' | b'\'')) => Escapes::String,
            (Strings::Shell, None) => Escapes::Shell,
            (Strings::Xml, _) => Escapes::Entities,
            _ => Escapes::None,
        }
    }

    /// Whether a command of the text is one for a shell.
    pub(super) fn has_shell_commands(&self) -> bool {
        // A unit of systemd is none, and its kind has no other commands.
        self.kind != "ini"
    }
}

/// Whether a line has nothing but this: a list marker may stand before it, a
/// comment behind it.
fn is_alone(line: &[u8], begin: usize, end: usize) -> bool {
    let before = line[..begin].trim_ascii();
    let number = before.strip_suffix(b".").or(before.strip_suffix(b")"));
    let marker = matches!(before, b"" | b"-" | b"*" | b"+")
        || number.is_some_and(|digits| digits.len() < 5 && digits.iter().all(u8::is_ascii_digit));
    let after = &line[end..];
    let rest = after.trim_ascii();
    let comment = after.first().is_some_and(u8::is_ascii_whitespace)
        && (rest.starts_with(b"#") || rest.starts_with(b"//") || rest.starts_with(b";"));
    marker && (rest.is_empty() || comment)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::comment::Comments;

    fn context(name: &str, line: &str) -> Context {
        let at = line.find("qemu").unwrap();
        let end = line[at..].find([' ', '"']).map_or(line.len(), |length| at + length);
        let dialect = Dialect::of(Path::new(name));
        let comments = Comments::new(line.as_bytes(), dialect).of_line(0, line.len());
        dialect.context(comments.hold(at), line.as_bytes(), at, end)
    }

    #[test]
    fn comments_are_told_from_values() {
        for (name, line, expected) in [
            ("a.yml", "uri: qemu:///system", Context::Value),
            ("a.yml", "# uri: qemu:///system", Context::Comment),
            ("a.yml", "uri: x  # qemu:///system", Context::Comment),
            ("a.yml", "uri: \"a # b\" qemu:///system", Context::Value),
            ("a.yml", "uri: a#qemu:///system", Context::Value),
            ("a.ini", ";uri=qemu:///system", Context::Comment),
            ("a.ini", "uri=a; qemu:///system", Context::Value),
            ("a.go", "x(\"qemu:///system\") // y", Context::Code),
            ("a.go", "// x qemu:///system", Context::Comment),
            ("main.tf", "uri = \"qemu:///system\"", Context::Value),
            ("README.md", "Use qemu:///system.", Context::Prose),
            ("nova.conf.j2", "# a qemu:///system", Context::Comment),
            ("Vagrantfile", "libvirt.uri = 'qemu:///system'", Context::Code),
            ("hosts", "a=qemu:///system", Context::Value),
            ("uris.txt", "qemu:///system", Context::Value),
            ("uris.txt", " - qemu:///system  # ours", Context::Value),
            ("uris.txt", "12. qemu:///system\r", Context::Value),
            ("uris.txt", "qemu:///system is the default", Context::Prose),
            ("uris.txt", "Use qemu:///system", Context::Prose),
            ("README.md", "qemu:///system", Context::Prose),
        ] {
            assert_eq!(context(name, line), expected, "{name}: {line}");
        }
    }
}
