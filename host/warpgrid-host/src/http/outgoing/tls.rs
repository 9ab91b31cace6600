//! The TLS client of an application: built once, verifies by name; opens no connection itself.

use super::OutgoingConfig;
use super::error;
use super::target::{Host, Target};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::sync::Arc;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use wasmtime_wasi_http::Error;

/// Outgoing HTTP cannot be set up as configured.
#[derive(Debug, thiserror::Error)]
pub enum OutgoingError {
    /// Certificate authorities are no certificates.
    #[error(
        "`{origin}` holds certificate authorities that cannot be read; give one or more certificates in PEM \
         form"
    )]
    Authorities {
        /// Where they come from.
        origin: String,
        /// What is wrong with them.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// There is no certificate in what should hold authorities.
    #[error("`{origin}` holds no certificate; give one or more certificates in PEM form")]
    NoCertificate {
        /// Where it comes from.
        origin: String,
    },
    /// Only extra authorities are to be trusted, and there are none.
    #[error(
        "only extra certificate authorities are to be trusted, and none is given; give one, or trust the \
             built-in ones too"
    )]
    NobodyTrusted,
    /// The library cannot be used.
    #[error("the TLS library cannot be set up")]
    Library(#[source] rustls::Error),
}

/// TLS 1.2 and 1.3, HTTP/1.1, the configured roots, no client certificate.
pub(super) fn client(config: &OutgoingConfig) -> Result<Arc<ClientConfig>, OutgoingError> {
    let mut roots = RootCertStore::empty();
    if !config.only_extra_authorities {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    } else if config.extra_authorities.is_empty() {
        return Err(OutgoingError::NobodyTrusted);
    }
    for authorities in &config.extra_authorities {
        let unreadable = |source| OutgoingError::Authorities { origin: authorities.origin.clone(), source };
        let mut count = 0;
        for certificate in CertificateDer::pem_slice_iter(&authorities.pem) {
            let certificate = certificate.map_err(|error| unreadable(error.into()))?;
            roots.add(certificate).map_err(|error| unreadable(error.into()))?;
            count += 1;
        }
        if count == 0 {
            return Err(OutgoingError::NoCertificate { origin: authorities.origin.clone() });
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut client = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(OutgoingError::Library)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(client))
}

/// Encrypts a connection. The certificate must be for the host of the request, whatever address it was
/// looked up to.
pub(super) async fn handshake(
    client: &Arc<ClientConfig>,
    target: &Target,
    stream: TcpStream,
) -> Result<TlsStream<TcpStream>, Error> {
    let name = match &target.host {
        Host::Name(name) => {
            ServerName::try_from(name.as_str().to_owned()).map_err(|_| Error::HttpRequestUriInvalid)?
        }
        Host::Address(address) => ServerName::from(*address),
    };
    let connected = TlsConnector::from(client.clone()).connect(name, stream).await;
    connected.map_err(|failed| error::from_handshake(&failed))
}
