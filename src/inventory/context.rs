//! In what kind of text a URI stands: a value, code, a comment, prose.

use std::path::Path;

use super::escape::Escapes;
use super::reader::{Language, Reader};

/// What a URI is, where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Context {
    /// The value of a setting.
    Value,
    /// A string or an argument in code.
    Code,
    /// A text of another language within a document: a heredoc, a block of YAML.
    Heredoc,
    /// Within a comment.
    Comment,
    /// Running text.
    Prose,
}

impl Context {
    /// Whether what stands there is in force. Comments and running text are not.
    pub(crate) fn is_in_force(self) -> bool {
        match self {
            Self::Value | Self::Code | Self::Heredoc => true,
            Self::Comment | Self::Prose => false,
        }
    }
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
    /// In what texts of other languages stand.
    pub(super) embeds: Embeds,
    /// Who knows its structure.
    pub(super) reader: Option<Reader>,
}

/// How a language holds texts of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Embeds {
    Nothing,
    /// Code blocks of Markdown.
    Fences,
    /// `<<EOF`.
    Heredocs(Heredocs),
    /// Block scalars of YAML.
    Blocks,
    /// Strings of TOML between three quotes.
    LongStrings,
}

/// Whose heredocs: a shift operator looks the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heredocs {
    Shell,
    Ruby,
    Hcl,
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
    /// Anywhere, before what would separate a key from its value.
    Properties,
}

impl Dialect {
    const fn settings(kind: &'static str, line_marks: &'static [&'static str]) -> Self {
        Self {
            kind,
            line_marks,
            block: None,
            plain: Context::Value,
            strings: Strings::None,
            lists: false,
            embeds: Embeds::Nothing,
            reader: None,
        }
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

    const fn embeds(self, embeds: Embeds) -> Self {
        Self { embeds, ..self }
    }

    const fn read_by(self, reader: Reader) -> Self {
        Self { reader: Some(reader), ..self }
    }

    /// Of a text that was read from a document of this language: its characters are
    /// what they are, and nothing in it is a comment of the document's.
    pub(super) const fn decoded(self) -> Self {
        Self { kind: self.kind, plain: self.plain, ..Self::settings("", &[]) }
    }

    /// Of a language by its name in a code block; code where it is not known.
    pub(super) fn of_language(name: &str) -> Self {
        Self::language(name).unwrap_or(TRANSCRIPT)
    }

    fn language(name: &str) -> Option<Self> {
        let alias = LANGUAGES.iter().find(|(names, _)| names.contains(&name));
        let extension = alias.map_or(name, |(_, extension)| extension);
        let found = DIALECTS.iter().find(|(names, _)| names.contains(&extension));
        found.map(|(_, dialect)| *dialect)
    }
}

/// What people type and what they see: `#` may be a prompt.
const TRANSCRIPT: Dialect = Dialect::code("shell", &[]);

/// Names of languages that are no extension of their files.
const LANGUAGES: &[(&[&str], &str)] = &[
    (&["shell"], "sh"),
    (&["terraform"], "tf"),
    (&["python", "python3"], "py"),
    (&["ruby"], "rb"),
    (&["golang"], "go"),
    (&["javascript"], "js"),
    (&["typescript"], "ts"),
    (&["dotenv", "systemd"], "ini"),
    (&["dockerfile"], "Dockerfile"),
    (&["makefile", "make"], "mk"),
];

const HASH: &[&str] = &["#"];
const HASH_SEMICOLON: &[&str] = &["#", ";"];
const SLASHES: &[&str] = &["//", " * "];
const HASH_SLASHES: &[&str] = &["#", "//"];

/// By file name, then by extension.
const DIALECTS: &[(&[&str], Dialect)] = &[
    (
        &["yml", "yaml", "sls"],
        Dialect::settings("yaml", HASH)
            .strings(Strings::DoubleQuoted)
            .embeds(Embeds::Blocks)
            .read_by(Reader::Yaml),
    ),
    (
        &["tf", "tfvars", "tofu", "hcl", "nomad"],
        Dialect::settings("hcl", HASH_SLASHES)
            .block("/*", "*/", BlockPlace::Apart)
            .strings(Strings::DoubleQuoted)
            .embeds(Embeds::Heredocs(Heredocs::Hcl))
            .read_by(Reader::Hcl),
    ),
    (
        &["toml"],
        Dialect::settings("toml", HASH)
            .strings(Strings::DoubleQuoted)
            .embeds(Embeds::LongStrings)
            .read_by(Reader::Toml),
    ),
    (
        &["json", "jsonc", "json5", "jsonl", "ndjson"],
        Dialect::settings("json", SLASHES)
            .block("/*", "*/", BlockPlace::Apart)
            .strings(Strings::Json)
            .read_by(Reader::Json),
    ),
    (
        &["conf", "ini", "cfg", "cnf", "service", "socket", "timer", "env", "desktop", "network"],
        Dialect::settings("ini", HASH_SEMICOLON).read_by(Reader::Ini),
    ),
    (
        &["nix"],
        Dialect::settings("ini", HASH).block("/*", "*/", BlockPlace::Apart).read_by(Reader::Ini),
    ),
    (
        &["properties"],
        Dialect::settings("ini", &["#", "!"])
            .strings(Strings::Properties)
            .read_by(Reader::Properties),
    ),
    (
        &["rb", "Vagrantfile", "Gemfile"],
        Dialect::code("ruby", HASH)
            .block("=begin", "\n=end", BlockPlace::LineStart)
            .strings(Strings::Quoted)
            .embeds(Embeds::Heredocs(Heredocs::Ruby))
            .read_by(Reader::Source(Language::Ruby)),
    ),
    (
        &[
            "sh",
            "bash",
            "zsh",
            "fish",
            "ksh",
            "bashrc",
            "bash_profile",
            "bash_aliases",
            "profile",
            "zshrc",
            "zshenv",
            "envrc",
            "Dockerfile",
            "Containerfile",
            "Makefile",
            "GNUmakefile",
            "makefile",
            "mk",
        ],
        Dialect::code("shell", HASH)
            .strings(Strings::Shell)
            .embeds(Embeds::Heredocs(Heredocs::Shell)),
    ),
    (
        &["py"],
        Dialect::code("python", HASH)
            .strings(Strings::Quoted)
            .read_by(Reader::Source(Language::Python)),
    ),
    (&["pl", "pm", "pp"], Dialect::code("python", HASH).strings(Strings::Quoted)),
    (&["ps1", "psm1"], Dialect::code("powershell", HASH).block("<#", "#>", BlockPlace::Apart)),
    (
        &["go"],
        Dialect::code("source", SLASHES)
            .block("/*", "*/", BlockPlace::Apart)
            .strings(Strings::Quoted)
            .read_by(Reader::Source(Language::Go)),
    ),
    (
        &[
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
        &["xml"],
        Dialect::settings("xml", &[])
            .block("<!--", "-->", BlockPlace::Anywhere)
            .strings(Strings::Xml)
            .read_by(Reader::Xml),
    ),
    (
        &["html", "htm", "xhtml", "svg", "docbook"],
        Dialect { plain: Context::Prose, ..Dialect::settings("xml", &[]) }
            .block("<!--", "-->", BlockPlace::Anywhere)
            .strings(Strings::Xml),
    ),
    (&["csv", "tsv"], Dialect::settings("csv", &[]).read_by(Reader::Csv)),
    (&["list", "uris"], Dialect::settings("list", HASH)),
    (&["txt"], Dialect { lists: true, ..Dialect::prose() }),
    (&["md", "markdown", "mdx"], Dialect::prose().embeds(Embeds::Fences)),
    (&["rst", "rest", "tex", "texi", "org", "pod"], Dialect::prose()),
    (&["adoc", "asciidoc"], Dialect { line_marks: &["//"], ..Dialect::prose() }),
    (&["po", "pot"], Dialect { line_marks: HASH, ..Dialect::prose() }),
    (&["1", "3", "5", "7", "8"], Dialect { line_marks: &[".\\\""], ..Dialect::prose() }),
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

    /// The dialect of a file, by its name or by the program that its first line calls.
    pub(crate) fn of_file(path: &Path, text: &[u8]) -> Self {
        let named = Self::of(path);
        if named.kind != UNKNOWN.kind || !text.starts_with(b"#!") {
            return named;
        }
        let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let words = line[2..].split(|byte| matches!(byte, b'/' | b' '));
        let mut words = words.filter(|word| *word != b"env");
        let known = |word: &[u8]| {
            let word = std::str::from_utf8(word.trim_ascii()).ok()?;
            Self::language(word.trim_end_matches(|letter: char| !letter.is_alphabetic()))
        };
        words.find_map(known).unwrap_or(named)
    }

    /// Whether it is known by the name of a file.
    pub(super) fn knows(path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        DIALECTS.iter().any(|(names, _)| names.contains(&name))
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
            (Strings::Properties, _) => Escapes::Properties,
            _ => Escapes::None,
        }
    }

    /// Whether it is running text, but for what is marked otherwise.
    pub(super) fn is_prose(&self) -> bool {
        self.plain == Context::Prose
    }

    /// What begins a character that is written with others, in documents whose readers
    /// know them all.
    pub(super) fn escape_mark(&self) -> Option<u8> {
        match self.strings {
            Strings::Json | Strings::DoubleQuoted | Strings::Quoted | Strings::Properties => {
                Some(b'\\')
            }
            Strings::Xml => Some(b'&'),
            Strings::None | Strings::Shell => None,
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
