//! What a static rule gets to see: one URI, what is broken in it, and the plan.

use std::borrow::Cow;

use crate::plan::Plan;
use crate::settings::Machine;
use crate::tables::clients::UriDialect;
use crate::tables::drivers::Driver;
use crate::text::Span;
use crate::uri::{Fault, HOLE, Uri};

/// One URI, read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// Its parts; where it cannot be parsed, what they would be.
    pub(crate) uri: &'a Uri<'a>,
    /// What keeps it from being parsed; nothing where it can.
    pub(crate) faults: &'a [Fault],
    pub(crate) plan: &'a Plan,
    /// What other clients would do, where they are to be compared.
    pub(crate) others: &'a [Plan],
    pub(crate) machine: &'a Machine,
    /// Whether a person typed it as the thing to connect to: then it may be a
    /// misspelt alias.
    pub(crate) is_argument: bool,
}

impl<'a> Reading<'a> {
    /// Whether all text at this place is really there.
    pub(crate) fn is_certain(&self, span: Span) -> bool {
        !span.of(self.uri.text()).contains(&HOLE)
    }

    /// Whether all text from the scheme to the path is really there: only then
    /// can something be said to be missing.
    pub(crate) fn has_certain_place(&self) -> bool {
        let path = self.uri.path_span();
        self.is_certain(Span { start: 0, end: path.end })
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
        Driver::named(self.uri.driver()?)
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
}
