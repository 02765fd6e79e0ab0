//! ssh, libssh and libssh2: the argument vector, or what the library is told.
//!
//! Source: `virNetClientNewSSH`, `virNetClientNewLibSSH2` and
//! `virNetClientNewLibssh` in `src/rpc/virnetclient.c`.

use std::borrow::Cow;

use bstr::{BString, ByteSlice};

use super::Planner;
use crate::plan::ssh::{Arguments, Script, default_key};
use crate::plan::{HostKeys, Implementation, Proxy, Refusal, SshPlan, libssh, name};
use crate::tables::clients::Since;
use crate::tables::parameters::Key;
use crate::tables::transports::Transport;

impl Planner<'_> {
    pub(super) fn ssh(&mut self, transport: Transport, proxy: Proxy) {
        let name = self.helper_name();
        let script = Script {
            proxy,
            netcat: self.given.get(Key::Netcat),
            socket: bytes(self.plan.socket.as_ref()),
            name: &name,
            readonly: self.plan.readonly,
        };
        let remote_command = script.command();
        let effective = script.effective_proxy();
        if proxy == Proxy::Native && self.given.get(Key::Netcat).is_some() {
            self.refuse(Refusal::NetcatWithNative);
        }
        self.plan.proxy = Some(effective);
        self.plan.ssh = Some(match transport {
            Transport::Ssh => self.openssh(remote_command),
            _ => self.ssh_library(transport, remote_command),
        });
    }

    fn openssh(&self, remote_command: BString) -> SshPlan {
        let batch = self.given.is_on(Key::NoTty);
        let arguments = Arguments {
            port: self.plan.effective_port,
            user: self.plan.user.as_ref().map(|user| user.as_slice()),
            keyfile: self.given.get(Key::Keyfile),
            batch,
            no_verify: self.given.is_on(Key::NoVerify),
            host: bytes(self.plan.effective_host.as_ref()),
            command: &remote_command,
        };
        SshPlan {
            implementation: Implementation::Openssh,
            program: Some(self.given.get(Key::Command).unwrap_or(b"ssh").into()),
            argv: Some(arguments.argv()),
            remote_command: Some(remote_command),
            user: self.plan.user.clone(),
            identity: self.given.get(Key::Keyfile).map(BString::from),
            known_hosts: None,
            methods: None,
            batch,
            password: false,
            host_keys: HostKeys::Known,
        }
    }

    /// libssh and libssh2: libvirt decides what ssh_config decides for ssh.
    fn ssh_library(&mut self, transport: Transport, remote_command: BString) -> SshPlan {
        let identity =
            self.given.get(Key::Keyfile).map(BString::from).or_else(|| default_key(self.machine));
        self.check_names(transport);
        let methods = self.given.get(Key::Sshauth).map_or_else(
            || {
                let all = if identity.is_some() {
                    "agent,privkey,password,keyboard-interactive"
                } else {
                    "agent,password,keyboard-interactive"
                };
                all.into()
            },
            BString::from,
        );
        self.check_methods(transport, &methods, identity.is_some());
        let known_hosts = self.given.get(Key::KnownHosts).map(BString::from);
        SshPlan {
            implementation: if transport == Transport::Libssh {
                Implementation::Libssh
            } else {
                Implementation::Libssh2
            },
            program: None,
            argv: None,
            remote_command: Some(remote_command),
            user: Some(self.plan.user.clone().unwrap_or_else(|| "root".into())),
            identity,
            known_hosts: Some(
                known_hosts.unwrap_or_else(|| {
                    format!("{}/known_hosts", self.machine.user_config()).into()
                }),
            ),
            methods: Some(methods),
            batch: false,
            password: false,
            host_keys: self.host_keys(),
        }
    }

    fn host_keys(&self) -> HostKeys {
        match self.given.get(Key::KnownHostsVerify).map(<[u8]>::to_ascii_lowercase).as_deref() {
            Some(b"auto") => HostKeys::New,
            Some(b"ignore") => HostKeys::Any,
            _ => HostKeys::Known,
        }
    }

    /// User, host key verification, host and its keys, in the order of the checks.
    fn check_names(&mut self, transport: Transport) {
        let is_libssh = transport == Transport::Libssh;
        if is_libssh && self.plan.user.as_ref().is_some_and(|user| !libssh::takes_user(user)) {
            self.refuse(Refusal::LibsshOption);
        }
        let verification = self.given.get(Key::KnownHostsVerify).map(BString::from);
        if let Some(word) = verification
            && !["normal", "auto", "ignore"]
                .iter()
                .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
        {
            self.refuse(Refusal::HostKeyVerification(word));
        }
        let host = self.plan.effective_host.as_ref();
        if is_libssh
            && (host.is_some_and(|host| !libssh::takes_host(host))
                || self.given.get(Key::KnownHosts).is_some_and(<[u8]>::is_empty))
        {
            self.refuse(Refusal::LibsshOption);
        }
    }

    fn check_methods(&mut self, transport: Transport, methods: &BString, has_key: bool) {
        if methods.is_empty() {
            return;
        }
        for word in methods.split_str(",") {
            match word.to_ascii_lowercase().as_slice() {
                b"agent" | b"password" | b"keyboard-interactive" => {}
                b"privkey" if has_key => {}
                b"privkey" => {
                    let with_user =
                        transport == Transport::Libssh2 && !self.client.has(Since::ShortNoKeyText);
                    return self.refuse(Refusal::NoKeyFile { transport, with_user });
                }
                _ => return self.refuse(Refusal::SshAuthMethod(word.into())),
            }
        }
    }

    /// The URI that virt-ssh-helper is given.
    fn helper_name(&self) -> Cow<'_, [u8]> {
        let named = self.given.get(Key::Name).is_some();
        let kept = [Key::Mode, Key::Socket].iter().any(|key| self.given.get(*key).is_some());
        match (self.uri, self.plan.remote_name.as_ref()) {
            (Some(uri), Some(name))
                if kept
                    && !named
                    && !name.is_empty()
                    && self.client.has(Since::HelperKeepsSocket) =>
            {
                Cow::Owned(name::for_helper(uri, uri.driver().unwrap_or_default()).into())
            }
            (_, name) => Cow::Borrowed(bytes(name)),
        }
    }
}

/// Nothing where there is none.
fn bytes(text: Option<&BString>) -> &[u8] {
    text.map(|text| text.as_slice()).unwrap_or_default()
}
