//! The file from which the client takes a name and a password for SASL.
//!
//! It is read for its groups and the names of its items; no value but the name of a group
//! leaves this file.
//!
//! Source: `src/util/virauth.c` and `src/util/virauthconfig.c` of libvirt, and the key
//! files of GLib.

use std::collections::BTreeMap;
use std::fs;

use nix::unistd::{AccessFlags, eaccess};

use crate::evidence::{AuthConf, AuthState};
use crate::plan::Plan;
use crate::settings::Machine;
use crate::text::system_words;

const SYSTEM: &str = "/etc/libvirt/auth.conf";

/// What is in the file that the client would take; nothing where there is none.
pub(crate) fn look(plan: &Plan, machine: &Machine) -> Option<AuthConf> {
    let path = path(plan, machine)?;
    let host = plan.host.as_ref().map_or_else(|| "localhost".to_owned(), ToString::to_string);
    let state = match read(&path) {
        Ok(text) => state(&String::from_utf8_lossy(&text), &host),
        Err(why) => AuthState::Unreadable(why),
    };
    Some(AuthConf { path, state })
}

/// The file that the client would take, which need not be there.
pub(crate) fn path(plan: &Plan, machine: &Machine) -> Option<String> {
    // A file that is named is taken as it is; the others only where they can be read.
    let variable = machine.variable("LIBVIRT_AUTH_FILE").map(str::to_owned);
    let given = || plan.used("authfile").map(|planned| planned.value.to_string());
    let own = format!("{}/auth.conf", machine.user_config());
    let readable = |path: &String| eaccess(path.as_str(), AccessFlags::R_OK).is_ok();
    let usual = || [own, SYSTEM.to_owned()].into_iter().find(readable);
    variable.or_else(given).or_else(usual)
}

/// The content of a regular file. GLib takes no other, and a FIFO would be waited for.
pub(crate) fn read(path: &str) -> Result<Vec<u8>, String> {
    match fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err("Not a regular file".to_owned()),
        _ => fs::read(path).map_err(|error| system_words(&error)),
    }
}

type Groups<'t> = BTreeMap<&'t str, BTreeMap<&'t str, &'t str>>;

fn state(text: &str, host: &str) -> AuthState {
    let groups = match groups(text) {
        Ok(groups) => groups,
        Err(line) => return AuthState::Broken { line },
    };
    let of_host = [format!("auth-libvirt-{host}"), "auth-libvirt-default".to_owned()];
    let Some((group, items)) = of_host.iter().find_map(|name| groups.get_key_value(name.as_str()))
    else {
        return AuthState::NothingForHost;
    };
    let group = (*group).to_owned();
    let Some(credentials) = items.get("credentials").map(|name| (*name).to_owned()) else {
        return AuthState::NoCredentials { group };
    };
    match groups.get(format!("credentials-{credentials}").as_str()) {
        None => AuthState::MissingGroup { group, credentials },
        Some(found) => {
            let items = found.keys().map(|name| (*name).to_owned()).collect();
            AuthState::Found { group, credentials, items }
        }
    }
}

/// Groups with their items, or the first line that GLib does not take.
fn groups(text: &str) -> Result<Groups<'_>, usize> {
    let mut groups = Groups::new();
    let mut current = None;
    for (at, line) in text.lines().enumerate() {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(rest) = line.strip_prefix('[') {
            let name = rest.trim_end().strip_suffix(']').filter(|name| !name.is_empty());
            let name = name.filter(|name| !name.contains(['[', ']'])).ok_or(at + 1)?;
            groups.entry(name).or_default();
            current = Some(name);
            continue;
        }
        let (name, value) =
            line.split_once('=').filter(|(name, _)| !name.is_empty()).ok_or(at + 1)?;
        let group = current.and_then(|name| groups.get_mut(name)).ok_or(at + 1)?;
        group.insert(name.trim_end(), value.trim());
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAB: &str = "[credentials-lab]\nauthname=joe\npassword = geheim\n";

    #[test]
    fn the_hosts_own_group_goes_before_the_default() {
        let found = |group: &str| AuthState::Found {
            group: group.into(),
            credentials: "lab".into(),
            items: vec!["authname".into(), "password".into()],
        };
        let own = format!("{LAB}[auth-libvirt-h.test]\ncredentials=lab\n");
        let any = format!("# all\n{LAB}\n[auth-libvirt-default]\n credentials = lab\n");
        assert_eq!(state(&own, "h.test"), found("auth-libvirt-h.test"));
        assert_eq!(state(&any, "h.test"), found("auth-libvirt-default"));
        assert_eq!(state(&own, "other.test"), AuthState::NothingForHost);
        assert_eq!(state("", "h.test"), AuthState::NothingForHost);
    }

    #[test]
    fn what_is_missing_is_told() {
        let group = || "auth-libvirt-h.test".to_owned();
        let lone = "[auth-libvirt-h.test]\n";
        assert_eq!(state(lone, "h.test"), AuthState::NoCredentials { group: group() });
        let unknown = format!("{lone}credentials=lab");
        let credentials = "lab".to_owned();
        assert_eq!(
            state(&unknown, "h.test"),
            AuthState::MissingGroup { group: group(), credentials }
        );
    }

    #[test]
    fn what_is_no_key_file_is_told_by_its_line() {
        for (text, line) in [
            ("[credentials-lab\n", 1),
            ("\na=b\n", 2),
            ("[a]\nb\n", 2),
            ("[]", 1),
            ("[a[]", 1),
            ("[a]\n=b\n", 2),
        ] {
            assert_eq!(state(text, "h.test"), AuthState::Broken { line }, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_file_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let fifo = folder.path().join("fifo");
        nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).unwrap();
        for path in [fifo.to_str().unwrap(), folder.path().to_str().unwrap()] {
            assert_eq!(read(path).unwrap_err(), "Not a regular file", "{path}");
        }
        assert_eq!(read("/nowhere/auth.conf").unwrap_err(), "No such file or directory");
    }
}
