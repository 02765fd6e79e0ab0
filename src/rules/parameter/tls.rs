//! `tls_priority`: which TLS versions are left.

use crate::finding::Drafts;
use crate::plan::Effect;
use crate::rules::Reading;

/// Versions that are broken or withdrawn (RFC 7568, RFC 8996).
const WEAK: [&str; 3] = ["SSL3.0", "TLS1.0", "TLS1.1"];

/// What a GnuTLS priority string says about versions.
struct Versions<'v> {
    /// Weak ones that it switches on by name.
    weak: Vec<&'v [u8]>,
    /// Whether all were switched off, and none on again.
    none: bool,
}

fn versions(value: &[u8]) -> Versions<'_> {
    let mut versions = Versions { weak: Vec::new(), none: false };
    for word in value.split(|byte| matches!(byte, b':' | b' ' | b',')) {
        let Some((sign, rest)) = word.split_first() else { continue };
        let Some(prefix) = rest.get(..5) else { continue };
        if !prefix.eq_ignore_ascii_case(b"VERS-") {
            continue;
        }
        let name = &rest[5..];
        let all = ["ALL", "TLS-ALL"].iter().any(|all| name.eq_ignore_ascii_case(all.as_bytes()));
        match sign {
            b'+' => {
                versions.none = false;
                if WEAK.iter().any(|weak| name.eq_ignore_ascii_case(weak.as_bytes())) {
                    versions.weak.push(name);
                }
            }
            b'-' | b'!' if all => {
                versions.none = true;
                versions.weak.clear();
            }
            b'-' | b'!' => versions.weak.retain(|weak| !weak.eq_ignore_ascii_case(name)),
            _ => {}
        }
    }
    versions
}

/// A priority that switches on what is withdrawn.
pub(crate) fn weak_tls_priority(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in reading.given("tls_priority").filter(|one| one.effect == Effect::Used) {
        let weak = versions(&planned.value).weak;
        if !weak.is_empty() {
            out.at(planned.value_span).fact("versions", weak.join(&b", "[..]));
        }
    }
}

/// A priority that leaves no version at all.
pub(crate) fn tls_priority_without_version(reading: &Reading<'_>, out: &mut Drafts) {
    for planned in reading.given("tls_priority").filter(|one| one.effect == Effect::Used) {
        if versions(&planned.value).none {
            out.at(planned.value_span).fact("value", planned.value.as_slice());
        }
    }
}
