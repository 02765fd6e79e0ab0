//! The text of a URI as Go's `net/url` reads it: the clients written in Go use that
//! instead of libxml2.
//!
//! It takes more (blanks and brackets in path and query) and less (control bytes, an
//! escape in the host) than libxml2, splits the user into name and password, and the
//! query at `&` only, where `+` is a blank.
//!
//! Source: `net/url/url.go` of Go 1.24.

mod error;
mod escape;

use std::borrow::Cow;

use bstr::{BStr, BString, ByteSlice as _};

use self::error::Fault;
pub(crate) use self::error::{GoError, Quoted};
use self::escape::{Part, escape_fragment, escape_path, is_path_byte, unescape};
use super::bytes::HOLE;
use crate::text::Span;

/// A URI that Go accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoUrl<'a> {
    /// In lower case; empty for a relative reference.
    pub(crate) scheme: String,
    /// What follows a scheme where no slash does.
    pub(crate) opaque: &'a [u8],
    pub(crate) user: Option<GoUser>,
    /// Host and port, decoded.
    host: BString,
    /// Decoded.
    pub(crate) path: BString,
    /// The path as typed, where escaping the decoded one gives another text.
    raw_path: Option<&'a [u8]>,
    query: Span,
    /// Whether a lone `?` ends the text.
    force_query: bool,
    pub(crate) fragment: BString,
    raw_fragment: &'a [u8],
    /// Whether a single slash follows the scheme.
    omits_host: bool,
    text: &'a [u8],
}

/// The part before the `@`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoUser {
    pub(crate) name: BString,
    pub(crate) password: Option<BString>,
}

impl<'a> GoUrl<'a> {
    /// Reads one URI. In a template a [`HOLE`] stands for text that is not known yet.
    pub(crate) fn parse(text: &'a [u8], is_template: bool) -> Result<Self, GoError> {
        let hash = memchr::memchr(b'#', text).unwrap_or(text.len());
        let error = |what| GoError { text: text[..hash].into(), what };
        let mut url = Self::before_fragment(text, hash, is_template).map_err(error)?;
        if hash < text.len() {
            url.raw_fragment = &text[hash + 1..];
            url.fragment = unescape(url.raw_fragment, Part::Other)
                .map_err(|what| GoError { text: text.into(), what })?;
        }
        Ok(url)
    }

    fn before_fragment(text: &'a [u8], end: usize, is_template: bool) -> Result<Self, Fault> {
        let whole = &text[..end];
        if whole
            .iter()
            .any(|byte| (*byte < b' ' && !(is_template && *byte == HOLE)) || *byte == 0x7f)
        {
            return Err(Fault::Control);
        }
        let mut url = Self {
            scheme: String::new(),
            opaque: b"",
            user: None,
            host: BString::default(),
            path: BString::default(),
            raw_path: None,
            query: Span::empty(end),
            force_query: false,
            fragment: BString::default(),
            raw_fragment: b"",
            omits_host: false,
            text,
        };
        if whole == b"*" {
            url.path = "*".into();
            return Ok(url);
        }
        let mut rest = whole;
        if let Some(colon) = scheme_end(whole)? {
            url.scheme = String::from_utf8_lossy(&whole[..colon]).to_ascii_lowercase();
            rest = &whole[colon + 1..];
        }
        if let Some(mark) = memchr::memchr(b'?', rest) {
            url.force_query = mark + 1 == rest.len();
            url.query = Span::new(end - rest.len() + mark + 1, end);
            rest = &rest[..mark];
        }
        if !rest.starts_with(b"/") {
            if !url.scheme.is_empty() {
                url.opaque = rest;
                return Ok(url);
            }
            let segment = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
            if segment.contains(&b':') {
                return Err(Fault::ColonInFirstSegment);
            }
        }
        if rest.starts_with(b"//") && (!url.scheme.is_empty() || !rest.starts_with(b"///")) {
            let slash = memchr::memchr(b'/', &rest[2..]).map_or(rest.len(), |at| at + 2);
            url.authority(&rest[2..slash])?;
            rest = &rest[slash..];
        } else {
            url.omits_host = !url.scheme.is_empty() && rest.starts_with(b"/");
        }
        url.path = unescape(rest, Part::Other)?;
        url.raw_path = Some(rest).filter(|raw| escape_path(&url.path).as_slice() != *raw);
        Ok(url)
    }

    fn authority(&mut self, authority: &[u8]) -> Result<(), Fault> {
        let Some(at) = memchr::memrchr(b'@', authority) else {
            self.host = parse_host(authority)?;
            return Ok(());
        };
        self.host = parse_host(&authority[at + 1..])?;
        let userinfo = &authority[..at];
        let legal = |byte: &u8| {
            byte.is_ascii_alphanumeric() || *byte == HOLE || b"-._:~!$&'()*+,;=%@".contains(byte)
        };
        if !userinfo.iter().all(legal) {
            return Err(Fault::Userinfo);
        }
        let (name, password) = match memchr::memchr(b':', userinfo) {
            Some(colon) => (&userinfo[..colon], Some(&userinfo[colon + 1..])),
            None => (userinfo, None),
        };
        self.user = Some(GoUser {
            name: unescape(name, Part::Other)?,
            password: password.map(|password| unescape(password, Part::Other)).transpose()?,
        });
        Ok(())
    }

    /// Whether anything stands in the place of the host.
    pub(crate) fn has_host(&self) -> bool {
        !self.host.is_empty()
    }

    /// The host without port and brackets.
    pub(crate) fn hostname(&self) -> &BStr {
        let host = self.split_host().0;
        let bare = host.strip_prefix(b"[").and_then(|host| host.strip_suffix(b"]"));
        bare.unwrap_or(host).as_bstr()
    }

    /// The digits of the port; empty without one.
    pub(crate) fn port(&self) -> &BStr {
        self.split_host().1.as_bstr()
    }

    fn split_host(&self) -> (&[u8], &[u8]) {
        match memchr::memrchr(b':', &self.host) {
            Some(colon) if is_port(&self.host[colon + 1..]) => {
                (&self.host[..colon], &self.host[colon + 1..])
            }
            _ => (&self.host, b""),
        }
    }

    /// The parameters that Go keeps, in their order. A section with a `;` or a broken
    /// escape is dropped.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = GoParameter> {
        let mut at = self.query.start as usize;
        self.query.of(self.text).split(|byte| *byte == b'&').filter_map(move |section| {
            let start = at;
            at += section.len() + 1;
            if section.is_empty() {
                return None;
            }
            let equals = memchr::memchr(b'=', section);
            let name_end = equals.unwrap_or(section.len());
            let value_start = equals.map_or(section.len(), |equals| equals + 1);
            let decoded = (
                unescape(&section[..name_end], Part::Query),
                unescape(&section[value_start..], Part::Query),
            );
            let (name, value, kept) = match decoded {
                (Ok(name), Ok(value)) if !section.contains(&b';') => (name, value, true),
                _ => (section[..name_end].into(), section[value_start..].into(), false),
            };
            Some(GoParameter {
                name,
                value,
                kept,
                name_span: Span::new(start, start + name_end),
                value_span: Span::new(start + value_start, start + section.len()),
            })
        })
    }

    /// The first value of this name, in this case: what Go's `Query().Get` gives.
    pub(crate) fn get(&self, name: &str) -> Option<BString> {
        self.parameters()
            .find(|parameter| parameter.kept && parameter.name == name)
            .map(|parameter| parameter.value)
            .filter(|value| !value.is_empty())
    }

    /// Whether the name is there, with or without a value: `Query().Has`.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.parameters().any(|parameter| parameter.kept && parameter.name == name)
    }

    /// The path as Go writes it into another URI.
    pub(crate) fn escaped_path(&self) -> BString {
        match self.raw_path {
            Some(raw) if raw.iter().all(|byte| is_path_byte(*byte)) => raw.into(),
            _ => escape_path(&self.path),
        }
    }

    /// A decoded path as Go writes it where nobody typed it.
    pub(crate) fn escape(path: &[u8]) -> BString {
        escape_path(path)
    }

    /// The fragment as Go writes it into another URI.
    pub(crate) fn escaped_fragment(&self) -> BString {
        escape_fragment(self.raw_fragment, &self.fragment)
    }

    /// Whether Go leaves out the slashes of an empty host when it writes the URI again.
    pub(crate) fn omits_host(&self) -> bool {
        self.omits_host
    }

    /// Whether a lone `?` ends the text.
    pub(crate) fn forces_query(&self) -> bool {
        self.force_query
    }
}

/// One parameter, as Go splits the query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GoParameter {
    pub(crate) name: BString,
    pub(crate) value: BString,
    /// Whether Go keeps it at all.
    pub(crate) kept: bool,
    pub(crate) name_span: Span,
    pub(crate) value_span: Span,
}

fn scheme_end(text: &[u8]) -> Result<Option<usize>, Fault> {
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | &HOLE => {}
            b'0'..=b'9' | b'+' | b'-' | b'.' if at > 0 => {}
            b':' if at == 0 => return Err(Fault::NoScheme),
            b':' => return Ok(Some(at)),
            _ => break,
        }
    }
    Ok(None)
}

fn is_port(digits: &[u8]) -> bool {
    digits.iter().all(|byte| byte.is_ascii_digit() || *byte == HOLE)
}

fn parse_host(host: &[u8]) -> Result<BString, Fault> {
    let after_colon = |text: &[u8]| match text.first() {
        None => Ok(()),
        Some(b':') if is_port(&text[1..]) => Ok(()),
        Some(_) => Err(Fault::Port(text.into())),
    };
    if host.first() == Some(&b'[') {
        let close = memchr::memrchr(b']', host).ok_or(Fault::OpenBracket)?;
        after_colon(&host[close + 1..])?;
        if let Some(zone) = memchr::memmem::find(&host[..close], b"%25") {
            let mut decoded = unescape(&host[..zone], Part::Host)?;
            decoded.extend_from_slice(&unescape(&host[zone..close], Part::Zone)?);
            decoded.extend_from_slice(&unescape(&host[close..], Part::Host)?);
            return Ok(decoded);
        }
    } else if let Some(colon) = memchr::memrchr(b':', host) {
        after_colon(&host[colon..])?;
    }
    unescape(host, Part::Host)
}

/// Go's `os.ExpandEnv` for a value that names no variable, and the expansion of `~`:
/// what the Terraform provider does with the name of a file.
pub(crate) fn expanded<'v>(value: &'v BStr, home: &str) -> Cow<'v, BStr> {
    if value.starts_with(b"~") {
        return Cow::Owned(BString::from([home.as_bytes(), &value[1..]].concat()));
    }
    Cow::Borrowed(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> GoUrl<'_> {
        GoUrl::parse(text.as_bytes(), false).unwrap()
    }

    #[test]
    fn parts_are_gos() {
        let read = url("QEMU+ssh://joe:pw@kvm1.example:2222/system?a=b+c&d=%20&x;y=1&e#f");
        assert_eq!(read.scheme, "qemu+ssh");
        let user = read.user.clone().unwrap();
        assert_eq!((user.name, user.password), ("joe".into(), Some("pw".into())));
        assert_eq!((read.hostname(), read.port()), ("kvm1.example".into(), "2222".into()));
        assert_eq!((read.path.clone(), read.fragment.clone()), ("/system".into(), "f".into()));
        let kept: Vec<_> = read.parameters().map(|p| (p.name, p.value, p.kept)).collect();
        assert_eq!(
            kept,
            [
                ("a".into(), "b c".into(), true),
                ("d".into(), " ".into(), true),
                ("x;y".into(), "1".into(), false),
                ("e".into(), "".into(), true)
            ]
        );
        assert!(read.has("e") && read.get("e").is_none());
    }

    #[test]
    fn hosts_are_gos() {
        for (text, host, port) in [
            ("q://[::1]:22/", "::1", "22"),
            ("q://[fe80::1%25eth0]/", "fe80::1%eth0", ""),
            ("q://h:/x", "h", ""),
            ("q:///x", "", ""),
            ("q://h", "h", ""),
        ] {
            assert_eq!((url(text).hostname(), url(text).port()), (host.into(), port.into()));
        }
        assert_eq!(url("q:x/y").opaque, b"x/y");
    }

    #[test]
    fn refusals_are_in_gos_words() {
        for (text, error) in [
            ("q://h:x/", r#"parse "q://h:x/": invalid port ":x" after host"#),
            ("q://a b/", r#"parse "q://a b/": invalid character " " in host name"#),
            ("q://[::1/", r#"parse "q://[::1/": missing ']' in host"#),
            ("q://h/%zz", r#"parse "q://h/%zz": invalid URL escape "%zz""#),
            ("q://h%41/", r#"parse "q://h%41/": invalid URL escape "%41""#),
            ("q://a<b@h/", r#"parse "q://a<b@h/": net/url: invalid userinfo"#),
            ("h:1\n", r#"parse "h:1\n": net/url: invalid control character in URL"#),
            (
                "1.2.3.4:5/x",
                r#"parse "1.2.3.4:5/x": first path segment in URL cannot contain colon"#,
            ),
            ("://x", r#"parse "://x": missing protocol scheme"#),
        ] {
            assert_eq!(GoUrl::parse(text.as_bytes(), false).unwrap_err().to_string(), error);
        }
    }

    #[test]
    fn paths_are_escaped_as_go_does() {
        for (text, path) in [
            ("q:///system", "/system"),
            ("q:///a%20b", "/a%20b"),
            ("q:///a b", "/a%20b"),
            ("q:///a(b)", "/a(b)"),
            ("q:///%73ystem", "/%73ystem"),
        ] {
            assert_eq!(url(text).escaped_path(), path, "{text}");
        }
    }
}
