//! Rows against real servers: PostgreSQL (SCRAM bound to its certificate), MariaDB and MySQL where there is one.
//!
//! `$WARPGRID_SERVICES` names the folder of servers (`cargo xtask services fetch`).

use std::future::poll_fn;
use std::sync::Arc;
use warpgrid_pool::ConnectionPoolManager;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::net::{
    Authorities, ServerAddress, SystemResolver, TcpConnector, TlsClient, TlsOptions, Verify,
};
use warpgrid_pool::secret::Secret;
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services, TlsCertificate};

fn builders() -> Vec<ServerBuilder> {
    let services = Services::from_environment().unwrap();
    let mut all = vec![services.postgres(), services.mariadb()];
    match services.mysql() {
        Ok(builder) => all.push(builder),
        Err(reason) => println!("without MySQL: {reason}"),
    }
    all
}

/// The same as bytes of a guest: the pool logs in for PostgreSQL when a guest said who it is, for MySQL before.
async fn log_in(server: &Server, verify: Verify) -> Result<(), PoolError> {
    let pem = std::fs::read(server.ca_pem_path()).unwrap();
    let options = TlsOptions { authorities: Authorities::Pem(pem), verify, direct: false };
    let postgres = server.kind() == ProductKind::Postgres;
    let endpoint = Endpoint {
        name: "orders".into(),
        protocol: if postgres { Protocol::Postgres } else { Protocol::Mysql },
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.port() },
        database: Some("app".into()),
        user: Some("app".into()),
        password: Some(Secret::new(server.password("app"))),
        tls: Some(TlsClient::new(&options).unwrap()),
        guest_login: GuestLogin::Any,
        options: Default::default(),
    };
    let connector = Arc::new(TcpConnector::new(Arc::new(SystemResolver)));
    let manager = ConnectionPoolManager::new(connector, 1);
    let mut guest = manager.pool(endpoint).connect(&Tenant::new("a"));
    if postgres {
        let startup = b"\0\0\0\x14\0\x03\0\0user\0guest\0\0";
        poll_fn(|context| guest.poll_send(context, startup)).await?;
        return poll_fn(|context| guest.poll_checked_out(context)).await;
    }
    poll_fn(|context| guest.poll_fill(context)).await;
    guest.error().cloned().map_or(Ok(()), Err)
}

#[tokio::test]
async fn real_servers_are_believed_and_refused_for_the_right_reason() {
    for kind in TlsCertificate::ALL {
        for builder in builders() {
            let server = builder.certificate(kind).require_tls().start().unwrap();
            let full = log_in(&server, Verify::Full).await;
            let authority = log_in(&server, Verify::Authority).await;
            let (in_full, in_authority) = match kind {
                TlsCertificate::Good => (None, None),
                TlsCertificate::WrongName => (Some("not for the name"), None),
                TlsCertificate::Expired => (Some("has expired"), Some("has expired")),
                TlsCertificate::OtherAuthority => (Some("not known here"), Some("not known here")),
            };
            for (result, expected) in [(full, in_full), (authority, in_authority)] {
                let error = result.err();
                let text = error.as_ref().map(ToString::to_string);
                let right = match expected {
                    None => error.is_none(),
                    Some(words) => {
                        matches!(error, Some(PoolError::Tls { .. }))
                            && text.as_ref().is_some_and(|text| text.contains(words))
                    }
                };
                assert!(right, "{:?} {kind:?}: {text:?}, expected {expected:?}", server.kind());
            }
        }
    }
}

#[tokio::test]
async fn a_real_server_without_encryption_is_refused() {
    for builder in builders() {
        let server = builder.without_tls().start().unwrap();
        // MySQL makes itself certificates when it is given none, by an authority that nobody knows.
        let error = log_in(&server, Verify::Full).await.unwrap_err();
        assert!(matches!(error, PoolError::Tls { .. }), "{:?}: {error}", server.kind());
    }
}
