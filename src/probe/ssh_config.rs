//! What ssh itself makes of the host: `ssh -G` with the client's own arguments.
//!
//! Only ssh reads ssh_config right, so it is asked. It opens no connection;
//! `Match exec` commands of the user's own configuration run, as they do for
//! the client.

use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use bstr::{BString, ByteSlice};
use tokio::process::Command;

use super::ssh::trimmed_environment;
use super::{Deadline, key_file, proxy_command};
use crate::evidence::SshConfig;
use crate::text::system_words;

const PATIENCE: Duration = Duration::from_secs(4);

/// Asks `program`. `argv` is the client's whole command line, the remote command last.
pub(crate) async fn ask(
    program: &Path,
    argv: &[BString],
    home: &str,
    deadline: Deadline,
) -> SshConfig {
    match tell(program, argv, deadline).await {
        None => failed("it did not end in time (a Match exec of ssh_config?)".to_owned()),
        Some(Err(error)) => failed(system_words(&error)),
        Some(Ok(output)) if !output.status.success() => {
            let said = String::from_utf8_lossy(&output.stderr);
            let why = said.trim().lines().last().unwrap_or("it failed without a word");
            SshConfig { refused: output.status.code() == Some(255), ..failed(why.to_owned()) }
        }
        Some(Ok(output)) => read(&String::from_utf8_lossy(&output.stdout), home),
    }
}

/// The lines of `ssh -G` that begin with one of these keywords; none where it fails.
pub(crate) async fn lines(
    program: &Path,
    argv: &[BString],
    keywords: &[&str],
    deadline: Deadline,
) -> Vec<String> {
    let Some(Ok(output)) = tell(program, argv, deadline).await else { return Vec::new() };
    let text = String::from_utf8_lossy(&output.stdout);
    let is_wanted = |line: &&str| keywords.contains(&line.split(' ').next().unwrap_or_default());
    text.lines().filter(is_wanted).map(str::to_owned).collect()
}

async fn tell(program: &Path, argv: &[BString], deadline: Deadline) -> Option<io::Result<Output>> {
    let arguments = argv.split_last().map_or(argv, |(_, before)| before);
    let mut command = Command::new(program);
    command.arg("-G");
    command.args(arguments.iter().map(|word| word.to_os_str_lossy().into_owned()));
    trimmed_environment(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    deadline.within(PATIENCE).limit(command.output()).await
}

fn failed(error: String) -> SshConfig {
    SshConfig { error: Some(error), ..SshConfig::default() }
}

/// Reads the lines of `ssh -G`: a keyword in lower case, a blank, the value.
fn read(text: &str, home: &str) -> SshConfig {
    let mut config = SshConfig::default();
    let mut known_hosts = [Vec::new(), Vec::new()];
    for line in text.lines() {
        let (keyword, value) = line.split_once(' ').unwrap_or((line, ""));
        let none = value.eq_ignore_ascii_case("none");
        match keyword {
            "hostname" => value.clone_into(&mut config.hostname),
            "port" => config.port = value.parse().unwrap_or(0),
            "user" => value.clone_into(&mut config.user),
            "proxyjump" if !none && !value.is_empty() => config.proxy = Some(value.to_owned()),
            "proxycommand" if !none && !value.is_empty() => {
                config.proxy = Some(proxy_command::without_secrets(value));
            }
            "identityfile" => config.identities.push(key_file::look(at_home(value, home))),
            "identityagent" if value != "SSH_AUTH_SOCK" => {
                config.identity_agent = Some(value.to_owned());
            }
            "identitiesonly" => config.identities_only = value == "yes",
            "stricthostkeychecking" => value.clone_into(&mut config.strict_host_key_checking),
            "userknownhostsfile" => known_hosts[0] = paths(value, home),
            "globalknownhostsfile" => known_hosts[1] = paths(value, home),
            "hostkeyalias" if !none => config.host_key_alias = Some(value.to_owned()),
            "numberofpasswordprompts" => config.password_prompts = value.parse().unwrap_or(3),
            "controlpath" if !none => config.control_path = Some(value.to_owned()),
            "addressfamily" if value != "any" => config.address_family = Some(value.to_owned()),
            "connecttimeout" => {
                config.connect_timeout = value.parse().ok().filter(|time| *time > 0);
            }
            "remotecommand" if !none => {
                let command = proxy_command::without_secrets(value);
                config.in_the_way.push(format!("RemoteCommand {command}"));
            }
            "sessiontype" if value != "default" => {
                config.in_the_way.push(format!("SessionType {value}"));
            }
            "stdinnull" if value == "yes" => config.in_the_way.push("StdinNull yes".to_owned()),
            "pubkeyauthentication" if matches!(value, "no" | "false") => {
                config.keys_off = Some("PubkeyAuthentication no".to_owned());
            }
            "preferredauthentications" if !value.split(',').any(|one| one == "publickey") => {
                config.keys_off = Some(format!("PreferredAuthentications {value}"));
            }
            _ => {}
        }
    }
    config.known_hosts = known_hosts.concat();
    config
}

fn paths(value: &str, home: &str) -> Vec<String> {
    value.split_whitespace().map(|path| at_home(path, home)).collect()
}

fn at_home(path: &str, home: &str) -> String {
    path.strip_prefix("~/").map_or_else(|| path.to_owned(), |rest| format!("{home}/{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::Identity;

    #[test]
    fn the_lines_of_ssh_g() {
        let config = read(
            "host kvm7\nuser joe\nhostname kvm7.lab\nport 2222\nproxyjump none\nproxycommand nc %h %p\nidentityfile ~/.ssh/id_x\nidentitiesonly yes\nstricthostkeychecking accept-new\nuserknownhostsfile ~/.ssh/known_hosts /k\nglobalknownhostsfile /etc/ssh/ssh_known_hosts\ncontrolpath /run/c\nhostkeyalias kvm\nnumberofpasswordprompts 2\n",
            "/home/joe",
        );
        assert_eq!(
            (config.hostname.as_str(), config.port, config.user.as_str()),
            ("kvm7.lab", 2222, "joe")
        );
        assert_eq!(config.proxy.as_deref(), Some("nc %h %p"));
        assert_eq!(
            config.identities,
            [Identity { path: "/home/joe/.ssh/id_x".into(), ..Identity::default() }]
        );
        assert_eq!(
            config.known_hosts,
            ["/home/joe/.ssh/known_hosts", "/k", "/etc/ssh/ssh_known_hosts"]
        );
        assert!(config.identities_only && config.control_path.is_some());
        assert!(config.in_the_way.is_empty() && config.keys_off.is_none());
        assert_eq!((config.host_key_alias.as_deref(), config.password_prompts), (Some("kvm"), 2));
    }

    #[test]
    fn lines_that_leave_no_way_are_kept() {
        let config = read(
            "remotecommand sqlplus joe/geheim -s\nsessiontype none\nstdinnull yes\npreferredauthentications password,keyboard-interactive\n",
            "/home/joe",
        );
        assert_eq!(
            config.in_the_way,
            ["RemoteCommand sqlplus *** -s", "SessionType none", "StdinNull yes"]
        );
        assert_eq!(
            config.keys_off.as_deref(),
            Some("PreferredAuthentications password,keyboard-interactive")
        );
        let usual = read("sessiontype default\nstdinnull no\npubkeyauthentication true\n", "/");
        assert!(usual.in_the_way.is_empty() && usual.keys_off.is_none());
    }
}
