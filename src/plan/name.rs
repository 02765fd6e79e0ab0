//! The name that the server is asked to open: driver, path, what is left of
//! the query, fragment.
//!
//! Source: `remoteConnectFormatURI` in `src/remote/remote_driver.c`, libxml2's
//! `xmlSaveUri` (path and fragment) and GLib's `g_string_append_uri_escaped`
//! (values). Each escapes another set of bytes.

use bstr::BString;

use super::Plan;
use super::parameters::place;
use crate::tables::parameters::Key;
use crate::uri::Uri;

impl Plan {
    /// The name that the server is asked for, where it does no more than open it.
    ///
    /// With a transport or a host it would connect onward; without a driver an alias
    /// of its own might; and `embed` would set up a driver.
    pub(crate) fn name_opened_there(&self) -> Option<&[u8]> {
        let name = self.remote_name.as_ref()?.as_slice();
        if name.is_empty() {
            return Some(name);
        }
        let uri = Uri::parse(name).ok()?;
        let is_local = uri.scheme().is_some_and(|scheme| !scheme.contains(&b'+'))
            && (uri.host().is_none() && uri.user().is_none() && uri.port().is_none());
        (is_local && !uri.path().eq_ignore_ascii_case(b"/embed")).then_some(name)
    }

    /// The type of login that the URI wants.
    pub(crate) fn authentication(&self) -> Option<&[u8]> {
        self.used("auth").map(|planned| planned.value.as_slice())
    }
}

/// The name for the server: parameters that the client knows are left out.
pub(super) fn for_server(uri: &Uri<'_>, driver: &[u8]) -> BString {
    format(uri, driver, |_| false)
}

/// The name for virt-ssh-helper: `mode` and `socket` are left in.
pub(super) fn for_helper(uri: &Uri<'_>, driver: &[u8]) -> BString {
    format(uri, driver, |key| key == Key::Mode as usize || key == Key::Socket as usize)
}

fn format(uri: &Uri<'_>, driver: &[u8], keep: impl Fn(usize) -> bool) -> BString {
    let mut name = Vec::with_capacity(uri.text().len() + 4);
    name.extend_from_slice(driver);
    name.extend_from_slice(b"://");
    escape(&mut name, &uri.path(), stands_in_path);
    let mut separator = b'?';
    for parameter in uri.parameters() {
        let decoded = parameter.name();
        if place(&decoded).is_none_or(&keep) {
            name.push(separator);
            // Names are not escaped again: an encoded & or = in one becomes a real one.
            name.extend_from_slice(&decoded);
            name.push(b'=');
            escape(&mut name, &parameter.value(), stands_in_value);
            separator = b'&';
        }
    }
    if let Some(fragment) = uri.fragment() {
        name.push(b'#');
        escape(&mut name, &fragment, stands_in_fragment);
    }
    BString::from(name)
}

fn escape(into: &mut Vec<u8>, text: &[u8], stands: impl Fn(u8) -> bool) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in text {
        if stands(byte) {
            into.push(byte);
        } else {
            into.extend_from_slice(&[
                b'%',
                HEX[usize::from(byte >> 4)],
                HEX[usize::from(byte & 15)],
            ]);
        }
    }
}

/// libxml2 saves by RFC 2396, whose unreserved set has more than RFC 3986's.
fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'_' | b'.' | b'!' | b'~' | b'*' | b'\'' | b'(' | b')')
}

fn stands_in_path(byte: u8) -> bool {
    unreserved(byte) || matches!(byte, b'/' | b';' | b'@' | b'&' | b'=' | b'+' | b'$' | b',')
}

fn stands_in_fragment(byte: u8) -> bool {
    unreserved(byte)
        || matches!(
            byte,
            b';' | b'/' | b'?' | b':' | b'@' | b'&' | b'=' | b'+' | b'$' | b',' | b'[' | b']'
        )
}

fn stands_in_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(uri: &str) -> String {
        let uri = Uri::parse(uri.as_bytes()).unwrap();
        for_server(&uri, uri.driver().unwrap()).to_string()
    }

    #[test]
    fn known_parameters_are_taken_out_and_the_rest_is_escaped_again() {
        for (uri, expected) in [
            ("qemu+ssh://joe@kvm7/system", "qemu:///system"),
            ("qemu+ssh://host/system?command=x&foo=bar#frag", "qemu:///system?foo=bar#frag"),
            ("qemu+ssh://host/system?foo=/a+b&Mode=auto&x", "qemu:///system?foo=%2Fa%2Bb&x="),
            ("qemu+tcp:host/session", "qemu://host/session"),
            ("qemu+tcp://h/a%20b:c", "qemu:///a%20b%3Ac"),
            ("qemu+tcp://h", "qemu://"),
        ] {
            assert_eq!(name(uri), expected, "{uri}");
        }
    }

    #[test]
    fn the_helper_sees_mode_and_socket() {
        let uri = Uri::parse(b"qemu+ssh://h/system?mode=auto&socket=/x&netcat=nc&a=b").unwrap();
        assert_eq!(for_helper(&uri, b"qemu"), "qemu:///system?mode=auto&socket=%2Fx&a=b");
    }
}
