//! libvirt's debug log, read back.
//!
//! A record is `DATE TIME+ZONE: PID: LEVEL : FUNCTION:LINE : MESSAGE`, and its
//! message may hold any bytes, line feeds too.

use crate::text::Text;

/// The parts of the URI, as libvirt logs them.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Parts {
    pub(crate) host: Option<Text>,
    pub(crate) user: Option<Text>,
    pub(crate) port: i64,
    pub(crate) path: Option<Text>,
}

/// All messages, in their order.
pub(crate) struct Log<'l>(Vec<&'l [u8]>);

impl<'l> Log<'l> {
    pub(crate) fn read(text: &'l [u8]) -> Self {
        let starts: Vec<usize> = (0..text.len())
            .filter(|at| (*at == 0 || text[at - 1] == b'\n') && is_head(&text[*at..]))
            .chain([text.len()])
            .collect();
        let record = |pair: &[usize]| {
            let record = &text[pair[0]..pair[1]];
            let record = record.strip_suffix(b"\n").unwrap_or(record);
            // The message follows the third " : " at most: level, function, message.
            let mut rest = record;
            for _ in 0..2 {
                rest = after(rest, b" : ")?;
            }
            Some(rest)
        };
        Self(starts.windows(2).filter_map(record).collect())
    }

    /// What follows `before` in the first message that begins with it.
    pub(crate) fn after(&self, before: &str) -> Option<&'l [u8]> {
        self.all_after(before).next()
    }

    pub(crate) fn all_after(&self, before: &str) -> impl Iterator<Item = &'l [u8]> {
        self.0.iter().filter_map(move |message| message.strip_prefix(before.as_bytes()))
    }

    /// The parts of the URI; none where it was refused before.
    pub(crate) fn parts(&self) -> Option<Parts> {
        let split = self.after("Split \"")?;
        let rest = after(split, b"\n  server ")?;
        let (host, rest) = split_at(rest, b"\n  user ")?;
        let (user, rest) = split_at(rest, b"\n  port ")?;
        let (port, path) = split_at(rest, b"\n  path ")?;
        Some(Parts {
            host: unless_null(host),
            user: unless_null(user),
            port: std::str::from_utf8(port).ok()?.parse().ok()?,
            path: unless_null(path),
        })
    }
}

/// Whether a record begins here: a date, a time, a zone.
fn is_head(text: &[u8]) -> bool {
    text.len() > 29
        && text[..4].iter().all(u8::is_ascii_digit)
        && text[4] == b'-'
        && text[23..].starts_with(b"+0000: ")
}

pub(crate) fn after<'t>(text: &'t [u8], what: &[u8]) -> Option<&'t [u8]> {
    split_at(text, what).map(|(_, rest)| rest)
}

pub(crate) fn split_at<'t>(text: &'t [u8], what: &[u8]) -> Option<(&'t [u8], &'t [u8])> {
    let at = memchr::memmem::find(text, what)?;
    Some((&text[..at], &text[at + what.len()..]))
}

/// libvirt prints a missing text as `<null>`.
pub(crate) fn unless_null(text: &[u8]) -> Option<Text> {
    (text != b"<null>").then(|| text.into())
}

#[test]
fn a_message_may_have_lines() {
    let log = Log::read(
        b"2026-01-01 00:00:00.000+0000: 7: info : libvirt version: 9.0.0\n2026-01-01 00:00:00.000+0000: 7: debug : f:1 : Split \"u\" to URI components:\n  scheme qemu\n  server a\nb\n  user <null>\n  port 22\n  path /x : y\n2026-01-01 00:00:00.001+0000: 7: debug : g:2 : proceeding with name = n\n",
    );
    let parts = log.parts().unwrap();
    assert_eq!((parts.host.unwrap().0, parts.user, parts.port), (b"a\nb".to_vec(), None, 22));
    assert_eq!(parts.path.unwrap().0, b"/x : y");
    assert_eq!(log.after("proceeding with name = "), Some(&b"n"[..]));
}
