//! What holds for any text whatever: no panic, places that are in the text, and
//! readings that agree with one another.

#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use proptest::prelude::*;
use virt_doctor::plan::{Outcome, Plan, Request, Wanted};
use virt_doctor::settings::{LibvirtConf, Machine};
use virt_doctor::uri::{FaultKind, Uri};
use virt_doctor::{Client, Span};

/// Pieces that URIs are made of, and pieces that break them.
const PIECES: &[&str] = &[
    "qemu",
    "xen",
    "test",
    "esx",
    "hyperv",
    "QEMU",
    "ssh",
    "+ssh",
    "+tcp",
    "+tls",
    "+libssh2",
    "+ext",
    "+unix",
    "+",
    ":",
    "//",
    "/",
    "///",
    "/system",
    "/session",
    "/default",
    "/embed",
    "system",
    "joe",
    "joe@",
    "@",
    "a:b@",
    "kvm1.example",
    "192.0.2.7",
    "[2001:db8::7]",
    "2001:db8::7",
    "[",
    "]",
    "::1",
    ":22",
    ":0",
    ":65536",
    ":99999999999",
    ":x",
    "?",
    "&",
    ";",
    "=",
    "socket=/run/x",
    "no_tty=1",
    "no_verify",
    "mode=direct",
    "proxy=native",
    "netcat=nc",
    "keyfile=/k",
    "name=qemu:///system",
    "command=/bin/ssh",
    "sshauth=agent,privkey",
    "known_hosts_verify=normal",
    "root=/r",
    "%20",
    "%2",
    "%zz",
    "%00",
    "%2F",
    "#",
    "#f",
    " ",
    "\t",
    "\"",
    "'",
    "\\",
    "{",
    "}",
    "|",
    "^",
    "`",
    "<",
    ">",
    "é",
    "\u{1a}",
    "-oProxyCommand=x",
    "transport=http",
    "auto_answer=1",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..12)
        .prop_map(|pieces| pieces.concat().into_bytes());
    let bytes = prop::collection::vec(any::<u8>(), 0..40);
    prop_oneof![
        6 => pieces.clone(),
        1 => bytes.clone(),
        2 => (pieces, bytes).prop_map(|(mut text, bytes)| {
            let at = bytes.first().map_or(0, |byte| usize::from(*byte) % (text.len() + 1));
            text.splice(at..at, bytes.into_iter().take(3));
            text
        }),
    ]
}

fn spans(uri: &Uri<'_>) -> Vec<Span> {
    let mut spans: Vec<Span> = [
        uri.scheme_span(),
        uri.user_span(),
        uri.host_span(),
        uri.written_port().map(|port| port.span),
        Some(uri.path_span()),
        uri.query_span(),
        uri.fragment_span(),
    ]
    .into_iter()
    .flatten()
    .collect();
    spans.extend(uri.parameters().flat_map(|parameter| {
        [Some(parameter.section), Some(parameter.name_span), parameter.value_span]
            .into_iter()
            .flatten()
    }));
    spans
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
    if let Some(host) = uri.host_span() {
        text.extend(of(host));
    }
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

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_part_is_in_the_text(text in text()) {
        let parsed = Uri::parse(&text);
        let (uri, faults) = match &parsed {
            Ok(uri) => (uri, &[][..]),
            Err(unparseable) => (&unparseable.recovered, &unparseable.faults[..]),
        };
        prop_assert_eq!(parsed.is_err(), !faults.is_empty());
        for span in spans(uri).into_iter().chain(faults.iter().map(|fault| fault.span)) {
            prop_assert!(span.start <= span.end && span.end as usize <= text.len());
        }
        if parsed.is_ok() {
            prop_assert_eq!(together(uri), text.clone());
        }
    }

    #[test]
    fn a_template_without_placeholders_is_a_uri(text in text()) {
        if !text.contains(&0x1a) {
            prop_assert_eq!(Uri::parse(&text), Uri::parse_template(&text));
        }
    }

    /// What is only unescaped is mended by escaping it.
    #[test]
    fn escaping_mends(text in text()) {
        let Err(unparseable) = Uri::parse(&text) else { return Ok(()) };
        let escapable = |kind| matches!(kind, FaultKind::Unescaped | FaultKind::Escape);
        let place = |fault: &virt_doctor::uri::Fault| {
            !matches!(fault.part.name(), "driver" | "port" | "host")
        };
        if !unparseable.faults.iter().all(|fault| escapable(fault.kind) && place(fault)) {
            return Ok(());
        }
        let mut mended = text.clone();
        for fault in unparseable.faults.iter().rev() {
            let escape = |text: String, byte: &u8| text + &format!("%{byte:02X}");
            let escaped = fault.span.of(&text).iter().fold(String::new(), escape);
            mended.splice(fault.span.range(), escaped.into_bytes());
        }
        prop_assert!(
            Uri::parse(&mended).is_ok(),
            "{} -> {}", String::from_utf8_lossy(&text), String::from_utf8_lossy(&mended)
        );
    }

    #[test]
    fn every_text_has_a_plan(text in text(), root in any::<bool>(), old in any::<bool>()) {
        let mut machine = Machine::fixed("2026-01-01".into());
        machine.uid = if root { 0 } else { 1000 };
        let client: Client = if old { "libvirt@1.0" } else { "libvirt" }.parse().unwrap();
        let parsed = Uri::parse(&text);
        let wanted = match &parsed {
            Ok(uri) => Wanted::Uri(uri),
            Err(unparseable) => Wanted::Unparseable(&unparseable.recovered),
        };
        let request =
            Request { wanted, typed: Some(&text), looked_up: Some(&text), readonly: false };
        let plan = Plan::new(request, client, &machine);
        let refused = matches!(plan.outcome, Outcome::Rejected | Outcome::Crashes);
        prop_assert_eq!(refused, plan.error().is_some());
        prop_assert!(!plan.hops().is_empty());
        if parsed.is_err() {
            prop_assert!(refused);
        }
        // The same again: a plan is a function of what it is given.
        prop_assert_eq!(Plan::new(request, client, &machine), plan);
    }

    #[test]
    fn libvirt_conf_never_panics(
        lines in prop::collection::vec(
            prop::sample::select(&[
                "uri_aliases = [", "\"a=qemu:///system\"", ",", "]", "uri_default = ", "\"x\"", "'y'",
                "=", "# c", "\n", "[", "\"", "1", "-2", " ", "\\", "é", "a-b", "\"\"\"", "uri_aliases",
            ][..]),
            0..20,
        )
    ) {
        if let Ok(conf) = LibvirtConf::parse(lines.concat().as_bytes()) {
            let _ = conf.resolve_alias(b"a");
            let _ = conf.string("uri_default");
            let _ = conf.alias_names();
        }
    }
}

/// libvirt names half a terabyte for the last one.
#[test]
fn lone_equals_signs_cost_no_memory_without_end() {
    for count in [10, 1000, 500_000] {
        let text = [b"qemu:///system?".as_slice(), &b"=&".repeat(count)].concat();
        let uri = Uri::parse(&text).unwrap();
        let named: usize = uri.parameters().map(|parameter| parameter.name().len()).sum();
        assert!(named > 0 && named <= 1 << 20, "{count}: {named}");
    }
}
