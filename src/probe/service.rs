//! What speaks on an open port.
//!
//! A port is spoken to as the service that belongs there expects it: an ssh
//! server speaks first, libvirt and TLS wait for us. Only on the plan's own port,
//! and only where that fails, a second connection tries the others.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Deadline, network, rpc};
use crate::evidence::{RpcOutcome, Service, first_text};

/// What belongs on a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    Ssh,
    Libvirt,
    Tls,
}

/// How long a peer may take for its first word.
const FIRST_WORD: Duration = Duration::from_secs(1);

pub(super) async fn identify(
    mut stream: TcpStream,
    address: SocketAddr,
    expected: Expected,
    thorough: bool,
    deadline: Deadline,
) -> Option<Service> {
    let deadline = deadline.within(2 * FIRST_WORD);
    let first = match expected {
        Expected::Ssh => banner(&mut stream, deadline).await,
        Expected::Libvirt => libvirt(&mut stream, deadline).await,
        Expected::Tls => tls(&mut stream, deadline).await,
    };
    drop(stream);
    let unclear = matches!(first, Some(Service::Silent | Service::Closes) | None);
    if !thorough || !unclear {
        return first;
    }
    let others: &[Expected] = match expected {
        Expected::Ssh => &[Expected::Libvirt, Expected::Tls],
        Expected::Libvirt => &[Expected::Tls],
        Expected::Tls => &[Expected::Libvirt],
    };
    for other in others {
        let again = network::connect(address, FIRST_WORD, deadline).await;
        let Some(mut stream) = again.stream else { break };
        let found = match other {
            Expected::Libvirt => libvirt(&mut stream, deadline).await,
            Expected::Tls => tls(&mut stream, deadline).await,
            Expected::Ssh => None,
        };
        if matches!(found, Some(Service::Libvirt(_) | Service::Tls)) {
            return found;
        }
    }
    first
}

/// What an ssh server says before it is asked.
async fn banner(stream: &mut TcpStream, deadline: Deadline) -> Option<Service> {
    let mut received = Vec::with_capacity(256);
    let read = async {
        while received.len() < 255 && !received.contains(&b'\n') {
            match stream.read_buf(&mut received).await {
                Ok(0) | Err(_) => return false,
                Ok(_) => {}
            }
        }
        true
    };
    let open = deadline.within(FIRST_WORD).limit(read).await;
    Some(match (open, received.is_empty()) {
        (None, true) => Service::Silent,
        (Some(false), true) => Service::Closes,
        _ => of_text(&received),
    })
}

fn of_text(received: &[u8]) -> Service {
    let text = first_text(received).trim_end().to_owned();
    if received.starts_with(b"SSH-") { Service::Ssh(text) } else { Service::Other(text) }
}

async fn libvirt(stream: &mut TcpStream, deadline: Deadline) -> Option<Service> {
    Some(match rpc::ask(stream, deadline.within(FIRST_WORD)).await {
        RpcOutcome::Answered(types) => Service::Libvirt(types),
        RpcOutcome::Error(_) => Service::Libvirt(Vec::new()),
        RpcOutcome::Silent => Service::Silent,
        RpcOutcome::Closed | RpcOutcome::Reset => Service::Closes,
        RpcOutcome::NotLibvirt(text) if text.starts_with("SSH-") => Service::Ssh(text),
        RpcOutcome::NotLibvirt(text) | RpcOutcome::Garbled(text) => Service::Other(text),
    })
}

/// Sends a ClientHello and looks at the first record that comes back.
async fn tls(stream: &mut TcpStream, deadline: Deadline) -> Option<Service> {
    let hello = client_hello()?;
    let mut received = Vec::with_capacity(512);
    let exchange = async {
        stream.write_all(&hello).await.ok()?;
        while received.len() < 5 {
            if stream.read_buf(&mut received).await.ok()? == 0 {
                return None;
            }
        }
        Some(())
    };
    let spoke = deadline.within(FIRST_WORD).limit(exchange).await;
    Some(match (spoke, received.as_slice()) {
        // A handshake record or an alert, of SSL 3.0 or later.
        (_, [0x15 | 0x16, 3, ..]) => Service::Tls,
        (None, []) => Service::Silent,
        (_, []) => Service::Closes,
        (_, text) => of_text(text),
    })
}

/// The first flight of a TLS client.
fn client_hello() -> Option<Vec<u8>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .ok()?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(NobodyIsVerified(provider)))
        .with_no_client_auth();
    // The name is not sent to an address; libvirt sends none that a server would heed.
    let name = ServerName::try_from("libvirt.invalid").ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut hello = Vec::with_capacity(512);
    connection.write_tls(&mut hello).ok()?;
    Some(hello)
}

/// No handshake is ever finished with this configuration: it only makes the hello.
#[derive(Debug)]
struct NobodyIsVerified(Arc<rustls::crypto::CryptoProvider>);

impl ServerCertVerifier for NobodyIsVerified {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Err(rustls::Error::General("only the hello is wanted".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only the hello is wanted".to_owned()))
    }

    fn verify_tls13_signature(
        &self,
        _: &[u8],
        _: &CertificateDer<'_>,
        _: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only the hello is wanted".to_owned()))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hello_is_a_handshake_record() {
        let hello = client_hello().unwrap();
        assert_eq!(hello[0], 0x16);
        assert_eq!(usize::from(u16::from_be_bytes([hello[3], hello[4]])) + 5, hello.len());
    }
}
