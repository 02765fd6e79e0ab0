//! Which parameters the client takes out of the URI, and what becomes of each.
//!
//! Source: `doRemoteOpenExtractURIArgs` in `src/remote/remote_driver.c`.

use std::borrow::Cow;

use bstr::{BString, ByteSlice};
use serde::Serialize;

use super::Refusal;
use crate::tables::parameters::{Key, REMOTE, Value};
use crate::tables::transports::Transport;
use crate::text::Span;
use crate::uri::Uri;

/// One parameter of the URI and what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The name, decoded.
    pub name: BString,
    /// The value, decoded; empty without one.
    pub value: BString,
    /// What becomes of it.
    pub effect: Effect,
    /// Where the name stands in the URI.
    pub name_span: Span,
    /// Where the value stands; an empty place without one.
    pub value_span: Span,
}

/// What becomes of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// The client acts on it.
    Used,
    /// The client does not know it and hands it to the server, which ignores it.
    Forwarded,
    /// The client takes it out and does nothing with it.
    Ignored,
}

/// What the remote driver took out of the URI: for each key the last value.
pub(super) struct Given<'a> {
    values: [Option<Cow<'a, [u8]>>; REMOTE.len()],
    refusal: Option<Refusal>,
}

impl<'a> Given<'a> {
    pub(super) fn nothing() -> Self {
        Self { values: [const { None }; REMOTE.len()], refusal: None }
    }

    /// Reads all parameters in their order; the first switch that is no integer
    /// refuses the URI, whatever the transport.
    pub(super) fn of(uri: &Uri<'a>) -> Self {
        let mut given = Self::nothing();
        for parameter in uri.parameters() {
            let name = parameter.name();
            let Some(place) = place(&name) else { continue };
            let value = parameter.value();
            if REMOTE[place].value == Value::Switch
                && switch(&value).is_none()
                && given.refusal.is_none()
            {
                given.refusal = Some(Refusal::Switch(name.as_bstr().to_owned()));
            }
            given.values[place] = Some(value);
        }
        given
    }

    pub(super) fn get(&self, key: Key) -> Option<&[u8]> {
        self.values[key as usize].as_deref()
    }

    /// Whether a switch is on.
    pub(super) fn is_on(&self, key: Key) -> bool {
        self.get(key).and_then(switch).unwrap_or(false)
    }

    pub(super) fn refusal(&self) -> Option<Refusal> {
        self.refusal.clone()
    }
}

/// The place of a name in [`REMOTE`], ASCII case ignored.
pub(super) fn place(name: &[u8]) -> Option<usize> {
    REMOTE.iter().position(|row| {
        row.name.len() == name.len() && row.name.as_bytes().eq_ignore_ascii_case(name)
    })
}

/// The value of a switch: on where the integer is not 0.
pub(crate) fn switch(value: &[u8]) -> Option<bool> {
    switch_number(value).map(|number| number != 0)
}

/// A decimal `int` as libvirt's `virStrToLong_i` reads it: perhaps with blanks
/// before and a sign, and nothing behind.
pub(super) fn switch_number(value: &[u8]) -> Option<i32> {
    let start = leading_blanks(value);
    let digits = value[start..]
        .strip_prefix(b"-")
        .or(value[start..].strip_prefix(b"+"))
        .unwrap_or(&value[start..]);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number: i64 = std::str::from_utf8(&value[start..]).ok()?.parse().ok()?;
    i32::try_from(number).ok()
}

/// How many bytes at the beginning are blank to C's `isspace`.
pub(super) fn leading_blanks(text: &[u8]) -> usize {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c);
    text.iter().take_while(blank).count()
}

/// What becomes of each parameter. `used` tells whether the client acts on a
/// row of [`REMOTE`] on this transport.
pub(super) fn effects(
    uri: &Uri<'_>,
    transport: Option<Transport>,
    used: impl Fn(Key) -> bool,
) -> Vec<Planned> {
    let mut last = [None; REMOTE.len()];
    let mut planned: Vec<Planned> = Vec::new();
    for parameter in uri.parameters() {
        let name = parameter.name();
        let effect = match place(&name) {
            None => Effect::Forwarded,
            Some(place) => {
                // Of several, the last one counts.
                if let Some(earlier) = last[place].replace(planned.len()) {
                    planned[earlier].effect = Effect::Ignored;
                }
                let fits = transport.is_some_and(|transport| REMOTE[place].used_by.has(transport));
                // Taken out whatever its case, but looked up in this case only.
                let found = KEYS[place] != Key::Authfile || name.as_ref() == b"authfile";
                if fits && found && used(KEYS[place]) { Effect::Used } else { Effect::Ignored }
            }
        };
        planned.push(Planned {
            name: name.as_bstr().to_owned(),
            value: parameter.value().as_bstr().to_owned(),
            effect,
            name_span: parameter.name_span,
            value_span: parameter.value_or_end(),
        });
    }
    planned
}

/// The keys in the order of [`REMOTE`].
const KEYS: [Key; REMOTE.len()] = [
    Key::Name,
    Key::Command,
    Key::Socket,
    Key::Auth,
    Key::Sshauth,
    Key::Netcat,
    Key::Keyfile,
    Key::Pkipath,
    Key::KnownHosts,
    Key::KnownHostsVerify,
    Key::TlsPriority,
    Key::Mode,
    Key::Proxy,
    Key::NoSanity,
    Key::NoVerify,
    Key::NoTty,
    Key::Authfile,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_a_decimal_int_and_nothing_else() {
        for (text, on) in [
            ("1", true),
            ("0", false),
            ("-1", true),
            ("+2", true),
            (" 1", true),
            ("01", true),
            ("00", false),
        ] {
            assert_eq!(switch(text.as_bytes()), Some(on), "{text:?}");
        }
        for text in
            ["", " ", "yes", "true", "0x1", "1.0", "1 ", "2147483648", "-", "99999999999999999999"]
        {
            assert_eq!(switch(text.as_bytes()), None, "{text:?}");
        }
    }
}
