//! ssh: Go's own, which lets the server connect to the socket, or the program `ssh`.

use bstr::{BString, ByteSlice};

use super::{GoPart, Planner, system_socket};
use crate::plan::ssh::default_key;
use crate::plan::{HostKeys, Implementation, Proxy, SshPlan};
use crate::tables::clients::UriDialect;
use crate::tables::transports::Transport;
use crate::uri::go::expanded;

impl Planner<'_> {
    pub(super) fn ssh(&mut self, transport: Transport) {
        self.plan.socket = Some(self.url.get("socket").unwrap_or_else(system_socket));
        self.plan.ssh = Some(if transport == Transport::Sshcmd {
            self.program()
        } else {
            self.library(transport)
        });
    }

    /// A file's name as this client takes it.
    fn file(&self, name: &str) -> Option<BString> {
        let value = self.url.get(name)?;
        Some(match self.dialect {
            UriDialect::GoLibvirt => value,
            _ => expanded(value.as_bstr(), &self.machine.home).into_owned(),
        })
    }

    fn library(&mut self, transport: Transport) -> SshPlan {
        if self.dialect == UriDialect::GoLibvirt {
            self.mode();
            self.refuse_unfit(transport);
        }
        let own = format!("{}/.ssh/known_hosts", self.machine.home);
        let known_hosts = match (self.dialect, transport) {
            (UriDialect::GoLibvirt, Transport::Ssh) => own.into(),
            (UriDialect::GoLibvirt, _) => self
                .url
                .get("known_hosts")
                .unwrap_or_else(|| format!("{}/known_hosts", self.machine.user_config()).into()),
            _ => self.file("knownhosts").unwrap_or_else(|| own.into()),
        };
        let user = match (&self.plan.user, self.dialect) {
            // It sends none, whatever ssh_config says.
            (None, UriDialect::Terraform08) => Some(BString::default()),
            (Some(user), _) if !user.is_empty() || self.dialect == UriDialect::Terraform08 => {
                Some(user.clone())
            }
            _ => self.machine.user.as_deref().map(BString::from),
        };
        let accepts_any = self.accepts_any_peer(transport);
        SshPlan {
            implementation: Implementation::Go,
            program: None,
            argv: None,
            remote_command: None,
            user,
            identity: self.file("keyfile").or_else(|| self.default_key()),
            known_hosts: (!accepts_any).then_some(known_hosts),
            methods: Some(self.methods(transport)),
            batch: true,
            password: self.sends_password(),
            host_keys: match (accepts_any, self.takes_new_keys(transport)) {
                (true, _) => HostKeys::Any,
                (false, true) => HostKeys::New,
                (false, false) => HostKeys::Known,
            },
        }
    }

    fn sends_password(&self) -> bool {
        let given = self.url.user.as_ref().is_some_and(|user| {
            user.password.as_ref().is_some_and(|password| !password.is_empty())
        });
        // The provider 0.8 does so where it is told to, by a word of its own.
        let asked = self
            .url
            .get("sshauth")
            .is_some_and(|methods| methods.split_str(",").any(|word| word == b"ssh-password"));
        given && (self.dialect != UriDialect::Terraform08 || asked)
    }

    fn takes_new_keys(&self, transport: Transport) -> bool {
        self.dialect == UriDialect::GoLibvirt
            && transport != Transport::Ssh
            && self.url.get("known_hosts_verify").is_some_and(|policy| policy == "auto")
    }

    fn default_key(&self) -> Option<BString> {
        match self.dialect {
            // It tries three in turn; which exist is not looked at before.
            UriDialect::Terraform08 => None,
            _ => default_key(self.machine),
        }
    }

    fn methods(&self, transport: Transport) -> BString {
        let given = self.url.get("sshauth");
        match (self.dialect, transport) {
            (UriDialect::Terraform08, _) => given.unwrap_or_else(|| "agent,privkey".into()),
            (UriDialect::GoLibvirt, Transport::Libssh | Transport::Libssh2) => {
                given.unwrap_or_else(|| "agent,privkey,password,keyboard-interactive".into())
            }
            _ => "agent,privkey,password,keyboard-interactive".into(),
        }
    }

    /// go-libvirt refuses what libvirt would ignore.
    fn refuse_unfit(&mut self, transport: Transport) {
        if transport == Transport::Ssh {
            self.accepts_any_peer(transport);
            let unfit: Vec<&'static str> = ["known_hosts", "known_hosts_verify", "sshauth"]
                .into_iter()
                .filter(|name| self.url.get(name).is_some())
                .collect();
            let texts: Vec<String> = unfit
                .iter()
                .map(|name| {
                    format!(
                        "{name} option invalid with ssh transport, use libssh transport instead"
                    )
                })
                .collect();
            if let Some(name) = unfit.first() {
                self.refuse(GoPart::Parameter(name), texts.join("\n"));
            }
            return;
        }
        if let Some(policy) = self.url.get("known_hosts_verify")
            && !["normal", "auto", "ignore"].iter().any(|known| policy == *known)
        {
            let text = [b"invalid ssh known hosts verify method ", policy.as_slice()].concat();
            self.refuse(GoPart::Parameter("known_hosts_verify"), text);
        }
        let methods = self.url.get("sshauth").unwrap_or_default();
        for word in methods.split_str(",").filter(|_| !methods.is_empty()) {
            let known = ["agent", "privkey", "password", "keyboard-interactive"];
            if !known.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())) {
                let text = [b"invalid ssh auth method ", word].concat();
                self.refuse(GoPart::Parameter("sshauth"), text);
            }
        }
        if self.url.get("no_verify").is_some() {
            self.refuse(
                GoPart::Parameter("no_verify"),
                format!(
                    "\"no_verify\" option invalid with {transport} transport, use known_hosts_verify=ignore instead"
                ),
            );
        }
    }

    /// `sshcmd`: the program, with arguments in the provider's own order.
    fn program(&mut self) -> SshPlan {
        let methods = self.url.get("sshauth").unwrap_or_default();
        let methods: Vec<&[u8]> = methods.split_str(",").filter(|word| !word.is_empty()).collect();
        let asks =
            methods.iter().any(|word| matches!(*word, b"password" | b"keyboard-interactive"));
        let identity = self.file("keyfile");
        let known_hosts = self.file("knownhosts");
        let mut argv: Vec<BString> = Vec::new();
        let mut put = |words: &[&[u8]]| argv.push(BString::from(words.concat()));
        if !self.url.port().is_empty() {
            put(&[b"-p"]);
            put(&[self.url.port()]);
        }
        for word in ["-T", "-e", "none"] {
            put(&[word.as_bytes()]);
        }
        if let Some(identity) = &identity {
            put(&[b"-i"]);
            put(&[identity]);
        }
        let mut option = |value: &[&[u8]]| {
            put(&[b"-o"]);
            put(value);
        };
        if let Some(file) = &known_hosts {
            option(&[b"UserKnownHostsFile=", file]);
        }
        let ignores = self.url.get("known_hosts_verify").is_some_and(|policy| policy == "ignore");
        if ignores || self.url.has("no_verify") {
            option(&[b"StrictHostKeyChecking=no"]);
        }
        if !asks {
            option(&[b"BatchMode=yes"]);
        }
        if methods.contains(&b"agent".as_slice()) {
            option(&[b"ForwardAgent=yes"]);
        }
        for method in &methods {
            match *method {
                b"privkey" => option(&[b"PreferredAuthentications=publickey"]),
                b"password" | b"keyboard-interactive" => {
                    option(&[b"PreferredAuthentications=", method]);
                }
                _ => {}
            }
        }
        let host = self.plan.effective_host.clone().unwrap_or_default();
        let user = self.plan.user.clone().filter(|user| !user.is_empty());
        let command = self.remote_command();
        put(&[b"--"]);
        match &user {
            Some(user) => put(&[user, b"@", &host]),
            None => put(&[&host]),
        }
        put(&[&command]);
        SshPlan {
            implementation: Implementation::Openssh,
            program: Some(self.url.get("command").unwrap_or_else(|| "ssh".into())),
            argv: Some(argv),
            remote_command: Some(command),
            user: None,
            identity,
            known_hosts,
            methods: None,
            batch: !asks,
            password: false,
            host_keys: HostKeys::Known,
        }
    }

    /// The provider's own script; unlike libvirt's, only the helper's and nc's names are
    /// quoted, and with double quotes.
    fn remote_command(&mut self) -> BString {
        let proxy = match self.url.get("proxy").as_ref().map(|word| word.as_slice()) {
            Some(b"native") => Proxy::Native,
            Some(b"netcat") => Proxy::Netcat,
            _ => Proxy::Auto,
        };
        self.plan.proxy = Some(proxy);
        let netcat = self.url.get("netcat").unwrap_or_else(|| "nc".into());
        let socket = self.plan.socket.clone().unwrap_or_default();
        let driver = self.plan.driver.clone().unwrap_or_default();
        let path: &[u8] = if matches!(self.url.path.as_slice(), b"" | b"/") {
            b"/system"
        } else {
            &self.url.path
        };
        let helper = [b"virt-ssh-helper \"", driver.as_slice(), b"://", path, b"\""].concat();
        let nc = [
            b"if \"",
            netcat.as_slice(),
            b"\" -q 2>&1 | grep \"requires an argument\" >/dev/null 2>&1; then ARG=-q0; else ARG=; fi; \"",
            &netcat,
            b"\" $ARG -U ",
            &socket,
        ]
        .concat();
        BString::from(match proxy {
            Proxy::Native => [b"sh -c '", helper.as_slice(), b"'"].concat(),
            Proxy::Netcat => [b"sh -c '", nc.as_slice(), b"'"].concat(),
            Proxy::Auto => [
                b"sh -c 'which virt-ssh-helper 1>/dev/null 2>&1; if test $? = 0; then ",
                helper.as_slice(),
                b"; else ",
                &nc,
                b"; fi'",
            ]
            .concat(),
        })
    }
}
