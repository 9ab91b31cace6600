//! TLS: who is trusted, and for which name.

use super::client::{DOORS, Sender, answered, failed};
use super::servers::{Behaviour, Server, ok};
use crate::harness::{config, guest};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::error::Error;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use warpgrid_host::http::CertificateAuthorities;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn trusted(authority: &Authority) -> Vec<CertificateAuthorities> {
    vec![CertificateAuthorities { origin: "ca.pem".to_owned(), pem: authority.pem().into_bytes() }]
}

/// A server with a certificate for `name`.
async fn server(authority: &Authority, name: &str, expired: bool) -> Server {
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    if expired {
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
    }
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateDer::from(params.signed_by(&key, authority).unwrap());
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let tls = TlsAcceptor::from(Arc::new(tls));
    Server::at("127.0.0.1:0".parse().unwrap(), ok("encrypted"), Some(tls)).await
}

#[tokio::test]
async fn a_server_whose_authority_is_trusted_is_spoken_to_by_its_name() {
    let authority = authority();
    for (door, only) in DOORS.into_iter().zip([true, false]) {
        let sender = Sender::new(door, &["users.example:*".to_owned(), "127.0.0.1:*".to_owned()], |app| {
            app.outgoing.extra_authorities = trusted(&authority);
            app.outgoing.only_extra_authorities = only;
        });
        for name in ["users.example", "127.0.0.1"] {
            let server = server(&authority, name, false).await;
            let sent = sender.get(&format!("https://{name}:{}/", server.port()), &[]).await;
            assert_eq!(sent, answered("200 encrypted"), "{door} {name}");
        }
    }
}

#[tokio::test]
async fn another_name_an_unknown_authority_and_an_old_certificate_are_told_to_the_guest() {
    let (known, unknown) = (authority(), authority());
    for door in DOORS {
        let sender = Sender::new(door, &["users.example:*".to_owned()], |app| {
            app.outgoing.extra_authorities = trusted(&known);
        });
        for (issuer, name, expired, what) in [
            (&known, "other.example", false, "another name"),
            (&known, "127.0.0.1", false, "the address instead of the name"),
            (&unknown, "users.example", false, "an unknown authority"),
            (&known, "users.example", true, "expired"),
        ] {
            let server = server(issuer, name, expired).await;
            let sent = sender.get(&format!("https://users.example:{}/", server.port()), &[]).await;
            assert_eq!(sent, failed("TlsCertificateError"), "{door} {what}");
            let requests = server.requests();
            assert!(requests.iter().all(|request| request.starts_with("handshake:")), "{requests:?}");
        }
    }
}

#[tokio::test]
async fn nobody_but_the_built_in_authorities_is_trusted_by_default() {
    let server = server(&authority(), "users.example", false).await;
    let port = server.port();
    let sender = Sender::new("httpout_get", &[format!("users.example:{port}")], |_| {});
    let sent = sender.get(&format!("https://users.example:{port}/"), &[]).await;
    assert_eq!(sent, failed("TlsCertificateError"));
}

#[tokio::test]
async fn a_server_that_does_not_encrypt_is_not_spoken_to() {
    let plain = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_owned();
    let server = Server::start(Behaviour::Blurt(plain)).await;
    let port = server.port();
    for door in DOORS {
        let sender = Sender::new(door, &[format!("users.example:{port}")], |_| {});
        let sent = sender.get(&format!("https://users.example:{port}/"), &["post=secret"]).await;
        assert_eq!(sent, failed("TlsProtocolError"), "{door}");
    }
    assert!(server.requests().iter().all(|request| !request.contains("secret")));
}

#[test]
fn authorities_that_cannot_be_read_are_named_when_the_application_is_loaded() {
    let load = |authorities: &[(&str, &str)], only| {
        let (shims, mut app) = config("");
        let authority = |(origin, pem): &(&str, &str)| CertificateAuthorities {
            origin: (*origin).to_owned(),
            pem: pem.as_bytes().to_vec(),
        };
        app.outgoing.extra_authorities = authorities.iter().map(authority).collect();
        app.outgoing.only_extra_authorities = only;
        let engine = crate::harness::engine(shims).unwrap();
        let error = engine.load_module(&guest("httpout_get"), app).err().unwrap();
        (error.to_string(), error.source().is_some())
    };
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    assert_eq!(
        load(&[("certs/ca.pem", broken)], false),
        (
            "`certs/ca.pem` holds certificate authorities that cannot be read; give one or more certificates \
             in PEM form"
                .to_owned(),
            true
        )
    );
    assert!(load(&[("ca.der", "\u{1}\u{2}")], false).0.starts_with("`ca.der` holds no certificate; give"));
    assert!(load(&[], true).0.starts_with("only extra certificate authorities are to be trusted"));
}
