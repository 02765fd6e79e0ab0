//! The reader of libvirt.conf: places that hold what they say, and no more
//! memory than the text gives reason for.

use virt_doctor::settings::LibvirtConf;

use crate::allocations::counted;
use crate::uri::is_within;

/// Checks one file.
pub fn check(text: &[u8]) {
    let (conf, allocated) = counted(|| LibvirtConf::parse(text));
    // The shortest statement is `a=1`, the shortest entry of a list `1,`; the lists
    // they are kept in double as they grow.
    assert!(allocated <= 1024 + 256 * text.len(), "{allocated} bytes for {}", text.len());
    let Ok(conf) = conf else { return };
    for key in ["uri_default", "remote_mode", "remote_proxy", "tls_priority"] {
        if let Ok(Some((value, span))) = conf.string(key) {
            is_within(span, text);
            assert_eq!(span.of(text), value);
        }
    }
    let Ok(entries) = conf.alias_entries() else {
        assert!(conf.alias_names().is_empty() && conf.resolve_alias(b"a").is_err());
        return;
    };
    for (entry, span) in &entries {
        is_within(*span, text);
        assert_eq!(span.of(text), *entry);
    }
    let names = conf.alias_names();
    let all_are_well_formed = names.len() == entries.len();
    for name in names {
        match conf.resolve_alias(name) {
            Ok(uri) => assert!(uri.is_some(), "{name}"),
            Err(_) => assert!(!all_are_well_formed),
        }
    }
}
