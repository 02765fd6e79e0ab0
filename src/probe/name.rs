//! What the client gets for a name: `getaddrinfo`, with the client's own flags.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use dns_lookup::{AddrInfoHints, SockType, getaddrinfo};
use nix::libc;

use super::{Deadline, dns, ms_since};
use crate::evidence::{NameSight, Resolution, SshConfig};

/// The name's addresses, with what only this machine needs to connect (zones).
#[derive(Debug, Default)]
pub(crate) struct Resolved {
    pub(crate) sight: NameSight,
    pub(crate) addresses: Vec<SocketAddr>,
}

/// Who asks: libvirt leaves out families that this machine has no address of;
/// ssh does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asker {
    Libvirt,
    Ssh(Family),
}

/// What `AddressFamily` of ssh_config leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Any,
    Inet,
    Inet6,
}

impl Family {
    pub(crate) fn of(config: Option<&SshConfig>) -> Self {
        match config.and_then(|config| config.address_family.as_deref()) {
            Some("inet") => Self::Inet,
            Some("inet6") => Self::Inet6,
            _ => Self::Any,
        }
    }
}

/// Resolves a name. The system's resolver cannot be interrupted: a thread that
/// hangs in it is left behind when the deadline is reached.
pub(crate) async fn resolve(
    host: &str,
    from_ssh_config: bool,
    asker: Asker,
    deadline: Deadline,
) -> Resolved {
    let start = Instant::now();
    let name = host.to_owned();
    let lookup = tokio::task::spawn_blocking(move || lookup(&name, asker));
    let answer = deadline.limit(lookup).await.and_then(Result::ok);
    let mut resolved = Resolved::default();
    host.clone_into(&mut resolved.sight.host);
    resolved.sight.from_ssh_config = from_ssh_config;
    resolved.sight.duration_ms = ms_since(start);
    resolved.sight.resolution = match answer {
        None => Resolution::TimedOut,
        Some(Err(failed)) => failed,
        Some(Ok(addresses)) => {
            let shown = addresses.iter().map(SocketAddr::ip).collect();
            resolved.addresses = addresses;
            Resolution::Addresses(shown)
        }
    };
    resolved
}

/// Whether DNS has anything to do with it.
pub(crate) fn is_for_dns(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    !host.is_empty()
        && host.parse::<IpAddr>().is_err()
        && !host.eq_ignore_ascii_case("localhost")
        && !host.contains(['%', ':'])
}

/// Asks every configured server, so that a failure has its reason.
pub(crate) async fn ask_dns(host: &str, deadline: Deadline) -> crate::evidence::Dns {
    dns::ask(host, deadline).await
}

fn lookup(host: &str, asker: Asker) -> Result<Vec<SocketAddr>, Resolution> {
    let flags = match asker {
        Asker::Libvirt => libc::AI_PASSIVE | libc::AI_ADDRCONFIG | libc::AI_V4MAPPED,
        Asker::Ssh(_) => 0,
    };
    let address = match asker {
        Asker::Ssh(Family::Inet) => libc::AF_INET,
        Asker::Ssh(Family::Inet6) => libc::AF_INET6,
        _ => libc::AF_UNSPEC,
    };
    let socktype = SockType::Stream.into();
    let hints = AddrInfoHints { flags, socktype, address, ..AddrInfoHints::default() };
    let found = getaddrinfo(Some(host), None, Some(hints)).map_err(|error| {
        let code = error.error_num();
        let text = error.to_string();
        let text =
            text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_owned();
        Resolution::Failed { code, name: eai_name(code).to_owned(), text }
    })?;
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for entry in found.flatten() {
        if !addresses.contains(&entry.sockaddr) {
            addresses.push(entry.sockaddr);
        }
    }
    Ok(addresses)
}

/// glibc's names; `EAI_ADDRFAMILY` and `EAI_NODATA` are not in the `libc` crate.
fn eai_name(code: i32) -> &'static str {
    match code {
        libc::EAI_NONAME => "EAI_NONAME",
        libc::EAI_AGAIN => "EAI_AGAIN",
        libc::EAI_FAIL => "EAI_FAIL",
        libc::EAI_NODATA => "EAI_NODATA",
        libc::EAI_FAMILY => "EAI_FAMILY",
        libc::EAI_SERVICE => "EAI_SERVICE",
        libc::EAI_MEMORY => "EAI_MEMORY",
        libc::EAI_SYSTEM => "EAI_SYSTEM",
        -9 => "EAI_ADDRFAMILY",
        _ => "EAI_other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_no_matter_of_dns() {
        for host in ["192.0.2.1", "2001:db8::1", "fe80::1%eth0", "localhost", "localhost.", ""] {
            assert!(!is_for_dns(host), "{host}");
        }
        assert!(is_for_dns("kvm1") && is_for_dns("kvm1.example"));
    }

    #[test]
    fn a_number_that_is_no_address_keeps_its_code() {
        let failed = lookup("999.1.1.1.invalid.", Asker::Libvirt).unwrap_err();
        assert!(matches!(failed, Resolution::Failed { code, .. } if code != 0), "{failed:?}");
        assert_eq!(
            lookup("127.1", Asker::Ssh(Family::Any)).unwrap()[0].ip().to_string(),
            "127.0.0.1"
        );
    }
}
