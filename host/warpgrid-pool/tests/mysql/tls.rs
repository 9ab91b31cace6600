//! Encryption on the way to a server: every login works through it, and what must be refused is refused.

use crate::lab::{Session, builders, endpoint, frame, is_mariadb, servers};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::error::PoolError;
use warpgrid_pool::key::StartupSet;
use warpgrid_pool::net::{Authorities, ServerAddress, TlsClient, TlsOptions};
use warpgrid_test_services::{Server, TlsCertificate};

fn encrypted(server: &Server, user: &str) -> Endpoint {
    let pem = std::fs::read(server.ca_pem_path()).unwrap();
    let options = TlsOptions { authorities: Authorities::Pem(pem), ..TlsOptions::default() };
    Endpoint { tls: Some(TlsClient::new(&options).unwrap()), ..endpoint(server, user) }
}

async fn cipher(endpoint: &Endpoint) -> Result<String, PoolError> {
    let mut session = Session::open(endpoint, &StartupSet::default()).await?;
    let rows = session.query("SHOW SESSION STATUS LIKE 'Ssl_cipher'").await.unwrap();
    session.reset().await.unwrap();
    Ok(rows.join(""))
}

#[tokio::test]
async fn every_kind_of_password_opens_an_encrypted_session() {
    for server in builders().into_iter().map(|builder| builder.require_tls().start().unwrap()) {
        // On MySQL the first login of a user sends the password itself, as nobody can read it.
        let users: &[&str] = if is_mariadb(&server) { &["app", "app_ed25519"] } else { &["app", "app"] };
        for user in users {
            let cipher = cipher(&encrypted(&server, user)).await.unwrap();
            assert!(cipher.len() > "Ssl_cipher|".len(), "{user}: {cipher}");
        }
    }
}

#[tokio::test]
async fn a_server_that_is_not_the_right_one_gets_no_login() {
    for certificate in [TlsCertificate::Expired, TlsCertificate::WrongName, TlsCertificate::OtherAuthority] {
        for builder in builders() {
            let server = builder.certificate(certificate).start().unwrap();
            let error = cipher(&encrypted(&server, "app")).await.unwrap_err();
            assert!(matches!(error, PoolError::Tls { .. }), "{certificate:?}: {error}");
        }
    }
}

#[tokio::test]
async fn a_server_without_encryption_is_not_spoken_to_in_plain_text() {
    for builder in builders() {
        let server = builder.without_tls().start().unwrap();
        let error = cipher(&encrypted(&server, "app")).await.unwrap_err();
        // MySQL makes itself a certificate, of an authority that nobody knows.
        let says = if is_mariadb(&server) { "offers no encryption" } else { "" };
        assert!(matches!(&error, PoolError::Tls { reason, .. } if reason.contains(says)), "{error}");
    }
}

#[tokio::test]
async fn plain_bytes_ahead_of_the_encryption_are_refused() {
    let server = servers().remove(0);
    // A real server's greeting, and what somebody between might add: "you are logged in".
    let mut real = tokio::net::TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
    let mut header = [0; 4];
    real.read_exact(&mut header).await.unwrap();
    let mut greeting = vec![0; usize::from(header[0])];
    real.read_exact(&mut greeting).await.unwrap();
    let said =
        [frame(0, &greeting), frame(2, &[0, 0, 0, 2, 0, 0, 0]), frame(3, &[0, 0, 0, 2, 0, 0, 0])].concat();

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let between = tokio::spawn(async move {
        let (mut guest, _) = listener.accept().await.unwrap();
        guest.write_all(&said).await.unwrap();
        let mut heard = Vec::new();
        let _ = guest.read_to_end(&mut heard).await;
        heard
    });
    let server_address = ServerAddress::Tcp { host: "127.0.0.1".into(), port };
    let error = cipher(&Endpoint { server: server_address, ..encrypted(&server, "app") }).await.unwrap_err();
    assert!(matches!(error, PoolError::Tls { .. }), "{error}");
    let heard = between.await.unwrap();
    assert!(!heard.windows(3).any(|window| window == b"app"), "the login was not said in plain text");
}
