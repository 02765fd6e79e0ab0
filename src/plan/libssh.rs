//! Which users and hosts libssh itself takes; libvirt has no words for its refusal.
//!
//! Source: `ssh_options_set`, `ssh_config_parse_uri`, `ssh_check_hostname_syntax`,
//! `ssh_check_username_syntax` and `ssh_is_ipaddr` of libssh 0.10.6 and 0.11.2.

use std::net::Ipv6Addr;

use super::parameters::leading_blanks;

/// No `-` in front, nothing that a shell would act on.
pub(super) fn takes_user(user: &[u8]) -> bool {
    !user.is_empty()
        && !user.starts_with(b"-")
        && !user.iter().any(|byte| b"\"$&'(),;<>\\`{|}".contains(byte))
        && !user.windows(2).any(|pair| leading_blanks(pair) == 1 && pair[1] == b'-')
}

/// A name, an address, or an address in brackets; perhaps with `user@` before.
pub(super) fn takes_host(host: &[u8]) -> bool {
    match memchr::memrchr(b'@', host) {
        Some(at) => takes_user(&host[..at]) && takes_address(&host[at + 1..]),
        None => takes_address(host),
    }
}

fn takes_address(text: &[u8]) -> bool {
    let Some(within) = text.strip_prefix(b"[") else {
        return is_ipv6(text) || is_name(text);
    };
    let Some(close) = memchr::memchr(b']', within) else { return false };
    let (name, rest) = (&within[..close], &within[close + 1..]);
    (is_ipv6(name) || is_name(name)) && (rest.is_empty() || is_port(&rest[1..]))
}

/// What `strtol` reads as more than 0, up to the end.
fn is_port(text: &[u8]) -> bool {
    let text = &text[leading_blanks(text)..];
    let digits = text.strip_prefix(b"+").unwrap_or(text);
    !digits.is_empty()
        && digits.iter().all(u8::is_ascii_digit)
        && digits.iter().any(|digit| *digit != b'0')
}

/// An IPv6 address. Its zone must be an interface of this machine; that is
/// taken for granted.
fn is_ipv6(text: &[u8]) -> bool {
    let address = memchr::memchr(b'%', text).map_or(text, |zone| &text[..zone]);
    text.contains(&b':')
        && std::str::from_utf8(address).is_ok_and(|text| text.parse::<Ipv6Addr>().is_ok())
}

/// Labels of letters, digits and inner hyphens, 63 bytes at most; empty ones are
/// passed over.
fn is_name(text: &[u8]) -> bool {
    let is_label = |label: &[u8]| {
        let end = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
        label.len() <= 63
            && end(label.first())
            && end(label.last())
            && label.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
    };
    let mut labels = text.split(|byte| *byte == b'.').filter(|label| !label.is_empty()).peekable();
    labels.peek().is_some() && labels.all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_what_a_shell_leaves_alone() {
        for user in ["joe", "a b", "a-b", "j\u{f6}rg", "a!b", "a@b", "a%b", "a "] {
            assert!(takes_user(user.as_bytes()), "{user}");
        }
        for user in ["", "-joe", "DOM\\joe", "a;b", "a$b", "a -b", "a,b", "a'b"] {
            assert!(!takes_user(user.as_bytes()), "{user}");
        }
    }

    #[test]
    fn hosts_are_names_and_addresses() {
        let label = "a".repeat(63);
        for host in [
            "kvm1.example",
            "a..b",
            ".a",
            "a.",
            "1.2.3",
            &label,
            "::1",
            "fe80::1%lo",
            "[127.0.0.1]",
            "[x]:9",
            "joe@b",
            "a@b@c",
            "a@[b]",
            "joe@::1",
        ] {
            assert!(takes_host(host.as_bytes()), "{host}");
        }
        for host in [
            "",
            ".",
            "a_b",
            "-a",
            "a-",
            "a.-b",
            "a b",
            "[]",
            "[x",
            "[x]yz",
            "@b",
            "a@",
            "::00001",
            "::g",
            "a:b",
            "a%b",
            "x\\@b",
            &format!("a{label}"),
        ] {
            assert!(!takes_host(host.as_bytes()), "{host}");
        }
    }
}
