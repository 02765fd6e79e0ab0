//! Placeholders: text that something else will put another text in the place of.
//!
//! Jinja, Go templates, ERB, Terraform, shell, make, printf, Python, Ruby, and the
//! stand-ins of documentation. A hole stands for any text, the empty one included.

use std::cell::Cell;

/// How long a placeholder may be, in bytes.
const LONGEST: usize = 500;

/// How deep brackets within one may be.
const DEEPEST: usize = 8;

/// What ends a placeholder of some kind.
const CLOSERS: [&[u8]; 10] = [b"}", b"}}", b"%}", b")", b">", b"%>", b"]", b"`", b"@", b"__"];

/// The placeholders of a line.
///
/// Remembers the next closing mark of each kind: a line full of opening ones is not
/// searched again for each of them.
pub(super) struct Holes<'t> {
    text: &'t [u8],
    /// For each of [`CLOSERS`]: none stands from the first place to the second.
    next: [Cell<(usize, usize)>; CLOSERS.len()],
}

impl<'t> Holes<'t> {
    /// Those of a text that ends with the line.
    pub(super) fn new(text: &'t [u8]) -> Self {
        Self { text, next: std::array::from_fn(|_| Cell::new((1, 0))) }
    }

    /// The end of the placeholder that begins at `at`, if one does.
    pub(super) fn end(&self, at: usize) -> Option<usize> {
        let text = self.text;
        let rest = &text[at..text.len().min(at + LONGEST)];
        let closed = |close: &[u8]| self.is_near(close, at);
        match rest.first()? {
            b'{' if !closed(b"}") => None,
            b'{' if rest.starts_with(b"{{{") && until(rest, b"}}}").is_some() => {
                until(rest, b"}}}")
            }
            b'{' if rest.starts_with(b"{{") => closed(b"}}")
                .then(|| until(rest, b"}}"))
                .flatten()
                .or_else(|| balanced(rest, b'{', b'}')),
            b'{' if rest.starts_with(b"{%") => closed(b"%}").then(|| until(rest, b"%}")).flatten(),
            b'{' => braces(rest),
            b'$' => match rest.iter().take_while(|byte| **byte == b'$').take(3).count() {
                1 => self.dollar(at),
                2 => self.dollar(at + 1).map(|length| length + 1),
                _ => None,
            },
            b'%' => percent(rest),
            b'#' if rest.starts_with(b"#{") && closed(b"}") => {
                balanced(&rest[1..], b'{', b'}').map(|end| end + 1)
            }
            b'<' if rest.starts_with(b"<%") => closed(b"%>").then(|| until(rest, b"%>")).flatten(),
            b'<' if closed(b">") => angle(rest),
            b'[' if closed(b"]") => bracket(rest),
            b'`' if self.is_near(b"`", at + 1) => until(&rest[1..], b"`").map(|end| end + 1),
            b'@' if rest.starts_with(b"@@") && self.is_near(b"@", at + 2) => {
                until(&rest[2..], b"@@").map(|end| end + 2)
            }
            // autoconf's @NAME@; behind a user's name the @ is the URI's own.
            b'@' if at.checked_sub(1).is_some_and(|before| matches!(text[before], b'/' | b'=')) => {
                word_then(&rest[1..], b"@").map(|end| end + 1)
            }
            b'_' if rest.starts_with(b"__") && self.is_near(b"__", at + 2) => {
                word_then(&rest[2..], b"__").map(|end| end + 2)
            }
            b'.' if rest.starts_with(b"...") => Some(3),
            0xe2 if rest.starts_with("…".as_bytes()) => Some("…".len()),
            _ => None,
        }
        .map(|length| at + length)
    }

    /// `${...}`, `$(...)`, `$NAME`, `$1`: the length.
    fn dollar(&self, at: usize) -> Option<usize> {
        let text = &self.text[at..self.text.len().min(at + LONGEST)];
        match text.get(1)? {
            b'{' if self.is_near(b"}", at) => balanced(&text[1..], b'{', b'}').map(|end| end + 1),
            b'(' if self.is_near(b")", at) => balanced(&text[1..], b'(', b')').map(|end| end + 1),
            _ if text.starts_with(b"$env:") => {
                let name = text[5..].iter().take_while(|byte| is_word(**byte)).count();
                Some(5 + name)
            }
            // All the arguments of a shell; behind a user's name the @ is the URI's own.
            b'@' | b'*' if at > 0 && matches!(self.text[at - 1], b'/' | b'=' | b'"') => Some(2),
            first if first.is_ascii_alphabetic() || *first == b'_' => {
                Some(1 + text[1..].iter().take_while(|byte| is_word(**byte)).count())
            }
            first if first.is_ascii_digit() => Some(2),
            _ => None,
        }
    }

    /// Whether a closing mark stands near enough behind `at`.
    fn is_near(&self, close: &[u8], at: usize) -> bool {
        let Some(kind) = CLOSERS.iter().position(|other| *other == close) else { return true };
        let (from, mut found) = self.next[kind].get();
        if at < from || found < at {
            let rest = self.text.get(at..).unwrap_or_default();
            found = memchr::memmem::find(rest, close).map_or(usize::MAX, |offset| at + offset);
            self.next[kind].set((at, found));
        }
        found - at < LONGEST
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The length up to and with `close`, on this line.
fn until(text: &[u8], close: &[u8]) -> Option<usize> {
    let line = memchr::memchr(b'\n', text).unwrap_or(text.len());
    memchr::memmem::find(&text[..line], close).map(|at| at + close.len())
}

/// The length of a word and the mark behind it.
fn word_then(text: &[u8], close: &[u8]) -> Option<usize> {
    let own = close[0];
    let ends = |at: &usize| text[*at] == own && text[*at..].starts_with(close);
    let end = (0..text.len()).find(|at| ends(at) || !is_word(text[*at]))?;
    (end > 0 && ends(&end)).then_some(end + close.len())
}

/// The length of a balanced pair that begins `text`; quoted text within may
/// hold the closing one.
fn balanced(text: &[u8], open: u8, close: u8) -> Option<usize> {
    let first_close = memchr::memchr(close, text)?;
    let mut depth = 0usize;
    let mut quote = None;
    for (at, &byte) in text.iter().enumerate() {
        match (quote, byte) {
            (_, b'\n') => return None,
            (Some(open_quote), byte) if byte == open_quote => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') if depth > 0 && text[at + 1..].contains(&byte) => {
                quote = Some(byte);
            }
            (None, byte) if byte == open && depth == DEEPEST => break,
            (None, byte) if byte == open => depth += 1,
            (None, byte) if byte == close => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    // A quote that was only an apostrophe.
    (!text[..first_close].contains(&b'\n')).then_some(first_close + 1)
}

/// `{}`, `{name}`, `{o.attr}`, `{d['k']}`, `{system,session}`.
fn braces(text: &[u8]) -> Option<usize> {
    balanced(text, b'{', b'}').filter(|end| *end <= 80)
}

/// How long the name in `%(name)s` may be.
const LONGEST_NAME: usize = 60;

/// `%s`, `%d`, `%lu`, `%(name)s`, systemd's `%i`, `%NAME%`. `%20` and `%dd` are escapes.
fn percent(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'(' => {
            let end = text.iter().take(LONGEST_NAME).position(|byte| *byte == b')')?;
            let kind = text.get(end + 1)?;
            (!text[..end].contains(&b'\n') && kind.is_ascii_alphabetic()).then_some(end + 2)
        }
        b's' => Some(2),
        // Of printf and of systemd; no digit of a character's number.
        b'i' | b'I' | b'h' | b'H' | b'n' if !text.get(2).is_some_and(u8::is_ascii_alphanumeric) => {
            Some(2)
        }
        b'd' if !text.get(2).is_some_and(u8::is_ascii_hexdigit) => Some(2),
        b'%' => Some(2),
        first if first.is_ascii_alphabetic() || *first == b'_' => {
            let word = text[1..].iter().take_while(|byte| is_word(**byte)).count();
            variable(text, word).or_else(|| conversion(&text[1..=word]).then_some(word + 1))
        }
        _ => None,
    }
}

/// `%NAME%`; `%ab%20` is two escapes.
fn variable(text: &[u8], word: usize) -> Option<usize> {
    let is_escape = |at: usize| {
        text.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let close = word + 1;
    let closes = text.get(close) == Some(&b'%') && word > 1;
    (closes && !(is_escape(0) && is_escape(close))).then_some(close + 1)
}

/// A conversion of printf or a specifier of systemd; letters that are hexadecimal digits
/// would begin an escape.
fn conversion(word: &[u8]) -> bool {
    match word {
        [b'l' | b'h' | b'z', b'u' | b'd' | b'i'] => true,
        [kind] => kind.is_ascii_alphabetic() && (!kind.is_ascii_hexdigit() || *kind == b'd'),
        _ => false,
    }
}

/// `<host>`, `<FQDN or IP>`: words in angle brackets.
fn angle(text: &[u8]) -> Option<usize> {
    let end = until(text, b">")?;
    let inner = &text[1..end - 1];
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte >= 0x80
            || matches!(byte, b' ' | b'_' | b'-' | b'.' | b'@' | b'/' | b':' | b'\\')
    };
    (!inner.is_empty() && inner.iter().all(legal) && !inner.starts_with(b"/")).then_some(end)
}

/// `[host]`, `[:port]`, `[user@]`: grammar, not an IPv6 address.
fn bracket(text: &[u8]) -> Option<usize> {
    let end = until(text, b"]")?;
    let inner = &text[1..end - 1];
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte >= 0x80
            || matches!(
                byte,
                b' ' | b'_' | b'-' | b'.' | b'@' | b'/' | b':' | b'?' | b'+' | b'&' | b'='
            )
    };
    let address = |byte: &u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let is_address = inner.contains(&b':') && inner.iter().all(address);
    let word = inner.iter().any(u8::is_ascii_alphabetic) && !is_address;
    (inner.iter().all(legal) && word).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_every_kind() {
        for text in [
            "{{ a | default('x') }}",
            "{{host}}",
            "${var.a[\"b\"]}",
            "${X:-d}",
            "${user:+${user}@}",
            "$(cmd arg)",
            "$HOME",
            "$1",
            "$$X",
            "%s",
            "%d",
            "%i",
            "%(name)s",
            "{}",
            "{0}",
            "{d['k']}",
            "{system,session}",
            "#{x}",
            "<%= scope.lookupvar(\"::site\") %>",
            "<host>",
            "<FQDN or IP>",
            "<\\u672c>",
            "[host]",
            "[:port]",
            "[user@]",
            "`hostname`",
            "@@change@@",
            "__SSH_PORT__",
            "...",
            "…",
            "${try(a[\"b\"], c[\"d\"])}",
            "{{ .Values.x }}",
            "%%",
            "{{{host}}}",
            "$env:HOST",
            "%v",
            "%q",
            "%u",
            "%lu",
            "%i",
            "%HOST%",
            "%DATA_HOST%",
            "%ad%",
        ] {
            assert_eq!(Holes::new(text.as_bytes()).end(0), Some(text.len()), "{text}");
            let longer = format!("{text}/system");
            assert_eq!(Holes::new(longer.as_bytes()).end(0), Some(text.len()), "{longer}");
        }
    }

    #[test]
    fn what_is_none() {
        for text in [
            "[::1]",
            "[2001:db8::7]",
            "[fe80::1%25eth0]",
            "%20",
            "%2F",
            "%zz",
            "%ab%20",
            "%a",
            "$@",
            "%dd",
            "<>",
            "[]",
            "$",
            "a",
            "__",
            "{a\nb}",
            "@h",
            "[192.0.2.1]",
        ] {
            assert_eq!(Holes::new(text.as_bytes()).end(0), None, "{text}");
        }
    }
}
