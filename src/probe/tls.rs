//! TLS as libvirt's client speaks it: handshake with the client's certificate,
//! then the byte by which the server lets us in.
//!
//! Certificates are written down, not judged: the handshake goes on whatever the
//! server shows. What a strict reader has against them stands beside them.
//!
//! Source: `virNetClientSetTLSSession` in `src/rpc/virnetclient.c` of libvirt.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::{BStr, ByteSlice};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, WebPkiServerVerifier};
use rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::CertifiedKey;
use rustls::{ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Deadline, ms_since};
use crate::evidence::{Certificates, Tls, TlsOutcome};
use crate::plan::TlsPlan;

/// How long the handshake may take, and the server to let us in.
const PATIENCE: Duration = Duration::from_secs(5);
/// No certificate file is longer.
const LARGEST_FILE: u64 = 1024 * 1024;
/// How many names of authorities are written down.
const MOST_AUTHORITIES: usize = 64;

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
    let recorder = Arc::new(Recorder::new(plan, host));
    let mut tls = Tls::default();
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
    tls.version =
        version.and_then(|version| version.as_str()).map(|name| name.replace("TLSv1_", "TLS 1."));
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
        (None, _) => TlsOutcome::Closed,
    }
}

/// Takes whatever the server shows, and writes it down.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    /// The CA certificates of the client, where they can be read.
    roots: Arc<RootCertStore>,
    name: Option<ServerName<'static>>,
    own: Result<Option<Arc<CertifiedKey>>, String>,
    seen: Mutex<Certificates>,
}

impl Recorder {
    fn new(plan: &TlsPlan, host: &str) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut seen = Certificates::default();
        let mut roots = RootCertStore::empty();
        for certificate in certificates(plan.ca.as_ref()) {
            if let Err(error) = roots.add(certificate) {
                seen.objections.push(format!("CA certificate: {error}"));
            }
        }
        // What the client would do with these, only it can tell.
        if std::path::Path::new(&*plan.crl.to_os_str_lossy()).exists() {
            seen.objections.push("the revocation list was not read".to_owned());
        }
        if plan.priority.is_some() {
            seen.objections.push("the priority string was not applied".to_owned());
        }
        let name = ServerName::try_from(host.to_owned()).ok();
        if name.is_none() {
            seen.objections.push("the host cannot stand in a certificate".to_owned());
        }
        let roots = Arc::new(roots);
        let own = pair(plan, &provider);
        if let Ok(Some(key)) = &own {
            seen.own_objections.extend(against_own(key, &roots, &provider));
        }
        Self { provider, roots, name, own, seen: Mutex::new(seen) }
    }

    fn connector(self: &Arc<Self>) -> Result<TlsConnector, String> {
        if let Err(why) = &self.own {
            return Err(why.clone());
        }
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
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

    fn object(&self, verdict: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        if let Err(error) = verdict {
            self.write(|seen| seen.objections.push(error.to_string()));
        }
        HandshakeSignatureValid::assertion()
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let roots = Arc::clone(&self.roots);
        let strict =
            WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&self.provider)).build();
        let objection = match (&self.name, strict) {
            (Some(name), Ok(strict)) => {
                let verdict = strict.verify_server_cert(own, others, name, ocsp, now);
                verdict.err().map(|error| error.to_string())
            }
            (None, _) => None,
            (_, Err(error)) => Some(error.to_string()),
        };
        self.write(|seen| {
            seen.chain =
                std::iter::once(own).chain(others).map(|one| STANDARD.encode(one)).collect();
            seen.objections.extend(objection);
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
        Ok(self.object(verify_tls12_signature(message, certificate, signed, known)))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        Ok(self.object(verify_tls13_signature(message, certificate, signed, known)))
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

fn certificates(path: &BStr) -> Vec<CertificateDer<'static>> {
    let text = read(path).unwrap_or_default();
    CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect()
}

/// A regular file's beginning; no device and no pipe, which might never end.
fn read(path: &BStr) -> io::Result<Vec<u8>> {
    use std::io::Read as _;
    let path = path.to_os_str_lossy();
    if !std::fs::metadata(&*path)?.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    let mut text = Vec::new();
    std::fs::File::open(&*path)?.take(LARGEST_FILE).read_to_end(&mut text)?;
    Ok(text)
}

/// Our certificate and key; none where one of the files is not there, as the client
/// has it.
fn pair(plan: &TlsPlan, provider: &CryptoProvider) -> Result<Option<Arc<CertifiedKey>>, String> {
    let (cert, key) = (plan.cert.as_ref(), plan.key.as_ref());
    let is_there = |path: &BStr| std::path::Path::new(&*path.to_os_str_lossy()).exists();
    if !is_there(cert) || !is_there(key) {
        return Ok(None);
    }
    let chain = certificates(cert);
    if chain.is_empty() {
        return Err(format!("there is no certificate in {cert}"));
    }
    let text =
        read(key).map_err(|error| format!("{key}: {}", crate::text::system_words(&error)))?;
    let key = PrivateKeyDer::from_pem_slice(&text).map_err(|error| format!("{key}: {error}"))?;
    let pair = CertifiedKey::from_der(chain, key, provider).map_err(|error| error.to_string())?;
    Ok(Some(Arc::new(pair)))
}

/// What a strict server with our own CA would have against our certificate.
fn against_own(
    own: &CertifiedKey,
    roots: &Arc<RootCertStore>,
    provider: &Arc<CryptoProvider>,
) -> Option<String> {
    let (leaf, others) = own.cert.split_first()?;
    let strict =
        WebPkiClientVerifier::builder_with_provider(Arc::clone(roots), Arc::clone(provider))
            .build();
    match strict {
        Ok(strict) => {
            let verdict = strict.verify_client_cert(leaf, others, UnixTime::now());
            verdict.err().map(|error| error.to_string())
        }
        Err(error) => Some(error.to_string()),
    }
}
