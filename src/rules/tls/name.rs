//! Whether a certificate is for a host, as GnuTLS decides it.
//!
//! Source: `gnutls_x509_crt_check_hostname` in GnuTLS's manual; RFC 6125, section 6.4.

use std::net::IpAddr;

use crate::evidence::Certificate;

/// An address needs an address. A name needs a DNS name; the CN counts only where there
/// are no alternative names of any kind.
pub(super) fn is_for(certificate: &Certificate, host: &str) -> bool {
    let names = certificate.alternatives.as_ref();
    if let Ok(address) = host.parse::<IpAddr>() {
        return names.is_some_and(|names| names.addresses.contains(&address));
    }
    if let Some(names) = names {
        return names.dns.iter().any(|name| matches(name, host));
    }
    let for_servers = certificate
        .purposes
        .as_ref()
        .is_none_or(|purposes| purposes.allows("serverAuth") || purposes.allows("any"));
    for_servers
        && certificate.common_names.len() == 1
        && matches(&certificate.common_names[0], host)
}

/// `*` stands for the beginning of the first label, and needs two labels behind it.
fn matches(name: &str, host: &str) -> bool {
    let Some(rest) = name.strip_prefix('*') else { return name.eq_ignore_ascii_case(host) };
    let labels = name.matches('.').count();
    if labels < 2 || name.ends_with('.') {
        return false;
    }
    let first = host.find('.').unwrap_or(host.len());
    host.get(first..).is_some()
        && (0..=first).filter_map(|at| host.get(at..)).any(|tail| tail.eq_ignore_ascii_case(rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Alternatives, Usage};

    fn with(dns: &[&str], addresses: &[&str]) -> Certificate {
        let dns = dns.iter().map(|name| (*name).to_owned()).collect();
        let addresses = addresses.iter().map(|one| one.parse().unwrap()).collect();
        let alternatives = Some(Alternatives { dns, addresses, others: 0 });
        Certificate { alternatives, common_names: vec!["cn.example".into()], ..named("cn.example") }
    }

    fn named(name: &str) -> Certificate {
        Certificate { common_names: vec![name.into()], ..Certificate::default() }
    }

    #[test]
    fn a_wildcard_stands_for_one_label() {
        let wild = with(&["*.lab.example"], &[]);
        assert!(is_for(&wild, "kvm1.lab.example"));
        assert!(is_for(&wild, "KVM1.Lab.Example"));
        assert!(!is_for(&wild, "a.kvm1.lab.example"));
        assert!(!is_for(&wild, "lab.example"));
        assert!(!is_for(&with(&["*.example"], &[]), "kvm1.example"));
    }

    #[test]
    fn an_address_needs_an_address() {
        let both = with(&["192.0.2.7"], &["192.0.2.8"]);
        assert!(!is_for(&both, "192.0.2.7"));
        assert!(is_for(&both, "192.0.2.8"));
        assert!(!is_for(&named("192.0.2.7"), "192.0.2.7"));
    }

    #[test]
    fn the_common_name_stands_in_only_alone() {
        assert!(is_for(&named("kvm1.example"), "kvm1.example"));
        assert!(!is_for(&named("kvm1.example"), "kvm1"));
        assert!(!is_for(&named("kvm1.example"), "kvm1.example."));
        assert!(!is_for(&with(&[], &["192.0.2.8"]), "cn.example"));
        let client = Usage { critical: false, allows: vec!["clientAuth".into()] };
        let client = Certificate { purposes: Some(client), ..named("kvm1.example") };
        assert!(!is_for(&client, "kvm1.example"));
    }
}
