//! The way through ssh: program, configuration, port, login, remote command.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bstr::BString;
use ring::rand::{SecureRandom, SystemRandom};
use tokio::net::TcpStream;

use super::Walk;
use crate::evidence::{Local, RpcOutcome, Service, SkipReason, SshConfig};
use crate::plan::{Hop, Implementation};
use crate::probe::daemon::Wish;
use crate::probe::known_hosts::Scratch;
use crate::probe::network::{self, Expected};
use crate::probe::remote::{self, Questions};
use crate::probe::{host_keys, local, ms_since, ssh};

/// How long a login may take. Name lookups on the server take up to ten seconds.
pub(super) const LOGIN: Duration = Duration::from_secs(20);
/// How long our own questions may take, where the login was quick and nothing came then.
const SHELL: Duration = Duration::from_secs(6);
/// The same, where the server has not even shown its banner.
pub(super) const LOGIN_WITHOUT_BANNER: Duration = Duration::from_secs(4);

/// What is run for a login, and for a second one.
pub(super) struct Login<'a> {
    pub(super) program: &'a PathBuf,
    pub(super) argv: &'a [BString],
    /// The same with `sh` in the place of what the client does there.
    pub(super) again: &'a [BString],
    pub(super) is_ssh: bool,
    /// Where ssh may write host keys to.
    pub(super) copy: Option<&'a PathBuf>,
    /// Where ssh listens, if the server is to connect to the socket.
    pub(super) near: Option<&'a Path>,
}

impl Walk<'_> {
    pub(super) async fn ssh(&mut self) -> Option<Hop> {
        let start = Instant::now();
        let plan =
            self.plan.ssh.as_ref().filter(|ssh| ssh.implementation == Implementation::Openssh)?;
        let name = plan.program.as_ref()?.to_string();
        let (program, found) = local::program(&name, self.machine);
        let is_ssh = self.plan.used("command").is_none();
        self.evidence.local = Some(Local {
            program: Some(program),
            duration_ms: ms_since(start),
            ..Local::default()
        });
        let Some(program) = found else {
            self.reach_port().await;
            return Some(Hop::Local);
        };
        if is_ssh {
            let (config, agent) = local::ssh(&program, plan, self.machine, self.deadline).await;
            let here = self.evidence.local.get_or_insert_default();
            here.ssh_config = Some(config);
            here.agent = Some(agent);
            here.duration_ms = ms_since(start);
        }
        let config = self
            .evidence
            .local
            .as_ref()
            .and_then(|local| local.ssh_config.clone())
            .unwrap_or_default();
        // It will refuse them again, before it looks up a name.
        if config.refused {
            self.skip(&[Hop::Name, Hop::Network], &SkipReason::RefusedBySsh);
            if !self.is_forbidden() {
                return self.session(&program, &config, is_ssh, LOGIN).await;
            }
            return None;
        }
        // Behind a proxy or a shared connection the host itself need not be
        // reachable from here: what is seen of it is an observation.
        let proxied = config.proxy.is_some() || config.control_listens;
        if proxied || !is_ssh {
            self.skip(&[Hop::Name, Hop::Network], &SkipReason::Proxied);
        }
        let way_in = self.reach_port().await;
        if way_in.is_none() && !proxied && is_ssh {
            return Some(if self.evidence.network.is_some() { Hop::Network } else { Hop::Name });
        }
        let silent = match way_in {
            Some((address, stream)) => self.banner(address, stream).await,
            None => false,
        };
        if self.is_forbidden() {
            return None;
        }
        let patience = if silent && !proxied { LOGIN_WITHOUT_BANNER } else { LOGIN };
        self.session(&program, &config, is_ssh, patience).await
    }

    /// Whether the URI names what would be run, and nobody vouched for it.
    pub(super) fn is_forbidden(&mut self) -> bool {
        let Some(parameter) = self.not_allowed() else { return false };
        let why = SkipReason::NotAllowed { parameter: parameter.to_owned() };
        self.skip(&[Hop::Session, Hop::Remote, Hop::Daemon], &why);
        true
    }

    /// What the files of known host keys say of the host and of the key that it showed.
    fn know_host_keys(&mut self, config: &SshConfig) {
        if config.hostname.is_empty() {
            return;
        }
        let alias = config.host_key_alias.as_deref();
        let mut asked = vec![host_keys::name(&config.hostname, config.port, alias)];
        if alias.is_none() && config.port != 22 {
            asked.push(host_keys::name(&config.hostname, 22, None));
        }
        let shown = self.evidence.session.as_ref().and_then(|session| session.host_key.as_ref());
        let shown = shown.map(|key| key.fingerprint.as_str());
        let known = host_keys::look(&config.known_hosts, &asked, shown);
        self.evidence.local.get_or_insert_default().known_keys = known;
    }

    /// What answers on the port; whether nothing does.
    pub(super) async fn banner(&mut self, address: SocketAddr, stream: TcpStream) -> bool {
        let tried = Self::tried(address, stream);
        let attempt = network::identify(tried, address, Expected::Ssh, true, self.deadline).await;
        let silent = attempt.service == Some(Service::Silent);
        self.note_service(address, attempt.service);
        silent
    }

    async fn session(
        &mut self,
        program: &PathBuf,
        config: &SshConfig,
        is_ssh: bool,
        patience: Duration,
    ) -> Option<Hop> {
        let plan = self.plan.ssh.as_ref()?;
        let argv = plan.argv.as_deref()?;
        let no_verify = argv.iter().any(|word| word == "StrictHostKeyChecking=no");
        // Where the copy fails ssh would write to the user's own file.
        let made = Scratch::new().and_then(|mut scratch| {
            scratch.copy_known_hosts(config, no_verify).ok().map(|copy| (scratch, copy))
        });
        let Some((scratch, copy)) = made else {
            self.skip(&[Hop::Session, Hop::Remote, Hop::Daemon], &SkipReason::NoFolder);
            return None;
        };
        let mut again = argv.to_vec();
        if let Some(command) = again.last_mut() {
            *command = "sh".into();
        }
        let login = Login { program, argv, again: &again, is_ssh, copy: copy.as_ref(), near: None };
        let hop = self.log_in(&login, &scratch, patience).await;
        if is_ssh {
            self.know_host_keys(config);
        }
        self.scratch = Some(scratch);
        hop
    }

    /// The login, the question over it and, where the remote side failed, a look there.
    pub(super) async fn log_in(
        &mut self,
        login: &Login<'_>,
        scratch: &Scratch,
        patience: Duration,
    ) -> Option<Hop> {
        let run = self.run(login.program, login.argv, login.is_ssh, login.copy);
        let wish = Wish::of(self.plan);
        let deadline = self.deadline.within(patience);
        let (session, heard) = match login.near {
            Some(near) => run.ask_through(near, wish, scratch, deadline).await,
            None => run.ask(wish, scratch, deadline).await,
        };
        let established = session.established;
        self.evidence.session = Some(session);
        let over = heard.as_ref().is_some_and(|heard| {
            matches!(
                heard.daemon.outcome,
                RpcOutcome::Closed | RpcOutcome::Reset | RpcOutcome::NotLibvirt(_)
            )
        });
        let silent = heard.as_ref().is_some_and(|heard| heard.daemon.outcome == RpcOutcome::Silent);
        let ended_at = heard.and_then(|heard| self.take_down(heard));
        if established && (over || silent) && login.is_ssh {
            let patience = if silent { SHELL } else { LOGIN };
            self.remote(login, scratch, patience).await;
        }
        match (established, over) {
            (false, _) => Some(Hop::Session),
            (true, true) => Some(Hop::Remote),
            (true, false) => ended_at,
        }
    }

    /// The second session: why did the client's own command fail there?
    async fn remote(&mut self, login: &Login<'_>, scratch: &Scratch, patience: Duration) {
        let start = Instant::now();
        let netcat = self
            .plan
            .used("netcat")
            .map_or_else(|| "nc".to_owned(), |planned| planned.value.to_string());
        let socket = self.plan.socket.as_ref().map(ToString::to_string).unwrap_or_default();
        let mark = random_word();
        let questions = Questions { netcat: &netcat, socket: &socket, mark: &mark };
        let run = self.run(login.program, login.again, true, login.copy);
        let printed =
            run.script(&questions.script(), scratch, self.deadline.within(patience)).await;
        self.evidence.remote = Some(match printed {
            Ok(Some(printed)) => questions.read(&printed, start),
            Ok(None) => remote::overdue(start),
            Err(error) => remote::failed(error, start),
        });
    }

    pub(super) fn run<'r>(
        &self,
        program: &'r PathBuf,
        argv: &'r [BString],
        is_ssh: bool,
        known_hosts: Option<&'r PathBuf>,
    ) -> ssh::Run<'r> {
        let connect_timeout = self.looking.connect.max(Duration::from_secs(3));
        ssh::Run {
            program,
            argv,
            is_ssh,
            known_hosts: known_hosts.map(PathBuf::as_path),
            connect_timeout,
        }
    }
}

fn random_word() -> String {
    let mut bytes = [0u8; 12];
    // Without randomness a fixed word is still a word that no login prints.
    let _ = SystemRandom::new().fill(&mut bytes);
    bytes.iter().fold("vd".to_owned(), |word, byte| word + &format!("{byte:02x}"))
}
