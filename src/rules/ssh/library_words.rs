//! What the clients print that speak ssh themselves, where it can be told.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::host_key::target;
use crate::evidence::{Session, SshFailure};
use crate::plan::{Implementation, SshPlan};
use crate::rules::Seen;
use crate::tables::clients::UriDialect;

/// Of a login that did not come about.
pub(super) fn of_session(seen: &Seen<'_>, plan: &SshPlan, session: &Session) -> Option<String> {
    let failure = session.failure?;
    match plan.implementation {
        Implementation::Go => {
            let why = go_session(seen, session, failure)?;
            Some(go(seen, &format!("ssh: handshake failed: {why}")))
        }
        Implementation::Libssh | Implementation::Libssh2 => libvirt(seen, plan, session, failure),
        Implementation::Openssh => None,
    }
}

fn libvirt(
    seen: &Seen<'_>,
    plan: &SshPlan,
    session: &Session,
    failure: SshFailure,
) -> Option<String> {
    let (host, port) = target(seen);
    // libssh2 shows a key by other means, which are not in ssh's log.
    let is_libssh = plan.implementation == Implementation::Libssh;
    let key = || session.host_key.as_ref().filter(|_| is_libssh);
    match failure {
        SshFailure::HostKeyUnknown => {
            let key = hex(&key()?.fingerprint)?;
            Some(format!("libssh transport error: SSH host key for '{host}' ({key}) was not accepted"))
        }
        SshFailure::HostKeyChanged => {
            let (key, file) = (hex(&key()?.fingerprint)?, plan.known_hosts.as_ref()?);
            Some(format!(
                "authentication failed: !!! SSH HOST KEY VERIFICATION FAILED !!!: Identity of host '{host}:{port}' differs from stored identity. Please verify the new host key '{key}' to avoid possible man in the middle attack. The key is stored in '{file}'."
            ))
        }
        // Where the server takes passwords, too, it asks for one.
        SshFailure::PermissionDenied
            if session.methods == ["publickey"] && !session.offered.is_empty() =>
        {
            Some("authentication failed: All provided authentication methods with credentials were rejected by the server".to_owned())
        }
        _ => None,
    }
}

/// `SHA256:` and base64, as hexadecimal digits with colons.
fn hex(fingerprint: &str) -> Option<String> {
    let bytes = STANDARD_NO_PAD.decode(fingerprint.strip_prefix("SHA256:")?).ok()?;
    Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(":"))
}

fn go_session(seen: &Seen<'_>, session: &Session, failure: SshFailure) -> Option<String> {
    Some(match failure {
        SshFailure::HostKeyUnknown => {
            let file = seen.evidence.local.as_ref()?.files.first()?;
            let path = &file.path;
            match (file.exists, file.readable) {
                (true, true) => "knownhosts: key is unknown".to_owned(),
                (true, false) => format!("open {path}: permission denied"),
                (false, _) => format!("open {path}: no such file or directory"),
            }
        }
        SshFailure::HostKeyChanged => "knownhosts: key mismatch".to_owned(),
        SshFailure::PermissionDenied if !session.offered.is_empty() => {
            "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain".to_owned()
        }
        _ => return None,
    })
}

/// An error of Go's ssh, in the client's own frame.
/// What Go's library says, in the frame of the client.
pub(crate) fn go(seen: &Seen<'_>, error: &str) -> String {
    match seen.plan.client.dialect() {
        UriDialect::Terraform08 if seen.plan.ssh.is_none() => format!("failed to connect: {error}"),
        UriDialect::Terraform08 => {
            let host = target(seen).0;
            format!("failed to connect: failed to connect to remote host '{host}': {error}")
        }
        UriDialect::Terraform09 => format!("failed to dial libvirt: {error}"),
        UriDialect::GoLibvirt | UriDialect::Libvirt => {
            format!("failed to connect to libvirt: {error}")
        }
    }
}

/// Of a login that came about, and of what failed behind it; nothing for the program ssh.
pub(crate) fn of_command(seen: &Seen<'_>, plan: &SshPlan, session: &Session) -> Option<String> {
    let head = match plan.implementation {
        Implementation::Libssh => "libssh transport error",
        Implementation::Libssh2 => "SSH transport error",
        Implementation::Go => return of_channel(seen, session),
        Implementation::Openssh => return None,
    };
    let code = session.exit.filter(|code| ![0, 255].contains(code))?;
    Some(format!("{head}: Remote command terminated with non-zero code: {code}"))
}

fn of_channel(seen: &Seen<'_>, session: &Session) -> Option<String> {
    let (reason, message) = refusal(session)?;
    let socket = seen.plan.socket.as_ref()?;
    Some(match seen.plan.client.dialect() {
        UriDialect::Terraform08 => format!(
            "failed to connect: failed to connect to libvirt on the remote host: ssh: rejected: {reason} ({message})"
        ),
        _ => go(
            seen,
            &format!(
                "failed to connect to remote libvirt socket {socket}: ssh: rejected: {reason} ({message})"
            ),
        ),
    })
}

/// Why the server opened no channel: its reason and its words, from
/// `channel 1: open failed: connect failed: open failed`.
pub(crate) fn refusal(session: &Session) -> Option<(&str, &str)> {
    session.said.lines().find_map(|line| {
        let (_, why) = line.strip_prefix("channel ")?.split_once(": open failed: ")?;
        Some(why.split_once(": ").unwrap_or((why, "")))
    })
}
