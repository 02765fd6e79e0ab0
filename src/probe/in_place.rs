//! A login in the place of a library: the program `ssh`, told to use the files and to
//! follow the rules of libssh, libssh2 or Go, and no others.
//!
//! Sources: `virnetlibsshsession.c` and `virnetsshsession.c` of libvirt, `hostkey.c` of
//! libssh2, `ssh/common.go` and `ssh/knownhosts` of golang.org/x/crypto.

use std::path::Path;

use bstr::BString;

use super::host_keys;
use crate::plan::{HostKeys, Implementation, SshPlan, is_plain_for_shell};

/// libssh reads the system's file beside the user's.
pub(crate) const SYSTEM_KNOWN_HOSTS: &str = "/etc/ssh/ssh_known_hosts";

/// In this order the library asks for the server's key; libssh asks for what it knows
/// first, as ssh does.
const GO_ORDER: &str = "rsa-sha2-512-cert-v01@openssh.com,rsa-sha2-256-cert-v01@openssh.com,ecdsa-sha2-nistp256-cert-v01@openssh.com,ecdsa-sha2-nistp384-cert-v01@openssh.com,ecdsa-sha2-nistp521-cert-v01@openssh.com,ssh-ed25519-cert-v01@openssh.com,ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,rsa-sha2-512,rsa-sha2-256,ssh-rsa,ssh-ed25519";
const LIBSSH2_ORDER: &str = "ecdsa-sha2-nistp256,ecdsa-sha2-nistp384,ecdsa-sha2-nistp521,ssh-ed25519,rsa-sha2-512,rsa-sha2-256,ssh-rsa";

/// What is on the way.
#[derive(Debug)]
pub(crate) struct InPlace<'a> {
    pub(crate) plan: &'a SshPlan,
    pub(crate) host: &'a str,
    pub(crate) port: u16,
    /// The key files to show.
    pub(crate) keys: &'a [String],
    /// Whether the library would come to ask the agent.
    pub(crate) agent: bool,
}

impl InPlace<'_> {
    /// The arguments before the host.
    pub(crate) fn arguments(&self) -> Vec<BString> {
        let mut argv: Vec<BString> =
            ["-F", "none", "-T", "-e", "none", "-p"].map(Into::into).into();
        argv.push(self.port.to_string().into());
        argv.extend(["-l".into(), self.plan.user.clone().unwrap_or_default()]);
        for key in self.keys {
            argv.extend(["-i".into(), literal(key).into()]);
        }
        let mut option = |words: String| argv.extend(["-o".into(), BString::from(words)]);
        // Without it ssh would look for keys of its own where it gets none.
        option("IdentityFile=none".to_owned());
        option(format!("IdentitiesOnly={}", if self.agent { "no" } else { "yes" }));
        option(format!("IdentityAgent={}", if self.agent { "SSH_AUTH_SOCK" } else { "none" }));
        option("PubkeyAuthentication=yes".to_owned());
        option("PreferredAuthentications=publickey".to_owned());
        if !self.agent {
            // ssh takes the certificate that lies beside a key; no library does.
            option("PubkeyAcceptedKeyTypes=-*-cert-v01@openssh.com".to_owned());
        }
        let strict = match self.plan.host_keys {
            HostKeys::Known => "yes",
            HostKeys::New => "accept-new",
            HostKeys::Any => "no",
        };
        option(format!("StrictHostKeyChecking={strict}"));
        option("CheckHostIP=no".to_owned());
        let is_libssh = self.plan.implementation == Implementation::Libssh;
        let system = if is_libssh { SYSTEM_KNOWN_HOSTS } else { "/dev/null" };
        option(format!("GlobalKnownHostsFile={system}"));
        match self.plan.implementation {
            Implementation::Go => option(format!("HostKeyAlgorithms={GO_ORDER}")),
            Implementation::Libssh2 => option(format!("HostKeyAlgorithms={LIBSSH2_ORDER}")),
            // It knows no certificates of hosts.
            Implementation::Libssh => {
                option("HostKeyAlgorithms=-*-cert-v01@openssh.com".to_owned());
            }
            Implementation::Openssh => {}
        }
        // Under this name alone; ssh and libssh2 go on to the name without the port.
        if self.port != 22 && self.plan.implementation != Implementation::Libssh2 {
            option(format!("HostKeyAlias={}", host_keys::name(self.host, self.port, None)));
        }
        argv
    }

    /// A command there.
    pub(crate) fn command(&self, command: &[u8]) -> Vec<BString> {
        let mut argv = self.arguments();
        argv.extend(["-o".into(), "ClearAllForwardings=yes".into()]);
        argv.extend(["--".into(), self.host.into(), command.into()]);
        argv
    }

    /// No command: the server connects to `socket`, and ssh listens at `near` for it.
    pub(crate) fn channel(&self, near: &Path, socket: &str) -> Vec<BString> {
        let mut argv = self.arguments();
        for words in ["ExitOnForwardFailure=yes", "StreamLocalBindMask=0177"] {
            argv.extend(["-o".into(), words.into()]);
        }
        let near = near.to_string_lossy().replace('\\', "\\\\").replace(':', "\\:");
        argv.extend(["-N".into(), "-L".into(), format!("{}:{socket}", literal(&near)).into()]);
        argv.extend(["--".into(), self.host.into()]);
        argv
    }
}

/// A path that ssh does not read anything into: no home, no tokens.
fn literal(path: &str) -> String {
    let path = path.replace('%', "%%");
    if path.starts_with('~') { format!("./{path}") } else { path }
}

/// Whether ssh can be told this user, these keys and this socket as they are.
pub(crate) fn is_speakable(plan: &SshPlan, socket: Option<&str>, keys: &[String]) -> bool {
    let is_plain = |byte: &u8| is_plain_for_shell(*byte);
    let user = plan.user.as_ref().is_none_or(|user| {
        !user.starts_with(b"-") && user.iter().all(|byte| is_plain(byte) || b"+%".contains(byte))
    });
    let socket =
        socket.is_none_or(|path| path.starts_with('/') && path.as_bytes().iter().all(is_plain));
    user && socket && !keys.iter().any(|key| key.contains("${") || key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(implementation: Implementation) -> SshPlan {
        SshPlan {
            implementation,
            program: None,
            argv: None,
            remote_command: None,
            user: Some("joe".into()),
            identity: None,
            known_hosts: None,
            methods: None,
            batch: true,
            password: false,
            host_keys: HostKeys::Known,
        }
    }

    fn words(implementation: Implementation, port: u16, agent: bool) -> String {
        let plan = plan(implementation);
        let keys = ["~/k%1".to_owned()];
        let login = InPlace { plan: &plan, host: "KVM1.example", port, keys: &keys, agent };
        login.command(b"sh").iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn only_the_librarys_own_files_and_rules() {
        let libssh = words(Implementation::Libssh, 2222, false);
        for part in [
            "-F none",
            "-p 2222 -l joe -i ./~/k%%1",
            "IdentityAgent=none",
            "StrictHostKeyChecking=yes",
            "GlobalKnownHostsFile=/etc/ssh/ssh_known_hosts",
            "HostKeyAlias=[kvm1.example]:2222",
            "-- KVM1.example sh",
        ] {
            assert!(libssh.contains(part), "{part}: {libssh}");
        }
        let libssh2 = words(Implementation::Libssh2, 2222, true);
        assert!(libssh2.contains("IdentityAgent=SSH_AUTH_SOCK"), "{libssh2}");
        assert!(libssh2.contains("GlobalKnownHostsFile=/dev/null"), "{libssh2}");
        assert!(!libssh2.contains("HostKeyAlias"), "{libssh2}");
        assert!(!words(Implementation::Go, 22, true).contains("HostKeyAlias"));
    }

    #[test]
    fn what_ssh_reads_something_into_is_not_said_to_it() {
        let mut plan = plan(Implementation::Go);
        assert!(is_speakable(&plan, Some("/run/libvirt/libvirt-sock"), &[]));
        for socket in ["libvirt-sock", "/run/a b", "/run/${X}", "/run/a:b"] {
            assert!(!is_speakable(&plan, Some(socket), &[]), "{socket}");
        }
        assert!(!is_speakable(&plan, None, &["/home/${USER}/k".to_owned()]));
        plan.user = Some("a;b".into());
        assert!(!is_speakable(&plan, None, &[]));
    }
}
