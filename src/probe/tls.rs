//! TLS as libvirt's client speaks it: handshake with the client's certificate,
//! then the byte by which the server lets us in.
//!
//! Certificates are written down, not judged: the handshake goes on whatever the
//! server shows.
//!
//! Source: `virNetClientSetTLSSession` in `src/rpc/virnetclient.c` of libvirt.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::{BStr, ByteSlice};
use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme,
    SupportedProtocolVersion,
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::certificate::{Known, certificates, lists, read};
use super::{Deadline, ms_since};
use crate::evidence::{Certificates, Tls, TlsOutcome};
use crate::plan::{Priority, TlsPlan};

/// How long the handshake may take, and the server to let us in.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many names of authorities are written down.
const MOST_AUTHORITIES: usize = 64;
/// How many certificates of a server are looked at, beside its own.
const MOST_CERTIFICATES: usize = 16;

/// Goes through the handshake; gives the stream where the server has let us in.
pub(crate) async fn enter<S>(
    stream: S,
    plan: &TlsPlan,
    host: &str,
    deadline: Deadline,
) -> (Tls, Option<TlsStream<S>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let start = Instant::now();
    let deadline = deadline.within(PATIENCE);
    let recorder = Arc::new(Recorder::new(plan));
    let mut tls = Tls { offered: recorder.offered(), ..Tls::default() };
    let inside = match recorder.connector() {
        Ok(connector) => {
            // The name is for the certificate alone: libvirt sends none.
            let name = ServerName::try_from(host.to_owned());
            let name = name.unwrap_or_else(|_| std::net::IpAddr::from([0; 4]).into());
            match deadline.limit(connector.connect(name, stream)).await {
                Some(Ok(stream)) => confirmed(stream, &mut tls, deadline).await,
                Some(Err(error)) => {
                    tls.outcome = of_error(&error);
                    None
                }
                None => None,
            }
        }
        Err(why) => {
            tls.outcome = TlsOutcome::Ours(why);
            None
        }
    };
    tls.certificates = recorder.written();
    tls.duration_ms = ms_since(start);
    (tls, inside)
}

/// Waits for the byte 1: the server looks at our certificate and address first.
async fn confirmed<S>(
    mut stream: TlsStream<S>,
    tls: &mut Tls,
    deadline: Deadline,
) -> Option<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let connection = stream.get_ref().1;
    let version = connection.protocol_version();
    tls.version = version.and_then(|version| version.as_str()).map(version_name);
    tls.cipher = connection
        .negotiated_cipher_suite()
        .and_then(|suite| suite.suite().as_str())
        .map(str::to_owned);
    let refused = match deadline.limit(stream.read_u8()).await {
        Some(Ok(1)) => {
            tls.outcome = TlsOutcome::Accepted;
            return Some(stream);
        }
        Some(Ok(byte)) => format!("the byte {byte}"),
        Some(Err(error)) => match of_error(&error) {
            TlsOutcome::Alert(alert) => format!("the alert {alert}"),
            _ => "it closed".to_owned(),
        },
        None => "it said nothing".to_owned(),
    };
    tls.outcome = TlsOutcome::NotConfirmed(refused);
    None
}

fn of_error(error: &io::Error) -> TlsOutcome {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match (inner, error.kind()) {
        (Some(Error::AlertReceived(alert)), _) => {
            let number = u8::from(*alert);
            TlsOutcome::Alert(alert.as_str().map_or_else(|| number.to_string(), str::to_owned))
        }
        (Some(Error::InvalidMessage(_)), _) => TlsOutcome::NotTls,
        (Some(other), _) => TlsOutcome::Ours(other.to_string()),
        (None, io::ErrorKind::TimedOut) => TlsOutcome::Silent,
        (None, io::ErrorKind::ConnectionReset) => TlsOutcome::Reset,
        (None, _) => TlsOutcome::Closed,
    }
}

/// Takes whatever the server shows, and writes it down.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    /// What the client has of its authority: certificates and revocation lists.
    known: Known,
    versions: Result<Vec<&'static SupportedProtocolVersion>, String>,
    own: Result<Option<Arc<CertifiedKey>>, String>,
    seen: Mutex<Certificates>,
}

impl Recorder {
    fn new(plan: &TlsPlan) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let text = |path: &BStr| read(Path::new(&*path.to_os_str_lossy())).unwrap_or_default();
        let known = Known {
            signers: certificates(&text(plan.ca.as_ref())),
            lists: lists(&text(plan.crl.as_ref())),
        };
        let own = pair(plan, &provider);
        Self { provider, known, versions: versions(plan), own, seen: Mutex::default() }
    }

    fn offered(&self) -> Vec<String> {
        let names = self.versions.iter().flatten().filter_map(|one| one.version.as_str());
        names.map(version_name).collect()
    }

    fn connector(self: &Arc<Self>) -> Result<TlsConnector, String> {
        if let Err(why) = &self.own {
            return Err(why.clone());
        }
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_protocol_versions(self.versions.as_ref().map_err(Clone::clone)?)
            .map_err(|error| error.to_string())?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(self) as Arc<dyn ServerCertVerifier>)
            .with_client_cert_resolver(Arc::clone(self) as Arc<dyn ResolvesClientCert>);
        config.enable_sni = false;
        Ok(TlsConnector::from(Arc::new(config)))
    }

    fn write(&self, note: impl FnOnce(&mut Certificates)) {
        note(&mut self.seen.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn written(&self) -> Certificates {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let others = others.iter().take(MOST_CERTIFICATES);
        let chain: Vec<_> =
            std::iter::once(own).chain(others).map(|one| one.clone().into_owned()).collect();
        let signers = self.known.signers.iter().chain(chain.iter().skip(1)).cloned().collect();
        let known = Known { signers, lists: self.known.lists.clone() };
        self.write(|seen| {
            seen.server = chain.iter().filter_map(|one| known.describe(one)).collect();
            seen.chain = chain.iter().map(|one| STANDARD.encode(one)).collect();
        });
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, known).or_else(only_of_the_form)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, known).or_else(only_of_the_form)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

impl ResolvesClientCert for Recorder {
    fn resolve(&self, authorities: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        let own = self.own.as_ref().ok().cloned().flatten();
        self.write(|seen| {
            let names = authorities.iter().take(MOST_AUTHORITIES);
            seen.authorities = names.map(|name| STANDARD.encode(name)).collect();
            seen.asked = true;
            seen.sent = own.is_some();
        });
        own
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// A signature that does not fit the key ends the handshake, as it does for GnuTLS;
/// what the certificate itself is like does not.
fn only_of_the_form(error: Error) -> Result<HandshakeSignatureValid, Error> {
    match error {
        Error::InvalidCertificate(CertificateError::BadSignature) => Err(error),
        _ => Ok(HandshakeSignatureValid::assertion()),
    }
}

/// Those that both the client and this program speak.
fn versions(plan: &TlsPlan) -> Result<Vec<&'static SupportedProtocolVersion>, String> {
    let ours = [("TLS1.3", &TLS13), ("TLS1.2", &TLS12)];
    let Some(priority) = &plan.priority else { return Ok(ours.map(|row| row.1).into()) };
    let priority = Priority::read(priority.as_ref())?;
    let common: Vec<_> =
        ours.iter().filter(|row| priority.versions.contains(&row.0)).map(|row| row.1).collect();
    if common.is_empty() {
        return Err(
            "only versions before TLS 1.2 are left, which this program does not speak".into()
        );
    }
    Ok(common)
}

/// `TLS 1.3`
fn version_name(name: &str) -> String {
    name.replace("TLSv1_", "TLS 1.")
}

/// Our certificate and key; none where one of the files is not there, as the client
/// has it.
fn pair(plan: &TlsPlan, provider: &CryptoProvider) -> Result<Option<Arc<CertifiedKey>>, String> {
    let (cert, key) = (plan.cert.as_ref(), plan.key.as_ref());
    let is_there = |path: &BStr| Path::new(&*path.to_os_str_lossy()).exists();
    if !is_there(cert) || !is_there(key) {
        return Ok(None);
    }
    let text = |path: &BStr| {
        read(Path::new(&*path.to_os_str_lossy()))
            .map_err(|error| format!("{path}: {}", crate::text::system_words(&error)))
    };
    let chain = certificates(&text(cert)?);
    if chain.is_empty() {
        return Err(format!("there is no certificate in {cert}"));
    }
    let key =
        PrivateKeyDer::from_pem_slice(&text(key)?).map_err(|error| format!("{key}: {error}"))?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|error| error.to_string())?;
    Ok(Some(Arc::new(pair)))
}
