//! The kernel's table of neighbours: who on this machine's own network has an address.

use std::fs;
use std::net::IpAddr;

/// The flags of an entry for which no answer came (`ATF_COM` is not set).
const UNANSWERED: &str = "0x0";

/// Whether the kernel asks, or has asked, its own network for this address and got no
/// answer. Only IPv4 has a table that can be read like a file.
pub(crate) fn is_sought(address: IpAddr) -> bool {
    fs::read_to_string("/proc/net/arp").is_ok_and(|table| is_unanswered(&table, address))
}

/// Lines of address, hardware type, flags, hardware address, mask, device.
fn is_unanswered(table: &str, address: IpAddr) -> bool {
    table.lines().skip(1).any(|line| {
        let mut words = line.split_whitespace();
        words.next().and_then(|word| word.parse().ok()) == Some(address)
            && words.nth(1) == Some(UNANSWERED)
    })
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
}
