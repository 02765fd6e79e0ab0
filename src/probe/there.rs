//! Runs a command on another host through ssh, as ourselves and not as a client would.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::Command;

use super::Deadline;
use crate::text::system_words;

/// What came back.
pub(crate) struct There {
    /// Of ssh: 255 for its own failures, else that of the command.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
}

/// The most that is read: evidence of thousands of connections is less.
const MOST: u64 = 64 * 1024 * 1024;

/// Nobody is asked, and nothing is written down here: the host has to be known.
const OPTIONS: [&str; 8] = [
    "BatchMode=yes",
    "StrictHostKeyChecking=yes",
    "UpdateHostKeys=no",
    "ControlMaster=no",
    "PermitLocalCommand=no",
    "ClearAllForwardings=yes",
    "ConnectTimeout=10",
    "LogLevel=ERROR",
];

/// `command` is read by the login's shell there. Says why nothing came of it.
pub(crate) async fn run_there(
    host: &str,
    command: &str,
    input: &[u8],
    time: Duration,
) -> Result<There, String> {
    let mut ssh = Command::new("ssh");
    ssh.args(OPTIONS.iter().flat_map(|option| ["-o", option])).args(["-T", "--", host, command]);
    ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child =
        ssh.spawn().map_err(|error| format!("ssh cannot be run: {}", system_words(&error)))?;
    let (mut stdin, stdout, stderr) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let exchange = async {
        let write = async {
            if let Some(stdin) = &mut stdin {
                // Who does not read it will say why.
                let _ = stdin.write_all(input).await;
                let _ = stdin.shutdown().await;
            }
            drop(stdin.take());
        };
        let ((), stdout, stderr) = tokio::join!(write, all_of(stdout), all_of(stderr));
        There { code: child.wait().await.ok().and_then(|status| status.code()), stdout, stderr }
    };
    let in_time = Deadline::after(time).limit(exchange).await;
    in_time.ok_or_else(|| format!("no answer in {:.0} s", time.as_secs_f64()))
}

async fn all_of(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(MOST).read_to_end(&mut bytes).await;
    }
    bytes
}
