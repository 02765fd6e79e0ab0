//! The way of a client that speaks ssh itself, by libssh, libssh2 or Go: the program ssh
//! logs in in its place, with its files and by its rules.
//!
//! Of ssh_config libssh and one client in Go take a part, the others nothing; the first two
//! have a known_hosts of their own. These run libvirt's command there; Go has the server
//! connect to the socket.

use std::path::Path;
use std::time::Instant;

use bstr::{BString, ByteSlice as _};

use super::Walk;
use super::ssh::{LOGIN, LOGIN_WITHOUT_BANNER, Login};
use crate::evidence::{AgentState, Identity, KeyFormat, KnownKey, Local, SeenFile, SkipReason};
use crate::plan::{Hop, Implementation, SshPlan};
use crate::probe::in_place::{InPlace, SYSTEM_KNOWN_HOSTS, is_speakable};
use crate::probe::known_hosts::Scratch;
use crate::probe::{
    agent, auth_conf, go_known_hosts, host_keys, key_file, local, ms_since, ssh_config,
};
use crate::tables::clients::UriDialect;

/// The keys that the provider 0.8 tries where none is named.
const PROVIDERS_KEYS: [&str; 3] = ["id_ed25519", "id_ecdsa", "id_rsa"];

/// What libssh takes from ssh_config, even where libvirt has told it something else.
///
/// Source: `SSH_OPTIONS_PROCESS_CONFIG`, which is on, and `src/config.c` of libssh.
const HEEDED_BY_LIBSSH: &[&str] = &[
    "hostname",
    "port",
    "user",
    "userknownhostsfile",
    "globalknownhostsfile",
    "identityagent",
    "identitiesonly",
    "pubkeyauthentication",
    "pubkeyacceptedalgorithms",
    "hostkeyalgorithms",
    "ciphers",
    "macs",
    "kexalgorithms",
    "requiredrsasize",
];
/// What distributions put there is meant for libssh as well, and heeded alike.
const SYSTEM_CONFIG: &str = "/etc/ssh/ssh_config";

impl Walk<'_> {
    pub(super) async fn library(&mut self) -> Option<Hop> {
        let plan = self.plan.ssh.as_ref()?;
        self.look_around(plan).await;
        let Some((address, stream)) = self.reach_port().await else {
            self.not_tried(&SkipReason::NotSpoken);
            return Some(Hop::Network);
        };
        let silent = self.banner(address, stream).await;
        let (_, program) = local::program("ssh", self.machine);
        let Some(program) = program else {
            self.not_tried(&SkipReason::NotSpoken);
            return None;
        };
        let keys = self.keys(plan);
        if let Some(what) = self.difference(plan, &program, &keys).await {
            self.not_tried(&SkipReason::LibraryDiffers { what: what.to_owned() });
            return None;
        }
        if self.is_forbidden() {
            return None;
        }
        let patience = if silent { LOGIN_WITHOUT_BANNER } else { LOGIN };
        // Without the copy ssh would read the user's own file, and write to it.
        let originals = plan.known_hosts.iter().map(ToString::to_string).collect();
        let made = Scratch::new()
            .and_then(|mut scratch| scratch.copy(originals).ok().map(|copy| (scratch, copy)));
        let Some((scratch, copy)) = made else {
            self.not_tried(&SkipReason::NoFolder);
            return None;
        };
        let (host, port) = self.peer();
        let login =
            InPlace { plan, host: &host, port, keys: &keys, agent: self.comes_to_the_agent(plan) };
        let near = scratch.file("daemon");
        let socket = self.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default();
        let (argv, near) = match &plan.remote_command {
            Some(command) => (login.command(command), None),
            None => (login.channel(&near, &socket), Some(near.as_path())),
        };
        let again = login.command(b"sh");
        let login = Login {
            program: &program,
            argv: &argv,
            again: &again,
            is_ssh: true,
            copy: Some(&copy),
            near,
        };
        let hop = self.log_in(&login, &scratch, patience).await;
        let shown = self.evidence.session.as_ref().and_then(|session| session.host_key.clone());
        let known = self.known_keys(plan, shown.as_ref().map(|key| key.fingerprint.as_str()));
        self.evidence.local.get_or_insert_default().known_keys = known;
        self.scratch = Some(scratch);
        hop
    }

    fn not_tried(&mut self, why: &SkipReason) {
        self.skip(&[Hop::Session, Hop::Remote, Hop::Daemon], why);
    }

    /// What the library would find on this machine.
    async fn look_around(&mut self, plan: &SshPlan) {
        let start = Instant::now();
        let known_hosts: Vec<String> = plan.known_hosts.iter().map(ToString::to_string).collect();
        let is_go = plan.implementation == Implementation::Go;
        self.evidence.local = Some(Local {
            identity: plan.identity.as_ref().map(|path| key_file::look(path.to_string())),
            agent: Some(agent::ask(self.machine.variable("SSH_AUTH_SOCK"), self.deadline).await),
            known_keys: self.known_keys(plan, None),
            known_hosts_flaw: known_hosts
                .first()
                .filter(|_| is_go)
                .and_then(|path| go_known_hosts::flaw(path)),
            files: known_hosts
                .into_iter()
                .map(|path| local::file(SeenFile::KNOWN_HOSTS, path))
                .chain(self.credentials(plan))
                .collect(),
            duration_ms: ms_since(start),
            ..Local::default()
        });
    }

    /// libvirt's file of credentials, where its libraries would find one for ssh in it.
    fn credentials(&self, plan: &SshPlan) -> Option<SeenFile> {
        if plan.implementation == Implementation::Go {
            return None;
        }
        let path = auth_conf::path(self.plan, self.machine)?;
        let text = auth_conf::read(&path).ok()?;
        text.contains_str("[auth-ssh-").then(|| local::file(SeenFile::CREDENTIALS, path))
    }

    fn peer(&self) -> (String, u16) {
        let host = self.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
        let port = self.plan.effective_port.and_then(|port| u16::try_from(port).ok());
        (host, port.unwrap_or(22))
    }

    fn known_keys(&self, plan: &SshPlan, shown: Option<&str>) -> Vec<KnownKey> {
        let mut stores: Vec<String> = plan.known_hosts.iter().map(ToString::to_string).collect();
        if plan.implementation == Implementation::Libssh {
            stores.push(SYSTEM_KNOWN_HOSTS.to_owned());
        }
        let (host, port) = self.peer();
        let mut asked = vec![host_keys::name(&host, port, None)];
        if plan.implementation == Implementation::Libssh2 {
            asked.push(host_keys::name(&host, 22, None));
        }
        host_keys::look(&stores, &asked, shown)
    }

    /// The key files that it would show.
    fn keys(&self, plan: &SshPlan) -> Vec<String> {
        if !plan.has_method("privkey") {
            return Vec::new();
        }
        let is_go = plan.implementation == Implementation::Go;
        match &plan.identity {
            Some(path) => vec![path.to_string()],
            None if is_go => PROVIDERS_KEYS
                .iter()
                .map(|name| format!("{}/.ssh/{name}", self.machine.home))
                .filter(|path| Path::new(path).exists())
                .collect(),
            None => Vec::new(),
        }
    }

    /// libvirt's libraries end at a key file that is of no use.
    fn comes_to_the_agent(&self, plan: &SshPlan) -> bool {
        let Some(local) = &self.evidence.local else { return false };
        let answers = local.agent.as_ref().is_some_and(|agent| agent.state == AgentState::Answered);
        let usable = local.identity.as_ref().is_none_or(is_usable);
        answers && plan.has_method("agent") && (plan.asks_agent_first() || usable)
    }

    /// What ssh cannot be told, or would not do as the library does.
    async fn difference(
        &self,
        plan: &SshPlan,
        program: &Path,
        keys: &[String],
    ) -> Option<&'static str> {
        let flaw = self.evidence.local.as_ref().and_then(|local| local.known_hosts_flaw.as_ref());
        if flaw.is_some() {
            return Some("known-hosts");
        }
        let socket = self.plan.socket.as_ref().filter(|_| plan.remote_command.is_none());
        if !is_speakable(plan, socket.map(ToString::to_string).as_deref(), keys) {
            return Some("names");
        }
        let is_provider = self.plan.client.dialect() == UriDialect::Terraform08;
        let is_libssh = plan.implementation == Implementation::Libssh;
        let is_configured = is_provider && self.is_configured(program).await
            || is_libssh && self.is_configured_for_libssh(program).await;
        is_configured.then_some("ssh-config")
    }

    /// Whether the user's ssh_config says anything of the host that libssh heeds.
    async fn is_configured_for_libssh(&self, program: &Path) -> bool {
        if !Path::new(&self.machine.home).join(".ssh/config").exists() {
            return false;
        }
        let system = if Path::new(SYSTEM_CONFIG).exists() { SYSTEM_CONFIG } else { "none" };
        let (own, others) = (self.for_host(&[]), self.for_host(&["-F", system]));
        let own = ssh_config::lines(program, &own, HEEDED_BY_LIBSSH, self.deadline).await;
        own != ssh_config::lines(program, &others, HEEDED_BY_LIBSSH, self.deadline).await
    }

    /// Arguments of ssh.
    fn for_host(&self, before: &[&str]) -> Vec<BString> {
        let (host, _) = self.peer();
        let words = before.iter().copied().chain(["--", &host, "true"]);
        words.map(Into::into).collect()
    }

    /// Whether the user's ssh_config says anything of the host that the provider 0.8 heeds.
    async fn is_configured(&self, program: &Path) -> bool {
        let home = &self.machine.home;
        if !Path::new(home).join(".ssh/config").exists() {
            return false;
        }
        let (own, none) = (self.for_host(&[]), self.for_host(&["-F", "none"]));
        let own = ssh_config::ask(program, &own, home, self.deadline).await;
        own != ssh_config::ask(program, &none, home, self.deadline).await
    }
}

/// Whether a library can read the key without asking anybody.
fn is_usable(identity: &Identity) -> bool {
    identity.file.as_ref().is_some_and(|file| {
        file.readable
            && !file.encrypted
            && !matches!(file.format, KeyFormat::Putty | KeyFormat::Public)
    })
}
