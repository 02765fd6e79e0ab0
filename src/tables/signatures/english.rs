//! What libvirt and the system say in other languages, in English: only that is recognised.

use std::cmp::Reverse;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::Deserialize;

use super::READS;
use super::pattern::Pattern;

/// An error in other languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Word {
    english: String,
    others: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    word: Vec<Word>,
}

/// libvirt's sentences, then the system's words.
fn words() -> &'static [Word] {
    static TABLES: LazyLock<Vec<Word>> = LazyLock::new(|| {
        let mut all = Vec::new();
        for table in [include_str!("sentences.toml"), include_str!("words.toml")] {
            let table: Words = toml::from_str(table).expect(READS);
            all.extend(table.word);
        }
        all
    });
    &TABLES
}

/// Each text of another language, and its English.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let rows = |word: &'static Word| word.others.iter().map(|other| (&**other, &*word.english));
    words().iter().flat_map(rows)
}

/// Sentences around something that libvirt put in, the surest first: one at whose end
/// something else begins may be put into another.
struct Sentences {
    /// The longest fixed part of each: most are not in a text, and one pass tells which.
    automaton: AhoCorasick,
    patterns: Vec<(Pattern, &'static str)>,
}

fn sentences() -> &'static Sentences {
    static SENTENCES: LazyLock<Sentences> = LazyLock::new(|| {
        let open = rows().filter(|(other, _)| other.contains('{'));
        let read = open.map(|(other, english)| (Pattern::parse(other).expect(READS), english));
        let mut patterns: Vec<(Pattern, &str)> = read.collect();
        patterns.sort_by_key(|(pattern, _)| (pattern.is_open(), Reverse(pattern.weight())));
        let automaton = AhoCorasick::new(patterns.iter().map(|(pattern, _)| pattern.longest()));
        Sentences { automaton: automaton.expect("the table is far below its limits"), patterns }
    });
    &SENTENCES
}

/// The text with the words of libvirt and the system in English.
pub(crate) fn in_english(text: &str) -> String {
    static FIXED: LazyLock<(AhoCorasick, Vec<&str>)> = LazyLock::new(|| {
        let fixed = || rows().filter(|(other, _)| !other.contains('{'));
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .build(fixed().map(|(other, _)| other))
            .expect("the table is far below its limits");
        (automaton, fixed().map(|(_, english)| english).collect())
    });
    let text = with_sentences(text);
    let (automaton, english) = &*FIXED;
    automaton.replace_all(&text, english)
}

/// The text with the first of each sentence in English, that has something put in.
fn with_sentences(text: &str) -> String {
    let Sentences { automaton, patterns } = sentences();
    let mut text = text.to_owned();
    let mut lower = text.to_ascii_lowercase();
    let mut begun = vec![false; patterns.len()];
    for found in automaton.find_overlapping_iter(&lower) {
        begun[found.pattern().as_usize()] = true;
    }
    for ((pattern, english), _) in patterns.iter().zip(begun).filter(|(_, begun)| *begun) {
        if let Some(found) = pattern.find(&lower) {
            let mut sentence = (*english).to_owned();
            for (name, range) in &found.facts {
                sentence = sentence.replace(&format!("{{{name}}}"), &text[range.clone()]);
            }
            text.replace_range(found.range.clone(), &sentence);
            lower.replace_range(found.range, &sentence.to_ascii_lowercase());
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_word_is_of_one_error() {
        let mut seen = BTreeSet::new();
        for (other, english) in rows() {
            assert!(!english.is_empty());
            assert!(other.chars().count() > 3 && seen.insert(other), "{other}");
            // So are all in a text that was made plain.
            assert!(!other.contains(['’', '«', '`', '„', '“', '\u{a0}']), "{other}");
            if other.contains('{') {
                let pattern =
                    Pattern::parse(other).unwrap_or_else(|| panic!("no pattern: {other}"));
                assert!(pattern.weight() >= 10, "too little is fixed in {other}");
            }
        }
        assert!(seen.len() > 1_000);
    }

    #[test]
    fn sentences_and_words_become_english() {
        for (other, english) in [
            ("Fehler: x: Keine Berechtigung", "Fehler: x: Permission denied"),
            (
                "Fehler: Socket-Erstellung zu '/a/b' fehlgeschlagen: Keine Berechtigung",
                "Fehler: Failed to connect socket to '/a/b': Permission denied",
            ),
            (
                "Authentifikation gescheitert: Authentifikation gescheitert",
                "authentication failed: authentication failed",
            ),
            ("nothing of that: x", "nothing of that: x"),
        ] {
            assert_eq!(in_english(other), english);
        }
    }
}
