//! What a library that speaks ssh itself would find on this machine: libssh, libssh2
//! and Go's own read no ssh_config, and the first two have a known_hosts of their own.

use std::time::Instant;

use super::Walk;
use crate::evidence::{Local, SeenFile};
use crate::plan::Implementation;
use crate::probe::{agent, host_keys, key_file, local, ms_since};

/// libssh reads the system's file beside the user's.
const SYSTEM_KNOWN_HOSTS: &str = "/etc/ssh/ssh_known_hosts";

impl Walk<'_> {
    pub(super) async fn library(&mut self) {
        let Some(plan) = &self.plan.ssh else { return };
        let start = Instant::now();
        let identity = plan.identity.as_ref().map(|path| key_file::look(path.to_string()));
        let agent = agent::ask(self.machine.variable("SSH_AUTH_SOCK"), self.deadline).await;
        let mut stores: Vec<String> = plan.known_hosts.iter().map(ToString::to_string).collect();
        let files =
            stores.iter().map(|path| local::file(SeenFile::KNOWN_HOSTS, path.clone())).collect();
        if plan.implementation == Implementation::Libssh {
            stores.push(SYSTEM_KNOWN_HOSTS.to_owned());
        }
        let host = self.plan.effective_host.as_ref().map(ToString::to_string).unwrap_or_default();
        let port = self.plan.effective_port.and_then(|port| u16::try_from(port).ok());
        let mut asked = vec![host_keys::name(&host, port.unwrap_or(22), None)];
        if plan.implementation == Implementation::Libssh2 {
            asked.push(host_keys::name(&host, 22, None));
        }
        self.evidence.local = Some(Local {
            identity,
            agent: Some(agent),
            files,
            known_keys: host_keys::look(&stores, &asked, None),
            duration_ms: ms_since(start),
            ..Local::default()
        });
    }
}
