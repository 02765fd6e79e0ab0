//! Names of parameters that libvirt does not have and people write: those of
//! other tools, and parts of a URI that stand elsewhere in it.
//!
//! Source: the URIs of public configuration files; the Terraform provider
//! `dmacvicar/libvirt` up to 0.9; `ssh_config(5)`.

/// A name that is not libvirt's.
#[derive(Debug)]
pub(crate) struct Foreign {
    /// In lower case, as it is compared.
    pub(crate) name: &'static str,
    /// Whose it is, for a sentence.
    pub(crate) whose: &'static str,
    /// libvirt's own name for the same thing, where there is one.
    pub(crate) own: Option<&'static str>,
    /// What libvirt has in its place, for a sentence.
    pub(crate) instead: &'static str,
}

const fn row(
    name: &'static str,
    whose: &'static str,
    own: Option<&'static str>,
    instead: &'static str,
) -> Foreign {
    Foreign { name, whose, own, instead }
}

const KEYFILE: &str = "the private key is `keyfile`";
const JUMP: &str = "with +ssh, write ProxyJump or ProxyCommand into ~/.ssh/config";
const TIMEOUT: &str = "libvirt has no timeout; with +ssh, write ConnectTimeout into ~/.ssh/config";
const KNOWN_HOSTS: &str =
    "with +libssh it is `known_hosts`; with +ssh, write UserKnownHostsFile into ~/.ssh/config";
const CHECK: &str =
    "over TLS and ssh `no_verify=1` switches the check off, and nothing is needed to leave it on";
const PKI: &str = "`pkipath` names the folder of cacert.pem, clientcert.pem and clientkey.pem";
const READ_ONLY: &str = "read-only is an option of the client: virsh -r";
const SSH: &str = "ssh's configuration";
const OTHERS: &str = "other tools";

/// In no order that matters.
pub(crate) const FOREIGN: &[Foreign] = &[
    row("knownhosts", "the Terraform provider", Some("known_hosts"), KNOWN_HOSTS),
    row("userknownhostsfile", SSH, None, KNOWN_HOSTS),
    row("use_ssh_cmd", OTHERS, None, "libvirt's transport ssh always runs the program ssh"),
    row("identity", SSH, Some("keyfile"), KEYFILE),
    row("identity_file", SSH, Some("keyfile"), KEYFILE),
    row("identityfile", SSH, Some("keyfile"), KEYFILE),
    row("key", OTHERS, Some("keyfile"), KEYFILE),
    row("private_key", OTHERS, Some("keyfile"), KEYFILE),
    row("privatekey", OTHERS, Some("keyfile"), KEYFILE),
    row("privkey", OTHERS, Some("keyfile"), KEYFILE),
    row("ssh_key", OTHERS, Some("keyfile"), KEYFILE),
    row("sshkey", OTHERS, Some("keyfile"), KEYFILE),
    row("jump", SSH, None, JUMP),
    row("proxyjump", SSH, None, JUMP),
    row("proxy_jump", SSH, None, JUMP),
    row("jumphost", OTHERS, None, JUMP),
    row("proxycommand", SSH, None, JUMP),
    row("timeout", OTHERS, None, TIMEOUT),
    row("connect_timeout", OTHERS, None, TIMEOUT),
    row("connecttimeout", SSH, None, TIMEOUT),
    row("stricthostkeychecking", SSH, None, CHECK),
    row("batchmode", SSH, None, "`no_tty=1` forbids questions over ssh"),
    row("insecure", OTHERS, None, CHECK),
    row("verify", OTHERS, None, CHECK),
    row("skip_verify", OTHERS, None, CHECK),
    row("tls_verify", OTHERS, None, CHECK),
    row("ssl_verify", OTHERS, None, CHECK),
    row("cert", OTHERS, None, PKI),
    row("cacert", OTHERS, None, PKI),
    row("ca_cert", OTHERS, None, PKI),
    row("cafile", OTHERS, None, PKI),
    row("clientcert", OTHERS, None, PKI),
    row("client_cert", OTHERS, None, PKI),
    row("clientkey", OTHERS, None, PKI),
    row("client_key", OTHERS, None, PKI),
    row("readonly", OTHERS, None, READ_ONLY),
    row("read_only", OTHERS, None, READ_ONLY),
    row("ro", OTHERS, None, READ_ONLY),
    row("cmd", OTHERS, Some("command"), "the program to run instead of ssh is `command`"),
    row("sock", OTHERS, Some("socket"), "the daemon's socket is `socket`"),
    row("nc", OTHERS, Some("netcat"), "the nc of the remote host is `netcat`"),
];

/// A part of a URI that stands in a place of its own.
#[derive(Debug)]
pub(crate) struct Misplaced {
    /// In lower case, as it is compared.
    pub(crate) name: &'static str,
    /// Where it belongs, for a sentence.
    pub(crate) place: &'static str,
}

const fn part(name: &'static str, place: &'static str) -> Misplaced {
    Misplaced { name, place }
}

const USER: &str = "the user stands before the host: USER@HOST";
const HOST: &str = "the host stands after the two slashes: qemu+ssh://HOST/system";
const PORT: &str = "the port stands behind the host: HOST:PORT";

/// In no order that matters.
pub(crate) const MISPLACED: &[Misplaced] = &[
    part("user", USER),
    part("username", USER),
    part("login", USER),
    part("host", HOST),
    part("hostname", HOST),
    part("server", HOST),
    part("port", PORT),
    part("ssh_port", PORT),
    part("sshport", PORT),
    part("path", "the path stands behind the host: qemu+ssh://HOST/system"),
    part("driver", "the driver stands first: qemu+ssh://HOST/system"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::parameters::Reader;

    #[test]
    fn no_name_is_libvirts_own_or_there_twice() {
        let names: Vec<&str> = FOREIGN
            .iter()
            .map(|row| row.name)
            .chain(MISPLACED.iter().map(|part| part.name))
            .collect();
        for (at, name) in names.iter().enumerate() {
            assert_eq!(*name, name.to_ascii_lowercase());
            assert!(!names[..at].contains(name), "{name}");
            assert!(Reader::Remote.named(name.as_bytes()).is_none(), "{name}");
        }
        for own in FOREIGN.iter().filter_map(|row| row.own) {
            assert!(Reader::Remote.named(own.as_bytes()).is_some(), "{own}");
        }
    }
}
