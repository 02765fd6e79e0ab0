//! What libxml2 does not tell: where a URI is broken, and what its parts would
//! be without the fault.
//!
//! Only called where the strict reading said no. The parts are cut at their
//! delimiters, whatever stands between, and every byte that is out of place is
//! a [`Fault`].

use super::bytes::{DIGIT, FRAGMENT, HOLE, HOST, PATH, QUERY, SCHEME, Table, USER, escape_at};
use super::{Port, Uri};
use crate::text::Span;

/// A text that libvirt refuses with `Unable to parse URI`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unparseable<'a> {
    /// The parts as they would be without the faults.
    pub recovered: Uri<'a>,
    /// What is wrong, in the order of the text; at least one, at most
    /// [`Unparseable::MOST_FAULTS`].
    pub faults: Vec<Fault>,
}

impl Unparseable<'_> {
    /// How many faults of one text are told. A megabyte of them is no URI, and
    /// costs no more memory than this.
    pub const MOST_FAULTS: usize = 50;
}

/// One thing that makes the whole URI unreadable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The offending bytes.
    pub span: Span,
    /// The part they stand in.
    pub part: Part,
    /// What is wrong with them.
    pub kind: FaultKind,
}

/// A part of a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Before the first colon.
    Scheme,
    /// Before the `@`.
    User,
    /// After `//` or `@`.
    Host,
    /// After the host's colon.
    Port,
    /// From the first slash after the host.
    Path,
    /// After `?`.
    Query,
    /// After `#`.
    Fragment,
}

impl Part {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Scheme => "driver",
            Self::User => "user",
            Self::Host => "host",
            Self::Port => "port",
            Self::Path => "path",
            Self::Query => "query",
            Self::Fragment => "fragment",
        }
    }
}

/// What a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// Bytes that may not stand there unescaped.
    Unescaped,
    /// Blank, control or quote characters around the whole text.
    Surrounding,
    /// A `%` without two hex digits.
    Escape,
    /// A `[` of a host without its `]`.
    OpenBracket,
    /// A `]` of a host without its `[`.
    CloseBracket,
    /// Text between the `]` and the port or path.
    AfterBracket,
    /// An IPv6 address without brackets.
    BareIpv6,
    /// A colon with no digits after it.
    EmptyPort,
    /// A port that is no number.
    PortNotNumber,
    /// A port over 2147483647.
    PortOverflow,
    /// A second `@` in the user.
    SecondAt,
    /// A second `#`.
    SecondHash,
    /// Text before the first colon that is no scheme.
    NotAScheme,
}

struct Recovery<'a, 't> {
    uri: Uri<'a>,
    table: &'t Table,
    faults: Vec<Fault>,
}

pub(super) fn recover<'a>(text: &'a [u8], table: &Table) -> Unparseable<'a> {
    let uri = Uri::blank(text);
    let mut recovery = Recovery { uri, table, faults: Vec::new() };
    recovery.read();
    let Recovery { uri, mut faults, .. } = recovery;
    faults.sort_by_key(|fault| fault.span);
    if faults.is_empty() {
        // The cutting above finds a fault wherever the strict reading stops;
        // this keeps the promise of "at least one" whatever it overlooks.
        faults.push(Fault { span: uri.span(), part: Part::Path, kind: FaultKind::Unescaped });
    }
    Unparseable { recovered: uri, faults }
}

impl Recovery<'_, '_> {
    fn fault(&mut self, start: usize, end: usize, part: Part, kind: FaultKind) {
        if self.faults.len() < Unparseable::MOST_FAULTS {
            self.faults.push(Fault { span: Span::new(start, end), part, kind });
        }
    }

    fn find(&self, start: usize, end: usize, stop: impl Fn(u8) -> bool) -> usize {
        self.uri.text[start..end].iter().position(|byte| stop(*byte)).map_or(end, |at| start + at)
    }

    fn read(&mut self) {
        let (start, end) = self.trim();
        let mut at = self.scheme(start, end);
        if self.uri.text[at..end].starts_with(b"//") {
            self.uri.slashes = true;
            let stop = self.find(at + 2, end, |byte| matches!(byte, b'/' | b'?' | b'#'));
            self.authority(at + 2, stop);
            at = stop;
        }
        let path_end = self.find(at, end, |byte| matches!(byte, b'?' | b'#'));
        self.uri.path = Span::new(at, path_end);
        self.bytes(at, path_end, Part::Path, PATH, b"/");
        at = path_end;
        if at < end && self.uri.text[at] == b'?' {
            let query_end = self.find(at, end, |byte| byte == b'#');
            self.uri.query = Some(Span::new(at + 1, query_end));
            self.bytes(at + 1, query_end, Part::Query, QUERY, b"");
            at = query_end;
        }
        if at < end {
            self.uri.fragment = Some(Span::new(at + 1, end));
            self.fragment(at + 1, end);
        }
    }

    /// Without the blanks and quotes around it, each side one fault.
    fn trim(&mut self) -> (usize, usize) {
        let text = self.uri.text;
        let mut start = 0;
        while let Some(length) = surrounding(&text[start..]) {
            start += length;
        }
        // An apostrophe may end a URI, unless one stands before it too.
        let quoted = text[..start].contains(&b'\'');
        let mut end = text.len();
        while let Some(length) = surrounding_at_end(&text[start..end]) {
            if !quoted && text[end - 1] == b'\'' {
                break;
            }
            end -= length;
        }
        if start > 0 {
            self.fault(0, start, Part::Scheme, FaultKind::Surrounding);
        }
        if end < text.len() {
            self.fault(end, text.len(), Part::Path, FaultKind::Surrounding);
        }
        (start, end)
    }

    /// Returns where the rest begins.
    fn scheme(&mut self, start: usize, end: usize) -> usize {
        let text = self.uri.text;
        let stop = self.find(start, end, |byte| matches!(byte, b':' | b'/' | b'?' | b'#'));
        if stop == end || text[stop] != b':' {
            return start;
        }
        let word = &text[start..stop];
        let legal = word.first().is_some_and(u8::is_ascii_alphabetic)
            && word.iter().all(|byte| self.table[*byte as usize] & SCHEME != 0);
        let hole = word.first() == Some(&HOLE) && self.table[HOLE as usize] != 0;
        if !legal && !hole {
            self.fault(start, stop, Part::Scheme, FaultKind::NotAScheme);
        }
        self.uri.set_scheme(Span::new(start, stop));
        stop + 1
    }

    fn authority(&mut self, start: usize, end: usize) {
        let text = self.uri.text;
        let mut at = start;
        if let Some(last_at) = memchr::memrchr(b'@', &text[start..end]).map(|offset| start + offset)
        {
            self.uri.user = Some(Span::new(start, last_at));
            for extra in memchr::memchr_iter(b'@', &text[start..last_at]) {
                self.fault(start + extra, start + extra + 1, Part::User, FaultKind::SecondAt);
            }
            self.bytes(start, last_at, Part::User, USER, b"@");
            at = last_at + 1;
        }
        if text[at..end].starts_with(b"[") {
            self.bracketed(at, end);
        } else {
            self.host(at, end);
        }
    }

    fn bracketed(&mut self, start: usize, end: usize) {
        let text = self.uri.text;
        let Some(close) = memchr::memchr(b']', &text[start..end]).map(|offset| start + offset)
        else {
            self.uri.host = Some(Span::new(start, end));
            self.fault(start, start + 1, Part::Host, FaultKind::OpenBracket);
            return;
        };
        self.uri.host = Some(Span::new(start, close + 1));
        for nul in memchr::memchr_iter(0, &text[start..close]) {
            self.fault(start + nul, start + nul + 1, Part::Host, FaultKind::Unescaped);
        }
        match text.get(close + 1) {
            Some(b':') if close + 1 < end => self.port(close + 1, end),
            _ if close + 1 < end => self.fault(close + 1, end, Part::Host, FaultKind::AfterBracket),
            _ => {}
        }
    }

    fn host(&mut self, start: usize, end: usize) {
        let text = self.uri.text;
        let colons = memchr::memchr_iter(b':', &text[start..end]).count();
        if colons > 1 && looks_like_ipv6(&text[start..end]) {
            self.uri.host = Some(Span::new(start, end));
            self.fault(start, end, Part::Host, FaultKind::BareIpv6);
            return;
        }
        if let Some(close) = memchr::memchr(b']', &text[start..end]).map(|offset| start + offset)
            && text[start..close].contains(&b':')
            && looks_like_ipv6(&text[start..close])
        {
            self.uri.host = Some(Span::new(start, close + 1));
            self.fault(close, close + 1, Part::Host, FaultKind::CloseBracket);
            if text[close + 1..end].starts_with(b":") {
                self.port(close + 1, end);
            }
            return;
        }
        let stop = memchr::memchr(b':', &text[start..end]).map_or(end, |offset| start + offset);
        if stop > start {
            self.uri.host = Some(Span::new(start, stop));
        }
        self.bytes(start, stop, Part::Host, HOST, b"");
        if stop < end {
            self.port(stop, end);
        }
    }

    /// The colon stands at `colon`.
    fn port(&mut self, colon: usize, end: usize) {
        let digits = &self.uri.text[colon + 1..end];
        let span = Span::new(colon + 1, end);
        if digits.is_empty() {
            self.fault(colon, end, Part::Port, FaultKind::EmptyPort);
        } else if !digits.iter().all(|byte| self.table[*byte as usize] & DIGIT != 0) {
            self.uri.port = Some(Port { span, value: None });
            self.fault(colon + 1, end, Part::Port, FaultKind::PortNotNumber);
        } else {
            let value = std::str::from_utf8(digits).ok().and_then(|text| text.parse().ok());
            let value = value.filter(|value: &u32| i32::try_from(*value).is_ok());
            self.uri.port = Some(Port { span, value });
            if value.is_none() && digits.iter().all(u8::is_ascii_digit) {
                self.fault(colon + 1, end, Part::Port, FaultKind::PortOverflow);
            }
        }
    }

    fn fragment(&mut self, start: usize, end: usize) {
        for extra in memchr::memchr_iter(b'#', &self.uri.text[start..end]) {
            self.fault(start + extra, start + extra + 1, Part::Fragment, FaultKind::SecondHash);
        }
        self.bytes(start, end, Part::Fragment, FRAGMENT, b"#");
    }

    /// Each run of bytes out of place is a fault; those in `also` are judged elsewhere.
    fn bytes(&mut self, start: usize, end: usize, part: Part, class: u8, also: &[u8]) {
        let text = self.uri.text;
        let mut at = start;
        while at < end {
            let byte = text[at];
            if self.table[byte as usize] & class != 0 || also.contains(&byte) {
                at += 1;
            } else if byte == b'%' {
                if escape_at(&text[..end], at, self.table) {
                    at += 3;
                } else {
                    self.fault(at, at + 1, part, FaultKind::Escape);
                    at += 1;
                }
            } else {
                let from = at;
                while at < end
                    && text[at] != b'%'
                    && self.table[text[at] as usize] & class == 0
                    && !also.contains(&text[at])
                {
                    at += 1;
                }
                self.fault(from, at, part, FaultKind::Unescaped);
            }
        }
    }
}

/// Hex digits, colons, perhaps a dotted tail and a zone: what people write without
/// brackets.
fn looks_like_ipv6(text: &[u8]) -> bool {
    let zone = memchr::memchr(b'%', text).unwrap_or(text.len());
    let (address, zone) = text.split_at(zone);
    let in_zone = |byte: &u8| byte.is_ascii_alphanumeric() || b"%:._-~".contains(byte);
    address.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))
        && (zone.is_empty() || address.contains(&b':'))
        && zone.iter().all(in_zone)
}

/// What comes with copying and stands around a URI: blanks, quotes, and
/// characters that nobody sees.
const AROUND: [&str; 21] = [
    "\"", "'", "`", "\0", "\u{7f}", "\u{a0}", "\u{ab}", "\u{bb}", "\u{200b}", "\u{200c}",
    "\u{200d}", "\u{200e}", "\u{2018}", "\u{2019}", "\u{201a}", "\u{201c}", "\u{201d}", "\u{201e}",
    "\u{2039}", "\u{203a}", "\u{feff}",
];

/// The length of such a character at the beginning.
fn surrounding(text: &[u8]) -> Option<usize> {
    let first = text.first()?;
    if first.is_ascii_whitespace() {
        return Some(1);
    }
    AROUND.iter().find(|known| text.starts_with(known.as_bytes())).map(|known| known.len())
}

/// The length of such a character at the end.
fn surrounding_at_end(text: &[u8]) -> Option<usize> {
    let last = text.last()?;
    if last.is_ascii_whitespace() {
        return Some(1);
    }
    AROUND.iter().find(|known| text.ends_with(known.as_bytes())).map(|known| known.len())
}
