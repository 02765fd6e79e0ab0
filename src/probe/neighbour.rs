//! The kernel's table of neighbours: who on this machine's own network has an address.
//!
//! For IPv4 it is a file. For IPv6 the kernel is asked over netlink: one question of 28
//! bytes, which needs no library and no right.

use std::fs;
use std::net::{IpAddr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::libc;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, send, socket,
};

/// The flags of an entry for which no answer came (`ATF_COM` is not set).
const UNANSWERED: &str = "0x0";
/// `NUD_INCOMPLETE` and `NUD_FAILED` of `linux/neighbour.h`: asked, and not answered.
const SOUGHT: u16 = 0x01 | 0x20;
/// `NDA_DST`: the address of an entry.
const ADDRESS: u16 = 1;
/// Sizes of `nlmsghdr` and `ndmsg`.
const HEADER: usize = 16;
const ENTRY: usize = 12;
/// More than the kernel puts into one answer.
const LARGEST: usize = 64 * 1024;
/// A table of neighbours is not longer, in answers.
const ANSWERS: usize = 64;

/// Whether the kernel asks, or has asked, its own network for this address and got no
/// answer.
pub(crate) fn is_sought(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(_) => {
            fs::read_to_string("/proc/net/arp").is_ok_and(|table| is_unanswered(&table, address))
        }
        IpAddr::V6(address) => is_sought_on_ipv6(address).unwrap_or(false),
    }
}

/// Lines of address, hardware type, flags, hardware address, mask, device.
fn is_unanswered(table: &str, address: IpAddr) -> bool {
    table.lines().skip(1).any(|line| {
        let mut words = line.split_whitespace();
        words.next().and_then(|word| word.parse().ok()) == Some(address)
            && words.nth(1) == Some(UNANSWERED)
    })
}

fn is_sought_on_ipv6(address: Ipv6Addr) -> nix::Result<bool> {
    let kernel = socket(
        AddressFamily::Netlink,
        SockType::Raw,
        SockFlag::SOCK_CLOEXEC,
        SockProtocol::NetlinkRoute,
    )?;
    send(kernel.as_raw_fd(), &question(), MsgFlags::empty())?;
    let mut buffer = vec![0; LARGEST];
    for _ in 0..ANSWERS {
        // The kernel answers at once, or not at all.
        let length = recv(kernel.as_raw_fd(), &mut buffer, MsgFlags::MSG_DONTWAIT)?;
        let answer = Answer(&buffer[..length]);
        if answer.entries().any(|entry| is_of(entry, address)) {
            return Ok(true);
        }
        if answer.is_last() {
            break;
        }
    }
    Ok(false)
}

/// `RTM_GETNEIGH` for all entries of IPv6.
fn question() -> Vec<u8> {
    let length = u32::try_from(HEADER + ENTRY).unwrap_or_default();
    let flags = libc::NLM_F_REQUEST | libc::NLM_F_DUMP;
    let mut bytes = length.to_ne_bytes().to_vec();
    bytes.extend(libc::RTM_GETNEIGH.to_ne_bytes());
    bytes.extend(u16::try_from(flags).unwrap_or_default().to_ne_bytes());
    bytes.extend([0; 8]);
    bytes.push(u8::try_from(libc::AF_INET6).unwrap_or_default());
    bytes.resize(HEADER + ENTRY, 0);
    bytes
}

/// Messages of the kernel, one behind the other.
struct Answer<'a>(&'a [u8]);

impl<'a> Answer<'a> {
    /// Kind and content of each message.
    fn messages(&self) -> impl Iterator<Item = (u16, &'a [u8])> + use<'a> {
        let mut rest = self.0;
        std::iter::from_fn(move || {
            let length = usize::try_from(u32::from_ne_bytes(*rest.first_chunk()?)).ok()?;
            let kind = number(rest, 4)?;
            let content = rest.get(HEADER..length)?;
            rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
            Some((kind, content))
        })
    }

    fn entries(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.messages().filter(|(kind, _)| *kind == libc::RTM_NEWNEIGH).map(|(_, entry)| entry)
    }

    fn is_last(&self) -> bool {
        let ends = [libc::NLMSG_DONE, libc::NLMSG_ERROR];
        self.messages().any(|(kind, _)| ends.contains(&i32::from(kind))) || self.0.is_empty()
    }
}

/// Whether an entry is about this address, and nobody answered for it.
fn is_of(entry: &[u8], address: Ipv6Addr) -> bool {
    // Family, padding, the number of the device, then the state.
    let is_sought = number(entry, 8).is_some_and(|state| state & SOUGHT != 0);
    let mut rest = entry.get(ENTRY..).unwrap_or_default();
    let attributes = std::iter::from_fn(move || {
        let (length, kind) = (usize::from(number(rest, 0)?), number(rest, 2)?);
        let value = rest.get(4..length)?;
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, value))
    });
    is_sought && attributes.into_iter().any(|one| one == (ADDRESS, &address.octets()[..]))
}

/// A number of two bytes in the machine's own order.
fn number(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().copied().map(u16::from_ne_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_without_an_answer_are_found() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device\n192.0.2.2        0x1         0x2         02:00:00:00:00:02     *        eth0\n192.0.2.77       0x1         0x0         00:00:00:00:00:00     *        eth0\n";
        let is = |address: &str| is_unanswered(table, address.parse().unwrap());
        assert!(is("192.0.2.77"));
        assert!(!is("192.0.2.2") && !is("192.0.2.7") && !is("2001:db8::1"));
    }

    /// An entry as the kernel writes it.
    fn message(state: u16, address: &str) -> Vec<u8> {
        let address: Ipv6Addr = address.parse().unwrap();
        let mut bytes = 48_u32.to_ne_bytes().to_vec();
        bytes.extend(libc::RTM_NEWNEIGH.to_ne_bytes());
        bytes.extend([0; 10]);
        bytes.extend([10, 0, 0, 0, 2, 0, 0, 0]);
        bytes.extend(state.to_ne_bytes());
        bytes.extend([0, 1]);
        bytes.extend(20_u16.to_ne_bytes());
        bytes.extend(ADDRESS.to_ne_bytes());
        bytes.extend(address.octets());
        bytes
    }

    #[test]
    fn entries_of_ipv6_are_found() {
        let bytes = [message(0x02, "2001:db8::2"), message(0x20, "2001:db8::77")].concat();
        let is = |bytes: &[u8], address: &str| {
            Answer(bytes).entries().any(|entry| is_of(entry, address.parse().unwrap()))
        };
        assert!(is(&bytes, "2001:db8::77"));
        assert!(!is(&bytes, "2001:db8::2") && !is(&bytes, "2001:db8::7"));
        // Whatever is cut off is no entry.
        for length in 0..bytes.len() {
            assert!(!is(&bytes[..length], "2001:db8::77"), "{length}");
        }
    }

    #[test]
    fn the_kernel_answers() {
        assert_eq!(is_sought_on_ipv6(Ipv6Addr::UNSPECIFIED), Ok(false));
    }
}
