//! Takes away what clients, terminals and logs put around and between the words of an
//! error, so that the words stand as libvirt wrote them.

use std::borrow::Cow;
use std::ops::Range;

use anstream::adapter::strip_str;

use super::hide::hidden;
use crate::tables::signatures::in_english;
use crate::text::Shown;

/// The text on one line.
#[derive(Debug)]
pub(super) struct Flat {
    /// Quotes of all kinds are `'`, and the system's words for an error are in English.
    pub(super) text: String,
    /// The same in lower case, byte for byte.
    pub(super) lower: String,
    /// The lines that it was made of.
    lines: Vec<String>,
    /// Whether a daemon's own log is in it.
    pub(super) is_of_daemon: bool,
}

/// From this length on a line may have been broken by the width of a terminal, not by
/// its writer.
const BROKEN: usize = 60;

/// The text with its lines joined by blanks; and, where lines are long, joined without,
/// since a terminal breaks within words.
pub(super) fn flat_texts(paste: &[u8]) -> Vec<Flat> {
    let text = decoded(paste);
    let text = unescaped(&text);
    let text = without_entities(&text);
    let text = strip_str(&text).to_string();
    let is_of_daemon = is_of_daemon(&text.to_ascii_lowercase());
    let mut in_log = false;
    let lines: Vec<String> =
        text.lines().map(|line| without_head(bare(line), &mut in_log).to_owned()).collect();
    let (mut apart, mut joined) = (String::new(), String::new());
    let mut before = 0;
    for line in lines.iter().filter(|line| !line.is_empty()) {
        if !apart.is_empty() {
            apart.push(' ');
            if before < BROKEN {
                joined.push(' ');
            }
        }
        apart.push_str(line);
        joined.push_str(line);
        before = line.chars().count();
    }
    let lines: Vec<String> = lines.into_iter().filter(|line| !line.is_empty()).collect();
    let mut flats = vec![Flat::of(&apart, lines, is_of_daemon)];
    if joined != apart {
        flats.push(Flat::of(&joined, Vec::new(), is_of_daemon));
    }
    flats
}

impl Flat {
    fn of(text: &str, lines: Vec<String>, is_of_daemon: bool) -> Self {
        let text = in_english(&plain(text));
        let lower = text.to_ascii_lowercase();
        Self { text, lower, lines, is_of_daemon }
    }

    /// A part to show, with the words whole in which it begins and ends.
    pub(super) fn excerpt(&self, range: &Range<usize>) -> Shown {
        const LONGEST: usize = 400;
        let before = self.text[..range.start].rfind(' ').map_or(0, |at| at + 1);
        let after = self.text[range.end..].find(' ').map_or(self.text.len(), |at| range.end + at);
        let start = if range.start - before > LONGEST { range.start } else { before };
        let end = if after - range.end > LONGEST { range.end } else { after };
        let cut = before != start || after != end;
        let text = self.text[start..end].trim_end_matches(['.', ',', ':', ';']);
        // A piece of a long word may be a piece of a secret.
        if cut && text.contains('@') { Shown::ours("…") } else { hidden(text) }
    }

    /// The beginning, of which lines that speak of an error come first.
    pub(super) fn first_lines(&self, most: usize) -> Vec<Shown> {
        const WIDEST: usize = 300;
        let is_error = |line: &&String| {
            let lower = line.to_ascii_lowercase();
            ["error", "fail", "cannot", "unable", "denied"].iter().any(|word| lower.contains(word))
        };
        // What is no text tells nobody anything.
        let lines = self.lines.iter().filter(|line| !line.contains('\u{fffd}'));
        let (errors, others): (Vec<&String>, Vec<&String>) = lines.partition(is_error);
        let lines = errors.into_iter().chain(others);
        let show = |line: &String| {
            let cut = line.char_indices().nth(WIDEST).map(|(at, _)| at);
            match cut {
                // What is behind the cut may tell that something before it is a secret.
                Some(at) if line[at..].contains('@') => Shown::ours("…"),
                Some(at) => hidden(&line[..at]).followed_by("…"),
                None => hidden(line),
            }
        };
        lines.take(most).map(show).collect()
    }
}

/// Whether a daemon speaks, in its own log or in that of its unit.
fn is_of_daemon(lower: &str) -> bool {
    const DAEMONS: [&str; 5] =
        ["libvirtd[", "virtqemud[", "virtproxyd[", ": error : vir", ": error : main:"];
    DAEMONS.iter().any(|daemon| lower.contains(daemon))
}

/// A line without the frame and the quoting around it.
fn bare(line: &str) -> &str {
    const FRAME: &str = "│┃╷╵|>";
    let mut line = line.trim();
    while let Some(inner) = line.strip_prefix(|letter| FRAME.contains(letter)) {
        line = inner.trim_start();
    }
    line.trim_end_matches(|letter: char| "│┃|".contains(letter)).trim_end()
}

/// A line of a log without its head, which would stand between the words; the first
/// keeps it, since it says who speaks.
fn without_head<'l>(line: &'l str, in_log: &mut bool) -> &'l str {
    let head = log_head(line);
    let first = !std::mem::replace(in_log, head.is_some());
    head.filter(|_| !first).map_or(line, |end| &line[end..])
}

/// Where the head of a journal's line ends: `Nov 23 02:01:54 kvm1 virsh[812]: `.
fn log_head(line: &str) -> Option<usize> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let month = line.get(..3)?;
    let colon = line.find("]: ")?;
    let bracket = line[..colon].rfind('[')?;
    let is_number = line[bracket + 1..colon].bytes().all(|byte| byte.is_ascii_digit());
    (MONTHS.contains(&month) && is_number).then_some(colon + 3)
}

/// The letters of a paste; Windows writes them in two bytes each, with a mark before.
fn decoded(paste: &[u8]) -> Cow<'_, str> {
    let order: fn([u8; 2]) -> u16 = match paste {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return String::from_utf8_lossy(paste),
    };
    let (pairs, _) = paste[2..].as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| order(*pair)).collect();
    Cow::Owned(String::from_utf16_lossy(&units))
}

/// Without the escapes of a web page.
fn without_entities(text: &str) -> Cow<'_, str> {
    const ENTITIES: [(&str, &str); 6] = [
        ("&#39;", "'"),
        ("&apos;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        // The last: what it makes is no other entity.
        ("&amp;", "&"),
    ];
    let mut text = Cow::Borrowed(text);
    for (entity, letter) in ENTITIES {
        if text.contains(entity) {
            text = Cow::Owned(text.replace(entity, letter));
        }
    }
    text
}

/// Without the escapes of JSON and of programs that quote.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        plain.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (letter, length) = match after.as_bytes().first() {
            Some(b'n') => (Some('\n'), 1),
            Some(b'r' | b't') => (Some(' '), 1),
            Some(quote @ (b'"' | b'\'' | b'\\' | b'/')) => (Some(char::from(*quote)), 1),
            Some(b'u') => {
                let code = after.get(1..5).and_then(|digits| u32::from_str_radix(digits, 16).ok());
                (code.and_then(char::from_u32), 5)
            }
            _ => (None, 0),
        };
        if let Some(letter) = letter {
            plain.push(letter);
            rest = &after[length..];
        } else {
            plain.push('\\');
            rest = after;
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

/// With one kind of quotes and blanks, a single blank between words.
fn plain(text: &str) -> String {
    const QUOTES: &str = "\"‘’‚‛“”„«»‹›「」『』`";
    let mut plain = String::with_capacity(text.len());
    for letter in text.chars() {
        let letter = match letter {
            quote if QUOTES.contains(quote) => '\'',
            blank if blank.is_whitespace() => ' ',
            '\u{ff1a}' => ':',
            other => other,
        };
        if letter != ' ' || !plain.ends_with(' ') {
            plain.push(letter);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(paste: &str) -> String {
        flat_texts(paste.as_bytes()).swap_remove(0).text
    }

    #[test]
    fn what_is_around_the_words_goes() {
        for (paste, expected) in [
            ("╷\n│ Error: a\n│\n│   with b\n╵\n", "Error: a with b"),
            ("\u{1b}[31merror:\u{1b}[0m a", "error: a"),
            (r#"{"msg": "a 'b'\nc \"d\" \u001b[1me"}"#, "{'msg': 'a 'b' c 'd' e'}"),
            ("« a » “b” „c“", "' a ' 'b' 'c'"),
            ("> quoted\n> again", "quoted again"),
            (
                "Nov 23 02:01:54 kvm1 python3[12]: @@@\nNov 23 02:01:54 kvm1 python3[12]: b",
                "Nov 23 02:01:54 kvm1 python3[12]: @@@ b",
            ),
            ("x: Datei oder Verzeichnis nicht gefunden", "x: No such file or directory"),
            ("a\\56b \\", "a\\56b \\"),
            ("&#39;a&quot; &amp;lt; &lt;b", "'a' &lt; <b"),
        ] {
            assert_eq!(first(paste), expected, "{paste}");
        }
    }

    #[test]
    fn letters_of_two_bytes() {
        for bytes in [b"\xff\xfea\0b\0", b"\xfe\xff\0a\0b"] {
            assert_eq!(flat_texts(bytes)[0].text, "ab");
        }
    }

    #[test]
    fn a_word_that_a_terminal_broke_is_whole() {
        let paste = format!("error: {} No such fi\nle or directory", "x".repeat(60));
        let flats = flat_texts(paste.as_bytes());
        assert!(!flats[0].text.contains("No such file") && flats[1].text.contains("No such file"));
    }
}
