//! What polkit would say of this very process, without asking anybody.
//!
//! The daemon lets polkit ask a person where a rule wants that, and a diagnosis asks
//! nobody. So on this machine polkit's own `pkcheck` is asked first, which asks no
//! person unless told to; the daemon only where the answer can be nothing but yes.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::Deadline;
use crate::evidence::Permission;

const PATIENCE: Duration = Duration::from_secs(3);

/// Where distributions have it: a service's PATH may be empty.
const PROGRAMS: &[&str] = &["/usr/bin/pkcheck", "/usr/local/bin/pkcheck"];

/// The action that libvirt asks polkit for.
///
/// Source: `src/remote/libvirtd.policy.in`.
pub(crate) const fn action(readonly: bool) -> &'static str {
    if readonly { "org.libvirt.unix.monitor" } else { "org.libvirt.unix.manage" }
}

/// Asks whether this process may; `Unknown` where nobody tells.
pub(crate) async fn permission(readonly: bool, deadline: Deadline) -> Permission {
    let Some(program) = PROGRAMS.iter().find(|path| Path::new(path).exists()) else {
        return Permission::Unknown;
    };
    let Some(process) = this_process() else { return Permission::Unknown };
    let mut command = Command::new(program);
    command.args(["--action-id", action(readonly), "--process", &process]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    match deadline.within(PATIENCE).limit(command.status()).await {
        // `man pkcheck`, RETURN VALUE.
        Some(Ok(status)) => match status.code() {
            Some(0) => Permission::Granted,
            Some(1) => Permission::Denied,
            Some(2) => Permission::AfterQuestion,
            _ => Permission::Unknown,
        },
        _ => Permission::Unknown,
    }
}

/// Number, start and user, so that nobody else can be meant.
fn this_process() -> Option<String> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The program's name stands in brackets and may hold anything.
    let start = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?;
    Some(format!("{},{start},{}", std::process::id(), nix::unistd::getuid()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_is_named_so_that_nobody_else_is_meant() {
        let process = this_process().unwrap();
        let words: Vec<u64> = process.split(',').map(|word| word.parse().unwrap()).collect();
        assert_eq!(words[0], u64::from(std::process::id()));
        assert!(words[1] > 0 && words.len() == 3, "{process}");
    }
}
