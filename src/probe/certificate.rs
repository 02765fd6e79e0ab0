//! Reads the fields of certificates and revocation lists, and tries whose key signed what.

use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use ring::digest::{SHA256, digest};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use x509_parser::asn1_rs::Any;
use x509_parser::prelude::{
    ASN1Time, CertificateRevocationList, FromDer, GeneralName, ParsedExtension, X509Certificate,
    X509Error, X509Name,
};

use crate::evidence::{Alternatives, Certificate, Pem, PemFault, RevocationList, Usage};

/// No certificate file is longer.
const LARGEST_FILE: u64 = 1024 * 1024;
/// How many certificates of a file are read.
const MOST_CERTIFICATES: usize = 64;

/// A regular file's beginning; no device and no pipe, which might never end.
pub(super) fn read(path: &Path) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut text = Vec::new();
    fs::File::open(path)?.take(LARGEST_FILE).read_to_end(&mut text)?;
    Ok(text)
}

/// The certificates of a file, those behind the first broken one left out.
pub(super) fn certificates(text: &[u8]) -> Vec<CertificateDer<'static>> {
    let all = CertificateDer::pem_slice_iter(text).take(MOST_CERTIFICATES);
    all.map_while(Result::ok).collect()
}

/// The revocation lists of a file.
pub(super) fn lists(text: &[u8]) -> Vec<CertificateRevocationListDer<'static>> {
    CertificateRevocationListDer::pem_slice_iter(text).map_while(Result::ok).collect()
}

/// The fields of the certificates in a file, up to the first that is none.
pub(super) fn of_certificates(text: &[u8], known: &Known) -> Pem {
    let blocks = certificates(text);
    let read: Vec<_> = blocks.iter().map_while(|block| known.describe(block)).collect();
    let is_whole = CertificateDer::pem_slice_iter(text).all(|one| one.is_ok());
    let fault = form_fault(is_whole, blocks.len(), read.len());
    Pem { size: text.len() as u64, fault, certificates: read, ..Pem::default() }
}

/// The fields of the revocation lists in a file, up to the first that is none.
pub(super) fn of_lists(text: &[u8]) -> Pem {
    let blocks = lists(text);
    let read: Vec<_> = blocks.iter().map_while(|block| list(block)).collect();
    let is_whole = CertificateRevocationListDer::pem_slice_iter(text).all(|one| one.is_ok());
    let fault = form_fault(is_whole, blocks.len(), read.len());
    Pem { size: text.len() as u64, fault, lists: read, ..Pem::default() }
}

fn form_fault(is_whole: bool, blocks: usize, read: usize) -> Option<PemFault> {
    match (is_whole, blocks) {
        _ if read < blocks => Some(PemFault::NotDer),
        (false, _) => Some(PemFault::NotBase64),
        (true, 0) => Some(PemFault::NoBlock),
        (true, _) => None,
    }
}

/// What is wrong with a key's file, and whether it belongs to the certificate beside
/// it; nothing else of it.
pub(super) fn of_key(text: &[u8], certificate: &[u8]) -> Pem {
    let has = |words: &[u8]| memchr::memmem::find(text, words).is_some();
    let key = PrivateKeyDer::from_pem_slice(text);
    let fault = match &key {
        // An old way to put a password on it leaves the word for a key.
        _ if has(b"ENCRYPTED") => Some(PemFault::Encrypted),
        Ok(key) if Any::from_der(key.secret_der()).is_err() => Some(PemFault::NotDer),
        Ok(_) => None,
        Err(pem::Error::NoItemsFound) if has(b"PRIVATE KEY-----") => Some(PemFault::Unknown),
        Err(pem::Error::NoItemsFound) => Some(PemFault::NoBlock),
        Err(_) => Some(PemFault::NotBase64),
    };
    let mut seen = Pem { size: text.len() as u64, fault, ..Pem::default() };
    if let (Ok(key), Some(chain)) =
        (key, Some(certificates(certificate)).filter(|all| !all.is_empty()))
    {
        let provider = rustls::crypto::ring::default_provider();
        match CertifiedKey::from_der(chain, key, &provider) {
            Ok(_) => seen.key_matches = Some(true),
            Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => {
                seen.key_matches = Some(false);
            }
            Err(_) => seen.fault = seen.fault.or(Some(PemFault::Unknown)),
        }
    }
    seen
}

fn list(block: &[u8]) -> Option<RevocationList> {
    let (_, list) = CertificateRevocationList::from_der(block).ok()?;
    Some(RevocationList {
        issuer: name(list.issuer()),
        this_update: moment(list.last_update()),
        next_update: list.next_update().map(moment),
        entries: list.iter_revoked_certificates().count(),
    })
}

/// The certificates that may have signed others, and the lists that may name them.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) signers: Vec<CertificateDer<'static>>,
    pub(super) lists: Vec<CertificateRevocationListDer<'static>>,
}

impl Known {
    /// The fields of a certificate; nothing where it is none.
    pub(super) fn describe(&self, block: &[u8]) -> Option<Certificate> {
        let (_, one) = X509Certificate::from_der(block).ok()?;
        let mut seen = Certificate {
            fingerprint: fingerprint(block),
            subject: name(one.subject()),
            issuer: name(one.issuer()),
            serial: hexadecimal(one.raw_serial()),
            not_before: moment(one.validity().not_before),
            not_after: moment(one.validity().not_after),
            common_names: one
                .subject()
                .iter_common_name()
                .filter_map(|one| one.as_str().ok().map(str::to_owned))
                .collect(),
            signature: algorithm(&one),
            revoked: self.revokes(&one),
            ..Certificate::default()
        };
        extensions(&one, &mut seen);
        for signer in &self.signers {
            let Ok((_, key)) = X509Certificate::from_der(signer) else { continue };
            if key.subject().as_raw() != one.issuer().as_raw() {
                continue;
            }
            match one.verify_signature(Some(key.public_key())) {
                Ok(()) => seen.signed_by.push(fingerprint(signer)),
                Err(X509Error::SignatureUnsupportedAlgorithm) => seen.unchecked = true,
                Err(_) => {}
            }
        }
        Some(seen)
    }

    fn revokes(&self, certificate: &X509Certificate<'_>) -> bool {
        self.lists.iter().any(|block| {
            let Ok((_, list)) = CertificateRevocationList::from_der(block) else { return false };
            let mut entries = list.iter_revoked_certificates();
            list.issuer().as_raw() == certificate.issuer().as_raw()
                && entries.any(|entry| entry.serial() == &certificate.tbs_certificate.serial)
        })
    }
}

fn extensions(certificate: &X509Certificate<'_>, seen: &mut Certificate) {
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(limits) => seen.is_ca = Some(limits.ca),
            ParsedExtension::KeyUsage(usage) => {
                /// In the order of the bits.
                const NAMES: [&str; 9] = [
                    "digitalSignature",
                    "nonRepudiation",
                    "keyEncipherment",
                    "dataEncipherment",
                    "keyAgreement",
                    "keyCertSign",
                    "cRLSign",
                    "encipherOnly",
                    "decipherOnly",
                ];
                let allowed =
                    NAMES.iter().enumerate().filter(|(bit, _)| usage.flags & (1 << bit) != 0);
                let allows = allowed.map(|(_, name)| (*name).to_owned()).collect();
                seen.key_usage = Some(Usage { critical: extension.critical, allows });
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let named = [
                    (usage.any, "any"),
                    (usage.server_auth, "serverAuth"),
                    (usage.client_auth, "clientAuth"),
                    (usage.code_signing, "codeSigning"),
                    (usage.email_protection, "emailProtection"),
                    (usage.time_stamping, "timeStamping"),
                    (usage.ocsp_signing, "OCSPSigning"),
                ];
                let named = named.iter().filter(|row| row.0).map(|row| row.1.to_owned());
                let allows = named.chain(usage.other.iter().map(ToString::to_string)).collect();
                seen.purposes = Some(Usage { critical: extension.critical, allows });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                let mut all = Alternatives::default();
                for name in &names.general_names {
                    match name {
                        GeneralName::DNSName(name) => all.dns.push((*name).to_owned()),
                        GeneralName::IPAddress(bytes) => match address(bytes) {
                            Some(address) => all.addresses.push(address),
                            None => all.others += 1,
                        },
                        _ => all.others += 1,
                    }
                }
                seen.alternatives = Some(all);
            }
            ParsedExtension::NameConstraints(_) => seen.beyond_us.push("name constraints".into()),
            ParsedExtension::UnsupportedExtension { .. } | ParsedExtension::ParseError { .. }
                if extension.critical =>
            {
                seen.beyond_us.push(extension.oid.to_id_string());
            }
            _ => {}
        }
    }
}

fn address(bytes: &[u8]) -> Option<std::net::IpAddr> {
    let four = <[u8; 4]>::try_from(bytes).map(Into::into);
    four.or_else(|_| <[u8; 16]>::try_from(bytes).map(Into::into)).ok()
}

/// In the order of the certificate, as `gnutls_x509_crt_get_dn` writes it.
fn name(name: &X509Name<'_>) -> String {
    let known = x509_parser::objects::oid_registry();
    let parts = name.iter_attributes().map(|part| {
        let kind = x509_parser::objects::oid2abbrev(part.attr_type(), known);
        let kind = kind.map_or_else(|_| part.attr_type().to_id_string(), str::to_owned);
        format!("{kind}={}", String::from_utf8_lossy(part.attr_value().data))
    });
    parts.collect::<Vec<_>>().join(",")
}

fn algorithm(certificate: &X509Certificate<'_>) -> String {
    let oid = &certificate.signature_algorithm.algorithm;
    let known = x509_parser::objects::oid2sn(oid, x509_parser::objects::oid_registry());
    known.map_or_else(|_| oid.to_id_string(), str::to_owned)
}

fn moment(time: ASN1Time) -> String {
    let time: OffsetDateTime = time.to_datetime();
    time.format(&Rfc3339).unwrap_or_default()
}

fn fingerprint(block: &[u8]) -> String {
    hexadecimal(digest(&SHA256, block).as_ref())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AUTHORITY: &str = include_str!("../../tests/agreement/ca.pem");

    fn read(text: &str) -> Pem {
        let known = Known { signers: certificates(text.as_bytes()), ..Known::default() };
        of_certificates(text.as_bytes(), &known)
    }

    #[test]
    fn the_fields_of_an_authority() {
        let pem = read(AUTHORITY);
        let one = &pem.certificates[0];
        assert_eq!((pem.fault, one.is_ca, &one.subject), (None, Some(true), &one.issuer));
        assert_eq!(one.signed_by, std::slice::from_ref(&one.fingerprint));
        assert!(one.not_before.ends_with('Z') && one.not_before < one.not_after);
        assert!(!one.unchecked && !one.revoked && one.beyond_us.is_empty());
    }

    #[test]
    fn what_is_no_certificate() {
        assert_eq!(read("hello").fault, Some(PemFault::NoBlock));
        assert_eq!(read(&AUTHORITY.replace('M', "!")).fault, Some(PemFault::NotBase64));
        let lines: Vec<&str> = AUTHORITY.lines().collect();
        let cut = [&lines[..6], &["-----END CERTIFICATE-----"]].concat().join("\n");
        assert_eq!(read(&cut).fault, Some(PemFault::NotDer));
        let second = read(&format!("{AUTHORITY}{cut}"));
        assert_eq!((second.fault, second.certificates.len()), (Some(PemFault::NotDer), 1));
        assert_eq!(of_key(AUTHORITY.as_bytes(), b"").fault, Some(PemFault::NoBlock));
    }

    /// A server may show anything: each byte of a certificate changed, and each end cut off.
    #[test]
    fn nothing_in_a_certificate_ends_the_program() {
        let block = certificates(AUTHORITY.as_bytes()).remove(0);
        let known = Known { signers: vec![block.clone()], ..Known::default() };
        let whole = known.describe(&block).expect("it is a certificate");
        for at in 0..block.len() {
            let _ = known.describe(&block[..at]);
            for change in [0x01, 0x80, 0xff] {
                let mut other = block.to_vec();
                other[at] ^= change;
                if let Some(mut one) =
                    known.describe(&other).filter(|one| !one.signed_by.is_empty())
                {
                    // What stands around the signed part may change, and nothing else.
                    one.fingerprint.clone_from(&whole.fingerprint);
                    assert_eq!(one, whole, "{at}");
                }
                let _ = list(&other);
            }
        }
    }
}
