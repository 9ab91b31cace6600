//! Encryption as a client: what is wished, and the handshake; knows no wire protocol's way to begin it.

use super::binding::server_end_point;
use super::failure::{TlsError, in_plain_words};
use super::identity::ServerIdentity;
use crate::net::ServerStream;
use rustls::client::Resumption;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, IpAddr, Ipv4Addr, ServerName};
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// Whose signature on a server's certificate counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Authorities {
    /// The ones that are built in (Mozilla's). The default.
    #[default]
    BuiltIn,
    /// These, in PEM form. A server may also show one of these certificates itself (a self-signed one, say).
    Pem(Vec<u8>),
}

/// How far a server's identity is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// The certificate, its dates, and the name in it. The default.
    #[default]
    Full,
    /// The certificate and its dates, not the name.
    Authority,
}

/// How encryption is wished.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    /// Whose signature counts.
    pub authorities: Authorities,
    /// How far the identity is checked.
    pub verify: Verify,
    /// PostgreSQL 17 and later: begin with TLS at once (ALPN `postgresql`) instead of asking by `SSLRequest`. Default
    /// false. Redis always begins at once, MySQL never does.
    pub direct: bool,
}

/// Encryption on the way to a server (TLS 1.2 and 1.3), ready for use; cheap to clone.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<ClientConfig>,
    options: Arc<TlsOptions>,
}

/// An encrypted connection.
pub struct Encrypted {
    /// What goes through it is plain.
    pub stream: ServerStream,
    /// The channel binding `tls-server-end-point` (RFC 5929, section 4): the hash of the server's certificate. None for
    /// a signature that has none (RFC 5929 leaves Ed25519 undefined).
    pub server_end_point: Option<Vec<u8>>,
}

impl TlsClient {
    /// Prepares encryption.
    ///
    /// # Errors
    /// [`TlsError::NoAuthority`], [`TlsError::BadAuthority`].
    pub fn new(options: &TlsOptions) -> Result<Self, TlsError> {
        let mut roots = RootCertStore::empty();
        let mut pinned = Vec::new();
        match &options.authorities {
            Authorities::BuiltIn => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Authorities::Pem(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem) {
                    let certificate =
                        certificate.map_err(|error| TlsError::BadAuthority(error.to_string()))?;
                    roots
                        .add(certificate.clone())
                        .map_err(|error| TlsError::BadAuthority(error.to_string()))?;
                    pinned.push(certificate);
                }
            }
        }
        if roots.is_empty() {
            return Err(TlsError::NoAuthority);
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let identity = ServerIdentity::new(roots, pinned, options.verify, Arc::clone(&provider))?;
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Handshake(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(identity))
            .with_no_client_auth();
        // Sessions of the pool live long; without resumption each login sees and checks the certificate of now.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), options: Arc::new(options.clone()) })
    }

    /// Whether a PostgreSQL server is greeted with TLS at once.
    pub fn direct(&self) -> bool {
        self.options.direct
    }

    /// Encrypts a connection whose server expects a TLS handshake now. `host` is the name that the certificate must
    /// have; `alpn` the protocol to ask for, which the server must then confirm.
    ///
    /// # Errors
    /// [`TlsError::BadName`], [`TlsError::Handshake`].
    pub async fn handshake(
        &self,
        stream: ServerStream,
        host: &str,
        alpn: Option<&[u8]>,
    ) -> Result<Encrypted, TlsError> {
        let name = match (ServerName::try_from(host.to_owned()), self.options.verify) {
            (Ok(name), _) => name,
            // The name is not looked at, and no address is ever told to the server (RFC 6066, section 3).
            (Err(_), Verify::Authority) => ServerName::IpAddress(IpAddr::V4(Ipv4Addr::from([0; 4]))),
            (Err(_), Verify::Full) => return Err(TlsError::BadName(host.to_owned())),
        };
        let config = match alpn {
            None => Arc::clone(&self.config),
            Some(protocol) => {
                let mut config = ClientConfig::clone(&self.config);
                config.alpn_protocols = vec![protocol.to_vec()];
                Arc::new(config)
            }
        };
        let encrypted = TlsConnector::from(config)
            .connect(name, stream)
            .await
            .map_err(|error| TlsError::Handshake(in_plain_words(&error, host)))?;
        let (_, connection) = encrypted.get_ref();
        if let Some(wanted) = alpn
            && connection.alpn_protocol() != Some(wanted)
        {
            return Err(TlsError::Handshake(format!(
                "the server does not confirm the protocol `{}` (ALPN): it does not begin with TLS at once, or something between answers for it",
                String::from_utf8_lossy(wanted)
            )));
        }
        let server_end_point = connection
            .peer_certificates()
            .and_then(|certificates| certificates.first())
            .and_then(|certificate| server_end_point(certificate));
        Ok(Encrypted { stream: Box::new(encrypted), server_end_point })
    }
}

/// Two with equal options do the same.
impl PartialEq for TlsClient {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TlsClient")
            .field("verify", &self.options.verify)
            .field("direct", &self.options.direct)
            .finish_non_exhaustive()
    }
}
