//! Encryption towards native clients; knows no wire protocol's way to begin it.

use crate::endpoint::Protocol;
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::fmt;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// What a PostgreSQL client asks for by ALPN.
pub(super) const POSTGRESQL: &[u8] = b"postgresql";

/// A certificate with its key, to show to clients (TLS 1.2 and 1.3).
#[derive(Clone)]
pub struct TlsServer {
    config: Arc<ServerConfig>,
}

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum TlsServerError {
    /// There is none.
    #[error("there is no certificate in PEM form")]
    NoCertificate,
    /// There is no key.
    #[error("there is no private key in PEM form (PKCS 8, PKCS 1 or SEC 1, not encrypted)")]
    NoKey,
    /// It is broken, or key and certificate do not belong together.
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
}

impl TlsServer {
    /// Takes a chain of certificates, the server's own first, and its key, both in PEM form.
    ///
    /// # Errors
    /// [`TlsServerError`]; no text of it holds anything of the key.
    pub fn new(certificates: &[u8], key: &[u8]) -> Result<Self, TlsServerError> {
        let chain = CertificateDer::pem_slice_iter(certificates)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| TlsServerError::Unusable(error.to_string()))?;
        if chain.is_empty() {
            return Err(TlsServerError::NoCertificate);
        }
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| TlsServerError::NoKey)?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| TlsServerError::Unusable(error.to_string()))?;
        Ok(Self { config: Arc::new(config) })
    }

    /// Ready for clients of a protocol.
    pub(super) fn acceptor(&self, protocol: Protocol) -> TlsAcceptor {
        let mut config = ServerConfig::clone(&self.config);
        if protocol == Protocol::Postgres {
            config.alpn_protocols = vec![POSTGRESQL.to_vec()];
        }
        TlsAcceptor::from(Arc::new(config))
    }
}

impl fmt::Debug for TlsServer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TlsServer").finish_non_exhaustive()
    }
}
