//! What surrounds a line: a code block of Markdown, a heredoc, a block of YAML.
//!
//! Each of them holds text in another language than its file's. They are followed line
//! by line, so that no document need be read whole to know what a line is.

mod block;
mod fence;
mod heredoc;
mod long;

use std::ops::Range;
use std::path::Path;

use self::block::Blocks;
pub(super) use self::block::block;
use self::fence::Fences;
use self::heredoc::Heredoc;
use self::long::LongStrings;
use super::context::{Context, Dialect, Embeds};

/// What a line within another language's text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inner {
    pub(super) dialect: Dialect,
    /// What is in it, where it is no comment of it.
    pub(super) context: Context,
    /// The name that the whole text is assigned to.
    pub(super) key: Option<String>,
}

/// Follows what surrounds the lines of a text.
pub(super) enum Around<'t> {
    Nothing,
    Fences(Fences),
    Heredoc(Heredoc<'t>),
    Blocks(Blocks),
    LongStrings(LongStrings),
}

impl<'t> Around<'t> {
    /// For the lines of a part of a text.
    pub(super) fn new(text: &'t [u8], part: Range<usize>, dialect: Dialect) -> Self {
        match dialect.embeds {
            Embeds::Fences => Self::Fences(Fences::default()),
            Embeds::Heredocs(whose) if memchr::memmem::find(&text[part], b"<<").is_some() => {
                Self::Heredoc(Heredoc::new(text, whose))
            }
            Embeds::Blocks => Self::Blocks(Blocks::default()),
            Embeds::LongStrings => Self::LongStrings(LongStrings::default()),
            Embeds::Heredocs(_) | Embeds::Nothing => Self::Nothing,
        }
    }

    /// Looks at the next line, and tells what text of another language it belongs to.
    pub(super) fn see(&mut self, start: usize, line: &[u8]) -> Option<&Inner> {
        match self {
            Self::Nothing => None,
            Self::Fences(fences) => fences.see(line),
            Self::Heredoc(heredoc) => heredoc.see(start, line),
            Self::Blocks(blocks) => blocks.see(line),
            Self::LongStrings(strings) => strings.see(line),
        }
    }
}

/// The places of a text at which a line begins and no text of another language goes on:
/// told of a place that is one, or of the next one behind it.
pub(super) struct Apart {
    /// From where on, and up to where, a line is one of such a text.
    within: Vec<Range<usize>>,
}

impl Apart {
    /// None where that is not known without a look at every line.
    pub(super) fn of(text: &[u8], dialect: Dialect) -> Option<Self> {
        let has = |mark: &[u8]| memchr::memmem::find(text, mark).is_some();
        let within = match dialect.embeds {
            Embeds::Fences if has(b"```") || has(b"~~~") => return None,
            Embeds::Heredocs(_) if has(b"<<") => return None,
            Embeds::LongStrings if has(b"\"\"\"") || has(b"'''") => return None,
            Embeds::Blocks => Blocks::all(text),
            Embeds::Fences | Embeds::Heredocs(_) | Embeds::LongStrings | Embeds::Nothing => {
                Vec::new()
            }
        };
        Some(Self { within })
    }

    /// Behind the text that holds the place, or the place itself.
    pub(super) fn behind(&self, at: usize) -> usize {
        let before = self.within.partition_point(|range| range.start <= at);
        let holding = before.checked_sub(1).map(|index| &self.within[index]);
        holding.filter(|range| at < range.end).map_or(at, |range| range.end)
    }
}

/// The language of a text by the file that it will be, or by its own first line.
pub(super) fn language_of(file: Option<&[u8]>, first_line: &[u8]) -> Dialect {
    let name = file.and_then(|file| std::str::from_utf8(file).ok()).map(Path::new);
    let known = name.filter(|name| name.extension().is_some() || Dialect::knows(name));
    if let Some(name) = known {
        return Dialect::of(name);
    }
    Dialect::of_file(Path::new(""), first_line)
}

/// Keys whose text is a script for a shell.
pub(super) fn is_script_key(key: &str) -> bool {
    const KEYS: &[&str] = &[
        "run",
        "script",
        "shell",
        "cmd",
        "command",
        "commands",
        "before_script",
        "after_script",
        "runcmd",
        "bootcmd",
        "exec",
        "args",
        "inline",
        "raw",
    ];
    let last = key.rsplit('.').next().unwrap_or(key);
    KEYS.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For each line: `.` where it is the file's own, else the first letter of its kind.
    pub(super) fn followed(name: &str, text: &str) -> String {
        let mut around = Around::new(text.as_bytes(), 0..text.len(), Dialect::of(Path::new(name)));
        let mut start = 0;
        let mut out = String::new();
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end_matches('\n').as_bytes();
            let inner = around.see(start, bare);
            out.push(inner.map_or('.', |inner| inner.dialect.kind.chars().next().unwrap_or('?')));
            start += line.len();
        }
        out
    }

    #[test]
    fn code_blocks_of_markdown() {
        for (text, expected) in [
            ("a\n```yaml\nb\n```\nc", "..y.."),
            ("~~~~ toml\na\n~~~\n```\n~~~~\nb", ".ttt.."),
            ("- a\n  ```console\n  b\n  ```\nc", "..s.."),
            ("``` a ``` b\nc", ".."),
            ("```\na", ".s"),
            ("````md\n```sh\na\n```\n````\nb", ".ppp.."),
        ] {
            assert_eq!(followed("a.md", text), expected, "{text}");
        }
        assert_eq!(followed("a.rst", "```yaml\nb\n```"), "...");
    }

    #[test]
    fn heredocs() {
        for (name, text, expected) in [
            ("a.sh", "cat >/etc/libvirt/libvirt.conf <<EOF\na\nEOF\nb", ".i.."),
            ("a.sh", "cat <<-'EOF' | tee x.yaml\na\n\tEOF\nb", ".y.."),
            ("a.sh", "sudo tee -a /etc/x.toml << \"A B\" >/dev/null\na\nb", "..."),
            ("a.sh", "sudo tee -a /etc/x.toml << \"A_B\" >/dev/null\na\nA_B\nb", ".t.."),
            ("a.sh", "a <<< EOF\nb\nEOF", "..."),
            ("a.sh", "x=$((1<<EOF))\nb\nEOF", "..."),
            ("a.sh", "# a <<EOF\nb\nEOF", "..."),
            ("a.sh", "a <<EOF\nb", ".."),
            ("a.sh", "a <<A <<B\nb\nA\nc\nB\nd", ".t.t.."),
            ("a.sh", "bash <<EOF\na\nEOF", ".s."),
            ("a.rb", "a << EOF\nb\nEOF", "..."),
            ("a.rb", "f(<<~EOF, 1)\nb\n  EOF\nc", ".t.."),
            ("main.tf", "a = <<-EOT\n  b\n  EOT\nc", ".t.."),
            ("main.tf", "a = \"<<EOT\"\n  b\n", ".."),
        ] {
            assert_eq!(followed(name, text), expected, "{name}: {text}");
        }
    }

    #[test]
    fn blocks_of_yaml() {
        for (text, expected) in [
            ("a: |\n  b\n\n   c\nd: e", ".ttt."),
            ("- run: >-\n    b\n  c: d", ".s."),
            ("- |\n  b\n- c", ".t."),
            ("a: !x &y |2- # c\n    b\nd", ".t."),
            ("a: \"|\"\nb: c |\n d", "..."),
            ("libvirt.conf: |\n  a\n", ".i"),
            ("a: |\n  #!/bin/bash\n  b\n", ".ss"),
            ("# a: |\n  b\n", ".."),
            ("a: |\n\n b\n---\n c", "..t.."),
        ] {
            assert_eq!(followed("a.yml", text), expected, "{text}");
        }
    }
}
