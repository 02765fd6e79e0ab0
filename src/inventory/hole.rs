//! Placeholders: text that something else will put another text in the place of.
//!
//! Jinja, Go templates, ERB, Terraform, shell, make, printf, Python, Ruby, and the
//! stand-ins of documentation. A hole stands for any text, the empty one included.

/// How long a placeholder may be, in bytes: a text full of opening brackets is
/// not searched to its end for each of them.
const LONGEST: usize = 500;

/// The end of the placeholder that begins at `at`, if one does.
pub(super) fn end(text: &[u8], at: usize) -> Option<usize> {
    let rest = &text[at..text.len().min(at + LONGEST)];
    match rest.first()? {
        b'{' if rest.starts_with(b"{{") => {
            until(rest, b"}}").or_else(|| balanced(rest, b'{', b'}'))
        }
        b'{' if rest.starts_with(b"{%") => until(rest, b"%}"),
        b'{' => braces(rest),
        b'$' => dollar(rest),
        b'%' => percent(rest),
        b'#' if rest.starts_with(b"#{") => balanced(&rest[1..], b'{', b'}').map(|end| end + 1),
        b'<' if rest.starts_with(b"<%") => until(rest, b"%>"),
        b'<' => angle(rest),
        b'[' => bracket(rest),
        b'`' => until(&rest[1..], b"`").map(|end| end + 1),
        b'@' if rest.starts_with(b"@@") => until(&rest[2..], b"@@").map(|end| end + 2),
        // autoconf's @NAME@; behind a user's name the @ is the URI's own.
        b'@' if at.checked_sub(1).is_some_and(|before| matches!(text[before], b'/' | b'=')) => {
            word_until(&rest[1..], b"@").map(|end| end + 1)
        }
        b'_' if rest.starts_with(b"__") => word_until(&rest[2..], b"__").map(|end| end + 2),
        b'.' if rest.starts_with(b"...") => Some(3),
        0xe2 if rest.starts_with("…".as_bytes()) => Some("…".len()),
        _ => None,
    }
    .map(|length| at + length)
}

/// The length up to and with `close`, on this line.
fn until(text: &[u8], close: &[u8]) -> Option<usize> {
    let line = memchr::memchr(b'\n', text).unwrap_or(text.len());
    memchr::memmem::find(&text[..line], close).map(|at| at + close.len())
}

/// The same, where only word characters may stand before.
fn word_until(text: &[u8], close: &[u8]) -> Option<usize> {
    let end = until(text, close)?;
    let word = &text[..end - close.len()];
    (!word.is_empty() && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_'))
        .then_some(end)
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

/// `${...}`, `$(...)`, `$NAME`, `$1`, `$$NAME`.
fn dollar(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'{' => balanced(&text[1..], b'{', b'}').map(|end| end + 1),
        b'(' => balanced(&text[1..], b'(', b')').map(|end| end + 1),
        b'$' => dollar(&text[1..]).map(|end| end + 1),
        first if first.is_ascii_alphabetic() || *first == b'_' => Some(
            1 + text[1..]
                .iter()
                .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_')
                .count(),
        ),
        first if first.is_ascii_digit() => Some(2),
        _ => None,
    }
}

/// `%s`, `%d`, `%(name)s`. `%20` and `%dd` are escapes.
fn percent(text: &[u8]) -> Option<usize> {
    match text.get(1)? {
        b'(' => {
            let end = memchr::memchr(b')', text)?;
            let kind = text.get(end + 1)?;
            (!text[..end].contains(&b'\n') && kind.is_ascii_alphabetic()).then_some(end + 2)
        }
        b's' => Some(2),
        b'd' if !text.get(2).is_some_and(u8::is_ascii_hexdigit) => Some(2),
        b'%' => Some(2),
        _ => None,
    }
}

/// `<host>`, `<FQDN or IP>`: words in angle brackets.
fn angle(text: &[u8]) -> Option<usize> {
    let end = until(text, b">")?;
    let inner = &text[1..end - 1];
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte >= 0x80
            || matches!(byte, b' ' | b'_' | b'-' | b'.' | b'@' | b'/' | b':')
    };
    (!inner.is_empty() && inner.iter().all(legal) && !inner.starts_with(b"/")).then_some(end)
}

/// `[host]`, `[:port]`, `[user@]`: grammar, not an IPv6 address.
fn bracket(text: &[u8]) -> Option<usize> {
    let end = until(text, b"]")?;
    let inner = &text[1..end - 1];
    let address =
        inner.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'%'));
    let zone = inner.contains(&b'%') && inner.starts_with(b"fe80:");
    let legal = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || *byte >= 0x80
            || matches!(
                byte,
                b' ' | b'_' | b'-' | b'.' | b'@' | b'/' | b':' | b'?' | b'+' | b'&' | b'='
            )
    };
    let word = inner.iter().any(u8::is_ascii_alphabetic) && !(address && inner.contains(&b':'));
    (word && !zone && inner.iter().all(legal)).then_some(end)
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
            "%(name)s",
            "{}",
            "{0}",
            "{d['k']}",
            "{system,session}",
            "#{x}",
            "<%= scope.lookupvar(\"::site\") %>",
            "<host>",
            "<FQDN or IP>",
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
        ] {
            assert_eq!(end(text.as_bytes(), 0), Some(text.len()), "{text}");
            let longer = format!("{text}/system");
            assert_eq!(end(longer.as_bytes(), 0), Some(text.len()), "{longer}");
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
            assert_eq!(end(text.as_bytes(), 0), None, "{text}");
        }
    }
}
