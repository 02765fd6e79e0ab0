//! Error texts of libvirt and its clients, and what causes them.
//!
//! Tables are data beside this file: `signatures.toml` recognises the texts, `causes.toml`
//! says what is behind them, `sentences.toml` and `words.toml` have libvirt's and the
//! system's words for an error in other languages. Each row of the first names its source
//! and has an example, which is a test.

mod english;
mod pattern;

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;
use serde::{Deserialize, Deserializer};

pub(crate) use english::in_english;
pub(crate) use pattern::Match;
use pattern::Pattern;

/// A text that is recognised.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Signature {
    pub(crate) name: String,
    /// Where on the way it shows, by the name of the hop.
    pub(crate) hop: String,
    /// The kind of connection in which it shows, where there is only one.
    pub(crate) over: Option<Over>,
    /// The client that says so, as `--client` has it, where it is not libvirt.
    pub(crate) client: Option<String>,
    /// How decisive it is beside others: 1 only follows from something.
    #[serde(default = "usual")]
    pub(crate) strength: u8,
    #[serde(deserialize_with = "patterns")]
    pub(crate) says: Vec<Pattern>,
    pub(crate) causes: Vec<Candidate>,
    /// The text as a client prints it.
    #[cfg_attr(not(test), allow(dead_code, reason = "the tests run it"))]
    pub(crate) example: String,
    /// The file of libvirt, OpenSSH, GnuTLS, ... where it comes from.
    pub(crate) source: String,
}

const fn usual() -> u8 {
    2
}

/// Kinds of connection, as far as an error text tells them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Over {
    Unix,
    Ssh,
    Libssh,
    Tls,
    Tcp,
}

/// A cause that a signature may have.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Candidate {
    Always(String),
    Where(Condition),
}

/// A cause that counts only where a fact is so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Condition {
    pub(crate) cause: String,
    /// The name of the fact.
    #[serde(rename = "if")]
    pub(crate) fact: String,
    /// Texts with `*` for any letters and `?` for one.
    #[serde(default)]
    pub(crate) is: Vec<String>,
    /// The same: it counts where the fact is none of these, or not known.
    #[serde(default)]
    pub(crate) not: Vec<String>,
    /// Whether causes without a condition are none then.
    #[serde(default)]
    pub(crate) alone: bool,
}

/// What may be wrong.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cause {
    pub(crate) name: String,
    /// The page that says more.
    pub(crate) rule: Option<String>,
    pub(crate) what: String,
    /// How to tell it from the others.
    pub(crate) look: String,
    pub(crate) mend: String,
}

fn patterns<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Vec<Pattern>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| {
            let wrong = || serde::de::Error::custom(format!("no pattern: {text}"));
            Pattern::parse(text).ok_or_else(wrong)
        })
        .collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signatures {
    signature: Vec<Signature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Causes {
    cause: Vec<Cause>,
}

const READS: &str = "a test reads this table";

/// All of them, in the order of the table.
pub(crate) fn signatures() -> &'static [Signature] {
    static TABLE: LazyLock<Vec<Signature>> = LazyLock::new(|| {
        let table: Signatures =
            toml::from_str(include_str!("signatures/signatures.toml")).expect(READS);
        table.signature
    });
    &TABLE
}

/// All causes.
pub(crate) fn causes() -> &'static [Cause] {
    static TABLE: LazyLock<Vec<Cause>> = LazyLock::new(|| {
        let table: Causes = toml::from_str(include_str!("signatures/causes.toml")).expect(READS);
        table.cause
    });
    &TABLE
}

/// The first fixed parts of all patterns, and whose they are: most are not in a text,
/// and one pass tells which.
struct Starts {
    automaton: AhoCorasick,
    /// For each the place of the signature and of its pattern.
    places: Vec<(usize, usize)>,
}

fn starts() -> &'static Starts {
    static STARTS: LazyLock<Starts> = LazyLock::new(|| {
        let (mut texts, mut places) = (Vec::new(), Vec::new());
        for (row, signature) in signatures().iter().enumerate() {
            for (place, pattern) in signature.says.iter().enumerate() {
                texts.push(pattern.start());
                places.push((row, place));
            }
        }
        let automaton = AhoCorasick::new(texts).expect("the table is far below its limits");
        Starts { automaton, places }
    });
    &STARTS
}

/// Where a text, in lower case, says each of the signatures: the first of its patterns
/// that is there.
pub(crate) fn recognise(lower: &str) -> Vec<Option<Match>> {
    let Starts { automaton, places } = starts();
    let mut begun = vec![false; places.len()];
    for found in automaton.find_overlapping_iter(lower) {
        begun[found.pattern().as_usize()] = true;
    }
    let mut matches: Vec<Option<Match>> = signatures().iter().map(|_| None).collect();
    for ((row, place), _) in places.iter().zip(begun).filter(|(_, begun)| *begun) {
        if matches[*row].is_none() {
            matches[*row] = signatures()[*row].says[*place].find(lower);
        }
    }
    matches
}

impl Cause {
    /// The cause of this name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        causes().iter().find(|cause| cause.name == name)
    }
}

impl Candidate {
    pub(crate) fn cause(&self) -> &str {
        match self {
            Self::Always(cause) | Self::Where(Condition { cause, .. }) => cause,
        }
    }
}

/// Whether a text is like one with `*` for any letters and `?` for one; capitals do
/// not count.
pub(crate) fn is_like(text: &str, like: &str) -> bool {
    let within = like.strip_prefix('*').and_then(|like| like.strip_suffix('*'));
    if let Some(within) = within.filter(|within| !within.contains(['*', '?'])) {
        let (text, within) = (text.to_ascii_lowercase(), within.to_ascii_lowercase());
        return text.contains(&within);
    }
    let (text, like) = (text.as_bytes(), like.as_bytes());
    let (mut at, mut in_like) = (0, 0);
    // Where the last star stands, and how far it reaches.
    let mut star: Option<(usize, usize)> = None;
    while at < text.len() {
        match like.get(in_like) {
            Some(b'*') => {
                star = Some((in_like, at));
                in_like += 1;
            }
            Some(letter) if *letter == b'?' || letter.eq_ignore_ascii_case(&text[at]) => {
                at += 1;
                in_like += 1;
            }
            _ => match &mut star {
                Some((place, reach)) => {
                    *reach += 1;
                    (at, in_like) = (*reach, *place + 1);
                }
                None => return false,
            },
        }
    }
    like[in_like..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_whole() {
        const HOPS: [&str; 8] =
            ["uri", "local", "name", "network", "session", "remote", "daemon", "driver"];
        let mut names = BTreeSet::new();
        let mut named = BTreeSet::new();
        for signature in signatures() {
            let name = &signature.name;
            assert!(names.insert(name), "{name} is there twice");
            assert!(HOPS.contains(&signature.hop.as_str()), "{name}: {}", signature.hop);
            assert!((1..=4).contains(&signature.strength), "{name}");
            assert!(!signature.causes.is_empty() && !signature.source.is_empty(), "{name}");
            for candidate in &signature.causes {
                if let Candidate::Where(one) = candidate {
                    assert!(one.is.is_empty() != one.not.is_empty(), "{name}: {one:?}");
                }
                assert!(Cause::named(candidate.cause()).is_some(), "{name}: {}", candidate.cause());
                named.insert(candidate.cause());
            }
            let always = |candidate: &Candidate| matches!(candidate, Candidate::Always(_));
            assert!(signature.causes.iter().any(always), "{name} may have no cause at all");
            for pattern in &signature.says {
                assert!(pattern.weight() >= 8, "{name}: too little is fixed in {pattern:?}");
            }
        }
        let mut seen = BTreeSet::new();
        for cause in causes() {
            assert!(seen.insert(&cause.name), "{} is there twice", cause.name);
            assert!(named.contains(cause.name.as_str()), "nothing leads to {}", cause.name);
            for text in [&cause.what, &cause.look, &cause.mend] {
                assert!(!text.is_empty() && !text.ends_with('.'), "{}: {text}", cause.name);
            }
        }
    }

    #[test]
    fn stars_and_question_marks() {
        for (text, like) in [
            ("/app/x", "/app/*"),
            ("49152", "49???"),
            ("", "*"),
            ("aXbXc", "*x*c"),
            ("SSH-", "ssh-"),
        ] {
            assert!(is_like(text, like), "{text} {like}");
        }
        for (text, like) in [("/x/app", "/app/*"), ("4915", "49???"), ("a", ""), ("ab", "*a")] {
            assert!(!is_like(text, like), "{text} {like}");
        }
    }
}
