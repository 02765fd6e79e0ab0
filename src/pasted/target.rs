//! The connection that the text is about, as far as it tells: what to check.

use super::facts::{Facts, shell_word};
use super::hide::hidden;
use crate::tables::signatures::{Over, Signature};
use crate::text::Shown;

/// What to give to `virt-doctor check`.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) uri: Shown,
    /// Whether the text has this very URI.
    pub(crate) is_in_text: bool,
    /// Words in capitals in it that a person has to fill in.
    pub(crate) unknown: Vec<Unknown>,
    /// Whose reading of the URI failed, where it is not libvirt's.
    pub(crate) client: Option<String>,
    pub(crate) readonly: bool,
}

/// What the text does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unknown {
    Host,
    Uri,
}

impl Target {
    /// From the errors, the most decisive first.
    pub(super) fn of<'s>(
        mut seen: impl Iterator<Item = &'s Signature> + Clone,
        facts: &Facts,
    ) -> Self
    where
        's: 'static,
    {
        let of_error = || seen.clone().find_map(|signature| signature.client.as_deref());
        let client = facts.get("client").or_else(of_error).map(str::to_owned);
        let path = facts.get("path").unwrap_or_default();
        let mut target = Self {
            uri: Shown::default(),
            is_in_text: false,
            unknown: Vec::new(),
            client,
            readonly: path.ends_with("-sock-ro"),
        };
        if let Some(uri) = facts.get("uri") {
            target.is_in_text = true;
            target.uri = hidden(uri);
            return target;
        }
        let over = seen.find_map(|signature| signature.over);
        let over = match facts.get("port") {
            Some("16509") => Some(Over::Tcp),
            Some("16514") => Some(Over::Tls),
            Some("22") if over.is_none() => Some(Over::Libssh),
            _ => over,
        };
        let transport = match over {
            Some(Over::Unix) => {
                target.uri = Shown::ours(local_uri(path));
                return target;
            }
            Some(Over::Ssh) => "ssh",
            Some(Over::Libssh) => "libssh",
            Some(Over::Tls) => "tls",
            Some(Over::Tcp) => "tcp",
            None => {
                target.unknown.push(Unknown::Uri);
                target.uri = Shown::ours("URI");
                return target;
            }
        };
        let user = facts.get("user").map(|user| percent(user) + "@").unwrap_or_default();
        let host = facts.get("host").map_or_else(
            || {
                target.unknown.push(Unknown::Host);
                "HOST".to_owned()
            },
            |host| {
                if host.matches(':').count() > 1 { format!("[{host}]") } else { host.to_owned() }
            },
        );
        let port = facts.get("port").filter(|port| !["22", "16509", "16514"].contains(port));
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let level = if is_of_a_user(path) { "session" } else { "system" };
        target.uri = hidden(&format!("qemu+{transport}://{user}{host}{port}/{level}"));
        target
    }

    /// The command line.
    pub(crate) fn command(&self) -> Shown {
        let mut words = vec!["virt-doctor check".to_owned()];
        words.extend(self.client.iter().map(|client| format!("--client {client}")));
        words.extend(self.readonly.then(|| "--readonly".to_owned()));
        words.push(shell_word(self.uri.as_str()));
        Shown::ours(words.join(" "))
    }
}

/// Whether a socket belongs to a user's own daemon.
fn is_of_a_user(path: &str) -> bool {
    ["/run/user/", "/.cache/", "/Users/", "/home/"].iter().any(|part| path.contains(part))
}

/// The URI that leads to a socket.
fn local_uri(path: &str) -> String {
    /// Daemons that open guests, and their drivers.
    const DRIVERS: [(&str, &str); 6] = [
        ("virtlxcd", "lxc"),
        ("virtxend", "xen"),
        ("virtchd", "ch"),
        ("virtvboxd", "vbox"),
        ("virtbhyved", "bhyve"),
        ("virtvzd", "vz"),
    ];
    let known = DRIVERS.iter().find(|(daemon, _)| path.contains(daemon));
    let driver = known.map_or("qemu", |(_, driver)| driver);
    let level = if is_of_a_user(path) { "session" } else { "system" };
    format!("{driver}:///{level}")
}

/// A user as a URI has it.
fn percent(user: &str) -> String {
    let mut text = String::new();
    for byte in user.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.extend(['%', hex(byte >> 4), hex(byte & 15)]);
        }
    }
    text
}

fn hex(digit: u8) -> char {
    char::from_digit(u32::from(digit), 16).unwrap_or('0').to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use crate::pasted::explain;

    #[test]
    fn what_to_check() {
        for (text, command) in [
            (
                "error: Failed to connect socket to '/run/user/1000/libvirt/virtqemud-sock': No such file or directory",
                "qemu:///session",
            ),
            (
                "error: Failed to connect socket to '/run/libvirt/virtlxcd-sock': Permission denied",
                "lxc:///system",
            ),
            (
                "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock-ro': Permission denied",
                "--readonly qemu:///system",
            ),
            (
                "error: Cannot recv data: joe@corp@h.example: Permission denied (publickey).: x",
                "qemu+ssh://joe%40corp@h.example/system",
            ),
            (
                "ssh: connect to host h.example port 2222: Connection refused",
                "qemu+ssh://h.example:2222/system",
            ),
            (
                "unable to connect to server at '2001:db8::7:16514': Connection refused",
                "'qemu+tls://[2001:db8::7]/system'",
            ),
            (
                "error: End of file while reading data: sh: 1: nc: not found: Input/output error",
                "qemu+ssh://HOST/system",
            ),
            (
                "Error: failed to create dialer: unsupported transport: libssh2",
                "--client terraform@0.9 URI",
            ),
            (
                "Error: failed to connect: dial tcp 192.0.2.7:22: i/o timeout with provider[\"registry.terraform.io/dmacvicar/libvirt\"]",
                "--client terraform@0.8 qemu+libssh://192.0.2.7/system",
            ),
            (
                "ssh: handshake failed: knownhosts: key is unknown",
                "--client go-libvirt qemu+ssh://HOST/system",
            ),
            ("error: authentication failed: unsupported authentication type 2", "URI"),
            (
                "$ virsh -c 'qemu+ssh://h.example/system?a=1&b=2' list\nHost key verification failed.",
                "'qemu+ssh://h.example/system?a=1&b=2'",
            ),
        ] {
            let shown = explain(text.as_bytes()).target.command().to_string();
            assert_eq!(
                shown.strip_prefix("virt-doctor check ").unwrap_or_default(),
                command,
                "{text}"
            );
        }
    }
}
