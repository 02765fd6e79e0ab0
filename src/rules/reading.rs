//! What a static rule gets to see: one URI, what is broken in it, and the plan.

use std::borrow::Cow;

use crate::plan::{Plan, Planned};
use crate::settings::Machine;
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Driver;
use crate::tables::parameters::Reader;
use crate::text::Span;
use crate::uri::{Fault, HOLE, Secret, Uri};

/// One URI, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// Its parts; where it cannot be parsed, what they would be.
    pub(crate) uri: &'a Uri<'a>,
    /// The row of its driver: nearly every rule asks for it.
    pub(crate) driver: Option<&'static Driver>,
    /// Whether any text of it is not known yet.
    pub(crate) has_holes: bool,
    /// Whether any of its text is escaped, or would be: most URIs have no `%`.
    pub(crate) has_escapes: bool,
    /// Whether nothing is wrong with its path: asked once, for thirteen rules.
    pub(crate) has_fitting_path: bool,
    /// The secrets in its text, whatever the parse.
    pub(crate) secrets: &'a [Secret],
    /// What keeps it from being parsed; nothing where it can.
    pub(crate) faults: &'a [Fault],
    pub(crate) plan: &'a Plan,
    /// What other clients would do, where they are to be compared.
    pub(crate) others: &'a [Plan],
    pub(crate) machine: &'a Machine,
    /// Whether a person typed it as the thing to connect to: then it may be a
    /// misspelt alias.
    pub(crate) is_argument: bool,
    /// The variable or file that named it, where the client was given none.
    pub(crate) default_from: Option<&'a str>,
}

impl<'a> Reading<'a> {
    /// Whether all text at this place is really there.
    pub(crate) fn is_certain(&self, span: Span) -> bool {
        !(self.has_holes && span.of(self.uri.text()).contains(&HOLE))
    }

    /// Whether all text from the scheme to the path is really there: only then
    /// can something be said to be missing.
    pub(crate) fn has_certain_place(&self) -> bool {
        let path = self.uri.path_span();
        self.is_certain(Span { start: 0, end: path.end })
    }

    /// Whether the host may hold the path too: a placeholder ends it, and nothing follows.
    pub(crate) fn host_may_go_on(&self) -> bool {
        let host = self.uri.host_span().filter(|_| self.uri.path_span().is_empty());
        self.has_holes && host.is_some_and(|host| self.text(host).ends_with(&[HOLE]))
    }

    /// Whether the driver is really there.
    pub(crate) fn has_certain_driver(&self) -> bool {
        self.uri.driver_span().is_none_or(|driver| self.is_certain(driver))
    }

    /// Whether a placeholder in the query may hold another parameter.
    pub(crate) fn has_certain_query(&self) -> bool {
        self.uri.query_span().is_none_or(|query| self.is_certain(query))
    }

    /// How the client reads URIs.
    pub(crate) fn dialect(&self) -> UriDialect {
        self.plan.client.dialect()
    }

    /// The driver as text; none where it is not certain.
    pub(crate) fn driver_word(&self) -> Option<(Span, Cow<'a, str>)> {
        let span = self.uri.driver_span()?;
        self.is_certain(span).then(|| (span, String::from_utf8_lossy(span.of(self.uri.text()))))
    }

    /// The row of the driver.
    pub(crate) fn driver(&self) -> Option<&'static Driver> {
        self.driver
    }

    /// The text at a place.
    pub(crate) fn text(&self, span: Span) -> &'a [u8] {
        span.of(self.uri.text())
    }

    /// The place of everything between the scheme's colon and the path.
    pub(crate) fn slashes_span(&self) -> Span {
        let start = self.uri.scheme_span().map_or(0, |scheme| scheme.end as usize + 1);
        let text = &self.uri.text()[start..];
        let slashes = text.iter().take_while(|byte| **byte == b'/').count();
        Span::new(start, start + slashes)
    }

    /// Parameters of this name, ASCII case ignored, whose value can be judged. The
    /// comparison of lengths makes it nearly free where there is none.
    pub(crate) fn given(&self, name: &'static str) -> impl Iterator<Item = &'a Planned> + use<'a> {
        let reading = *self;
        self.plan.parameters.iter().filter(move |planned| {
            planned.name.len() == name.len()
                && planned.name.eq_ignore_ascii_case(name.as_bytes())
                && reading.is_judgeable(planned)
        })
    }

    /// Whether name and value are really there, without a fault in them, and the
    /// value has not swallowed the next parameter: else that is the finding.
    pub(crate) fn is_judgeable(&self, planned: &Planned) -> bool {
        let section = planned.name_span.to(planned.value_span);
        self.is_certain(section)
            && !self.faults.iter().any(|fault| section.contains(fault.span))
            && self.swallowed(planned).is_none()
    }

    /// Where within a section the first `?` or `;` stands that was to begin the
    /// next parameter.
    pub(crate) fn swallowed(&self, planned: &Planned) -> Option<usize> {
        self.swallowing(planned).next()
    }

    /// Where all of them stand. Within `name`, which is a URI itself, a `?` is
    /// nothing odd.
    pub(crate) fn swallowing(&self, planned: &Planned) -> impl Iterator<Item = usize> + use<'a> {
        let section = planned.name_span.to(planned.value_span);
        let is_name = planned.name.eq_ignore_ascii_case(b"name");
        let text = if is_name { &[][..] } else { self.text(section) };
        memchr::memchr2_iter(b'?', b';', text)
            .filter(move |at| *at > 0 && begins_parameter(text[*at], &text[at + 1..]))
            .map(move |at| section.start as usize + at)
    }
}

/// Whether what follows a `?` or `;` looks like a parameter of its own.
fn begins_parameter(mark: u8, rest: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b'=', rest) else { return false };
    let word = &rest[..end];
    match mark {
        b';' => Reader::Remote.named(word).is_some() || Reader::Esx.named(word).is_some(),
        _ => {
            word.first().is_some_and(u8::is_ascii_alphabetic)
                && word.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
        }
    }
}
