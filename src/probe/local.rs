//! What is on this machine: the program, ssh's configuration, the agent, files.

use std::path::{Path, PathBuf};

use bstr::{BStr, ByteSlice};
use nix::unistd::{AccessFlags, eaccess};

use super::{Deadline, agent, certificate, socket, ssh_config};
use crate::evidence::{Agent, Program, SeenFile, SshConfig};
use crate::plan::{SshPlan, TlsPlan};
use crate::settings::Machine;
use crate::text::system_words;

/// Where GLib, and with it the client, looks without PATH.
const PATH_UNSET: &str = "/bin:/usr/bin:.";

/// Finds a program as the client does, without running it.
pub(crate) fn program(name: &str, machine: &Machine) -> (Program, Option<PathBuf>) {
    let path = Some(machine.variable("PATH").unwrap_or(PATH_UNSET));
    let here = std::env::current_dir().unwrap_or_default();
    let found = which::which_in(name, path, here).ok();
    (
        Program {
            name: name.to_owned(),
            path: found.as_ref().map(|path| path.to_string_lossy().into_owned()),
        },
        found,
    )
}

/// ssh's own view of the host, and the agent that it will ask.
pub(crate) async fn ssh(
    program: &Path,
    plan: &SshPlan,
    machine: &Machine,
    deadline: Deadline,
) -> (SshConfig, Agent) {
    let argv = plan.argv.as_deref().unwrap_or_default();
    let mut config = ssh_config::ask(program, argv, &machine.home, deadline).await;
    if let Some(path) = &config.control_path {
        config.control_listens = socket::accepts(path, deadline).await;
    }
    let configured =
        config.identity_agent.clone().filter(|agent| !agent.eq_ignore_ascii_case("none"));
    let socket = configured.or_else(|| machine.variable("SSH_AUTH_SOCK").map(str::to_owned));
    let agent = agent::ask(socket.as_deref(), deadline).await;
    (config, agent)
}

/// The files that TLS needs, and what is in them.
pub(crate) fn tls_files(plan: &TlsPlan) -> Vec<SeenFile> {
    let text = |path: &BStr| certificate::read(Path::new(&*path.to_os_str_lossy())).ok();
    let authorities = text(plan.ca.as_ref()).unwrap_or_default();
    let known = certificate::Known {
        signers: certificate::certificates(&authorities),
        ..certificate::Known::default()
    };
    let own = text(plan.cert.as_ref()).unwrap_or_default();
    let with_content = |(what, path): (&str, &BStr)| {
        let mut seen = file(what, path.to_string());
        seen.pem = text(path).map(|text| match what {
            SeenFile::KEY => certificate::of_key(&text, &own),
            SeenFile::REVOCATIONS => certificate::of_lists(&text),
            _ => certificate::of_certificates(&text, &known),
        });
        seen
    };
    plan.named_files().map(with_content).into()
}

/// A file that the client would read.
pub(crate) fn file(what: &str, path: String) -> SeenFile {
    let place = Path::new(&path);
    SeenFile {
        what: what.to_owned(),
        exists: place.exists(),
        readable: eaccess(place, AccessFlags::R_OK).is_ok(),
        is_folder: place.is_dir(),
        error: std::fs::metadata(place).err().map(|error| system_words(&error)),
        pem: None,
        path,
    }
}
