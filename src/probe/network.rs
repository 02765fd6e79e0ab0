//! TCP to every address, on the plan's port and on the three of the field, all
//! at once, and what answers there.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use nix::libc;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::TcpStream;

use super::service;
pub(crate) use super::service::Expected;
use super::{Deadline, ms_since, neighbour};
use crate::evidence::{Attempt, KernelPatience, PortState};
use crate::text::system_words;

/// One connection attempt and its stream, where it came about.
#[derive(Debug)]
pub(crate) struct Tried {
    pub(crate) attempt: Attempt,
    pub(crate) stream: Option<TcpStream>,
}

/// The kernel asks three times, a second apart, who has an address of its own network,
/// and then says `EHOSTUNREACH`. So long is waited for its word beyond our patience.
const NEIGHBOUR: Duration = Duration::from_millis(1500);

/// Connects. The stream is closed with RST when it is dropped: a sweep leaves no
/// TIME_WAIT behind, and the peer no half-read connection.
pub(crate) async fn connect(address: SocketAddr, patience: Duration, deadline: Deadline) -> Tried {
    let start = Instant::now();
    let mut nobody = false;
    let outcome = match open(address) {
        Ok(stream) => {
            let mut work = std::pin::pin!(established(stream));
            let mut outcome = deadline.within(patience).limit(&mut work).await;
            if outcome.is_none() && neighbour::is_sought(address.ip()) {
                outcome = deadline.within(NEIGHBOUR).limit(work).await;
                nobody = matches!(outcome, None | Some(Err(_)));
            }
            outcome
        }
        Err(error) => Some(Err(error)),
    };
    let (state, error, stream) = match outcome {
        None => (PortState::NoAnswer, None, None),
        Some(Ok(stream)) => (PortState::Open, None, Some(stream)),
        Some(Err(error)) => (state_of(&error), Some(system_words(&error)), None),
    };
    let (address, port) = (address.ip(), address.port());
    nobody |= state == PortState::NoRoute && neighbour::is_sought(address);
    let ms = ms_since(start);
    Tried { attempt: Attempt { address, port, state, error, ms, nobody, service: None }, stream }
}

/// How long the kernel tries for the client, where it says so.
pub(crate) fn patience() -> Option<KernelPatience> {
    let setting = |name: &str| {
        let text = std::fs::read_to_string(format!("/proc/sys/net/ipv4/{name}")).ok()?;
        text.trim().parse().ok()
    };
    let syn_retries = setting("tcp_syn_retries")?;
    let linear_timeouts = setting("tcp_syn_linear_timeouts").unwrap_or_default();
    Some(KernelPatience { syn_retries, linear_timeouts })
}

fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    socket.set_linger(Some(Duration::ZERO))?;
    match socket.connect(&address.into()) {
        Ok(()) => {}
        Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {}
        Err(error) => return Err(error),
    }
    TcpStream::from_std(socket.into())
}

async fn established(stream: TcpStream) -> io::Result<TcpStream> {
    stream.writable().await?;
    match stream.take_error()? {
        None => Ok(stream),
        Some(error) => Err(error),
    }
}

fn state_of(error: &io::Error) -> PortState {
    match error.raw_os_error() {
        Some(libc::ECONNREFUSED) => PortState::Refused,
        Some(libc::EHOSTUNREACH | libc::ENETUNREACH | libc::ENETDOWN | libc::EHOSTDOWN) => {
            PortState::NoRoute
        }
        Some(libc::ETIMEDOUT) => PortState::NoAnswer,
        _ => PortState::Error,
    }
}

/// Finds out what answers on an open port, and closes it.
pub(crate) async fn identify(
    tried: Tried,
    address: SocketAddr,
    expected: Expected,
    thorough: bool,
    deadline: Deadline,
) -> Attempt {
    let mut attempt = tried.attempt;
    if let Some(stream) = tried.stream {
        attempt.service = service::identify(stream, address, expected, thorough, deadline).await;
    }
    attempt
}
