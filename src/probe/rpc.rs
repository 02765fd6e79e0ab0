//! libvirt's first question, AUTH_LIST: the cheapest proof that a peer is
//! libvirt. It needs no login and changes nothing.
//!
//! Source: `src/rpc/virnetprotocol.x`, `src/remote/remote_protocol.x` and
//! `src/rpc/virnetmessage.c` of libvirt.

use std::io::ErrorKind;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Deadline;
use crate::evidence::{AuthType, RpcOutcome, first_text};

/// The remote program and its procedure AUTH_LIST.
const PROGRAM: u32 = 0x2000_8086;
const AUTH_LIST: u32 = 66;
/// Length, program, version, procedure, type, serial, status: 4 bytes each.
const HEADER: usize = 28;
const HEADER_WORD: u32 = 28;
/// More than any answer to AUTH_LIST; an error message may be long.
const LARGEST: usize = 64 * 1024;
const SERIAL: u32 = 1;

/// The whole packet.
fn question() -> [u8; HEADER] {
    let words = [HEADER_WORD, PROGRAM, 1, AUTH_LIST, 0, SERIAL, 0];
    let mut packet = [0; HEADER];
    for (place, word) in packet.chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_be_bytes());
    }
    packet
}

/// Asks, and reads what comes back.
pub(crate) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    deadline: Deadline,
) -> RpcOutcome {
    let mut received = Vec::with_capacity(64);
    match deadline.limit(exchange(stream, &mut received)).await {
        Some(Ok(outcome)) => outcome,
        Some(Err(error)) => ended(&error, &received),
        None if received.is_empty() => RpcOutcome::Silent,
        None => RpcOutcome::NotLibvirt(first_text(&received)),
    }
}

fn ended(error: &std::io::Error, received: &[u8]) -> RpcOutcome {
    if !received.is_empty() {
        return RpcOutcome::NotLibvirt(first_text(received));
    }
    match error.kind() {
        ErrorKind::UnexpectedEof => RpcOutcome::Closed,
        _ => RpcOutcome::Reset,
    }
}

async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    received: &mut Vec<u8>,
) -> std::io::Result<RpcOutcome> {
    // A peer that closes at once may still have said something: read on.
    let written = stream.write_all(&question()).await;
    while received.len() < HEADER {
        if stream.read_buf(received).await? == 0 {
            written?;
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if received.len() >= 8 && !is_answer(received) {
            return Ok(not_libvirt(stream, received).await);
        }
    }
    let length = word(received, 0) as usize;
    while received.len() < length.min(LARGEST) {
        if stream.read_buf(received).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(read_answer(&received[..length.min(received.len())]))
}

/// Reads a little more of what a stranger says.
async fn not_libvirt<S: AsyncRead + Unpin>(stream: &mut S, received: &mut Vec<u8>) -> RpcOutcome {
    let more = Deadline::after(Duration::from_millis(150));
    while received.len() < 512 {
        match more.limit(stream.read_buf(received)).await {
            Some(Ok(count)) if count > 0 => {}
            _ => break,
        }
    }
    RpcOutcome::NotLibvirt(first_text(received))
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|word| word.try_into().ok()).map_or(0, u32::from_be_bytes)
}

fn is_answer(received: &[u8]) -> bool {
    (HEADER..=32 * 1024 * 1024 + 4).contains(&(word(received, 0) as usize))
        && word(received, 4) == PROGRAM
}

fn read_answer(packet: &[u8]) -> RpcOutcome {
    let (kind, status) = (word(packet, 16), word(packet, 24));
    if kind != 1 || word(packet, 12) != AUTH_LIST {
        return RpcOutcome::NotLibvirt("our own question, sent back".to_owned());
    }
    if status != 0 {
        return RpcOutcome::Error(error_text(&packet[HEADER..]));
    }
    let count = (word(packet, HEADER) as usize).min(20);
    let types = (0..count).map(|at| auth_type(word(packet, HEADER + 4 + 4 * at)));
    RpcOutcome::Answered(types.collect())
}

fn auth_type(number: u32) -> AuthType {
    match number {
        0 => AuthType::None,
        1 => AuthType::Sasl,
        2 => AuthType::Polkit,
        other => AuthType::Unknown(other.cast_signed()),
    }
}

/// Code, domain, then an optional string: a word that says whether, its length, its bytes.
fn error_text(payload: &[u8]) -> String {
    let length = word(payload, 12) as usize;
    let text = payload.get(16..16 + length.min(LARGEST)).unwrap_or_default();
    if word(payload, 8) == 0 || text.is_empty() {
        return format!("error {}", word(payload, 0).cast_signed());
    }
    String::from_utf8_lossy(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(answer: &[u8], close: bool) -> RpcOutcome {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (mut near, mut far) = tokio::io::duplex(4096);
            let deadline = Deadline::after(Duration::from_millis(300));
            let peer = async {
                let mut asked = [0; HEADER];
                far.read_exact(&mut asked).await.unwrap();
                assert_eq!(asked, question());
                far.write_all(answer).await.unwrap();
                if close {
                    drop(far);
                } else {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! { outcome = ask(&mut near, deadline) => outcome, () = async { peer.await; std::future::pending().await } => unreachable!() }
        })
    }

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// The packets are those of a libvirtd 9.0.0.
    #[test]
    fn answers_of_a_real_daemon() {
        let question_bytes = hex("0000001c 20008086 00000001 00000042 00000000 00000001 00000000");
        assert_eq!(question().to_vec(), question_bytes);
        let answer = |auth: &str| {
            hex(&format!(
                "00000024 20008086 00000001 00000042 00000001 00000001 00000000 00000001 {auth}"
            ))
        };
        assert_eq!(outcome(&answer("00000000"), false), RpcOutcome::Answered(vec![AuthType::None]));
        assert_eq!(outcome(&answer("00000001"), false), RpcOutcome::Answered(vec![AuthType::Sasl]));
        assert_eq!(
            outcome(&answer("00000002"), false),
            RpcOutcome::Answered(vec![AuthType::Polkit])
        );
    }

    #[test]
    fn strangers_and_silence() {
        assert_eq!(
            outcome(b"SSH-2.0-OpenSSH_9.2\r\n", false),
            RpcOutcome::NotLibvirt("SSH-2.0-OpenSSH_9.2".into())
        );
        assert_eq!(outcome(b"Welc", true), RpcOutcome::NotLibvirt("Welc".into()));
        assert_eq!(outcome(b"", true), RpcOutcome::Closed);
        assert_eq!(outcome(b"", false), RpcOutcome::Silent);
        assert_eq!(outcome(b"hi", false), RpcOutcome::NotLibvirt("hi".into()));
        assert_eq!(
            outcome(&question(), true),
            RpcOutcome::NotLibvirt("our own question, sent back".into())
        );
        let error = hex(
            "00000030 20008086 00000001 00000042 00000001 00000001 00000001 00000027 00000007 00000001 00000004 62616421",
        );
        assert_eq!(outcome(&error, false), RpcOutcome::Error("bad!".into()));
    }
}
