//! Which certificate files the client reads for tls.
//!
//! Source: `virNetTLSContextLocateCredentials` in `src/rpc/virnettlscontext.c`
//! and `src/rpc/virnettlsconfig.c` of libvirt 11.3.0.

use bstr::{BStr, BString};

use crate::settings::Machine;

/// The TLS part of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsPlan {
    /// The CA certificates that the server's must come from. Without it nothing works.
    pub ca: BString,
    /// The revocation list, if it exists.
    pub crl: BString,
    /// Our certificate. Without it, or without its key, none is sent.
    pub cert: BString,
    /// Its key.
    pub key: BString,
    /// Whether the server's certificate and name are checked.
    pub verify: bool,
    /// Whether our own files are checked first.
    pub sanity: bool,
    /// The GnuTLS priority string, where URI or libvirt.conf has one.
    pub priority: Option<BString>,
}

const SYSTEM_CA: &str = "/etc/pki/CA/cacert.pem";
const SYSTEM_CRL: &str = "/etc/pki/CA/cacrl.pem";
const SYSTEM_CERT: &str = "/etc/pki/libvirt/clientcert.pem";
const SYSTEM_KEY: &str = "/etc/pki/libvirt/private/clientkey.pem";

fn text(path: &str) -> BString {
    BString::from(path)
}

/// The files: with `pkipath` there and nowhere else; else each of the user's
/// that exists, certificate and key as a pair; else the system's.
pub(super) fn files(pkipath: Option<&[u8]>, machine: &Machine) -> TlsPlan {
    let mut plan = TlsPlan {
        ca: text(SYSTEM_CA),
        crl: text(SYSTEM_CRL),
        cert: text(SYSTEM_CERT),
        key: text(SYSTEM_KEY),
        verify: true,
        sanity: true,
        priority: None,
    };
    if let Some(folder) = pkipath {
        let within = |name: &str| BString::from([folder, b"/", name.as_bytes()].concat());
        plan.ca = within("cacert.pem");
        plan.crl = within("cacrl.pem");
        plan.cert = within("clientcert.pem");
        plan.key = within("clientkey.pem");
    } else if machine.uid != 0 {
        let own = |name: &str| format!("{}/.pki/libvirt/{name}", machine.home);
        let (ca, crl) = (own("cacert.pem"), own("cacrl.pem"));
        let (cert, key) = (own("clientcert.pem"), own("clientkey.pem"));
        if machine.has(&ca) {
            plan.ca = text(ca.as_str());
        }
        if machine.has(&crl) {
            plan.crl = text(crl.as_str());
        }
        if machine.has(&cert) && machine.has(&key) {
            plan.cert = text(cert.as_str());
            plan.key = text(key.as_str());
        }
    }
    plan
}

impl TlsPlan {
    /// The four files with what they are, in the order in which they are read.
    #[must_use]
    pub fn named_files(&self) -> [(&'static str, &BStr); 4] {
        [
            ("CA certificate", self.ca.as_ref()),
            ("revocation list", self.crl.as_ref()),
            ("client certificate", self.cert.as_ref()),
            ("client key", self.key.as_ref()),
        ]
    }
}
