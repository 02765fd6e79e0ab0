//! The ssh agent: is it there, does it answer, which keys does it hold.
//!
//! The question is five bytes (RFC 9987, SSH_AGENTC_REQUEST_IDENTITIES); asking
//! uses no key.

use std::io::{self, ErrorKind};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use nix::libc;
use ring::digest::{SHA256, digest};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use super::Deadline;
use crate::evidence::{Agent, AgentKey, AgentState};

const REQUEST_IDENTITIES: [u8; 5] = [0, 0, 0, 1, 11];
const IDENTITIES_ANSWER: u8 = 12;
/// OpenSSH's own limit of a message.
const LARGEST: u32 = 256 * 1024;
const PATIENCE: Duration = Duration::from_millis(1500);

/// Asks the agent whose socket this is.
pub(crate) async fn ask(socket: Option<&str>, deadline: Deadline) -> Agent {
    let Some(path) = socket.filter(|path| !path.is_empty()) else {
        return Agent { socket: None, state: AgentState::Unset, keys: Vec::new() };
    };
    let (state, keys) = match deadline.within(PATIENCE).limit(exchange(Path::new(path))).await {
        None => (AgentState::Silent, Vec::new()),
        Some(Err(error)) => (state_of(&error, Path::new(path)), Vec::new()),
        Some(Ok(answer)) => match keys_of(&answer) {
            Some(keys) => (AgentState::Answered, keys),
            None => (AgentState::Failure, Vec::new()),
        },
    };
    Agent { socket: Some(path.to_owned()), state, keys }
}

async fn exchange(path: &Path) -> io::Result<Vec<u8>> {
    let mut stream = UnixStream::connect(path).await?;
    stream.write_all(&REQUEST_IDENTITIES).await?;
    let length = stream.read_u32().await?;
    if length > LARGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut answer = vec![0; length as usize];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

fn state_of(error: &io::Error, path: &Path) -> AgentState {
    let is_socket = std::fs::metadata(path).map(|metadata| metadata.file_type().is_socket());
    match (error.raw_os_error(), is_socket) {
        (Some(libc::ENOENT | libc::ENOTDIR), _) => AgentState::Missing,
        (Some(libc::EACCES | libc::EPERM), _) => AgentState::NotPermitted,
        (_, Ok(false)) => AgentState::NotASocket,
        (Some(libc::ECONNREFUSED), _) => AgentState::Refused,
        _ => AgentState::Failure,
    }
}

/// The keys of an answer; none where it is a refusal.
fn keys_of(answer: &[u8]) -> Option<Vec<AgentKey>> {
    let mut rest = answer.strip_prefix(&[IDENTITIES_ANSWER])?;
    let count = u32::from_be_bytes(rest.split_off(..4)?.try_into().ok()?);
    let mut keys = Vec::new();
    for _ in 0..count {
        let blob = string(&mut rest)?;
        let comment = string(&mut rest)?;
        keys.push(AgentKey {
            kind: string(&mut { blob }).map(|kind| String::from_utf8_lossy(kind).into_owned())?,
            fingerprint: fingerprint(blob),
            comment: String::from_utf8_lossy(comment).into_owned(),
        });
    }
    Some(keys)
}

/// A length and so many bytes (RFC 4251).
fn string<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = u32::from_be_bytes(rest.split_off(..4)?.try_into().ok()?);
    rest.split_off(..length as usize)
}

/// As `ssh-keygen -l` prints it.
pub(crate) fn fingerprint(blob: &[u8]) -> String {
    format!("SHA256:{}", STANDARD_NO_PAD.encode(digest(&SHA256, blob)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_lists_keys() {
        let blob = [&[0, 0, 0, 11][..], b"ssh-ed25519", &[0, 0, 0, 1, 7]].concat();
        let mut answer =
            vec![IDENTITIES_ANSWER, 0, 0, 0, 1, 0, 0, 0, u8::try_from(blob.len()).unwrap()];
        answer.extend_from_slice(&blob);
        answer.extend_from_slice(&[0, 0, 0, 3]);
        answer.extend_from_slice(b"joe");
        let keys = keys_of(&answer).unwrap();
        assert_eq!((keys[0].kind.as_str(), keys[0].comment.as_str()), ("ssh-ed25519", "joe"));
        assert!(keys[0].fingerprint.starts_with("SHA256:") && keys[0].fingerprint.len() == 50);
        assert_eq!(keys_of(&[5]), None, "a refusal");
        assert_eq!(keys_of(&answer[..answer.len() - 1]), None, "cut short");
        assert_eq!(keys_of(&[IDENTITIES_ANSWER, 0, 0, 0, 0]), Some(vec![]));
    }
}
