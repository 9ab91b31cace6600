//! A PostgreSQL server in this process, which greets, encrypts and lets in as a row says; knows no row.

use super::certificates::Shown;
use rustls::ServerConfig;
use rustls::server::WebPkiClientVerifier;
use std::io;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, duplex};
use tokio_rustls::TlsAcceptor;
use warpgrid_pool::net::{BoxFuture, Connector, ServerAddress, ServerStream};

/// What the server does before it is encrypted.
#[derive(Clone)]
pub(crate) enum Opening {
    /// Says this to `SSLRequest`, and goes on if it begins with `S`.
    Asked(&'static [u8]),
    /// Begins with the handshake at once.
    Direct,
    /// Says this to the client's first words, and nothing more.
    Says(&'static [u8]),
    /// Says `S`, and then this in the place of its part of the handshake.
    HandshakeSays(Vec<u8>),
}

/// How the server lets in who is encrypted.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Login {
    /// Anyone.
    Trust,
    /// Offers SCRAM, bound and not, and notes what is chosen.
    Scram,
}

/// A server.
#[derive(Clone)]
pub(crate) struct TestServer {
    pub(crate) opening: Opening,
    pub(crate) config: Option<Arc<ServerConfig>>,
    pub(crate) login: Login,
    /// What of the client's came through, decrypted; of SCRAM its first message.
    pub(crate) heard: Arc<Mutex<Vec<u8>>>,
}

/// Which versions a server speaks, what it asks of its clients, and what it agrees to by ALPN.
pub(crate) fn config(shown: &Shown, change: Change) -> Arc<ServerConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider.clone());
    let builder = match change {
        Change::Tls12 => builder.with_protocol_versions(&[&rustls::version::TLS12]).unwrap(),
        Change::Tls13 => builder.with_protocol_versions(&[&rustls::version::TLS13]).unwrap(),
        _ => builder.with_safe_default_protocol_versions().unwrap(),
    };
    let builder = if change == Change::AsksForCertificate {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(shown.chain.last().unwrap().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
        builder.with_client_cert_verifier(verifier)
    } else {
        builder.with_no_client_auth()
    };
    let mut config = builder.with_single_cert(shown.chain.clone(), shown.key.clone_key()).unwrap();
    match change {
        Change::Alpn(protocol) => config.alpn_protocols = vec![protocol.to_vec()],
        Change::NoAlpn => config.alpn_protocols.clear(),
        _ => {}
    }
    Arc::new(config)
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Change {
    None,
    Tls12,
    Tls13,
    Alpn(&'static [u8]),
    NoAlpn,
    AsksForCertificate,
}

impl Connector for TestServer {
    fn connect<'a>(&'a self, _: &'a ServerAddress) -> BoxFuture<'a, io::Result<ServerStream>> {
        let (stream, other) = duplex(64 * 1024);
        let server = self.clone();
        // A client that is refused or that refuses makes errors here, which are not the test's.
        tokio::spawn(async move { server.serve(other).await.ok() });
        Box::pin(async { Ok(Box::new(stream) as ServerStream) })
    }
}

impl TestServer {
    async fn serve(self, mut stream: DuplexStream) -> io::Result<()> {
        match &self.opening {
            Opening::Asked(answer) => {
                stream.read_exact(&mut [0; 8]).await?;
                stream.write_all(answer).await?;
                if *answer != b"S" {
                    // What a client that goes on nevertheless would say, in plain text.
                    return self.note(stream).await;
                }
            }
            Opening::Direct => {}
            Opening::Says(words) => {
                stream.read_exact(&mut [0; 8]).await?;
                stream.write_all(words).await?;
                return self.note(stream).await;
            }
            Opening::HandshakeSays(words) => {
                stream.read_exact(&mut [0; 8]).await?;
                stream.write_all(b"S").await?;
                stream.read_exact(&mut [0; 5]).await?;
                stream.write_all(words).await?;
                return self.note(stream).await;
            }
        }
        let Some(config) = self.config.clone() else { return Ok(()) };
        let stream = TlsAcceptor::from(config).accept(stream).await?;
        self.let_in(stream).await
    }

    async fn note(&self, mut stream: impl AsyncRead + Unpin) -> io::Result<()> {
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await?;
        self.heard.lock().unwrap().extend(heard);
        Ok(())
    }

    async fn let_in(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let length = stream.read_u32().await?;
        let mut startup = vec![0; length as usize - 4];
        stream.read_exact(&mut startup).await?;
        if self.login == Login::Scram {
            let mechanisms = b"SCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
            stream.write_all(b"R").await?;
            stream.write_u32(8 + mechanisms.len() as u32).await?;
            stream.write_u32(10).await?;
            stream.write_all(mechanisms).await?;
            stream.flush().await?;
            let mut heard = vec![0; 200];
            let count = stream.read(&mut heard).await?;
            self.heard.lock().unwrap().extend_from_slice(&heard[..count]);
            return Ok(());
        }
        self.heard.lock().unwrap().extend(startup);
        stream.write_all(b"R\0\0\0\x08\0\0\0\0").await?;
        stream.write_all(b"S\0\0\0\x18server_version\x0017.0\0").await?;
        stream.write_all(b"K\0\0\0\x0c\0\0\0\x07\0\0\0\x09").await?;
        stream.write_all(b"Z\0\0\0\x05I").await?;
        stream.flush().await?;
        self.note(stream).await
    }
}
