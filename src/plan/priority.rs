//! What a GnuTLS priority string asks for, as far as versions go.
//!
//! Source: "Priority Strings" in GnuTLS's manual, and `virNetTLSSessionNew` in
//! `src/rpc/virnettlscontext.c` of libvirt.

use bstr::{BStr, ByteSlice};

/// A priority string that GnuTLS takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priority {
    /// The versions that are left, the oldest first.
    pub(crate) versions: Vec<&'static str>,
    /// Whether it says nothing but versions, so that its meaning is known here.
    pub(crate) is_understood: bool,
}

/// In the order of their age.
const VERSIONS: [&str; 4] = ["TLS1.0", "TLS1.1", "TLS1.2", "TLS1.3"];
/// Words that stand for a whole set, first in the string.
const LEVELS: [&str; 10] = [
    "NONE",
    "NORMAL",
    "PERFORMANCE",
    "PFS",
    "LEGACY",
    "SECURE128",
    "SECURE192",
    "SECURE256",
    "SUITEB128",
    "SUITEB192",
];
const INVALID: &str = "The request is invalid.";
const INSUFFICIENT: &str = "No or insufficient priorities were set.";

impl Priority {
    /// Reads one; the error is what GnuTLS says.
    pub(crate) fn read(text: &BStr) -> Result<Self, &'static str> {
        let text = text.to_str_lossy().to_ascii_uppercase();
        // A name of the system's own configuration.
        if text.starts_with('@') {
            return Ok(Self { versions: VERSIONS.to_vec(), is_understood: false });
        }
        let mut chosen = [true; VERSIONS.len()];
        let mut is_understood = true;
        for (at, word) in text.split([':', ',']).enumerate() {
            if at == 0 && LEVELS.contains(&word) {
                if word == "NONE" {
                    chosen = [false; VERSIONS.len()];
                }
                is_understood &= word == "NORMAL";
                continue;
            }
            let Some((sign, name)) = word.split_at_checked(1) else { return Err(INVALID) };
            match (sign, name.strip_prefix("VERS-")) {
                ("+" | "-" | "!", Some("ALL" | "TLS-ALL")) => {
                    chosen = [sign == "+"; VERSIONS.len()];
                }
                ("+" | "-" | "!", Some(version)) => {
                    match VERSIONS.iter().position(|known| *known == version) {
                        Some(at) => chosen[at] = sign == "+",
                        None if version.starts_with("SSL") || version.starts_with("DTLS") => {
                            is_understood = false;
                        }
                        None => return Err(INVALID),
                    }
                }
                ("+" | "-" | "!" | "%", None) => is_understood = false,
                _ => return Err(INVALID),
            }
        }
        let versions: Vec<_> =
            VERSIONS.into_iter().zip(chosen).filter(|row| row.1).map(|row| row.0).collect();
        if versions.is_empty() && is_understood {
            return Err(INSUFFICIENT);
        }
        Ok(Self { versions, is_understood })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Priority, &'static str> {
        Priority::read(text.into())
    }

    #[test]
    fn versions_are_taken_and_given() {
        let only = |text: &str| read(text).unwrap().versions;
        assert_eq!(only("NORMAL"), VERSIONS);
        assert_eq!(only("NORMAL:-VERS-ALL:+VERS-TLS1.2"), ["TLS1.2"]);
        assert_eq!(only("normal:-vers-tls1.0:!VERS-TLS1.1"), ["TLS1.2", "TLS1.3"]);
    }

    #[test]
    fn what_gnutls_refuses() {
        assert_eq!(read("BOGUS"), Err(INVALID));
        assert_eq!(read("NORMAL:"), Err(INVALID));
        assert_eq!(read("NORMAL:SECURE256"), Err(INVALID));
        assert_eq!(read("NORMAL:+VERS-TLS9"), Err(INVALID));
        assert_eq!(read("NORMAL:-VERS-ALL"), Err(INSUFFICIENT));
    }

    #[test]
    fn what_says_more_than_versions_is_left_to_gnutls() {
        for text in ["SECURE256", "NORMAL:-AES-128-CBC", "NORMAL:%COMPAT", "@SYSTEM"] {
            assert!(!read(text).unwrap().is_understood, "{text}");
        }
    }
}
