//! libvirt's own protocol over any stream: questions, and what comes back.
//!
//! AUTH_LIST is the cheapest proof that a peer is libvirt. CONNECT_OPEN, for
//! reading only, is the proof that a connection works. Nothing that is asked
//! changes anything there, and pings are answered.
//!
//! Source: `src/rpc/virnetclient.c`, `src/remote/remote_driver.c` of libvirt.

use std::io::{Error, ErrorKind, Result};
use std::time::{Duration, Instant};

use bstr::ByteSlice;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::{Deadline, ms_since};
use crate::evidence::{AuthType, Opened, Opening, Reply, RpcError, RpcOutcome, first_text};
use crate::wire::{
    self, Framing, Kind, Packet, Procedure, Program, RemoteError, framing, open_arguments, pong,
};

/// How many packets that nobody asked for may stand before an answer.
const MOST_EVENTS: usize = 64;
/// How much is kept of an error's text, in characters.
const LONGEST_MESSAGE: usize = 2000;
/// How long the server may take to say good-bye.
const FAREWELL: Duration = Duration::from_millis(200);

/// A connection on which questions are asked.
#[derive(Debug)]
pub(crate) struct Conversation<S> {
    stream: S,
    /// What was read, and is part of no packet yet.
    received: Vec<u8>,
    serial: u32,
}

/// Only the first question.
pub(crate) async fn ask<S>(stream: &mut S, deadline: Deadline) -> RpcOutcome
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    Conversation::new(stream).greet(deadline).await
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream, received: Vec::with_capacity(64), serial: 0 }
    }

    /// What the server wants before it opens anything.
    pub(crate) async fn greet(&mut self, deadline: Deadline) -> RpcOutcome {
        let reply = self.call(Procedure::AuthList, &[], deadline).await;
        decoded(reply, |payload| {
            let types = wire::authentication_types(payload)?;
            Some(types.into_iter().map(AuthType::numbered).collect())
        })
    }

    /// The mechanisms of SASL that the server has.
    pub(crate) async fn mechanisms(&mut self, deadline: Deadline) -> Reply<Vec<String>> {
        let reply = self.call(Procedure::AuthSaslInit, &[], deadline).await;
        decoded(reply, |payload| {
            let list = wire::string(payload)?.to_str_lossy();
            let words = list.split([',', ' ']).filter(|word| !word.is_empty());
            Some(words.take(40).map(|word| word.chars().take(80).collect()).collect())
        })
    }

    /// Whether polkit lets us in. It may ask a person, where one can be asked.
    pub(crate) async fn polkit(&mut self, deadline: Deadline) -> Reply<()> {
        let reply = self.call(Procedure::AuthPolkit, &[], deadline).await;
        reply.and_then(|_| Reply::Answered(()))
    }

    /// Opens `name` for reading, asks what was opened, and says good-bye.
    pub(crate) async fn open(&mut self, name: &[u8], deadline: Deadline) -> Opening {
        let start = Instant::now();
        let arguments = open_arguments(name, true);
        let reply = self.call(Procedure::ConnectOpen, &arguments, deadline).await;
        let outcome = match reply {
            Reply::Answered(_) => Reply::Answered(self.opened(name.is_empty(), deadline).await),
            other => other.and_then(|_| Reply::Silent),
        };
        let _ = self.call(Procedure::ConnectClose, &[], deadline.within(FAREWELL)).await;
        let name = name.to_str_lossy().into_owned();
        Opening { duration_ms: ms_since(start), name, outcome }
    }

    async fn opened(&mut self, servers_choice: bool, deadline: Deadline) -> Opened {
        let driver = self.call(Procedure::ConnectGetType, &[], deadline).await;
        let version = self.call(Procedure::ConnectGetLibVersion, &[], deadline).await;
        let uri = if servers_choice {
            self.call(Procedure::ConnectGetUri, &[], deadline).await
        } else {
            Reply::Silent
        };
        let text = |reply: &Reply<Vec<u8>>| {
            let text = wire::string(reply.answer()?)?.to_str_lossy();
            Some(text.chars().take(LONGEST_MESSAGE).collect())
        };
        Opened {
            driver: text(&driver),
            libvirt: version.answer().and_then(|payload| wire::hyper(payload)).map(version_text),
            uri: text(&uri),
        }
    }

    /// One question and its answer.
    async fn call(
        &mut self,
        procedure: Procedure,
        arguments: &[u8],
        deadline: Deadline,
    ) -> Reply<Vec<u8>> {
        self.serial += 1;
        match deadline.limit(self.exchange(procedure, arguments)).await {
            Some(Ok(reply)) => reply,
            Some(Err(error)) => self.ended(&error),
            None if self.received.is_empty() => Reply::Silent,
            None => self.half(),
        }
    }

    fn ended(&self, error: &Error) -> Reply<Vec<u8>> {
        match error.kind() {
            _ if !self.received.is_empty() => self.half(),
            ErrorKind::UnexpectedEof => Reply::Closed,
            _ => Reply::Reset,
        }
    }

    /// What came is the beginning of a packet at best.
    fn half(&self) -> Reply<Vec<u8>> {
        match self.received.len() {
            0..8 => Reply::NotLibvirt(first_text(&self.received)),
            _ => Reply::Garbled("half a packet".to_owned()),
        }
    }

    async fn exchange(&mut self, procedure: Procedure, arguments: &[u8]) -> Result<Reply<Vec<u8>>> {
        // A peer that closes at once may still have said something: read on.
        let question = wire::call(procedure, self.serial, arguments);
        let mut written = self.send(&question).await;
        for _ in 0..MOST_EVENTS {
            let end = loop {
                match framing(&self.received) {
                    Framing::Complete(end) => break end,
                    Framing::Foreign => return Ok(self.not_libvirt().await),
                    Framing::TooLarge(length) => {
                        return Ok(Reply::Garbled(format!("a packet of {length} bytes")));
                    }
                    Framing::Incomplete => {}
                }
                if self.stream.read_buf(&mut self.received).await? == 0 {
                    written?;
                    return Err(ErrorKind::UnexpectedEof.into());
                }
            };
            let packet: Vec<u8> = self.received.drain(..end).collect();
            let Some(packet) = Packet::read(&packet) else {
                return Ok(Reply::Garbled("a packet with an impossible header".to_owned()));
            };
            if packet.is_ping() {
                written = self.send(&pong()).await;
                continue;
            }
            match packet.header.kind {
                _ if packet.header.program == Program::KeepAlive => {}
                Kind::Message | Kind::Other(_) => {}
                Kind::Call => return Ok(Reply::Garbled("our own question, sent back".to_owned())),
                Kind::Reply => return Ok(self.answer(&packet, procedure)),
            }
        }
        Ok(Reply::Garbled("events without end".to_owned()))
    }

    async fn send(&mut self, packet: &[u8]) -> Result<()> {
        self.stream.write_all(packet).await?;
        // TLS holds back what is not flushed.
        self.stream.flush().await
    }

    fn answer(&self, packet: &Packet<'_>, procedure: Procedure) -> Reply<Vec<u8>> {
        let header = packet.header;
        if header.serial != self.serial || header.procedure != procedure.number() {
            return Reply::Garbled("the answer to another question".to_owned());
        }
        if !header.is_error {
            return Reply::Answered(packet.payload.to_vec());
        }
        let Some(error) = RemoteError::read(packet.payload) else {
            return Reply::Garbled("an error that cannot be read".to_owned());
        };
        // The client's words where the server has none.
        let message = error.message.unwrap_or_else(|| b"Unknown error".to_vec());
        let message = message.to_str_lossy().chars().take(LONGEST_MESSAGE).collect();
        Reply::Error(RpcError { code: error.code, domain: error.domain, message })
    }

    /// Reads a little more of what a stranger says.
    async fn not_libvirt(&mut self) -> Reply<Vec<u8>> {
        let more = Deadline::after(Duration::from_millis(150));
        while self.received.len() < 512 {
            match more.limit(self.stream.read_buf(&mut self.received)).await {
                Some(Ok(count)) if count > 0 => {}
                _ => break,
            }
        }
        Reply::NotLibvirt(first_text(&self.received))
    }
}

fn decoded<T>(reply: Reply<Vec<u8>>, read: impl FnOnce(&[u8]) -> Option<T>) -> Reply<T> {
    reply.and_then(|payload| {
        let unreadable = || Reply::Garbled("an answer that cannot be read".to_owned());
        read(&payload).map_or_else(unreadable, Reply::Answered)
    })
}

/// libvirt counts 9.0.0 as 9 000 000.
fn version_text(number: u64) -> String {
    format!("{}.{}.{}", number / 1_000_000, number / 1000 % 1000, number % 1000)
}

#[cfg(test)]
mod tests;
