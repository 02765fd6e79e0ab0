//! The real virsh: what it does with a URI, from its log, its words, its end,
//! and from what stands for ssh.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use serde::{Deserialize, Serialize};

use crate::lab::{HOME, Lab};
use crate::log::{Log, Parts, split_at, unless_null};
use crate::rooms::Room;
use crate::text::Text;

/// What virsh did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) end: End,
    /// What follows was logged as far as virsh came.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) parts: Option<Parts>,
    /// A driver within the client took the scheme.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub(crate) in_process: bool,
    /// Parameters for the server: `'name' ('value')`.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) forwarded: Vec<Text>,
    /// The name for the server.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) name: Option<Text>,
    /// The transport's place in libvirt's list.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) transport: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) socket: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) choice: Option<Choice>,
    /// The program in the place of ssh and its arguments.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) ssh: Vec<Text>,
    /// TLS files in the order of reading.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) tls: Vec<(String, Text)>,
}

/// How the call ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum End {
    /// With a connection.
    Open,
    /// With this error.
    Error(Text),
    /// By the signal of a defect.
    Crash,
    /// It was about to start a daemon, and was ended there.
    Spawning,
    /// The program that it started was gone before it was written to.
    BrokenPipe,
    /// It did not end.
    Hangs,
    /// In no way that is known here.
    Other(String),
}

/// How the UNIX socket was chosen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Choice {
    pub(crate) mode: String,
    /// The program that would be started.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) daemon: Option<String>,
    /// libvirt's flags: 1 read-only, 2 user session, 4 start a daemon.
    pub(crate) flags: u32,
}

/// Errors that go on with what the program in the place of ssh printed.
const FROM_OUTSIDE: [&str; 2] = ["Cannot recv data: ", "End of file while reading data: "];

const LOG: &str = "/run/lab/home/log";
/// A loaded machine is slow; a hanging client is slower.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a client may run before its log is looked at.
const USUAL: Duration = Duration::from_millis(30);

/// Runs virsh. Where the program that it starts is gone at once it may wait for ever, one
/// time in many thousands: a client that really hangs does so again.
pub(crate) fn run(lab: &Lab, room: &Room, uri: &[u8]) -> Seen {
    let seen = run_once(lab, room, uri);
    if matches!(seen.end, End::Hangs) { run_once(lab, room, uri) } else { seen }
}

fn run_once(lab: &Lab, room: &Room, uri: &[u8]) -> Seen {
    let home = Path::new(HOME);
    let call = home.join("ssh-call");
    for file in [Path::new(LOG), &call] {
        if file.exists() {
            fs::remove_file(file).unwrap();
        }
    }
    let mut command = lab.command("/usr/bin/virsh", room);
    command.env("LIBVIRT_DEBUG", "1").env("LIBVIRT_LOG_OUTPUTS", format!("1:file:{LOG}"));
    if room.readonly {
        command.arg("-r");
    }
    command.arg("-c").arg(OsStr::from_bytes(uri)).arg("uri");
    let error_file = "/run/lab/words";
    command.stdout(fs::File::create("/run/lab/answer").unwrap());
    command.stderr(fs::File::create(error_file).unwrap());
    let mut child = command.spawn().expect("libvirt-clients is installed");
    let group = Pid::from_raw(child.id().cast_signed());
    let start = Instant::now();
    let mut looked = USUAL;
    let stopped = loop {
        if child.try_wait().unwrap().is_some() {
            break None;
        }
        let age = start.elapsed();
        if age > PATIENCE {
            break Some(End::Hangs);
        }
        if age > looked {
            looked = age + USUAL;
            let log = fs::read(LOG).unwrap_or_default();
            if memchr::memmem::find(&log, b" spawnDaemonPath=/").is_some() {
                break Some(End::Spawning);
            }
        }
        sleep(Duration::from_millis(1));
    };
    // What virsh started is in its group, and may outlive it.
    let _ = killpg(group, Signal::SIGKILL);
    let status = child.wait().unwrap();
    let end = stopped.unwrap_or_else(|| end(status, &fs::read(error_file).unwrap()));
    read(end, &fs::read(LOG).unwrap_or_default(), &fs::read(call).unwrap_or_default())
}

fn end(status: ExitStatus, words: &[u8]) -> End {
    match status.signal().and_then(|signal| Signal::try_from(signal).ok()) {
        Some(Signal::SIGSEGV | Signal::SIGABRT) => return End::Crash,
        Some(Signal::SIGPIPE) => return End::BrokenPipe,
        Some(other) => return End::Other(format!("{other}")),
        None if status.success() => return End::Open,
        None => {}
    }
    match split_at(words, b"error: failed to connect to the hypervisor\nerror: ") {
        Some((_, text)) => {
            // What follows is what the other program said, with the time of day in it.
            let whole = text.strip_suffix(b"\n").unwrap_or(text);
            let cut = FROM_OUTSIDE.iter().find(|beginning| whole.starts_with(beginning.as_bytes()));
            End::Error(cut.map_or(whole, |beginning| beginning.as_bytes()).into())
        }
        None => End::Other(format!("{status}: {}", words.escape_ascii())),
    }
}

fn read(end: End, log: &[u8], call: &[u8]) -> Seen {
    let log = Log::read(log);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let number = |bytes: &[u8]| text(bytes).parse().ok();
    let mut ssh: Vec<Text> = call.split(|byte| *byte == 0).map(Text::from).collect();
    // Each is ended by a NUL byte.
    ssh.pop();
    Seen {
        end,
        parts: log.parts(),
        in_process: log.after("Matched URI scheme").is_some(),
        forwarded: log
            .all_after("passing through variable ")
            .map(|rest| rest.strip_suffix(b" to remote end").unwrap_or(rest).into())
            .collect(),
        name: log.after("proceeding with name = ").map(Text::from),
        transport: log.after("Connecting with transport ").and_then(number),
        socket: log.after("Chosen UNIX socket ").and_then(unless_null),
        choice: choice(&log),
        ssh,
        tls: tls(&log),
    }
}

fn choice(log: &Log<'_>) -> Option<Choice> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let asked = text(log.after("Choosing remote socket for transport=")?);
    let chosen = log.after("Chosen UNIX sockname=")?;
    let (daemon, mode) = split_at(split_at(chosen, b" daemon_path=")?.1, b" with mode=")?;
    let flags = u32::from_str_radix(asked.rsplit("flags=0x").next()?, 16).ok()?;
    let daemon = unless_null(daemon).map(|path| path.lossy());
    Some(Choice { mode: text(mode), daemon, flags })
}

fn tls(log: &Log<'_>) -> Vec<(String, Text)> {
    let one = |what: &str, before: &str| {
        log.after(before).map(|path| (what.to_owned(), Text::from(path)))
    };
    let pair = log
        .after("loading cert and key from ")
        .and_then(|rest| split_at(rest, b" and "))
        .map(|(cert, key)| [("cert".to_owned(), cert.into()), ("key".to_owned(), key.into())]);
    [one("ca", "loading CA cert from "), one("crl", "loading CRL from ")]
        .into_iter()
        .flatten()
        .chain(pair.into_iter().flatten())
        .collect()
}
