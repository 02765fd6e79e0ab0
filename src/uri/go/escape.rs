//! Percent escapes as `net/url` takes and makes them, by the part of the URI.

use bstr::BString;

use super::super::bytes::HOLE;
use super::error::Fault;

/// The part of a URI that a text is decoded for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Host,
    Zone,
    Query,
    Other,
}

pub(super) fn unescape(text: &[u8], part: Part) -> Result<BString, Fault> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'%' => {
                let escape = &text[at..text.len().min(at + 3)];
                let byte = decode(escape).ok_or_else(|| Fault::Escape(escape.into()))?;
                let forbidden = match part {
                    // In a host only bytes that are no ASCII, and the zone's own mark.
                    Part::Host => byte < 0x80 && escape != b"%25",
                    Part::Zone => escape != b"%25" && byte != b' ' && !is_host_byte(byte),
                    Part::Query | Part::Other => false,
                };
                if forbidden {
                    return Err(Fault::Escape(escape.into()));
                }
                decoded.push(byte);
                at += 3;
            }
            b'+' if part == Part::Query => {
                decoded.push(b' ');
                at += 1;
            }
            byte if matches!(part, Part::Host | Part::Zone)
                && byte < 0x80
                && !is_host_byte(byte) =>
            {
                return Err(Fault::HostCharacter(BString::from([byte].as_slice())));
            }
            byte => {
                decoded.push(byte);
                at += 1;
            }
        }
    }
    Ok(decoded.into())
}

/// The byte of a `%XX`.
fn decode(escape: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(escape.get(1..3)?).ok()?;
    digits
        .bytes()
        .all(|digit| digit.is_ascii_hexdigit())
        .then(|| u8::from_str_radix(digits, 16).ok())?
}

fn is_host_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == HOLE || b"!$&'()*+,;=:[]<>\"-_.~".contains(&byte)
}

/// Bytes that may stay in a path that somebody escaped by hand.
pub(super) fn is_path_byte(byte: u8) -> bool {
    b"!$&'()*+,;=:@[]%".contains(&byte) || stands_in_path(byte)
}

fn stands_in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == HOLE || b"-_.~$&+,/:;=@".contains(&byte)
}

/// The fragment as Go writes it: as typed where that is well escaped.
pub(super) fn escape_fragment(typed: &[u8], decoded: &[u8]) -> BString {
    let stands = |byte: &u8| stands_in_path(*byte) || b"?!()*".contains(byte);
    if typed.iter().all(|byte| stands(byte) || b"'[]%".contains(byte)) {
        return typed.into();
    }
    let mut escaped = BString::default();
    for byte in decoded {
        if stands(byte) {
            escaped.push(*byte);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    escaped
}

pub(super) fn escape_path(path: &[u8]) -> BString {
    let mut escaped = BString::default();
    for byte in path {
        if stands_in_path(*byte) {
            escaped.push(*byte);
        } else {
            escaped.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
    escaped
}
