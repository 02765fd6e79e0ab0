//! nova: the URI of the host that a guest is moved to.
//!
//! Where `live_migration_uri` is not set, nova 15 to 33 builds it from
//! `live_migration_scheme` (`nova/virt/libvirt/driver.py`, `_live_migration_uri`). The
//! host is the destination's `live_migration_inbound_addr`, with brackets around an IPv6
//! address, else its name.

use super::setting::{Setting, Value, lines, named, place, unquoted};
use super::{Builder, Tool};
use crate::inventory::located::Located;

const SCHEME: &str = "live_migration_scheme";

pub(super) fn uris(text: &[u8]) -> Vec<Located> {
    if memchr::memmem::find(text, SCHEME.as_bytes()).is_none() {
        return Vec::new();
    }
    let settings = libvirt_section(text);
    uri(text, &settings).into_iter().collect()
}

/// The settings of the section `[libvirt]`, read as oslo.config does: a line that begins
/// with a blank goes on with the one before, comments have lines of their own.
fn libvirt_section(text: &[u8]) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut inside = false;
    for (_, line) in lines(text) {
        match line.first() {
            None | Some(b'#' | b';' | b' ' | b'\t') => {}
            Some(b'[') => inside = line.trim_ascii_end() == b"[libvirt]",
            Some(_) if inside => {
                let Some(mark) = memchr::memchr2(b'=', b':', line) else { continue };
                let value = unquoted(line[mark + 1..].trim_ascii());
                let name = String::from_utf8_lossy(line[..mark].trim_ascii()).into_owned();
                let value = Value::templated(text, place(text, value));
                settings.push(Setting { name, value });
            }
            Some(_) => {}
        }
    }
    settings
}

fn uri(text: &[u8], settings: &[Setting]) -> Option<Located> {
    let given = |name: &str| named(settings, name).filter(|value| !value.span.is_empty());
    let scheme = given(SCHEME)?;
    if given("live_migration_uri").is_some() {
        return None;
    }
    let kind = given("virt_type").and_then(|value| value.text(text));
    let mut uri = Builder::default();
    match kind {
        None | Some(b"kvm" | b"qemu") => {
            uri.add("qemu+", scheme.span).put(scheme, text).add("://", scheme.span);
        }
        // The scheme has no say there, and others cannot be moved.
        Some(_) => return None,
    }
    match given("live_migration_inbound_addr") {
        Some(host) => {
            let is_ipv6 =
                host.text(text).is_some_and(|host| host.contains(&b':') && !host.starts_with(b"["));
            let [open, close] = if is_ipv6 { ["[", "]"] } else { [""; 2] };
            uri.add(open, host.span).put(host, text).add(close, host.span);
        }
        None => {
            uri.add_unknown(scheme.span);
        }
    }
    uri.add("/system", scheme.span);
    uri.done(Tool::Nova, SCHEME)
}
