//! The rows: each a server, and whether the pool believes it; knows no real server.

use super::certificates::*;
use super::server::{Change, Login, Opening, TestServer, config};
use std::future::poll_fn;
use std::sync::Arc;
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::guest::GuestStream;
use warpgrid_pool::net::{Authorities, ServerAddress, TlsClient, TlsOptions, Verify};
use warpgrid_pool::secret::Secret;

/// Who is asked, and what comes of it.
struct Row {
    name: &'static str,
    host: &'static str,
    /// Whom the client trusts, in PEM form.
    trusted: String,
    verify: Verify,
    direct: bool,
    opening: Opening,
    shown: Option<Shown>,
    change: Change,
    login: Login,
    /// A word of the refusal; None: the guest gets its session.
    refused: Option<&'static str>,
}

impl Row {
    fn new(name: &'static str, trusted: &Authority, shown: Shown) -> Self {
        Self {
            name,
            host: "db.example",
            trusted: trusted.pem(),
            verify: Verify::Full,
            direct: false,
            opening: Opening::Asked(b"S"),
            shown: Some(shown),
            change: Change::None,
            login: Login::Trust,
            refused: None,
        }
    }

    fn refused(self, word: &'static str) -> Self {
        Self { refused: Some(word), ..self }
    }

    fn host(self, host: &'static str) -> Self {
        Self { host, ..self }
    }

    fn authority_only(self) -> Self {
        Self { verify: Verify::Authority, ..self }
    }

    fn change(self, change: Change) -> Self {
        Self { change, ..self }
    }

    fn direct(self) -> Self {
        Self { direct: true, opening: Opening::Direct, ..self }
    }

    fn opening(self, opening: Opening) -> Self {
        Self { opening, ..self }
    }

    /// Trusts the server's own certificate.
    fn pinned(mut self) -> Self {
        self.trusted = self.shown.as_ref().map(|shown| shown.pem.clone()).unwrap_or_default();
        self
    }

    fn server(&self) -> TestServer {
        TestServer {
            opening: self.opening.clone(),
            config: self.shown.as_ref().map(|shown| config(shown, self.change)),
            login: self.login,
            heard: Arc::default(),
        }
    }

    fn endpoint(&self) -> Endpoint {
        let options = TlsOptions {
            authorities: Authorities::Pem(self.trusted.clone().into_bytes()),
            verify: self.verify,
            direct: self.direct,
        };
        Endpoint {
            name: "orders".into(),
            protocol: Protocol::Postgres,
            server: ServerAddress::Tcp { host: self.host.into(), port: 5432 },
            database: Some("app".into()),
            user: Some("app".into()),
            password: Some(Secret::new("the secret of the table")),
            tls: Some(TlsClient::new(&options).unwrap()),
            guest_login: GuestLogin::Any,
            options: Default::default(),
        }
    }
}

/// `StartupMessage` of protocol 3.0 for user `guest`.
fn startup() -> Vec<u8> {
    let body = b"\0\x03\0\0user\0guest\0\0";
    [&(body.len() as u32 + 4).to_be_bytes()[..], body].concat()
}

/// A guest logs in: whether it got a session, and what reached the server.
async fn guest_of(row: &Row) -> (Result<(), PoolError>, Vec<u8>) {
    let server = row.server();
    let manager = ConnectionPoolManager::new(Arc::new(server.clone()), 1);
    let mut guest: GuestStream = manager.pool(row.endpoint()).connect(&Tenant::new("a"));
    let startup = startup();
    assert_eq!(poll_fn(|context| guest.poll_send(context, &startup)).await, Ok(startup.len()));
    let result = poll_fn(|context| guest.poll_checked_out(context)).await;
    drop(guest);
    // Sessions are closed, and the server has heard what there was.
    manager.drain(std::time::Duration::from_secs(5)).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let heard = server.heard.lock().unwrap().clone();
    (result, heard)
}

fn rows() -> Vec<Row> {
    let (good, other, narrow) = (authority("good"), authority("other"), narrow_authority());
    let between = intermediate(&good, unchanged);
    let good_for = |names: &[&str]| signed(names, &good, &[], unchanged);
    let db = || good_for(&["db.example"]);
    // ServerHello of TLS 1.1: version 3.2, 32 bytes, no session, a cipher of that time, no compression.
    let tls11 = [&b"\x16\x03\x02\0\x2a\x02\0\0\x26\x03\x02"[..], &[7; 32], b"\0\0\x2f\0"].concat();
    vec![
        Row::new("the right name by a known authority", &good, db()),
        Row::new("names do not depend on case", &good, good_for(&["DB.Example"])),
        Row::new("one of several names", &good, good_for(&["a.example", "db.example"])),
        Row::new("a wild card for one label", &good, good_for(&["*.eu.example"])).host("db.eu.example"),
        Row::new("a wild card is not for two labels", &good, good_for(&["*.eu.example"]))
            .host("db.north.eu.example")
            .refused("not for the name `db.north.eu.example`"),
        Row::new("another name", &good, good_for(&["other.example"]))
            .refused("not for the name `db.example`: it is for `other.example`"),
        Row::new("the common name does not count", &good, good_for(&[]))
            .refused("common name does not count"),
        Row::new("another authority", &good, signed(&["db.example"], &other, &[], unchanged))
            .refused("authority that is not known"),
        Row::new("expired", &good, signed(&["db.example"], &good, &[], expired)).refused("has expired"),
        Row::new("not valid yet", &good, signed(&["db.example"], &good, &[], of_the_future))
            .refused("not valid yet"),
        Row::new("self-signed", &good, self_signed(&["db.example"], unchanged))
            .refused("authority that is not known"),
        Row::new("self-signed, and named as trusted", &good, self_signed(&["db.example"], unchanged))
            .pinned(),
        Row::new(
            "self-signed as openssl does, and named as trusted",
            &good,
            self_signed(&["db.example"], as_openssl_does),
        )
        .pinned(),
        Row::new(
            "named as trusted, but for another name",
            &good,
            self_signed(&["other.example"], as_openssl_does),
        )
        .pinned()
        .refused("not for the name"),
        Row::new(
            "named as trusted, but expired",
            &good,
            self_signed(&["db.example"], |params| {
                as_openssl_does(params);
                expired(params);
            }),
        )
        .pinned()
        .refused("has expired"),
        Row::new(
            "named as trusted, but not valid yet",
            &good,
            self_signed(&["db.example"], |params| {
                as_openssl_does(params);
                of_the_future(params);
            }),
        )
        .pinned()
        .refused("not valid yet"),
        Row::new("authority only: another name", &good, good_for(&["other.example"])).authority_only(),
        Row::new("authority only: no name", &good, good_for(&[])).authority_only(),
        Row::new("authority only: a host that no certificate can name", &good, db())
            .host("db_1!")
            .authority_only(),
        Row::new("a host that no certificate can name", &good, db())
            .host("db 1!")
            .refused("`db 1!` cannot be checked"),
        Row::new("authority only: expired", &good, signed(&["other.example"], &good, &[], expired))
            .authority_only()
            .refused("has expired"),
        Row::new("authority only: another authority", &good, signed(&["db.example"], &other, &[], unchanged))
            .authority_only()
            .refused("authority that is not known"),
        Row::new("authority only: self-signed", &good, self_signed(&["db.example"], unchanged))
            .authority_only()
            .refused("authority that is not known"),
        Row::new(
            "authority only: made for clients",
            &good,
            signed(&["other.example"], &good, &[], for_clients),
        )
        .authority_only()
        .refused("not made for servers"),
        Row::new("an address of version 4", &good, good_for(&["192.0.2.7"])).host("192.0.2.7"),
        Row::new("another address of version 4", &good, good_for(&["192.0.2.7"]))
            .host("192.0.2.8")
            .refused("not for the name `192.0.2.8`"),
        Row::new("an address of version 6", &good, good_for(&["2001:db8::7"])).host("2001:db8::7"),
        Row::new("another address of version 6", &good, good_for(&["2001:db8::7"]))
            .host("2001:db8::8")
            .refused("not for the name `2001:db8::8`"),
        Row::new("an address is no name", &good, db())
            .host("192.0.2.7")
            .refused("not for the name `192.0.2.7`"),
        Row::new("an authority between", &good, signed(&["db.example"], &between, &[&between], unchanged)),
        Row::new(
            "an authority between that is not shown",
            &good,
            signed(&["db.example"], &between, &[], unchanged),
        )
        .refused("authority that is not known"),
        {
            let between = intermediate(&good, expired);
            let shown = signed(&["db.example"], &between, &[&between], unchanged);
            Row::new("an authority between that is expired", &good, shown).refused("has expired")
        },
        {
            let between = intermediate(&good, no_authority);
            let shown = signed(&["db.example"], &between, &[&between], unchanged);
            Row::new("a server as an authority", &good, shown).refused("certificate")
        },
        Row::new("an authority for other names", &narrow, signed(&["db.example"], &narrow, &[], unchanged))
            .refused("certificate"),
        Row::new(
            "an authority for these names",
            &narrow,
            signed(&["db.orders.example"], &narrow, &[], unchanged),
        )
        .host("db.orders.example"),
        Row::new("made for clients", &good, signed(&["db.example"], &good, &[], for_clients))
            .refused("not made for servers"),
        Row::new("made for servers", &good, signed(&["db.example"], &good, &[], for_servers)),
        Row::new("a key on P-384", &good, with_key(&good, &rcgen::PKCS_ECDSA_P384_SHA384)),
        Row::new("a key on Ed25519", &good, with_key(&good, &rcgen::PKCS_ED25519)),
        Row::new("TLS 1.2 only", &good, db()).change(Change::Tls12),
        Row::new("TLS 1.3 only", &good, db()).change(Change::Tls13),
        Row::new("TLS 1.2 only, expired", &good, signed(&["db.example"], &good, &[], expired))
            .change(Change::Tls12)
            .refused("has expired"),
        Row::new("TLS 1.1", &good, db()).opening(Opening::HandshakeSays(tls11)).refused("TLS"),
        Row::new("an old server's alert", &good, db())
            .opening(Opening::HandshakeSays(b"\x15\x03\x01\0\x02\x02\x46".to_vec()))
            .refused("neither TLS 1.2 nor TLS 1.3"),
        Row::new("a certificate of the client is asked for", &good, db())
            .change(Change::AsksForCertificate)
            .refused("CertificateRequired"),
        Row::new("no encryption: no downgrade", &good, db())
            .opening(Opening::Asked(b"N"))
            .refused("no encryption"),
        Row::new("an error instead of an answer", &good, db())
            .opening(Opening::Asked(b"E\0\0\0\x0aMgo on\0\0"))
            .refused("error when asked for encryption"),
        Row::new("bytes ahead of encryption", &good, db())
            .opening(Opening::Says(b"SR\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"))
            .refused("ahead of the handshake"),
        Row::new("plain words in the place of the handshake", &good, db())
            .opening(Opening::HandshakeSays(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I".to_vec()))
            .refused("is not TLS"),
        Row::new("the end in the place of the handshake", &good, db())
            .opening(Opening::Asked(b"S"))
            .without_certificate()
            .refused("closed the connection"),
        Row::new("direct, ALPN agreed", &good, db()).direct().change(Change::Alpn(b"postgresql")),
        Row::new("direct, no ALPN", &good, db()).direct().change(Change::NoAlpn).refused("does not confirm"),
        Row::new("direct, another protocol", &good, db())
            .direct()
            .change(Change::Alpn(b"h2"))
            .refused("ALPN"),
        Row::new("direct, expired", &good, signed(&["db.example"], &good, &[], expired))
            .direct()
            .change(Change::Alpn(b"postgresql"))
            .refused("has expired"),
        Row::new("direct, plain words", &good, db())
            .direct()
            .opening(Opening::Says(b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"))
            .refused("is not TLS"),
    ]
}

impl Row {
    fn without_certificate(self) -> Self {
        Self { shown: None, ..self }
    }
}

#[tokio::test]
async fn every_row_of_the_table_holds() {
    let rows = rows();
    let mut wrong = Vec::new();
    for row in &rows {
        let (result, heard) = guest_of(row).await;
        let said = match (&result, row.refused) {
            (Ok(()), None) => String::new(),
            (Ok(()), Some(_)) => "was believed".into(),
            (Err(error), None) => format!("was refused: {error}"),
            (Err(error @ (PoolError::Tls { .. } | PoolError::Unreachable { .. })), Some(word))
                if error.to_string().contains(word) =>
            {
                String::new()
            }
            (Err(error), Some(word)) => format!("was refused, but not with `{word}`: {error}"),
        };
        if !said.is_empty() {
            wrong.push(format!("{}: {said}", row.name));
        }
        let text =
            format!("{result:?} {}", result.as_ref().err().map(ToString::to_string).unwrap_or_default());
        if text.contains("the secret") {
            wrong.push(format!("{}: the error holds the password", row.name));
        }
        if row.refused.is_some() && heard.windows(4).any(|bytes| bytes == b"user") {
            wrong.push(format!("{}: the server heard who logs in", row.name));
        }
        println!("{}: {}", row.name, if row.refused.is_some() { "refused" } else { "believed" });
    }
    println!("{} rows", rows.len());
    assert_eq!(wrong, [] as [String; 0]);
    assert!(rows.len() >= 20 && rows.iter().any(|row| row.refused.is_none()));
}

/// A server that offers SCRAM bound to the encryption gets it bound, by the hash of its certificate.
#[tokio::test]
async fn channel_binding_is_used_when_it_is_offered() {
    let good = authority("good");
    for (shown, first) in [
        (signed(&["db.example"], &good, &[], unchanged), &b"SCRAM-SHA-256-PLUS\0"[..]),
        (signed(&["db.example"], &good, &[], for_servers), b"SCRAM-SHA-256-PLUS\0"),
    ] {
        for change in [Change::Tls12, Change::Tls13] {
            let mut row = Row::new("scram", &good, signed_again(&shown)).change(change);
            row.login = Login::Scram;
            let (result, heard) = guest_of(&row).await;
            assert!(result.is_err(), "the server goes after the first message");
            assert_eq!(heard[0], b'p');
            assert!(heard[5..].starts_with(first), "{}", String::from_utf8_lossy(&heard));
            let message = &heard[5 + first.len() + 4..];
            assert!(message.starts_with(b"p=tls-server-end-point,,"), "{}", String::from_utf8_lossy(message));
        }
    }
}

fn signed_again(shown: &Shown) -> Shown {
    Shown { chain: shown.chain.clone(), key: shown.key.clone_key(), pem: shown.pem.clone() }
}

#[test]
fn authorities_that_cannot_be_read_are_said_to_be_so() {
    for (pem, words) in [
        (&b""[..], "hold no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "not a certificate"),
        (b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n", "not a certificate"),
    ] {
        let options = TlsOptions { authorities: Authorities::Pem(pem.to_vec()), ..TlsOptions::default() };
        let error = TlsClient::new(&options).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    assert!(TlsClient::new(&TlsOptions::default()).is_ok(), "the built-in ones");
}

#[test]
fn encryption_with_equal_options_is_the_same() {
    let with = |verify| TlsClient::new(&TlsOptions { verify, ..TlsOptions::default() }).unwrap();
    assert!(with(Verify::Full) == with(Verify::Full) && with(Verify::Full) != with(Verify::Authority));
}
