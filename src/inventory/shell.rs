//! What a shell does to a URI outside quotes: an `&` in it ends the command.

use crate::text::Span;

use super::line::Line;
use super::yaml_key::shell_key;

/// What a shell cuts off a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The `&` that ends the command.
    pub(crate) ampersand: Span,
    /// The name of the parameter behind it.
    pub(crate) name: Span,
    /// The whole word that was meant to be the URI.
    pub(crate) word: Span,
    /// The quote that would keep it together; none where it has quotes or the like.
    pub(crate) quote: Option<u8>,
    /// Whether something is put in for a part of the word before the command runs.
    pub(crate) has_holes: bool,
}

impl Cut {
    /// The same with its places where they really are.
    pub(super) fn placed(self, place: impl Fn(Span) -> Span) -> Self {
        let [ampersand, name, word] = [self.ampersand, self.name, self.word].map(place);
        Self { ampersand, name, word, ..self }
    }

    /// Takes the other quote where this one stands around the whole text.
    pub(super) fn avoid(&mut self, outer: u8) {
        if self.quote == Some(outer) {
            // Within single quotes nothing would be put in.
            self.quote = (outer == b'\'').then_some(b'"');
        }
    }
}

/// Whether `&` and `;` end a URI at `begin`, which is an argument of a command. They do
/// not in a string that a variable takes: what it holds is not read as a command again.
pub(super) fn ends_commands(line: &Line<'_>, begin: usize) -> bool {
    let text = line.bytes();
    let assigned = || {
        let open = open_quote(&text[..begin - line.start])?;
        let name = text[..open].strip_suffix(b"=")?;
        (!text.trim_ascii_start().starts_with(b"alias ")
            && name.last().is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'))
        .then_some(())
    };
    line.dialect.kind != "shell" || assigned().is_none()
}

/// What is cut off the URI that begins at `begin` and ends before the `&` at `at`: another
/// parameter, where a shell reads the line.
pub(super) fn cut(line: &Line<'_>, begin: usize, at: usize, has_holes: bool) -> Option<Cut> {
    let text = &line.text[..line.end];
    let rest = text.get(at + 1..)?;
    let length =
        rest.iter().take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_').count();
    let is_parameter = rest.first()?.is_ascii_alphabetic() && rest.get(length) == Some(&b'=');
    if !is_parameter {
        return None;
    }
    let open = open_quote(&text[line.start..begin]).map(|open| line.start + open);
    let outer = match line.dialect.kind {
        "shell" => match open {
            // Quotes around the whole text are those of its file.
            Some(0) => text.first().copied(),
            Some(_) => return None,
            None => None,
        },
        "yaml" if shell_key(line.text, line.start) => match open {
            // Quotes around the whole value are those of YAML.
            Some(open) if text[..open].ends_with(b": ") || text[..open].ends_with(b"- ") => {
                Some(text[open])
            }
            Some(_) => return None,
            None => None,
        },
        _ => return None,
    };
    let (end, more_holes) = word_end(line, at);
    let has_holes = has_holes || more_holes;
    let whole = &text[begin..end];
    let is_plain = !whole.iter().any(|byte| b"\\'\"`".contains(byte));
    // Within single quotes nothing is put in.
    let quote = if has_holes || outer == Some(b'\'') { b'"' } else { b'\'' };
    let quote = Some(quote).filter(|quote| is_plain && outer != Some(*quote));
    Some(Cut {
        ampersand: Span::new(at, at + 1),
        name: Span::new(at + 1, at + 1 + length),
        word: Span::new(begin, end),
        quote,
        has_holes,
    })
}

/// Where the word ends that goes on behind the `&` at `at`, and whether something is put
/// in for a part of it.
fn word_end(line: &Line<'_>, at: usize) -> (usize, bool) {
    let text = &line.text[..line.end];
    let (mut end, mut has_holes) = (at, false);
    while end < text.len() {
        if let Some(next) = line.holes.end(end) {
            (end, has_holes) = (next, true);
        } else if matches!(
            text[end],
            b' ' | b'\t' | b'\r' | b';' | b'|' | b'<' | b'>' | b')' | b'"' | b'\'' | b'`'
        ) || text[end..].starts_with(b"&&")
        {
            break;
        } else {
            end += 1;
        }
    }
    (end, has_holes)
}

/// How far before a URI a quote may be opened, in bytes: a line may be a whole file.
const FURTHEST: usize = 1000;

/// Where the quote stands that is open at the end of a text.
fn open_quote(text: &[u8]) -> Option<usize> {
    let mut open: Option<usize> = None;
    let mut at = text.len().saturating_sub(FURTHEST);
    while at < text.len() {
        match (open, text[at]) {
            (Some(start), byte) if byte == text[start] => open = None,
            (None, b'"' | b'\'') => open = Some(at),
            // Single quotes have no escapes.
            (_, b'\\') if open.is_none_or(|start| text[start] == b'"') => at += 1,
            _ => {}
        }
        at += 1;
    }
    open
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::inventory::located::Origin;
    use crate::inventory::{Dialect, scan};

    /// The name behind the `&`, and the word with the quotes that would keep it together.
    fn cut(name: &str, text: &str) -> Option<(String, String)> {
        let found = scan(text.as_bytes(), Dialect::of(Path::new(name))).found;
        let Origin::CutByShell(cut) = &found.first()?.origin else { return None };
        let quote = cut.quote.map(|quote| char::from(quote).to_string()).unwrap_or_default();
        let word = &text[cut.word.range()];
        assert_eq!(&text[cut.ampersand.range()], "&");
        Some((text[cut.name.range()].to_owned(), format!("{quote}{word}{quote}")))
    }

    #[test]
    fn an_ampersand_outside_quotes_cuts() {
        let uri = "qemu:///system?mode=auto&socket=/s&x=1";
        let with = |quote: &str| format!("{quote}{uri}{quote}");
        for (name, text, word) in [
            ("a.sh", format!("virsh -c {uri} list"), with("'")),
            ("a.sh", format!("virsh -c {uri}"), with("'")),
            ("a.sh", format!("virsh -c {uri}; ls"), with("'")),
            ("a.sh", format!("virsh --connect={uri} list && ls"), with("'")),
            ("a.sh", format!("x=$(virsh -c {uri})"), with("'")),
            ("Dockerfile", format!("RUN virsh -c {uri} list"), with("'")),
            ("Makefile", format!("\tvirsh -c {uri} list"), with("'")),
            ("a.yml", format!("- run: virsh -c {uri} list"), with("'")),
            ("a.yml", format!("- run: \"virsh -c {uri} list\""), with("'")),
            ("a.yml", format!("- run: 'virsh -c {uri} list'"), with("\"")),
            ("a.yml", format!("- run: |\n    virsh -c {uri} list"), with("'")),
            (
                "a.yml",
                format!("- name: x\n  run: |\n    if x; then\n\n      virsh -c {uri}"),
                with("'"),
            ),
            ("a.yml", format!("script:\n- echo\n- virsh -c {uri} list"), with("'")),
            ("a.yml", format!("  script:\n    # x\n    - virsh -c {uri} list"), with("'")),
            ("a.yml", format!("- ansible.builtin.shell:\n    cmd: virsh -c {uri} list"), with("'")),
        ] {
            assert_eq!(cut(name, &text), Some(("socket".to_owned(), word)), "{name}: {text}");
        }
        let text = "virsh -c qemu+ssh://$H/system?no_tty=1&keyfile=$K list";
        let word = "\"qemu+ssh://$H/system?no_tty=1&keyfile=$K\"";
        assert_eq!(cut("a.sh", text), Some(("keyfile".to_owned(), word.to_owned())));
        let text = "virsh -c qemu+ssh://\"$H\"/system?no_tty=1&keyfile=/k list";
        let word = "qemu+ssh://\"$H\"/system?no_tty=1&keyfile=/k";
        assert_eq!(cut("a.sh", text), Some(("keyfile".to_owned(), word.to_owned())));
    }

    #[test]
    fn what_is_not_cut() {
        let uri = "qemu:///system?mode=auto&socket=/s";
        for (name, text) in [
            ("a.sh", format!("virsh -c '{uri}' list")),
            ("a.sh", format!("virsh -c \"{uri}\" list")),
            ("a.sh", "virsh -c qemu:///system?mode=auto\\&socket=/s list".to_owned()),
            ("a.sh", "virsh -c qemu:///system&".to_owned()),
            ("a.sh", "virsh -c qemu:///system& sleep 1".to_owned()),
            ("a.sh", "virsh -c qemu:///system&&ls".to_owned()),
            ("a.sh", "virsh -c qemu:///system&>/dev/null".to_owned()),
            ("a.sh", format!("V=\"virsh -c {uri}\"")),
            ("a.sh", format!("ssh h \"virsh -c {uri} list\"")),
            ("a.yml", format!("command: virsh -c {uri} list")),
            ("a.yml", format!("- ansible.builtin.command:\n    cmd: virsh -c {uri} list")),
            ("a.yml", format!("services:\n  - virsh -c {uri} list")),
            ("a.service", format!("ExecStart=virsh -c {uri} list")),
            ("a.md", format!("virsh -c {uri} list")),
        ] {
            assert_eq!(cut(name, &text), None, "{name}: {text}");
        }
        // What a variable takes is whole.
        let text = format!("V=\"virsh -c {uri}\"");
        let found = scan(text.as_bytes(), Dialect::of(Path::new("a.sh"))).found;
        assert_eq!(String::from_utf8_lossy(&found[0].text), uri);
    }
}
