//! Findings that are known and not to be told again: a file that lists them.
//!
//! An entry is a rule, a file and a URI with its secrets hidden, and how often: no line
//! numbers, so an edit elsewhere changes nothing. One entry a line, in order, so that two
//! branches merge. What it lists and nobody finds any more is told too, or the list would
//! hide the next mistake of that kind.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;

use crate::engine::Levels;
use crate::finding::{Draft, Drafts, Rule, RuleId};
use crate::text::{Lines, Shown, Span, is_hidden};

/// How every baseline begins: such a file is no inventory, whatever it is called.
const HEAD: &str = "# virt-doctor baseline";
const VERSION: u32 = 1;
/// How much of a URI tells it from others, in characters.
const LONGEST_URI: usize = 1000;

/// Whether a text is a list of known findings.
pub(crate) fn is_baseline(text: &[u8]) -> bool {
    text.starts_with(HEAD.as_bytes())
}

/// A list of known findings, and which of them were met in this run.
#[derive(Debug, Clone)]
pub(crate) struct Baseline {
    /// The folder to which the files are relative, with its whole path.
    folder: PathBuf,
    entries: Vec<Entry>,
    by_key: HashMap<Key, Vec<usize>>,
    by_file: HashMap<String, Vec<usize>>,
    /// What was found in this run, listed or not.
    found: BTreeMap<Key, usize>,
}

/// What tells a finding from others, whatever is written around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Key {
    file: String,
    rule: String,
    uri: String,
}

#[derive(Debug, Clone)]
struct Entry {
    key: Key,
    place: Span,
    count: usize,
    met: usize,
    /// Whether its rule looked at its file in this run.
    asked: bool,
}

/// What is listed of one file, taken off as it is met.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    name: String,
    left: HashMap<Key, usize>,
}

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    version: Spanned<u32>,
    findings: Vec<WrittenEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenEntry {
    file: String,
    rule: String,
    uri: Spanned<String>,
    count: usize,
}

/// Why a baseline cannot be read: line, column, reason.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {why}")]
pub(crate) struct BaselineError {
    line: u32,
    column: u32,
    why: String,
}

impl Baseline {
    /// The list of a text; `folder` is where its file stands.
    pub(crate) fn of(text: &str, folder: PathBuf) -> Result<Self, BaselineError> {
        let mut baseline = Self {
            folder,
            entries: Vec::new(),
            by_key: HashMap::new(),
            by_file: HashMap::new(),
            found: BTreeMap::new(),
        };
        if text.trim().is_empty() {
            return Ok(baseline);
        }
        let wrong = |at: usize, why: &str| {
            let place = Lines::of(text.as_bytes()).position(Span::empty(at).start);
            BaselineError { line: place.line, column: place.column, why: why.to_owned() }
        };
        let written: Written = toml::from_str(text)
            .map_err(|error| wrong(error.span().map_or(0, |span| span.start), error.message()))?;
        if *written.version.get_ref() != VERSION {
            return Err(wrong(written.version.span().start, "this release reads version 1 only"));
        }
        for entry in written.findings {
            let WrittenEntry { file, rule, uri, count } = entry;
            // Without its quotes.
            let place = Span::new(uri.span().start + 1, uri.span().end - 1);
            let key = Key { file, rule, uri: uri.into_inner() };
            let at = baseline.entries.len();
            baseline.by_key.entry(key.clone()).or_default().push(at);
            baseline.by_file.entry(key.file.clone()).or_default().push(at);
            baseline.entries.push(Entry { key, place, count, met: 0, asked: false });
        }
        Ok(baseline)
    }

    /// A file is looked at with these levels. Its name in the list; `path` is its whole path.
    pub(crate) fn look_at(&mut self, path: &Path, levels: &Levels) -> String {
        let name = relative(path, &self.folder);
        for at in self.by_file.get(&name).into_iter().flatten() {
            let entry = &mut self.entries[*at];
            entry.asked = levels.named(&entry.key.rule).is_none_or(|rule| levels.is_on(rule));
        }
        name
    }

    /// Whether a finding is listed. As often as the list says, and not more.
    pub(crate) fn hides(&mut self, rule: RuleId, file: &str, uri: &Shown, levels: &Levels) -> bool {
        if !Self::takes(rule, levels) {
            return false;
        }
        let key = Key::of(rule, file, uri);
        let mut listed = self.by_key.get(&key).into_iter().flatten();
        let open = listed.find(|at| self.entries[**at].met < self.entries[**at].count).copied();
        *self.found.entry(key).or_default() += 1;
        if let Some(at) = open {
            self.entries[at].met += 1;
        }
        open.is_some()
    }

    /// What it lists of a file, for a look that leaves no trace; `path` is its whole path.
    pub(crate) fn listed(&self, path: &Path) -> Listed {
        let name = relative(path, &self.folder);
        let mut left = HashMap::new();
        for at in self.by_file.get(&name).into_iter().flatten() {
            *left.entry(self.entries[*at].key.clone()).or_default() += self.entries[*at].count;
        }
        Listed { name, left }
    }

    /// Whether findings of a rule may be listed. What is to be said about the lists and
    /// suppressions themselves is not put off.
    pub(crate) fn takes(rule: RuleId, levels: &Levels) -> bool {
        rule.folder() != "inventory" && !levels.is_locked(rule)
    }

    /// Whether a file of the list is still there.
    pub(crate) fn has_file(&self, name: &str) -> bool {
        self.folder.join(name).exists()
    }

    /// The text of the list as it should be after this run. What nobody looked at stays,
    /// if its file is there.
    pub(crate) fn updated(&self, is_there: impl Fn(&str) -> bool) -> String {
        let mut all = self.found.clone();
        for entry in &self.entries {
            if !entry.asked && is_there(&entry.key.file) {
                *all.entry(entry.key.clone()).or_default() += entry.count;
            }
        }
        let mut text = format!(
            "{HEAD}: findings that are known. Made by `virt-doctor lint --baseline FILE --update-baseline`.\n\
             version = {VERSION}\n\
             findings = [\n"
        );
        for (Key { file, rule, uri }, count) in &all {
            let [file, rule, uri] = [file, rule, uri].map(|text| quoted(text));
            let _ = writeln!(
                text,
                "  {{ file = {file}, rule = {rule}, uri = {uri}, count = {count} }},"
            );
        }
        text.push_str("]\n");
        text
    }

    /// What there is to say about entries that nobody found.
    pub(crate) fn drafts(&self, is_there: impl Fn(&str) -> bool) -> Vec<Draft> {
        let mut drafts = Drafts::new();
        drafts.rule = Rule::StaleBaselineEntry;
        for entry in self.entries.iter().filter(|entry| entry.met < entry.count) {
            let gone = !is_there(&entry.key.file);
            if !entry.asked && !gone {
                continue;
            }
            let variant = match entry.met {
                _ if gone => "no-file",
                0 => "default",
                _ => "fewer",
            };
            drafts
                .at(entry.place)
                .variant(variant)
                .fact("rule", &entry.key.rule)
                .fact("file", &entry.key.file)
                .fact("count", entry.count.to_string())
                .fact("met", entry.met.to_string());
        }
        drafts.done()
    }
}

impl Listed {
    /// Whether a finding is listed. As often as the list says, and not more.
    pub(crate) fn takes(&mut self, rule: RuleId, uri: &Shown, levels: &Levels) -> bool {
        let left = self.left.get_mut(&Key::of(rule, &self.name, uri));
        match left.filter(|left| **left > 0 && Baseline::takes(rule, levels)) {
            Some(left) => {
                *left -= 1;
                true
            }
            None => false,
        }
    }
}

impl Key {
    fn of(rule: RuleId, file: &str, uri: &Shown) -> Self {
        Self { file: file.to_owned(), rule: rule.name().to_owned(), uri: shortened(uri) }
    }
}

/// The way from a folder to a file, with `/` between its steps.
fn relative(path: &Path, folder: &Path) -> String {
    let (path, folder): (Vec<Component<'_>>, Vec<Component<'_>>) =
        (path.components().collect(), folder.components().collect());
    let shared = path.iter().zip(&folder).take_while(|(one, other)| one == other).count();
    let up = folder[shared..].iter().map(|_| "..".to_owned());
    let down = path[shared..].iter().map(|step| step.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

fn shortened(uri: &Shown) -> String {
    let text = uri.as_str();
    match text.char_indices().nth(LONGEST_URI) {
        Some((end, _)) => format!("{}… {} bytes", &text[..end], text.len()),
        None => text.to_owned(),
    }
}

/// The text as a string of TOML; what a terminal would obey is escaped.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            hidden if is_hidden(hidden) => {
                let _ = match u32::from(hidden) {
                    short @ ..=0xffff => write!(quoted, "\\u{short:04X}"),
                    long => write!(quoted, "\\U{long:08X}"),
                };
            }
            plain => quoted.push(plain),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn empty() -> Baseline {
        Baseline::of("", PathBuf::from("/nowhere/a")).unwrap()
    }

    #[test]
    fn a_written_list_is_read_back() {
        let levels = Levels::default();
        let mut first = empty();
        let hard = Shown::ours("qemu:///\"a\\b\u{1b}\u{202e}\u{7f}é\n");
        let long = Shown::ours("x".repeat(5000));
        for path in ["/nowhere/a/b/c.yml", "/nowhere/d.yml"] {
            let name = first.look_at(Path::new(path), &levels);
            for uri in [&hard, &hard, &long] {
                assert!(!first.hides(Rule::PlainTcp.into(), &name, uri, &levels));
            }
        }
        let text = first.updated(|_| true);
        assert!(!text.contains('\u{202e}') && !text.contains('\u{1b}') && text.len() < 4000);
        assert!(text.contains("file = \"../d.yml\"") && text.contains("file = \"b/c.yml\""));
        let mut second = Baseline::of(&text, PathBuf::from("/nowhere/a")).unwrap();
        let name = second.look_at(Path::new("/nowhere/a/b/c.yml"), &levels);
        for listed in [true, true, false] {
            assert_eq!(second.hides(Rule::PlainTcp.into(), &name, &hard, &levels), listed);
        }
        assert!(!second.hides(Rule::WrongPath.into(), &name, &long, &levels), "another rule");
        assert!(second.hides(Rule::PlainTcp.into(), &name, &long, &levels));
        assert_eq!(second.drafts(|_| true).len(), 0, "nobody looked at the other file");
        assert_eq!(second.drafts(|file| file == "b/c.yml").len(), 2, "it is gone");
        let again = second.updated(|file| file == "b/c.yml");
        assert!(!again.contains("d.yml") && again.contains("rule = \"wrong-path\""), "{again}");
        assert_eq!(second.updated(|_| true).matches("d.yml").count(), 2);
    }

    #[test]
    fn a_broken_list_is_told_with_its_line() {
        let of = |text: &str| Baseline::of(text, PathBuf::new()).unwrap_err().to_string();
        assert!(of("version = 1\nfindings = [\n  { file = 1 },\n]\n").starts_with("3:"));
        assert_eq!(of("version = 2\nfindings = []\n"), "1:11: this release reads version 1 only");
        assert!(of("<<<<<<< ours\n").starts_with("1:"));
    }
}
