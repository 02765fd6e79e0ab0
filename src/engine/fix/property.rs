//! What holds for the fixes of any URI: they end, a second time changes nothing, and a
//! safe one keeps what works.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Allowed, mend};
use crate::engine::{Levels, Subject};
use crate::finding::{Applicability, Consequence, Rule};
use crate::plan::Plan;
use crate::settings::Machine;
use crate::tables::clients::Client;

/// What may stand in each place of a URI, right and wrong.
const PLACES: &[&[&str]] = &[
    &["", "", "", " ", "\"", "\u{feff}"],
    &[
        "qemu",
        "qemu",
        "qemu",
        "QEMU",
        "kvm",
        "test",
        "esx",
        "vpx",
        "xen",
        "remote",
        "parallels",
        "",
    ],
    &["+ssh", "+ssh", "+SSH", "+tcp", "+tls", "+libssh", "+unix", "+ext", "+", "-ssh", "_ssh", ""],
    &["://", "://", "://", ":///", ":/", ":", "//", ":\\\\"],
    &["", "", "joe@", "joe:pw@", "@", "CORP\\joe@", "joe@corp@", "corp/joe@"],
    &[
        "kvm1.example",
        "kvm1.example",
        "kvm1.example.",
        "192.0.2.7",
        "010.0.0.1",
        "::1",
        "[::1]",
        "[::1",
        "[fe80::1%eth0]",
        "[kvm1]",
        "localhost",
        "a b",
        "kvm1,kvm2",
        "",
    ],
    &["", "", "", ":22", ":022", ":", ":0", ":16514", ":70000"],
    &[
        "/system",
        "/system",
        "/sytem",
        "/System",
        "/system/",
        "//system",
        "/session",
        "/embed",
        "/default",
        "/%73ystem",
        "/system/guest",
        "/",
        "",
    ],
    &["", "?", "?", "?", "??", "&", "?&", ";"],
];

/// Sections of the query and what separates them.
const SECTIONS: &[&str] = &[
    "no_verify=1",
    "no_verify=yes",
    "no_verfy=1",
    "No_Verify=1",
    "no_tty",
    "no_tty=0",
    "no_tty=2",
    "keyfile=/k",
    "keyfile=~/k",
    "keyfile=/a b",
    "keyfile=/k%2520",
    "keyfile=/k#1",
    "socket=",
    "socket=/a&b",
    "mode=Direct",
    "proxy=nc",
    "known_hosts=/k",
    "known_hosts_verify=no",
    "sshauth=bogus",
    "name=",
    "name=qemu:///session",
    "password=pw",
    "x=%zz",
    "=x",
    "=",
    "#f",
    "pkipath=/p",
    "command=/bin/ssh -v",
    "\u{2013}",
    "\n",
];
const SEPARATORS: &[&str] = &["&", "&", "&", ";", "?", "&amp;", "&&"];

fn uri() -> impl Strategy<Value = String> {
    let places: Vec<_> = PLACES.iter().map(|place| proptest::sample::select(*place)).collect();
    let section = (proptest::sample::select(SECTIONS), proptest::sample::select(SEPARATORS));
    (places, proptest::collection::vec(section, 0..4)).prop_map(|(places, sections)| {
        let query: Vec<String> =
            sections.iter().map(|(section, separator)| format!("{section}{separator}")).collect();
        let query = query.concat();
        places.concat() + query.trim_end_matches(['&', ';', '?'])
    })
}

fn subject<'a>(text: &'a [u8], client: Client, machine: &'a Machine) -> Subject<'a> {
    Subject::of_file(text, client, machine)
}

fn mended(text: &[u8], allowed: Allowed, client: Client) -> Vec<u8> {
    let machine = Machine::fixed("2026-01-01".into());
    let levels = Levels::default();
    mend(text, |text| subject(text, client, &machine).fixes(&levels, allowed)).text
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_second_time_changes_nothing(
        uri in uri(),
        is_unsafe in any::<bool>(),
        client in proptest::sample::select(&Client::ALL[..]),
    ) {
        let allowed = if is_unsafe { Allowed::Unsafe } else { Allowed::Safe };
        let once = mended(uri.as_bytes(), allowed, client);
        let twice = mended(&once, allowed, client);
        prop_assert_eq!(
            String::from_utf8_lossy(&twice),
            String::from_utf8_lossy(&once),
            "{:?}", uri
        );
    }

    /// What connects, and is only written oddly, still connects to the same.
    #[test]
    fn a_safe_fix_keeps_what_works(
        uri in uri(),
    ) {
        let text = uri.into_bytes();
        let machine = Machine::fixed("2026-01-01".into());
        let harmless = |rule: Rule| {
            let head = rule.head();
            head.effect == Consequence::Risky && head.fix == Some(Applicability::Safe)
        };
        let plan = |text: &[u8]| -> Plan {
            subject(text, Client::LIBVIRT, &machine).read(|reading| reading.plan.clone())
        };
        let before = plan(&text);
        let mut levels = Levels::default();
        for rule in Rule::all().filter(|rule| !harmless(*rule)) {
            levels.ignore(rule.name(), &crate::engine::Origin::Page).unwrap();
        }
        if before.refusal.is_none() {
            let fixed = mend(&text, |text| {
                subject(text, Client::LIBVIRT, &machine).fixes(&levels, Allowed::Safe)
            });
            let after = plan(&fixed.text);
            let same = |plan: &Plan| {
                (
                    plan.outcome,
                    plan.transport,
                    plan.effective_host.clone(),
                    plan.effective_port,
                    plan.socket.clone(),
                    plan.tls.clone(),
                )
            };
            prop_assert_eq!(
                same(&before), same(&after),
                "{} became {} by {:?}",
                String::from_utf8_lossy(&text), String::from_utf8_lossy(&fixed.text), fixed.applied
            );
        }
    }
}

/// Whoever misspelt the switch has had the check on until now.
#[test]
fn a_safe_fix_turns_no_check_off() {
    for client in Client::ALL {
        for text in [
            "qemu+ssh://joe@kvm1.example/system?noverify=0",
            "qemu+tls://kvm1.example/system?no_verfy=1",
        ] {
            let fixed = mended(text.as_bytes(), Allowed::Safe, client);
            assert_eq!(String::from_utf8_lossy(&fixed), text, "{client}");
        }
    }
    let plain = "qemu://kvm1.example/system";
    let fixed = |client| mended(plain.as_bytes(), Allowed::Safe, client);
    assert_eq!(fixed(Client::TERRAFORM), plain.as_bytes(), "0.8 would take TLS");
    let newest = Client::newest(crate::tables::clients::Family::Terraform);
    assert_eq!(fixed(newest), b"qemu+ssh://kvm1.example/system");
}

#[test]
fn there_are_safe_and_unsafe_fixes() {
    let kinds: BTreeSet<bool> =
        Rule::all().filter_map(|rule| Some(rule.head().fix? == Applicability::Safe)).collect();
    assert_eq!(kinds.len(), 2);
}
