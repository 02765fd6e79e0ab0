//! What a TARGET of the command line is: `-`, an alias, a URI, or a path.

use std::ffi::OsString;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::inventory::{Problem, ProblemKind};
use crate::settings::Machine;
use crate::text::{Shown, Veil, nearest, system_words};

/// What to look at.
#[derive(Debug, Args)]
pub(crate) struct Targets {
    /// URIs, aliases of libvirt.conf, files, folders; - for standard input
    #[arg(value_name = "TARGET")]
    positional: Vec<OsString>,
    /// A URI, whatever it looks like
    #[arg(long = "uri", value_name = "URI")]
    uris: Vec<OsString>,
    /// A file or folder, whatever it looks like
    #[arg(long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
}

/// One thing to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    /// Standard input.
    Stdin,
    /// A URI or an alias, as typed.
    Uri(Vec<u8>),
    /// A file or folder.
    Path(PathBuf),
}

impl Targets {
    /// Whether any is given.
    #[cfg(feature = "probe")]
    pub(crate) fn are_given(&self) -> bool {
        !(self.positional.is_empty() && self.uris.is_empty() && self.files.is_empty())
    }

    /// Whether standard input is one of them.
    pub(crate) fn has_stdin(&self) -> bool {
        self.positional.iter().any(|word| word == "-")
    }

    /// The first word, where it is nothing that exists and nearly one of `words`; and
    /// which of them.
    pub(crate) fn mistyped<'w>(
        &self,
        machine: &Machine,
        words: &[&'w str],
    ) -> Option<(Shown, &'w str)> {
        let first = self.positional.first()?;
        let word = first.to_str().filter(|word| !word.contains([':', '/']))?;
        let is_other = is_alias(word.as_bytes(), machine) || Path::new(first).exists();
        let near = nearest(word, words.iter().copied()).filter(|_| !is_other)?;
        Some((Veil::default().show(word), near))
    }

    /// In their order: positional ones first.
    pub(crate) fn sorted(&self, machine: &Machine) -> Vec<Target> {
        let positional = self.positional.iter().map(|word| classify(word, machine));
        let uris = self.uris.iter().map(|word| Target::Uri(word.as_bytes().to_vec()));
        let files = self.files.iter().map(|path| Target::Path(path.clone()));
        positional.chain(uris).chain(files).collect()
    }
}

/// An alias, a URI with a scheme, a path that exists, else a URI.
fn classify(word: &OsString, machine: &Machine) -> Target {
    let bytes = word.as_bytes();
    if bytes == b"-" {
        return Target::Stdin;
    }
    let uri = || Target::Uri(bytes.to_vec());
    if is_alias(bytes, machine) || has_scheme(bytes) || !Path::new(word).exists() {
        uri()
    } else {
        Target::Path(PathBuf::from(word))
    }
}

fn is_alias(word: &[u8], machine: &Machine) -> bool {
    let conf = machine.conf.read().ok();
    conf.is_some_and(|conf| matches!(conf.resolve_alias(word), Ok(Some(_))))
}

fn has_scheme(text: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', text) else { return false };
    text[0].is_ascii_alphabetic()
        && text[..colon]
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_'))
}

/// What `plan` and `check` say to an input without any.
pub(crate) const NOTHING: &str = "virt-doctor: there is no connection URI in the input";

/// All of standard input.
pub(crate) fn read_stdin() -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(|error| Problem {
        kind: ProblemKind::Unreadable,
        file: None,
        message: format!("cannot read standard input: {}", system_words(&error)),
    })?;
    Ok(bytes)
}

/// The URIs of a list: one a line, everything before the line feed; or ended by NUL.
pub(crate) fn lines_of(bytes: &[u8], nul: bool) -> Vec<(usize, &[u8])> {
    let end = if nul { 0 } else { b'\n' };
    let bytes = bytes.strip_suffix(&[end]).unwrap_or(bytes);
    if bytes.is_empty() {
        return Vec::new();
    }
    bytes.split(|byte| *byte == end).enumerate().map(|(index, line)| (index + 1, line)).collect()
}

/// Why a line cannot be given to a client as an argument.
pub(crate) fn nul_problem(line: usize) -> Problem {
    Problem {
        kind: ProblemKind::BadInput,
        file: None,
        message: format!(
            "line {line} of the input holds a NUL byte: no client can be given such a URI"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_told_apart() {
        let mut machine = Machine::fixed("2026-01-01".into());
        machine.conf.content =
            crate::settings::ConfContent::Text("uri_aliases = ['src=qemu:///system']\n".into());
        let classify = |word: &str| classify(&OsString::from(word), &machine);
        assert_eq!(classify("-"), Target::Stdin);
        assert_eq!(classify("src"), Target::Uri(b"src".into()), "an alias wins over a folder");
        assert_eq!(classify("rules"), Target::Path("rules".into()));
        for word in ["qemu:///system", "h:16514", "nosuchfile", "qemu_kvm:///x"] {
            assert_eq!(classify(word), Target::Uri(word.into()), "{word}");
        }
    }

    #[test]
    fn a_line_is_all_before_its_end() {
        assert_eq!(
            lines_of(b"a\r\n b\n\nc", false),
            [(1, &b"a\r"[..]), (2, b" b"), (3, b""), (4, b"c")]
        );
        assert_eq!(lines_of(b"a\nb\0c\0", true), [(1, &b"a\nb"[..]), (2, b"c")]);
        assert_eq!(lines_of(b"", false), []);
    }
}
