//! Encryption towards clients, in its four ways; knows no certificate but a good one.

use super::bar::*;
use crate::endpoint::Protocol;
use crate::listen::{ListenOptions, TlsServer, TlsServerError};
use crate::net::{Authorities, ServerStream, TlsClient, TlsError, TlsOptions};
use tokio::io::{AsyncWriteExt, BufReader, BufWriter};
use tokio::net::TcpStream;

struct Keys {
    certificate: String,
    key: String,
}

fn keys() -> Keys {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    Keys { certificate: made.cert.pem(), key: made.signing_key.serialize_pem() }
}

impl Keys {
    fn options(&self) -> ListenOptions {
        let tls = TlsServer::new(self.certificate.as_bytes(), self.key.as_bytes()).unwrap();
        ListenOptions { tls: Some(tls), ..ListenOptions::default() }
    }

    async fn encrypt(
        &self,
        stream: ServerStream,
        alpn: Option<&[u8]>,
    ) -> Result<BufReader<ServerStream>, TlsError> {
        let authorities = Authorities::Pem(self.certificate.clone().into_bytes());
        let client = TlsClient::new(&TlsOptions { authorities, ..TlsOptions::default() }).unwrap();
        Ok(BufReader::new(client.handshake(stream, "localhost", alpn).await?.stream))
    }
}

async fn is_served(bar: &mut Bar, mut client: BufReader<ServerStream>) {
    say(&mut client, "hello\n").await;
    assert_eq!(hear(&mut client).await, "welcome\n");
    let mut server = bar.scene.server().await;
    use_it(&mut client, &mut server).await;
    say(&mut client, "bye\n").await;
    assert_eq!(hear_all(&mut client).await, "bye\n");
}

#[tokio::test]
async fn a_client_may_ask_for_encryption_and_wait_for_the_word() {
    let keys = keys();
    let mut bar = open(keys.options());
    let mut client = bar.client().await;
    say(&mut client, "tls\n").await;
    assert_eq!(hear(&mut client).await, "begin\n");
    let client = keys.encrypt(Box::new(client), None).await.unwrap();
    is_served(&mut bar, client).await;
}

#[tokio::test]
async fn bytes_ahead_of_encryption_are_refused_at_the_door() {
    let keys = keys();
    let bar = open(keys.options());
    let mut client = bar.client().await;
    say(&mut client, "tls\nhello\nask secrets\n").await;
    assert_eq!(hear_all(&mut client).await, "");
    // What comes after the word and is no handshake is not taken for a command either.
    let mut client = bar.client().await;
    say(&mut client, "tls\n").await;
    assert_eq!(hear(&mut client).await, "begin\n");
    say(&mut client, "hello\nask secrets\n").await;
    assert!(!hear_all(&mut client).await.contains("welcome"));
    assert_eq!(bar.scene.pool.stats().opened, 0);
}

#[tokio::test]
async fn a_handshake_may_come_in_the_same_write_as_the_wish() {
    let keys = keys();
    let mut bar = open_of(Protocol::Mysql, keys.options());
    let mut client = BufReader::new(BufWriter::new(TcpStream::connect(bar.tcp()).await.unwrap()));
    assert_eq!(hear(&mut client).await, "who?\n");
    // Not flushed: it goes with the first message of the handshake.
    client.write_all(b"tls now\n").await.unwrap();
    let client = keys.encrypt(Box::new(client), None).await.unwrap();
    is_served(&mut bar, client).await;
}

#[tokio::test]
async fn a_client_may_begin_at_once_where_the_protocol_says_so() {
    let keys = keys();
    let mut bar = open(keys.options());
    let stream = Box::new(TcpStream::connect(bar.tcp()).await.unwrap());
    let client = keys.encrypt(stream, Some(b"postgresql")).await.unwrap();
    is_served(&mut bar, client).await;
    for alpn in [None, Some(&b"h2"[..])] {
        let stream = Box::new(TcpStream::connect(bar.tcp()).await.unwrap());
        if let Ok(mut client) = keys.encrypt(stream, alpn).await {
            let _ = client.write_all(b"hello\n").await;
            assert_eq!(hear_all(&mut client).await, "", "{alpn:?}");
        }
    }
    let mut bar = open_of(Protocol::Redis, keys.options());
    let stream = Box::new(TcpStream::connect(bar.tcp()).await.unwrap());
    let client = keys.encrypt(stream, None).await.unwrap();
    is_served(&mut bar, client).await;
    let mut plain = bar.client().await;
    say(&mut plain, "hello\n").await;
    assert!(!hear_all(&mut plain).await.contains("welcome"));
}

#[tokio::test]
async fn encryption_is_a_choice_unless_it_is_required() {
    let keys = keys();
    for tls_required in [false, true] {
        let bar = open(ListenOptions { tls_required, ..keys.options() });
        let mut client = bar.client().await;
        say(&mut client, "hello\n").await;
        let said = hear(&mut client).await;
        assert_eq!(said.contains("for encrypted connections only"), tls_required, "{said}");
        assert_eq!(said == "welcome\n", !tls_required, "{said}");
    }
}

#[tokio::test]
async fn a_listener_without_a_certificate_offers_no_encryption() {
    let bar = open(ListenOptions::default());
    let mut client = bar.client().await;
    say(&mut client, "tls\n").await;
    assert!(hear_all(&mut client).await.contains("no such word"));
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_to_be_so() {
    let (one, other) = (keys(), keys());
    let new =
        |certificate: &str, key: &str| TlsServer::new(certificate.as_bytes(), key.as_bytes()).unwrap_err();
    assert!(matches!(new("", &one.key), TlsServerError::NoCertificate));
    assert!(matches!(new(&one.certificate, ""), TlsServerError::NoKey));
    assert!(matches!(new(&one.certificate, &other.key), TlsServerError::Unusable(_)));
    let shown = format!("{:?} {}", new(&one.certificate, &other.key), new(&one.certificate, "secret"));
    assert!(!shown.contains("secret") && !shown.contains("PRIVATE"), "{shown}");
}
