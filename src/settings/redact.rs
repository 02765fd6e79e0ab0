//! A machine without secrets, for a file that others read.
//!
//! Variables and libvirt.conf hold connection URIs, and those hold passwords. What is
//! taken out is `***` and nothing else of the text moves to another line, so that
//! libvirt's own complaints about the file stay the same.

use bstr::ByteSlice as _;

use super::{ConfContent, ConfText, Machine};
use crate::text::{Span, apart, masked};
use crate::uri::secret_spans;

impl Machine {
    /// The same, as far as a judgment depends on it, without secrets.
    pub(crate) fn without_secrets(&self) -> Self {
        let mut machine = self.clone();
        for value in machine.environment.values_mut() {
            *value = bare(value.as_bytes());
        }
        if let ConfContent::Text(text) = machine.conf.content {
            machine.conf.content =
                ConfContent::Text(ConfText::from(bare_conf(&String::from(text))));
        }
        machine
    }
}

/// A text that may be a URI, or the entry of an alias.
fn bare(text: &[u8]) -> String {
    let mut secrets = secret_spans(text);
    // `name=uri`: what stands before the URI must not hide where it begins.
    if let Some(equals) = memchr::memchr(b'=', text) {
        let behind = secret_spans(&text[equals + 1..]);
        let moved = |span: Span| {
            let (start, end) = (span.start as usize, span.end as usize);
            Span::new(start + equals + 1, end + equals + 1)
        };
        secrets.extend(behind.into_iter().map(moved));
    }
    masked(text, &apart(secrets)).to_str_lossy().into_owned()
}

/// libvirt.conf without the secrets of its strings, and without the words of its comments.
fn bare_conf(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (piece, behind) = match first {
            '#' => {
                kept.push('#');
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '"' | '\'' => {
                kept.push(first);
                let within = &rest[1..];
                within.split_at(within.find([first, '\n']).unwrap_or(within.len()))
            }
            _ if is_blank(first) => {
                kept.push(first);
                rest = &rest[first.len_utf8()..];
                continue;
            }
            _ => rest.split_at(
                rest.find(|one| is_blank(one) || matches!(one, '#' | '"' | '\''))
                    .unwrap_or(rest.len()),
            ),
        };
        kept.push_str(&bare(piece.as_bytes()));
        // The quote that ends it begins nothing.
        rest = match first {
            '"' | '\'' if behind.starts_with(first) => {
                kept.push(first);
                &behind[1..]
            }
            _ => behind,
        };
    }
    kept
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r' | '[' | ']' | ',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conf_keeps_everything_but_its_secrets() {
        for (text, bare) in [
            ("remote_mode = \"legacy\" # pw: hunter2\n", "remote_mode = \"legacy\" #\n"),
            (
                "uri_aliases = [\n  'a=qemu+ssh://joe:hunter2@h.example/system', \"b=qemu:///system\",\n]\n",
                "uri_aliases = [\n  'a=qemu+ssh://joe:***@h.example/system', \"b=qemu:///system\",\n]\n",
            ),
            (
                "uri_default = qemu+ssh://joe:hunter2@h.example/system\n",
                "uri_default = qemu+ssh://joe:***@h.example/system\n",
            ),
            (
                "uri_default = \"esx://h.example/?password=hun#ter2\nx = 1\n",
                "uri_default = \"esx://h.example/?password=***\nx = 1\n",
            ),
            ("x = \"\"\ny = ''\n", "x = \"\"\ny = ''\n"),
        ] {
            assert_eq!(bare_conf(text), bare);
        }
    }

    #[test]
    fn variables_are_shown_without_secrets() {
        let mut machine = Machine::fixed("2026-01-01".into());
        let uri = "qemu+ssh://joe:hunter2@h.example/system";
        machine.environment.insert("LIBVIRT_DEFAULT_URI".into(), uri.into());
        let saved = serde_json::to_string(&machine.without_secrets()).unwrap();
        assert!(saved.contains("joe:***@") && !saved.contains("hunter2"), "{saved}");
        assert_eq!(Machine::fixed("2026-01-01".into()).without_secrets().home, "/home/user");
    }
}
