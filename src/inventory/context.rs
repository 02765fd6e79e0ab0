//! In what kind of text a URI stands: a value, code, a comment, prose.

use std::path::Path;

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

/// What is known of a file's language: how comments begin, and what text
/// without a comment mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// The kind, as it is shown.
    pub(crate) kind: &'static str,
    comments: &'static [&'static str],
    plain: Context,
}

const HASH: &[&str] = &["#"];
const HASH_SEMICOLON: &[&str] = &["#", ";"];
const SLASHES: &[&str] = &["//", "/*", " * "];
const HASH_SLASHES: &[&str] = &["#", "//", "/*"];
const XML: &[&str] = &["<!--"];

/// By file name, then by extension.
const DIALECTS: &[(&[&str], Dialect)] = &[
    (&["yml", "yaml", "sls"], Dialect { kind: "yaml", comments: HASH, plain: Context::Value }),
    (
        &["tf", "tfvars", "tofu", "hcl", "nomad"],
        Dialect { kind: "hcl", comments: HASH_SLASHES, plain: Context::Value },
    ),
    (&["toml"], Dialect { kind: "toml", comments: HASH, plain: Context::Value }),
    (&["json", "jsonc"], Dialect { kind: "json", comments: SLASHES, plain: Context::Value }),
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
        Dialect { kind: "ini", comments: HASH_SEMICOLON, plain: Context::Value },
    ),
    (
        &["rb", "Vagrantfile", "Gemfile"],
        Dialect { kind: "ruby", comments: HASH, plain: Context::Code },
    ),
    (
        &["sh", "bash", "zsh", "fish", "Dockerfile", "Containerfile", "Makefile", "mk"],
        Dialect { kind: "shell", comments: HASH, plain: Context::Code },
    ),
    (
        &["py", "pl", "pm", "ps1", "pp"],
        Dialect { kind: "python", comments: HASH, plain: Context::Code },
    ),
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
        Dialect { kind: "source", comments: SLASHES, plain: Context::Code },
    ),
    (&["xml", "html", "htm", "svg"], Dialect { kind: "xml", comments: XML, plain: Context::Value }),
    (&["csv", "tsv"], Dialect { kind: "csv", comments: &[], plain: Context::Value }),
    (&["list", "uris"], Dialect { kind: "list", comments: HASH, plain: Context::Value }),
    (
        &["md", "markdown", "rst", "adoc", "txt", "po", "pot", "tex", "1", "5", "7", "8"],
        Dialect { kind: "prose", comments: &[], plain: Context::Prose },
    ),
];

/// Where nothing is known: settings with `#` for comments.
const UNKNOWN: Dialect = Dialect { kind: "text", comments: HASH, plain: Context::Value };

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

    /// Where the comment of a line begins, if it has one.
    pub(super) fn comment(&self, line: &[u8]) -> Option<usize> {
        self.comments.iter().filter_map(|mark| first_comment(line, mark.as_bytes())).min()
    }

    /// The context of what begins at `at` of a line with this comment.
    pub(super) fn context(&self, comment: Option<usize>, at: usize) -> Context {
        if comment.is_some_and(|start| start < at) { Context::Comment } else { self.plain }
    }
}

/// The first comment mark that stands by itself: at the beginning of the line or
/// after a blank, and not within quotes.
fn first_comment(line: &[u8], mark: &[u8]) -> Option<usize> {
    let indent = line.len() - line.trim_ascii_start().len();
    let (mut double, mut single, mut counted) = (false, false, 0);
    memchr::memmem::find_iter(line, mark).find(|at| {
        for byte in &line[counted..*at] {
            double ^= *byte == b'"';
            single ^= *byte == b'\'';
        }
        counted = *at;
        let apart = *at == 0 || line[at - 1].is_ascii_whitespace();
        *at <= indent || (apart && mark != b";" && !double && !single)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn context(name: &str, line: &str) -> Context {
        let at = line.find("qemu").unwrap();
        let dialect = Dialect::of(Path::new(name));
        dialect.context(dialect.comment(line.as_bytes()), at)
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
        ] {
            assert_eq!(context(name, line), expected, "{name}: {line}");
        }
    }
}
