//! A second look, by a script of our own: only where the client's own command
//! failed on the remote host.
//!
//! The script is plain POSIX shell. It prints and changes nothing. Its answers
//! stand behind a random word, so that what the login prints is told from them.

use std::time::Instant;

use super::ms_since;
use super::ssh::Printed;
use super::units::{PROPERTIES, UNITS, note};
use crate::evidence::{Netcat, NetcatKind, Remote, RemoteSocket};

/// The sockets that a libvirt host may have, root's daemons.
const SOCKETS: &[&str] = &[
    "/var/run/libvirt/libvirt-sock",
    "/var/run/libvirt/libvirt-sock-ro",
    "/var/run/libvirt/virtqemud-sock",
    "/var/run/libvirt/virtxend-sock",
    "/var/run/libvirt/virtlxcd-sock",
    "/var/run/libvirt/virtvboxd-sock",
    "/var/run/libvirt/virtchd-sock",
];

/// So much of what a login prints of its own is kept, in characters.
const NOISE: usize = 2000;

/// What to look for.
#[derive(Debug)]
pub(crate) struct Questions<'a> {
    /// The program in the place of `nc`.
    pub(crate) netcat: &'a str,
    /// The socket that the plan connects to.
    pub(crate) socket: &'a str,
    /// A random word.
    pub(crate) mark: &'a str,
}

impl Questions<'_> {
    /// The script.
    pub(crate) fn script(&self) -> String {
        let mut sockets: Vec<String> = SOCKETS.iter().map(|path| quoted(path)).collect();
        if !SOCKETS.contains(&self.socket) && !self.socket.is_empty() {
            sockets.insert(0, quoted(self.socket));
        }
        format!(
            "mark={mark}\n\
             printf '%s begin\\n' \"$mark\"\n\
             say() {{ printf '%s=%s\\n' \"$1\" \"$2\"; }}\n\
             say user \"$(id -un 2>/dev/null)\"\n\
             say groups \"$(id -Gn 2>/dev/null)\"\n\
             say shell \"$SHELL\"\n\
             say path \"$PATH\"\n\
             if [ -r /etc/os-release ]; then\n\
               say system \"$(. /etc/os-release; printf '%s' \"$PRETTY_NAME\")\"\n\
               say ids \"$(. /etc/os-release; printf '%s %s' \"$ID\" \"$ID_LIKE\")\"\n\
             fi\n\
             say which \"$(command -v which)\"\n\
             say helper \"$(command -v virt-ssh-helper)\"\n\
             say version \"$(virt-ssh-helper --version </dev/null 2>/dev/null | head -n 1)\"\n\
             nc=$(command -v {netcat})\n\
             say netcat \"$nc\"\n\
             if [ -n \"$nc\" ]; then\n\
               say resolved \"$(readlink -f \"$nc\" 2>/dev/null || printf '%s' \"$nc\")\"\n\
               \"$nc\" -h </dev/null 2>&1 | head -n 60 | while IFS= read -r line; do say help \"$line\"; done\n\
             fi\n\
             listens() {{\n\
               while read -r _ _ _ flags _ _ _ name; do\n\
                 case $name in \"$1\"|\"$2\") [ \"$flags\" = 00010000 ] && return 0;; esac\n\
               done </proc/net/unix\n\
               return 1\n\
             }}\n\
             for socket in {sockets}; do\n\
               if [ -e \"$socket\" ] || [ -h \"$socket\" ]; then\n\
                 kind=other; [ -S \"$socket\" ] && kind=socket\n\
                 may=no; [ -r \"$socket\" ] && [ -w \"$socket\" ] && may=yes\n\
                 ear=unknown; [ -r /proc/net/unix ] && {{ listens \"$socket\" \"$(readlink -f \"$socket\")\" && ear=yes || ear=no; }}\n\
                 say socket \"$kind $may $ear $(ls -ldL \"$socket\" 2>/dev/null | head -n 1 | {{ read -r mode _ owner group _; printf '%s %s %s' \"$mode\" \"$owner\" \"$group\"; }}) $socket\"\n\
               fi\n\
             done\n\
             if [ -d /run/systemd/system ]; then\n\
               systemctl show {properties} {units} 2>/dev/null | while IFS= read -r line; do say unit \"$line\"; done\n\
             fi\n\
             printf '%s end\\n' \"$mark\"\n",
            mark = self.mark,
            netcat = quoted(self.netcat),
            sockets = sockets.join(" "),
            properties = PROPERTIES.map(|property| format!("-p {property}")).join(" "),
            units = UNITS.join(" "),
        )
    }

    /// Reads what the script printed.
    pub(crate) fn read(&self, printed: &Printed, start: Instant) -> Remote {
        let text = String::from_utf8_lossy(&printed.output);
        let mut remote = Remote {
            duration_ms: ms_since(start),
            said: shortened(&printed.said),
            ..Remote::default()
        };
        let begin = format!("{} begin\n", self.mark);
        let Some(at) = text.find(&begin) else {
            remote.noise = shortened(&text);
            remote.error = Some("the account runs no commands of ours".to_owned());
            remote.runs_nothing = true;
            return remote;
        };
        remote.noise = shortened(&text[..at]);
        let answers = &text[at + begin.len()..];
        let (answers, after) =
            answers.split_once(&format!("{} end\n", self.mark)).unwrap_or((answers, ""));
        remote.noise_after = shortened(after);
        let mut netcat = Netcat::default();
        let mut help = String::new();
        for line in answers.lines() {
            let Some((name, value)) = line.split_once('=') else { continue };
            let value = value.trim_end_matches('\r');
            match name {
                "user" => value.clone_into(&mut remote.user),
                "groups" => remote.groups = value.split_whitespace().map(str::to_owned).collect(),
                "shell" => value.clone_into(&mut remote.shell),
                "path" => value.clone_into(&mut remote.path),
                "system" => value.clone_into(&mut remote.system),
                "ids" => value.trim().clone_into(&mut remote.system_ids),
                "which" => remote.which = !value.is_empty(),
                "helper" => remote.helper = (!value.is_empty()).then(|| value.to_owned()),
                "version" => value.clone_into(&mut remote.helper_version),
                "unit" => note(&mut remote.units, value),
                "netcat" => value.clone_into(&mut netcat.path),
                "resolved" => value.clone_into(&mut netcat.resolved),
                "help" => {
                    help.push_str(value);
                    help.push('\n');
                }
                "socket" => remote.sockets.extend(self.socket(value)),
                _ => {}
            }
        }
        if !netcat.path.is_empty() {
            netcat.kind = kind(&help);
            netcat.knows_unix = knows_unix(&help);
            remote.netcat = Some(netcat);
        }
        if !remote.sockets.iter().any(|socket| socket.on_the_way) && !self.socket.is_empty() {
            remote.sockets.insert(
                0,
                RemoteSocket {
                    path: self.socket.to_owned(),
                    on_the_way: true,
                    ..RemoteSocket::default()
                },
            );
        }
        remote
    }

    /// `KIND MAY LISTENS MODE OWNER GROUP PATH`.
    fn socket(&self, line: &str) -> Option<RemoteSocket> {
        let mut words = line.splitn(7, ' ');
        let (kind, may, ear) = (words.next()?, words.next()?, words.next()?);
        let (mode, owner, group) = (words.next()?, words.next()?, words.next()?);
        let path = words.next()?;
        Some(RemoteSocket {
            path: path.to_owned(),
            on_the_way: path == self.socket,
            exists: true,
            is_socket: kind == "socket",
            writable: may == "yes",
            listening: (ear != "unknown").then_some(ear == "yes"),
            mode: mode.to_owned(),
            owner: owner.to_owned(),
            group: group.to_owned(),
        })
    }
}

/// Nothing came back in time.
pub(crate) fn overdue(start: Instant) -> Remote {
    Remote { timed_out: true, ..failed("it did not end in time".to_owned(), start) }
}

/// Nothing could be gathered.
pub(crate) fn failed(error: String, start: Instant) -> Remote {
    Remote { duration_ms: ms_since(start), error: Some(error), ..Remote::default() }
}

fn shortened(text: &str) -> String {
    text.chars().take(NOISE).collect()
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// Which netcat it is, by its help.
fn kind(help: &str) -> NetcatKind {
    if help.contains("OpenBSD netcat") || help.contains("[-46CDdFhkl") {
        NetcatKind::Openbsd
    } else if help.contains("Ncat ") {
        NetcatKind::Ncat
    } else if help.contains("BusyBox") {
        NetcatKind::Busybox
    } else if help.contains("[v1.1") || help.contains("connect to somewhere:") {
        NetcatKind::Traditional
    } else {
        NetcatKind::Unknown
    }
}

/// Whether its help lists the option `-U`.
fn knows_unix(help: &str) -> bool {
    help.lines().any(|line| {
        let line = line.trim_start();
        line.strip_prefix("-U")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', ',']))
    })
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    fn run(questions: &Questions<'_>) -> Remote {
        use std::io::Write as _;
        let mut child =
            Command::new("sh").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(questions.script().as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let output = [b"noise\n", output.stdout.as_slice(), b"bye\n"].concat();
        questions.read(&Printed { output, said: String::new() }, Instant::now())
    }

    #[test]
    fn the_script_runs_in_a_real_shell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's a sock");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let netcat = folder.path().join("nc");
        std::fs::write(
            &netcat,
            "#!/bin/sh\necho 'OpenBSD netcat (fake)'\necho '\t-U\t\tUse UNIX domain socket'\n",
        )
        .unwrap();
        std::fs::set_permissions(&netcat, std::os::unix::fs::PermissionsExt::from_mode(0o755))
            .unwrap();
        let questions = Questions {
            netcat: netcat.to_str().unwrap(),
            socket: path.to_str().unwrap(),
            mark: "m4rk",
        };
        let remote = run(&questions);
        assert_eq!((remote.noise.as_str(), remote.noise_after.as_str()), ("noise\n", "bye\n"));
        assert!(!remote.user.is_empty() && !remote.path.is_empty() && !remote.groups.is_empty());
        let found = remote.netcat.unwrap();
        assert_eq!((found.kind, found.knows_unix), (NetcatKind::Openbsd, true));
        let socket = remote.sockets.iter().find(|socket| socket.on_the_way).unwrap();
        assert!(socket.exists && socket.is_socket && socket.writable, "{socket:?}");
        assert_eq!(socket.listening, Some(true));
        assert_eq!(socket.path, path.to_str().unwrap());
    }

    #[test]
    fn what_is_not_there_is_said() {
        let remote = run(&Questions { netcat: "no-such-netcat", socket: "/none/sock", mark: "x" });
        assert_eq!(remote.netcat, None);
        assert!(remote.sockets.iter().any(|socket| socket.on_the_way && !socket.exists));
        let output = b"This account is currently not available.\n".to_vec();
        let nothing = Questions { netcat: "nc", socket: "", mark: "x" }
            .read(&Printed { output, said: String::new() }, Instant::now());
        assert!(nothing.runs_nothing && nothing.noise.starts_with("This account"));
    }

    #[test]
    fn units_are_told() {
        let output = b"x begin\nunit=LoadState=loaded\nunit=Id=libvirtd.socket\nunit=ActiveState=active\nunit=UnitFileState=enabled\nunit=\nunit=Id=virtqemud.socket\nunit=LoadState=not-found\nx end\n";
        let printed = Printed { output: output.to_vec(), said: String::new() };
        let remote =
            Questions { netcat: "nc", socket: "", mark: "x" }.read(&printed, Instant::now());
        let units: Vec<_> = remote
            .units
            .iter()
            .map(|unit| [&unit.name, &unit.load, &unit.active, &unit.enabled].map(String::as_str))
            .collect();
        assert_eq!(
            units,
            [
                ["libvirtd.socket", "loaded", "active", "enabled"],
                ["virtqemud.socket", "not-found", "", ""],
            ]
        );
    }

    #[test]
    fn netcats_are_told_apart() {
        for (help, expected, unix) in [
            (
                "OpenBSD netcat (Debian patchlevel 1.219-1)\nusage: nc [-46CDdFhklNnrStUuvZz]\n\t\t-U\t\tUse UNIX domain socket\n",
                NetcatKind::Openbsd,
                true,
            ),
            (
                "[v1.10-47]\nconnect to somewhere:\tnc [-options] hostname port[s] [ports] ...\n\t-u\t\t\tUDP mode\n",
                NetcatKind::Traditional,
                false,
            ),
            (
                "Ncat 7.93 ( https://nmap.org/ncat )\n  -U, --unixsock             Use Unix domain sockets only\n",
                NetcatKind::Ncat,
                true,
            ),
            (
                "BusyBox v1.35.0 (Debian) multi-call binary.\nUsage: nc [-l] [-p PORT]\n",
                NetcatKind::Busybox,
                false,
            ),
        ] {
            assert_eq!((kind(help), knows_unix(help)), (expected, unix), "{help}");
        }
    }
}
