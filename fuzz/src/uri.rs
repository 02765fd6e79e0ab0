//! The URI parser beside libxml2: the same answer, the same parts, no memory.

use virt_doctor::Span;
use virt_doctor::uri::{HOLE, Unparseable, Uri};

use crate::allocations::counted;
use crate::libxml2::{self, Parts};

/// What a refusal may cost, however long the text is: its list of faults.
const FAULTS: usize = 2048;

/// Checks one text.
pub fn check(text: &[u8]) {
    let (parsed, allocated) = counted(|| Uri::parse(text));
    assert!(allocated <= if parsed.is_ok() { 0 } else { FAULTS }, "{allocated} bytes allocated");
    let expected = libxml2::parse(&libxml2::c_string(text)).filter(|_| !text.contains(&0));
    assert_eq!(parsed.as_ref().ok().map(parts), expected, "{}", text.escape_ascii());
    match &parsed {
        Ok(uri) => {
            places(uri);
            parts_cost_no_more_than_themselves(uri);
            assert_eq!(together(uri), text);
        }
        Err(unparseable) => faults(unparseable, text),
    }
    template(text, &parsed);
}

fn parts(uri: &Uri<'_>) -> Parts {
    Parts {
        scheme: uri.scheme().map(<[u8]>::to_vec),
        user: uri.user().map(|user| user.into_owned()),
        host: uri.host().map(|host| host.into_owned()),
        port: uri.port().and_then(|port| port.value).filter(|port| *port > 0),
        path: uri.path().into_owned(),
        query: uri.query().map(<[u8]>::to_vec),
        fragment: uri.fragment().map(|fragment| fragment.into_owned()),
    }
}

fn parts_cost_no_more_than_themselves(uri: &Uri<'_>) {
    let text = uri.text();
    for part in [Uri::user, Uri::host, Uri::fragment] {
        let (_, allocated) = counted(|| part(uri).map(drop));
        assert!(allocated <= text.len(), "{allocated} bytes allocated");
    }
    let (_, allocated) = counted(|| drop(uri.path()));
    assert!(allocated <= uri.path_span().len(), "{allocated} bytes allocated");
}

fn places(uri: &Uri<'_>) {
    let spans = [
        uri.scheme_span(),
        uri.driver_span(),
        uri.transport_span(),
        uri.user_span(),
        uri.host_span(),
        uri.written_port().map(|port| port.span),
        Some(uri.path_span()),
        uri.query_span(),
        uri.fragment_span(),
    ];
    spans.into_iter().flatten().for_each(|span| is_within(span, uri.text()));
}

pub(crate) fn is_within(span: Span, text: &[u8]) {
    assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?}");
}

fn faults(unparseable: &Unparseable<'_>, text: &[u8]) {
    let faults = &unparseable.faults;
    assert!(!faults.is_empty());
    assert!(faults.is_sorted_by_key(|fault| fault.span), "{faults:?}");
    faults.iter().for_each(|fault| is_within(fault.span, text));
    places(&unparseable.recovered);
}

/// Placeholders change nothing where there are none, and are accepted where any
/// letter is.
fn template(text: &[u8], parsed: &Result<Uri<'_>, Unparseable<'_>>) {
    let template = Uri::parse_template(text);
    if !text.contains(&HOLE) {
        assert_eq!(&template, parsed);
        return;
    }
    let filled: Vec<u8> =
        text.iter().map(|byte| if *byte == HOLE { b'1' } else { *byte }).collect();
    match (Uri::parse(&filled), template) {
        (Ok(_), template) => assert!(template.is_ok(), "{}", text.escape_ascii()),
        (Err(_), Ok(uri)) => places(&uri),
        (Err(_), Err(unparseable)) => faults(&unparseable, text),
    }
}

/// The text that the parts make when they are put together again.
fn together(uri: &Uri<'_>) -> Vec<u8> {
    let of = |span: Span| span.of(uri.text());
    let mut text = Vec::new();
    if let Some(scheme) = uri.scheme_span() {
        text.extend([of(scheme), b":"].concat());
    }
    if uri.has_slashes() {
        text.extend(b"//");
    }
    if let Some(user) = uri.user_span() {
        text.extend([of(user), b"@"].concat());
    }
    text.extend(uri.host_span().map(of).unwrap_or_default());
    if let Some(port) = uri.written_port() {
        text.extend([b":", of(port.span)].concat());
    }
    text.extend(of(uri.path_span()));
    if let Some(query) = uri.query_span() {
        text.extend([b"?", of(query)].concat());
    }
    if let Some(fragment) = uri.fragment_span() {
        text.extend([b"#", of(fragment)].concat());
    }
    text
}
