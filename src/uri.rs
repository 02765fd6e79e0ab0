//! The text of one connection URI, read as libxml2 and libvirt read it.
//!
//! libvirt hands the text to libxml2's `xmlParseURI` (RFC 3986 with quirks) and
//! splits the query itself (`src/util/viruri.c`). This parser accepts and
//! rejects what those two do, keeps their quirks, copies nothing, and knows the
//! byte span of every part. Where libxml2 says no, `recover` still finds the
//! parts and says what is wrong where: libvirt's own message tells neither.

mod bytes;
pub(crate) mod go;
mod parse;
mod query;
mod recover;
mod secrets;

pub use bytes::HOLE;
pub(crate) use bytes::unescape;
pub(crate) use query::Sections;
pub use query::{Parameter, Parameters};
pub use recover::{Fault, FaultKind, Part, Unparseable};
pub(crate) use secrets::{Secret, SecretKind, secret_spans, secrets};

use std::borrow::Cow;

use crate::text::Span;

/// The parts of a URI that libxml2 accepts, by their places in its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Uri<'a> {
    text: &'a [u8],
    scheme: Option<Span>,
    /// The first `+` of the scheme: nearly every question about a URI begins there.
    plus: Option<u32>,
    user: Option<Span>,
    host: Option<Span>,
    port: Option<Port>,
    path: Span,
    query: Option<Span>,
    fragment: Option<Span>,
    slashes: bool,
    /// Whether a `%` stands anywhere: without one nothing is decoded.
    has_percent: bool,
}

/// A port as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Port {
    /// The digits.
    pub span: Span,
    /// Their value, at most 2147483647; none where a placeholder is part of it.
    pub value: Option<u32>,
}

impl<'a> Uri<'a> {
    /// Reads one URI.
    ///
    /// # Errors
    /// [`Unparseable`] exactly where libvirt says `Unable to parse URI`.
    pub fn parse(text: &'a [u8]) -> Result<Self, Unparseable<'a>> {
        parse::parse(text, bytes::PLAIN).ok_or_else(|| recover::recover(text, bytes::PLAIN))
    }

    /// Reads a URI in which the byte [`HOLE`] stands for text that is not known
    /// yet: it is accepted in any part.
    ///
    /// # Errors
    /// As [`Uri::parse`]; never because of a hole.
    pub fn parse_template(text: &'a [u8]) -> Result<Self, Unparseable<'a>> {
        parse::parse(text, bytes::TEMPLATE).ok_or_else(|| recover::recover(text, bytes::TEMPLATE))
    }

    /// Nothing but the text.
    fn blank(text: &'a [u8]) -> Self {
        Self {
            text,
            scheme: None,
            plus: None,
            user: None,
            host: None,
            port: None,
            path: Span::empty(0),
            query: None,
            fragment: None,
            slashes: false,
            has_percent: memchr::memchr(b'%', text).is_some(),
        }
    }

    fn set_scheme(&mut self, scheme: Span) {
        let plus = scheme.of(self.text).iter().position(|byte| *byte == b'+');
        self.scheme = Some(scheme);
        self.plus = plus.map(|at| Span::empty(scheme.start as usize + at).start);
    }

    fn decoded(&self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        if self.has_percent { unescape(raw) } else { Cow::Borrowed(raw) }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &'a [u8] {
        self.text
    }

    /// The text before the first colon, as typed; none for a relative reference.
    #[must_use]
    pub fn scheme(&self) -> Option<&'a [u8]> {
        self.scheme.map(|span| span.of(self.text))
    }

    /// The part of the scheme before the first `+`.
    #[must_use]
    pub fn driver(&self) -> Option<&'a [u8]> {
        self.driver_span().map(|span| span.of(self.text))
    }

    /// The part of the scheme after the first `+`; none without a `+`.
    #[must_use]
    pub fn transport_word(&self) -> Option<&'a [u8]> {
        self.transport_span().map(|span| span.of(self.text))
    }

    /// The user, decoded. With an empty user (`//@host`) this is the whole rest
    /// of the URI from the `@` on: libxml2 takes a length of zero for "to the end".
    #[must_use]
    pub fn user(&self) -> Option<Cow<'a, [u8]>> {
        self.user.map(|span| self.decoded(zero_means_rest(span, self.text)))
    }

    /// The host, decoded; brackets are taken off where a colon stands within.
    #[must_use]
    pub fn host(&self) -> Option<Cow<'a, [u8]>> {
        let decoded = self.decoded(self.host?.of(self.text));
        let bracketed = decoded.len() >= 2
            && decoded.starts_with(b"[")
            && decoded.ends_with(b"]")
            && decoded.contains(&b':');
        Some(if bracketed { strip_brackets(decoded) } else { decoded })
    }

    /// The port, as libvirt keeps it: none without a host, whatever is written.
    /// A host whose first byte is `%00` is an empty string to it.
    #[must_use]
    pub fn port(&self) -> Option<Port> {
        self.host.filter(|host| !host.of(self.text).starts_with(b"%00")).and(self.port)
    }

    /// The port as written, with or without a host.
    #[must_use]
    pub fn written_port(&self) -> Option<Port> {
        self.port
    }

    /// The path, decoded; empty if there is none.
    #[must_use]
    pub fn path(&self) -> Cow<'a, [u8]> {
        self.decoded(self.path.of(self.text))
    }

    /// The query without its `?`, as typed.
    #[must_use]
    pub fn query(&self) -> Option<&'a [u8]> {
        self.query.map(|span| span.of(self.text))
    }

    /// The parameters in their order, duplicates included.
    #[must_use]
    pub fn parameters(&self) -> Parameters<'a> {
        Parameters::new(self.text, self.query)
    }

    /// Where each section of the query stands, read as a parameter or not.
    pub(crate) fn sections(&self) -> Sections<'a> {
        Sections::new(self.text, self.query)
    }

    /// The fragment without its `#`, decoded.
    #[must_use]
    pub fn fragment(&self) -> Option<Cow<'a, [u8]>> {
        self.fragment.map(|span| self.decoded(span.of(self.text)))
    }

    /// Whether `//` follows the scheme.
    #[must_use]
    pub fn has_slashes(&self) -> bool {
        self.slashes
    }

    /// Where the scheme stands.
    #[must_use]
    pub fn scheme_span(&self) -> Option<Span> {
        self.scheme
    }

    /// Where the driver stands.
    #[must_use]
    pub fn driver_span(&self) -> Option<Span> {
        let scheme = self.scheme?;
        Some(Span { start: scheme.start, end: self.plus.unwrap_or(scheme.end) })
    }

    /// Where the transport stands.
    #[must_use]
    pub fn transport_span(&self) -> Option<Span> {
        let scheme = self.scheme?;
        Some(Span { start: self.plus? + 1, end: scheme.end })
    }

    /// Where the user stands, without its `@`.
    #[must_use]
    pub fn user_span(&self) -> Option<Span> {
        self.user
    }

    /// Where the host stands, with its brackets.
    #[must_use]
    pub fn host_span(&self) -> Option<Span> {
        self.host
    }

    /// Where the path stands; an empty span where it would.
    #[must_use]
    pub fn path_span(&self) -> Span {
        self.path
    }

    /// Where the query stands, without its `?`.
    #[must_use]
    pub fn query_span(&self) -> Option<Span> {
        self.query
    }

    /// Where the fragment stands, without its `#`.
    #[must_use]
    pub fn fragment_span(&self) -> Option<Span> {
        self.fragment
    }

    /// The whole text's span.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(0, self.text.len())
    }
}

/// libxml2's unescape takes a length of zero for "up to the end of the string".
fn zero_means_rest(span: Span, text: &[u8]) -> &[u8] {
    if span.is_empty() { &text[span.start as usize..] } else { span.of(text) }
}

fn strip_brackets(host: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    match host {
        Cow::Borrowed(host) => Cow::Borrowed(&host[1..host.len() - 1]),
        Cow::Owned(mut host) => {
            host.pop();
            host.remove(0);
            Cow::Owned(host)
        }
    }
}
