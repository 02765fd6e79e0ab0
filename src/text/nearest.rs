//! The known word that a misspelt one was probably meant to be.

/// The nearest of `known` to `word`, if it is near enough to be meant: case,
/// `-` and `_` count for nothing, and at most a third of the letters differ.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let wanted = squeezed(word);
    if wanted.is_empty() {
        return None;
    }
    let letters = wanted.chars().count();
    known
        .into_iter()
        .map(|candidate| (allowed(wanted.len().min(candidate.len())), candidate))
        // What differs more in length than may differ at all need not be compared.
        .filter(|(allowed, candidate)| {
            candidate.bytes().filter(|byte| counts(*byte)).count().abs_diff(letters) <= *allowed
        })
        .map(|(allowed, candidate)| {
            (strsim::osa_distance(&wanted, &squeezed(candidate)), allowed, candidate)
        })
        .filter(|(distance, allowed, _)| distance <= allowed)
        .min_by_key(|(distance, ..)| *distance)
        .map(|(.., candidate)| candidate)
}

fn squeezed(word: &str) -> String {
    let mut word = word.replace(['-', '_'], "");
    word.make_ascii_lowercase();
    word
}

fn counts(byte: u8) -> bool {
    !matches!(byte, b'-' | b'_')
}

/// How many letters may differ in a word of this length.
fn allowed(length: usize) -> usize {
    match length {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_people_meant() {
        let known = ["known_hosts", "no_verify", "keyfile", "netcat", "socket", "name", "mode"];
        for (word, meant) in [
            ("knownhosts", Some("known_hosts")),
            ("no-verify", Some("no_verify")),
            ("no_verfy", Some("no_verify")),
            ("key_file", Some("keyfile")),
            ("nmae", Some("name")),
            ("sock", None),
            ("password", None),
            ("foo", None),
            ("", None),
            ("_", None),
        ] {
            assert_eq!(nearest(word, known), meant, "{word}");
        }
    }
}
