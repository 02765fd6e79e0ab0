//! The query splitter beside the words of libvirt's `virURIParseParams`, with
//! libxml2's own decoding.

use std::ffi::CStr;

use virt_doctor::uri::Uri;

use crate::allocations::counted;
use crate::libxml2;
use crate::uri::is_within;

/// Checks one query, be it legal in a URI or not.
pub fn check(query: &[u8]) {
    let text = [b"qemu:///system?", query].concat();
    let uri = Uri::parse(&text).unwrap_or_else(|unparseable| unparseable.recovered);
    for parameter in uri.parameters() {
        is_within(parameter.section, &text);
        assert!(parameter.section.start == parameter.name_span.start);
        is_within(parameter.name_span, &text);
        is_within(parameter.value_or_end(), &text);
    }
    let (count, allocated) = counted(|| uri.parameters().count());
    assert_eq!(allocated, 0, "for {count} parameters");
    // Outside C a NUL does not end the text; libvirt never sees what follows.
    let Some(query) = uri.query().filter(|query| !query.contains(&0)) else { return };
    let split: Vec<_> = uri
        .parameters()
        .map(|parameter| (parameter.name().into_owned(), parameter.value().into_owned()))
        .collect();
    assert_eq!(split, expected(&libxml2::c_string(query)), "{}", query.escape_ascii());
}

/// Sections end at `&`, or at `;` where no `&` follows; empty ones and those
/// without a name are left out; a length of 0 decodes all that follows.
fn expected(query: &CStr) -> Vec<(Vec<u8>, Vec<u8>)> {
    let bytes = query.to_bytes_with_nul();
    let from = |at: usize| CStr::from_bytes_with_nul(&bytes[at..]).expect("it ends with NUL");
    let find = |byte: u8, at: usize| from(at).to_bytes().iter().position(|other| *other == byte);
    let mut parameters = Vec::new();
    let mut at = 0;
    while at < bytes.len() - 1 {
        let length = find(b'&', at).or_else(|| find(b';', at));
        let length = length.unwrap_or_else(|| from(at).to_bytes().len());
        let equals = find(b'=', at).filter(|equals| *equals < length);
        match equals {
            _ if length == 0 => {}
            None => parameters.push((libxml2::unescape(from(at), length), Vec::new())),
            Some(equals) if equals + 1 == length => {
                parameters.push((libxml2::unescape(from(at), equals), Vec::new()));
            }
            Some(0) => {}
            Some(equals) => parameters.push((
                libxml2::unescape(from(at), equals),
                libxml2::unescape(from(at + equals + 1), length - equals - 1),
            )),
        }
        at += length + 1;
    }
    parameters
}
