//! Encryption on the way to a server, and how far its identity is checked; knows no wire protocol's way to begin it.

use super::ServerStream;
use std::fmt;
use std::sync::Arc;

/// Whose signature on a server's certificate counts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Authorities {
    /// The ones that are built in (Mozilla's). The default.
    #[default]
    BuiltIn,
    /// These, in PEM form.
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

/// Encryption on the way to a server, ready for use; cheap to clone.
#[derive(Clone)]
pub struct TlsClient {
    config: Arc<rustls::ClientConfig>,
    direct: bool,
}

/// An encrypted connection.
pub struct Encrypted {
    /// What goes through it is plain.
    pub stream: ServerStream,
    /// The channel binding `tls-server-end-point` (RFC 5929, section 4): the hash of the server's certificate. None for
    /// a signature that has none (RFC 5929 leaves Ed25519 undefined).
    pub server_end_point: Option<Vec<u8>>,
}

/// Why encryption could not be had.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// No certificate could be read from the PEM text.
    #[error("the authorities hold no certificate in PEM form")]
    NoAuthority,
    /// A certificate among the authorities is broken.
    #[error("an authority is not a certificate: {0}")]
    BadAuthority(String),
    /// The name of the server cannot stand in a certificate.
    #[error("`{0}` cannot be checked against a certificate: use a host name or an address")]
    BadName(String),
    /// The handshake failed, or the server is not who it should be.
    #[error("{0}")]
    Handshake(String),
}

impl TlsClient {
    /// Prepares encryption.
    ///
    /// # Errors
    /// [`TlsError::NoAuthority`], [`TlsError::BadAuthority`].
    pub fn new(options: &TlsOptions) -> Result<Self, TlsError> {
        let _ = options;
        todo!()
    }

    /// Whether a PostgreSQL server is greeted with TLS at once.
    pub fn direct(&self) -> bool {
        self.direct
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
        let _ = (stream, host, alpn, &self.config);
        todo!()
    }
}

/// The same encryption: clones of one [`TlsClient`]. Two with equal options are not the same.
impl PartialEq for TlsClient {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.config, &other.config) && self.direct == other.direct
    }
}

impl fmt::Debug for TlsClient {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("TlsClient").field("direct", &self.direct).finish_non_exhaustive()
    }
}
