//! Encryption to a real server: what is refused, and what SCRAM is bound to.

use crate::lab::{Network, endpoint, log_in, postgres, protocol, query, session};
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
