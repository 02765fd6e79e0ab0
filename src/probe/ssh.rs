//! One run of the client's own ssh command line, with libvirt's question over it.
//!
//! The arguments are the client's to the letter. Before them stand what makes
//! ssh ask nobody, write nothing down and tell us what it does. The stream is a
//! socket pair, as libvirt's own, so that the end of it looks the same.

mod channel;

use std::ffi::OsString;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bstr::{BString, ByteSlice};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::daemon::{ANSWER, Heard, Wish};
use super::known_hosts::Scratch;
use super::rpc::Conversation;
use super::{Deadline, ms_since, ssh_log};
use crate::evidence::{RpcOutcome, Session, SshFailure, Way};
use crate::plan::HANDED_ON;
use crate::text::system_words;

/// What the remote side may print to standard error, in bytes.
const LARGEST: u64 = 64 * 1024;
/// Where ssh writes what it does.
const LOG: &str = "ssh.log";
/// How often ssh's log is looked at.
const GLANCE: Duration = Duration::from_millis(100);
/// How often an end is looked for.
const INSTANT: Duration = Duration::from_millis(5);
/// How long ssh may take to end by itself, when its stream is closed.
const FAREWELL: Duration = Duration::from_millis(700);

/// What the remote side printed.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) output: Vec<u8>,
    /// To its standard error.
    pub(crate) said: String,
}

/// How to run ssh.
#[derive(Debug)]
pub(crate) struct Run<'a> {
    pub(crate) program: &'a Path,
    /// The client's arguments, the remote command last.
    pub(crate) argv: &'a [BString],
    /// Whether the program is ssh, and so takes our options.
    pub(crate) is_ssh: bool,
    /// Where ssh may write host keys to, if it would.
    pub(crate) known_hosts: Option<&'a Path>,
    pub(crate) connect_timeout: Duration,
}

impl Run<'_> {
    /// Our options, then the client's arguments.
    fn arguments(&self, log: &Path) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        if self.is_ssh {
            let seconds = self.connect_timeout.as_secs().max(1);
            arguments.extend(["-v".into(), "-E".into(), log.into()]);
            for option in
                ["BatchMode=yes", "UpdateHostKeys=no", "ControlMaster=no", "PermitLocalCommand=no"]
            {
                arguments.extend(["-o".into(), option.into()]);
            }
            arguments.extend(["-o".into(), format!("ConnectTimeout={seconds}").into()]);
            if let Some(path) = self.known_hosts {
                let mut option = OsString::from("UserKnownHostsFile=");
                option.push(path);
                arguments.extend(["-o".into(), option]);
            }
        }
        arguments.extend(self.argv.iter().map(|word| word.to_os_str_lossy().into_owned()));
        arguments
    }

    /// Of which only the arguments are known.
    fn session(&self, log: &Path) -> Session {
        let words = self.arguments(log);
        let argv = words.iter().map(|word| word.to_string_lossy().into_owned()).collect();
        Session { argv, ..Session::default() }
    }

    fn spawn(&self, log: &Path, stdin: Stdio, stdout: Stdio) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command.args(self.arguments(log));
        trimmed_environment(&mut command);
        command.stdin(stdin).stdout(stdout).stderr(Stdio::piped());
        // A group of its own: a ProxyCommand ends with it.
        command.process_group(0).kill_on_drop(true);
        command.spawn()
    }

    /// Runs the client's command and asks the daemon over it.
    pub(crate) async fn ask(
        &self,
        wish: Wish<'_>,
        scratch: &Scratch,
        deadline: Deadline,
    ) -> (Session, Option<Heard>) {
        let start = Instant::now();
        let log = scratch.file(LOG);
        let mut session = self.session(&log);
        let (stream, mut child) = match self.start(&log) {
            Ok(started) => started,
            Err(error) => return (not_started(session, &error), None),
        };
        let stderr = child.stderr.take();
        let drained = tokio::spawn(async move { drain(stderr).await });
        let asked = Instant::now();
        let mut conversation = Conversation::new(stream);
        let answer = until_answer(&mut conversation, &log, deadline).await;
        let timed_out = answer.is_none();
        let answered = matches!(answer, Some(RpcOutcome::Answered(_) | RpcOutcome::Error(_)));
        let has_spoken = matches!(answer, Some(RpcOutcome::NotLibvirt(_)));
        let outcome = answer.unwrap_or(RpcOutcome::Silent);
        // The stream ends with what is said over it.
        let heard = wish.go_on(conversation, outcome, Way::Ssh, asked, deadline).await;
        let status = end(&mut child, timed_out).await;
        session.exit = status.and_then(|status| status.code());
        session.remote_said = deadline_free(drained).await;
        self.sum_up(&mut session, scratch, answered, has_spoken);
        session.duration_ms = ms_since(start);
        if timed_out && !session.established {
            session.failure = Some(SshFailure::DeadlineReached);
        }
        let heard = session.established.then_some(heard);
        (session, heard)
    }

    /// What the log tells, once ssh has ended.
    fn sum_up(&self, session: &mut Session, scratch: &Scratch, answered: bool, has_spoken: bool) {
        let text = std::fs::read(scratch.file(LOG)).unwrap_or_default();
        if self.is_ssh {
            ssh_log::read(&scratch.unmasked(&String::from_utf8_lossy(&text)), session);
            if !session.established {
                // Nothing ran there: all this is of ssh before it opened its log, or of
                // its proxy, and the client gets it first.
                let aside = std::mem::take(&mut session.remote_said);
                // Its last line has lost its end, and may be empty.
                let aside = ssh_log::without_chatter(&scratch.unmasked(&format!("{aside}\n")));
                if session.said.is_empty() {
                    ssh_log::read(&aside, session);
                } else if !aside.is_empty() {
                    session.said = format!("{aside}\n{}", session.said);
                }
            }
            if session.established && !answered && is_closed(session) {
                session.established = false;
                session.failure = Some(SshFailure::ClosedAfterLogin);
                session.said.push_str(&std::mem::take(&mut session.remote_said));
            }
        } else {
            // What runs in ssh's place tells nothing of the way: only its end, or that
            // something came over it.
            session.established = answered || has_spoken;
            session.said = std::mem::take(&mut session.remote_said);
            session.failure = (!session.established).then_some(SshFailure::Other);
        }
    }

    fn start(&self, log: &Path) -> io::Result<(UnixStream, Child)> {
        let (near, far) = StdUnixStream::pair()?;
        let far = OwnedFd::from(far);
        let child = self.spawn(log, far.try_clone()?.into(), far.into())?;
        near.set_nonblocking(true)?;
        Ok((UnixStream::from_std(near)?, child))
    }

    /// Runs `sh` on the remote host and gives it a script. Returns what it printed;
    /// nothing where it did not end in time.
    pub(crate) async fn script(
        &self,
        script: &str,
        scratch: &Scratch,
        deadline: Deadline,
    ) -> Result<Option<Printed>, String> {
        let log = scratch.file("ssh-second.log");
        let mut child = self
            .spawn(&log, Stdio::piped(), Stdio::piped())
            .map_err(|error| system_words(&error))?;
        let (stdin, stdout, stderr) =
            (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let drained = tokio::spawn(async move { drain(stderr).await });
        let text = script.to_owned();
        let write = async move {
            if let Some(mut stdin) = stdin {
                let _ = stdin.write_all(text.as_bytes()).await;
            }
        };
        let read = drain_bytes(stdout);
        let printed = deadline.limit(async { tokio::join!(write, read).1 }).await;
        end(&mut child, printed.is_none()).await;
        let said = deadline_free(drained).await;
        match printed {
            None => Ok(None),
            Some(output) if !output.is_empty() || is_logged_in(&log) => {
                Ok(Some(Printed { output, said }))
            }
            Some(_) => {
                let log = std::fs::read(&log).unwrap_or_default();
                let words = ssh_log::without_chatter(&String::from_utf8_lossy(&log));
                Err(if words.is_empty() { said } else { words })
            }
        }
    }
}

/// Asks until there is an answer; gives up a while after the login, or at the deadline.
async fn until_answer(
    conversation: &mut Conversation<UnixStream>,
    log: &Path,
    deadline: Deadline,
) -> Option<RpcOutcome> {
    let mut ask = std::pin::pin!(conversation.greet(deadline));
    let mut patience: Option<Deadline> = None;
    loop {
        tokio::select! {
            outcome = &mut ask => {
                return if outcome == RpcOutcome::Silent { None } else { Some(outcome) };
            }
            () = tokio::time::sleep(GLANCE) => {}
        }
        if patience.is_none() && is_logged_in(log) {
            patience = Some(deadline.within(ANSWER));
        }
        if patience.is_some_and(|patience| patience.left().is_zero()) || deadline.left().is_zero() {
            return None;
        }
    }
}

/// Whether the server ended the connection, not only the command, by ssh's own words.
fn is_closed(session: &Session) -> bool {
    const BROKEN: &str = "client_loop: send disconnect: Broken pipe";
    let own = |line: &str| line == BROKEN || line.ends_with(" closed by remote host.");
    let mut lines = session.said.lines().chain(session.remote_said.lines()).peekable();
    lines.peek().is_some() && lines.all(own)
}

fn is_logged_in(log: &Path) -> bool {
    std::fs::read(log).is_ok_and(|text| {
        text.contains_str("Authenticated to ") || text.contains_str("master session id")
    })
}

/// Lets the child end by itself, unless it has had its time; then ends it. What it
/// started, a `ProxyCommand`, ends with it either way.
async fn end(child: &mut Child, overdue: bool) -> Option<std::process::ExitStatus> {
    let group = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw)?;
    let patience = if overdue { Duration::ZERO } else { FAREWELL };
    for (patience, signal) in [(patience, Signal::SIGTERM), (FAREWELL, Signal::SIGKILL)] {
        let gone = is_over(group, Deadline::after(patience)).await;
        // Until it is waited for, nobody else can have its number.
        let _ = killpg(group, signal);
        if gone {
            break;
        }
    }
    Deadline::after(FAREWELL).limit(child.wait()).await.and_then(Result::ok)
}

/// Whether the child ends by then. It is not waited for, so its number stays its own.
async fn is_over(child: Pid, deadline: Deadline) -> bool {
    let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
    loop {
        if !matches!(waitid(Id::Pid(child), flags), Ok(WaitStatus::StillAlive)) {
            return true;
        }
        if deadline.left().is_zero() {
            return false;
        }
        tokio::time::sleep(INSTANT).await;
    }
}

async fn drain(stream: Option<impl AsyncRead + Unpin>) -> String {
    String::from_utf8_lossy(&drain_bytes(stream).await).into_owned()
}

/// All that comes, of which the beginning is kept.
async fn drain_bytes(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut kept = Vec::new();
    if let Some(stream) = stream {
        let mut head = stream.take(LARGEST);
        let _ = head.read_to_end(&mut kept).await;
        let _ = tokio::io::copy(&mut head.into_inner(), &mut tokio::io::sink()).await;
    }
    kept
}

/// A program that the child left behind may hold the other end: do not wait for it.
async fn deadline_free(drained: tokio::task::JoinHandle<String>) -> String {
    let text =
        Deadline::after(FAREWELL).limit(drained).await.and_then(Result::ok).unwrap_or_default();
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_end_matches('\r'))
        .filter(|line| !line.starts_with("debug1: "))
        .collect();
    lines.join("\n")
}

/// The environment in which libvirt runs ssh.
pub(super) fn trimmed_environment(command: &mut Command) {
    command.env_clear().env("LC_ALL", "C");
    command.envs(HANDED_ON.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
}

/// ssh itself could not be run.
fn not_started(session: Session, error: &io::Error) -> Session {
    let failure = Some(SshFailure::NotStarted);
    Session { failure, said: system_words(error), ..session }
}
