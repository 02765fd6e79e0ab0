//! `--as-user`: the same check as another user, service accounts for example.
//!
//! The process itself becomes that user and starts this program anew, since nothing of
//! root's environment, groups and capabilities may be left.

use std::env;
use std::ffi::{CString, OsString};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::errno::Errno;
use nix::unistd::{Uid, User, geteuid, initgroups, setgid, setuid};

use crate::cli::CliError;
use crate::text::{Shown, Veil, system_words};

/// Set for the new process, to the number of the user that it is.
const BEGUN: &str = "VIRT_DOCTOR_LOGIN";
/// What decides how this program writes. All else is as the user logs in.
const KEPT: [&str; 10] = [
    "CI_PROJECT_DIR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "COLORTERM",
    "FORCE_COLOR",
    "GITHUB_WORKSPACE",
    "LANG",
    "LC_ALL",
    "NO_COLOR",
    "TERM",
];
/// This program, wherever its file is and whoever may look there.
const SELF: &str = "/proc/self/exe";

/// Goes on as this user: does not return where it had to become it first.
pub(super) fn become_user(name: &str) -> Result<(), CliError> {
    let user = account(name)?;
    let begun = env::var(BEGUN).is_ok_and(|number| number == user.uid.to_string());
    if begun && geteuid() == user.uid {
        return Ok(());
    }
    if !geteuid().is_root() {
        return Err(CliError::Usage(
            "--as-user is for root: nobody else may be another user".into(),
        ));
    }
    let environment = environment(&user);
    take_on(&user).map_err(|error| cannot(&user, &error.into()))?;
    // Of a folder that is closed to the user nothing is to be read.
    if env::current_dir().is_err() || Path::new(".").read_dir().is_err() {
        let _ = env::set_current_dir("/");
    }
    let error = Command::new(SELF)
        .arg0("virt-doctor")
        .args(env::args_os().skip(1))
        .env_clear()
        .envs(environment)
        .exec();
    Err(cannot(&user, &error))
}

fn cannot(user: &User, error: &std::io::Error) -> CliError {
    let name = Veil::default().show(&user.name);
    CliError::Usage(format!("cannot go on as {name}: {}", system_words(error)))
}

/// By name, or by number where no user has such a name.
fn account(name: &str) -> Result<User, CliError> {
    let numbered = || name.parse().ok().and_then(|uid| User::from_uid(Uid::from_raw(uid)).ok()?);
    let found = User::from_name(name).ok().flatten().or_else(numbered);
    found.ok_or_else(|| {
        let name: Shown = Veil::default().show(name);
        CliError::Usage(format!("--as-user: there is no user {name} on this machine"))
    })
}

/// Groups first: without root's rights nobody may change them.
fn take_on(user: &User) -> Result<(), Errno> {
    let name = CString::new(user.name.as_bytes()).map_err(|_| Errno::EINVAL)?;
    initgroups(&name, user.gid)?;
    setgid(user.gid)?;
    setuid(user.uid)
}

/// As a login of the user has it: no agent, nothing of root's.
fn environment(user: &User) -> Vec<(OsString, OsString)> {
    let path = if user.uid.is_root() {
        "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    } else {
        "/usr/local/bin:/usr/bin:/bin"
    };
    let own = |name: &str, value: &dyn AsRef<std::ffi::OsStr>| {
        (OsString::from(name), value.as_ref().to_owned())
    };
    let mut all = vec![
        own("HOME", &user.dir),
        own("USER", &user.name),
        own("LOGNAME", &user.name),
        own("SHELL", &user.shell),
        own("PATH", &path),
        own(BEGUN, &user.uid.to_string()),
    ];
    let runtime = format!("/run/user/{}", user.uid);
    if Path::new(&runtime).is_dir() {
        all.push(own("XDG_RUNTIME_DIR", &runtime));
    }
    let kept = KEPT.iter().filter_map(|name| Some(own(name, &env::var_os(name)?)));
    all.extend(kept);
    all
}
