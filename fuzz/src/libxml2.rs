//! libxml2's reading of a URI, and what libvirt takes from it.

use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// `struct _xmlURI` of `libxml/uri.h`.
#[repr(C)]
struct XmlUri {
    scheme: *const c_char,
    opaque: *const c_char,
    authority: *const c_char,
    server: *const c_char,
    user: *const c_char,
    port: c_int,
    path: *const c_char,
    query: *const c_char,
    fragment: *const c_char,
    cleanup: c_int,
    query_raw: *const c_char,
}

unsafe extern "C" {
    fn xmlParseURI(text: *const c_char) -> *mut XmlUri;
    fn xmlFreeURI(uri: *mut XmlUri);
    fn xmlURIUnescapeString(text: *const c_char, length: c_int, into: *mut c_char) -> *mut c_char;
    fn free(pointer: *mut c_void);
}

/// The parts of a URI as `virURIParse` keeps them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parts {
    pub(crate) scheme: Option<Vec<u8>>,
    pub(crate) user: Option<Vec<u8>>,
    pub(crate) host: Option<Vec<u8>>,
    pub(crate) port: Option<u32>,
    pub(crate) path: Vec<u8>,
    pub(crate) query: Option<Vec<u8>>,
    pub(crate) fragment: Option<Vec<u8>>,
}

/// What libxml2 and libvirt make of a text; none where they refuse it.
pub(crate) fn parse(text: &CStr) -> Option<Parts> {
    // SAFETY: the text ends with NUL, and what comes back is freed once.
    unsafe {
        let parsed = xmlParseURI(text.as_ptr());
        let uri = parsed.as_ref()?;
        let host = copy(uri.server);
        // libvirt keeps no port for an empty host, and none that is not positive.
        let has_host = host.as_ref().is_some_and(|host| !host.is_empty());
        let port = u32::try_from(uri.port).ok().filter(|port| has_host && *port > 0);
        let parts = Parts {
            scheme: copy(uri.scheme),
            user: copy(uri.user),
            host: host.map(without_brackets),
            port,
            path: copy(uri.path).unwrap_or_default(),
            query: copy(uri.query_raw),
            fragment: copy(uri.fragment),
        };
        xmlFreeURI(parsed);
        Some(parts)
    }
}

/// `virURIParse`: off where they enclose a colon.
fn without_brackets(host: Vec<u8>) -> Vec<u8> {
    match host.as_slice() {
        [b'[', inner @ .., b']'] if inner.contains(&b':') => inner.to_vec(),
        _ => host,
    }
}

/// Decodes the first bytes of a text; a length of 0 means all of them.
pub(crate) fn unescape(text: &CStr, length: usize) -> Vec<u8> {
    let length = c_int::try_from(length).expect("fuzz input is short");
    // SAFETY: the text ends with NUL and is at least so long; the result is freed once.
    unsafe {
        let decoded = xmlURIUnescapeString(text.as_ptr(), length, std::ptr::null_mut());
        let copied = copy(decoded).expect("there is memory");
        free(decoded.cast());
        copied
    }
}

/// The text up to its first NUL, as C reads it.
pub(crate) fn c_string(text: &[u8]) -> CString {
    let length = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    CString::new(&text[..length]).expect("there is no NUL before the first one")
}

/// # Safety
/// The pointer is null or leads to a C string.
unsafe fn copy(text: *const c_char) -> Option<Vec<u8>> {
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_bytes().to_vec())
}
