//! Encryption to a real server: what is refused, and what SCRAM is bound to. Knows no method of encryption.

use crate::lab::{Network, endpoint, log_in, postgres, protocol, query, session};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{Authorities, ServerAddress, TlsClient, TlsOptions, Verify};
use warpgrid_test_services::{Server, TlsCertificate};

fn encrypted(server: &Server, user: &str, verify: Verify) -> Endpoint {
    let authorities = Authorities::Pem(std::fs::read(server.ca_pem_path()).unwrap());
    let tls = TlsClient::new(&TlsOptions { authorities, verify, direct: false }).unwrap();
    Endpoint {
        server: ServerAddress::Tcp { host: "localhost".into(), port: server.port() },
        tls: Some(tls),
        ..endpoint(server, user)
    }
}

#[tokio::test]
async fn every_method_logs_in_over_tls_and_a_cancel_is_encrypted_too() {
    let server = postgres().require_tls().start().unwrap();
    for user in ["app", "app_md5", "app_password", "app_trust"] {
        let mut session = session(&encrypted(&server, user, Verify::Full)).await;
        let question = "SELECT ssl, usename FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE pid = pg_backend_pid()";
        assert_eq!(session.ask(question).await, format!("t|{user}"));
        session.reset().await.unwrap();
    }
    let endpoint = encrypted(&server, "app", Verify::Full);
    let mut one = session(&endpoint).await;
    one.send(&query("SELECT pg_sleep(600)")).await;
    while server.admin_sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'").unwrap()
        != "1"
    {}
    protocol().cancel(&Network, &endpoint, &one.facts).await.unwrap();
    assert_eq!(one.until_ready(1).await.replace(['T', 'D'], ""), "EZ");
    // In plain text the same server is not to be had.
    let plain = Endpoint { tls: None, ..endpoint };
    assert!(matches!(log_in(&plain, &StartupSet::default()).await, Err(PoolError::Authentication { .. })));
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_no_password() {
    let refused = [TlsCertificate::Expired, TlsCertificate::WrongName, TlsCertificate::OtherAuthority];
    for certificate in refused {
        let server = postgres().certificate(certificate).start().unwrap();
        let said = log_in(&encrypted(&server, "app", Verify::Full), &StartupSet::default()).await;
        assert!(matches!(said, Err(PoolError::Tls { .. })), "{certificate:?}");
        let loose = log_in(&encrypted(&server, "app", Verify::Authority), &StartupSet::default()).await;
        assert_eq!(loose.is_ok(), certificate == TlsCertificate::WrongName, "{certificate:?}");
    }
    let plain = postgres().without_tls().start().unwrap();
    let said = log_in(&encrypted(&plain, "app", Verify::Full), &StartupSet::default()).await;
    assert!(matches!(said, Err(PoolError::Tls { reason, .. }) if reason.contains("offers no encryption")));
}

/// TLS as a server, with one of the certificates made for `server`.
fn acceptor(server: &Server, certificate: TlsCertificate, alpn: &[&[u8]]) -> TlsAcceptor {
    let key = server.certificates().key_pem_path(certificate);
    let certificate = server.certificates().certificate_pem_path(certificate);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![CertificateDer::from_pem_file(certificate).unwrap()],
            PrivateKeyDer::from_pem_file(key).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

/// Somebody in between, who has a certificate of the same authority and speaks TLS with both sides. With `strips`, it
/// hides that the server can bind SCRAM to a certificate.
async fn in_between(server: &Server, listener: TcpListener, strips: bool) {
    let (mut guest, _) = listener.accept().await.unwrap();
    let mut request = [0; 8];
    guest.read_exact(&mut request).await.unwrap();
    guest.write_all(b"S").await.unwrap();
    let guest = acceptor(server, TlsCertificate::WrongName, &[]).accept(guest).await.unwrap();
    let mut upstream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    upstream.write_all(&request).await.unwrap();
    upstream.read_exact(&mut request[..1]).await.unwrap();
    assert_eq!(request[0], b'S');
    let authorities = Authorities::Pem(std::fs::read(server.ca_pem_path()).unwrap());
    let tls = TlsClient::new(&TlsOptions { authorities, ..TlsOptions::default() }).unwrap();
    let upstream = tls.handshake(Box::new(upstream), "localhost", None).await.unwrap().stream;
    relay(guest, upstream, strips).await;
}

async fn relay(guest: impl AsyncRead + AsyncWrite, upstream: impl AsyncRead + AsyncWrite, strips: bool) {
    let (mut from_guest, mut to_guest) = tokio::io::split(guest);
    let (mut from_server, mut to_server) = tokio::io::split(upstream);
    let up = async {
        let _ = tokio::io::copy(&mut from_guest, &mut to_server).await;
        let _ = to_server.shutdown().await;
    };
    let down = async {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from_server.read(&mut bytes).await {
            let offer = b"R\0\0\0\x2a\0\0\0\x0aSCRAM-SHA-256-PLUS\0SCRAM-SHA-256\0\0";
            let less = b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0";
            let said = if strips && bytes[..count] == offer[..] { &less[..] } else { &bytes[..count] };
            if to_guest.write_all(said).await.is_err() {
                break;
            }
            to_guest.flush().await.unwrap();
        }
        let _ = to_guest.shutdown().await;
    };
    tokio::join!(up, down);
}

#[tokio::test]
async fn somebody_in_between_with_a_certificate_of_its_own_is_noticed_by_scram() {
    let server = postgres().start().unwrap();
    for (strips, want) in [
        (false, "28000 SCRAM channel binding check failed"),
        (true, "28000 SCRAM channel binding negotiation"),
    ] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let address = ServerAddress::Tcp { host: "localhost".into(), port };
        let endpoint = Endpoint { server: address, ..encrypted(&server, "app", Verify::Authority) };
        let startup = StartupSet::default();
        let (said, ()) = tokio::join!(log_in(&endpoint, &startup), in_between(&server, listener, strips));
        let error = said.err().unwrap();
        assert!(
            matches!(&error, PoolError::Authentication { reason, .. } if reason.starts_with(want)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn direct_tls_begins_at_once_and_asks_for_postgresql() {
    let server = postgres().start().unwrap();
    for (alpn, good) in [(&b"postgresql"[..], true), (b"http/1.1", false), (b"", false)] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address =
            ServerAddress::Tcp { host: "localhost".into(), port: listener.local_addr().unwrap().port() };
        let authorities = Authorities::Pem(std::fs::read(server.ca_pem_path()).unwrap());
        let tls = TlsClient::new(&TlsOptions { authorities, direct: true, ..TlsOptions::default() }).unwrap();
        let endpoint = Endpoint { server: address, tls: Some(tls), ..endpoint(&server, "app") };
        let startup = StartupSet::default();
        let names: &[&[u8]] = if alpn.is_empty() { &[] } else { &[alpn] };
        let front = async {
            let (guest, _) = listener.accept().await.unwrap();
            if let Ok(guest) = acceptor(&server, TlsCertificate::Good, names).accept(guest).await {
                let upstream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
                relay(guest, upstream, false).await;
            }
        };
        let asking = async {
            match log_in(&endpoint, &startup).await {
                Ok(mut session) => Ok(session.ask("SELECT 6 * 7").await),
                Err(error) => Err(error),
            }
        };
        let (said, ()) = tokio::join!(asking, front);
        match said {
            Ok(answer) => assert!(good && answer == "42", "{alpn:?}"),
            Err(error) => assert!(!good && matches!(error, PoolError::Tls { .. }), "{alpn:?} {error}"),
        }
    }
}
