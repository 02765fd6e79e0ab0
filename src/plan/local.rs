//! Drivers within the client's own process: test, openvz, vmware*, esx, gsx,
//! vpx, hyperv.
//!
//! Source: each driver's open function, `src/esx/esx_util.c` and
//! `src/hyperv/hyperv_util.c` of libvirt 11.3.0.

use bstr::ByteSlice;

use super::parameters::switch_number;
use super::{Effect, Planned, Refusal};
use crate::tables::drivers::{Driver, Paths};
use crate::tables::parameters::{ESX, HYPERV, Parameter, Value, named};
use crate::uri::Uri;

/// What such a driver makes of the URI.
pub(super) struct Local {
    pub(super) refusal: Option<Refusal>,
    pub(super) parameters: Vec<Planned>,
    /// For those that talk to a host.
    pub(super) default_port: u32,
}

pub(super) fn read(uri: &Uri<'_>, row: &'static Driver) -> Local {
    let table: &'static [Parameter] = match row.name {
        "esx" | "gsx" | "vpx" => ESX,
        "hyperv" => HYPERV,
        _ => &[],
    };
    let parameters = effects(uri, |name| named(table, name).is_some());
    let refusal = path(uri, row).or_else(|| values(&parameters, row, table));
    // The path of a vCenter is looked at after the parameters.
    let refusal = refusal.or_else(|| vcenter_path(uri, row));
    Local { refusal, default_port: default_port(row, &parameters), parameters }
}

/// Used where the driver knows the name, else ignored (with a warning in the log).
pub(super) fn effects(uri: &Uri<'_>, known: impl Fn(&[u8]) -> bool) -> Vec<Planned> {
    uri.parameters()
        .map(|parameter| {
            let name = parameter.name();
            Planned {
                effect: if known(&name) { Effect::Used } else { Effect::Ignored },
                name: name.as_bstr().to_owned(),
                value: parameter.value().as_bstr().to_owned(),
                name_span: parameter.name_span,
                value_span: parameter.value_or_end(),
            }
        })
        .collect()
}

fn path(uri: &Uri<'_>, row: &Driver) -> Option<Refusal> {
    let path = uri.path();
    let text = || path.as_ref().into();
    match row.paths {
        Paths::TestFile if matches!(path.as_ref(), b"" | b"/") => Some(Refusal::TestWithoutPath),
        Paths::System if path.as_ref() != b"/system" => Some(Refusal::OpenvzPath(text())),
        Paths::Session if path.as_ref() != b"/session" => Some(Refusal::VmwarePath(text())),
        _ => None,
    }
}

fn vcenter_path(uri: &Uri<'_>, row: &Driver) -> Option<Refusal> {
    // Any other path, an empty one too, is looked at only on the vCenter.
    let root = uri.path().as_ref() == b"/";
    (row.paths == Paths::VcenterInventory && root).then_some(Refusal::VpxPath)
}

/// The first wrong value. For esx, gsx and vpx it kills the client: its error
/// path frees the parameters twice (9.0.0 and 11.3.0).
fn values(parameters: &[Planned], row: &Driver, table: &'static [Parameter]) -> Option<Refusal> {
    parameters.iter().find_map(|planned| {
        let known = named(table, &planned.name)?;
        if is_legal(known.value, &planned.value) {
            return None;
        }
        Some(match row.name {
            "hyperv" => Refusal::HypervTransport(planned.value.clone()),
            _ => Refusal::EsxParameter(known.name),
        })
    })
}

fn is_legal(kind: Value, value: &[u8]) -> bool {
    match kind {
        Value::OneOf(words) => words.iter().any(|word| word.as_bytes() == value),
        Value::StrictSwitch => matches!(switch_number(value), Some(0 | 1)),
        Value::HttpProxy => is_proxy(value),
        _ => true,
    }
}

/// `[type://]host[:port]`, as `esxUtil_ParseUri` reads it.
fn is_proxy(value: &[u8]) -> bool {
    let types: [&[u8]; 5] = [b"http://", b"socks://", b"socks5://", b"socks4://", b"socks4a://"];
    let rest = match types.iter().find_map(|kind| value.strip_prefix(*kind)) {
        Some(rest) => rest,
        None if value.contains_str("://") => return false,
        None => value,
    };
    match memchr::memchr(b':', rest) {
        None => true,
        Some(0) => false,
        Some(colon) => matches!(switch_number(&rest[colon + 1..]), Some(1..=65535)),
    }
}

fn default_port(row: &Driver, parameters: &[Planned]) -> u32 {
    let last = |name: &str| {
        parameters.iter().rev().find(|planned| planned.name.eq_ignore_ascii_case(name.as_bytes()))
    };
    let plain = last("transport").is_some_and(|planned| planned.value == "http");
    match (row.name, plain) {
        ("gsx", false) => 8333,
        ("gsx", true) => 8222,
        ("hyperv", false) => 5986,
        ("hyperv", true) => 5985,
        (_, false) => 443,
        (_, true) => 80,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_host_and_a_port_in_range() {
        for value in ["p", "p:3128", "http://p", "socks5://p:1", "socks4a://p:65535", ""] {
            assert!(is_proxy(value.as_bytes()), "{value}");
        }
        for value in ["https://p", ":1080", "socks5://:1080", "p:0", "p:65536", "p:", "p:x"] {
            assert!(!is_proxy(value.as_bytes()), "{value}");
        }
    }
}
