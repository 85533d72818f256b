//! TLS as `sslmode` asks for it.
#![expect(clippy::disallowed_methods, reason = "reads certificates")]

use super::environment::{mistake, variable};
use crate::error::{Error, ErrorKind, Result};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Whether to use TLS, and what to ask of the server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TlsMode {
    Disable,
    /// If the server has it.
    Prefer,
    Require,
    /// An authority that is known has signed the certificate.
    VerifyCa,
    /// And the certificate is for this host.
    VerifyFull,
}

/// How to speak with the server.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) mode: TlsMode,
    /// The file with the authorities that are trusted; `system` stands for those of the machine.
    pub(super) root: Option<PathBuf>,
}

impl TlsMode {
    /// Reads `sslmode`. A socket needs no TLS.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for another word.
    pub(super) fn read(mode: Option<&str>, is_local: bool) -> Result<Self> {
        let mode = match mode {
            Some("disable") => Self::Disable,
            Some("prefer" | "allow") | None => Self::Prefer,
            Some("require") => Self::Require,
            Some("verify-ca") => Self::VerifyCa,
            Some("verify-full") => Self::VerifyFull,
            Some(other) => {
                return Err(mistake(&format!("there is no sslmode {other}"))
                    .remedy("it is disable, prefer, require, verify-ca or verify-full"));
            }
        };
        Ok(if is_local { Self::Disable } else { mode })
    }
}

impl Tls {
    /// What encrypts a connection.
    ///
    /// # Errors
    /// [`ErrorKind::Delivery`] if there are no authorities to verify the server by.
    pub(super) fn connector(&self) -> Result<MakeRustlsConnect> {
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(&error))?;
        let config = match self.verifier(provider)? {
            Verification::Full(roots) => builder.with_root_certificates(roots).with_no_client_auth(),
            Verification::Other(verifier) => {
                builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth()
            }
        };
        Ok(MakeRustlsConnect::new(config))
    }

    fn verifier(&self, provider: Arc<CryptoProvider>) -> Result<Verification> {
        // As libpq does: a file of authorities that is there is used.
        let has_root = || self.root.is_some() || default_root().is_some_and(|path| path.exists());
        Ok(match self.mode {
            TlsMode::VerifyFull => Verification::Full(self.roots()?),
            TlsMode::VerifyCa => Verification::Other(Arc::new(AnyHost::new(self.roots()?, provider)?)),
            TlsMode::Require if has_root() => {
                Verification::Other(Arc::new(AnyHost::new(self.roots()?, provider)?))
            }
            TlsMode::Disable | TlsMode::Prefer | TlsMode::Require => {
                Verification::Other(Arc::new(AnyServer(provider)))
            }
        })
    }

    /// The authorities: those of the file that is named, else of libpq's own, else of the machine.
    fn roots(&self) -> Result<RootCertStore> {
        let file = self.root.clone().or_else(|| default_root().filter(|path| path.exists()));
        let certificates = match file.filter(|file| file != Path::new("system")) {
            Some(file) => certificates_in(&file)?,
            None => rustls_native_certs::load_native_certs().certs,
        };
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(certificates);
        if roots.is_empty() {
            return Err(Error::new(ErrorKind::Delivery, "there are no authorities to verify the server by")
                .remedy("name a file of them in sslrootcert"));
        }
        Ok(roots)
    }
}

enum Verification {
    Full(RootCertStore),
    Other(Arc<dyn ServerCertVerifier>),
}

fn default_root() -> Option<PathBuf> {
    variable("HOME").map(|home| PathBuf::from(home).join(".postgresql/root.crt"))
}

fn certificates_in(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let unread = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::Delivery, format!("cannot read the file of authorities: {error}"))
            .at(file.display())
    };
    let text = std::fs::read(file).map_err(|error| unread(&error))?;
    CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|error| unread(&error))
}

fn unusable(error: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::Delivery, format!("TLS cannot be used: {error}"))
}

/// Whoever answers is taken for the server: what is sent is encrypted, and no more.
#[derive(Debug)]
struct AnyServer(Arc<CryptoProvider>);

/// Whoever has a certificate of a known authority is taken for the server.
#[derive(Debug)]
struct AnyHost(Arc<WebPkiServerVerifier>);

impl AnyHost {
    fn new(roots: RootCertStore, provider: Arc<CryptoProvider>) -> Result<Self> {
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        verifier.map(Self).map_err(|error| unusable(&error))
    }
}

impl ServerCertVerifier for AnyHost {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.0.verify_server_cert(certificate, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.0.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

impl ServerCertVerifier for AnyServer {
    fn verify_server_cert(
        &self,
        _certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let known = &self.0.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
