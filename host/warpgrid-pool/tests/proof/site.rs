//! Real servers, and pools in front of them through a line that can do harm; knows no test.
//!
//! `$WARPGRID_SERVICES` names the folder of servers (`cargo xtask services fetch`).

use super::guest::{Door, Guest};
use super::line::Line;
use std::sync::Arc;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol};
use warpgrid_pool::net::{Authorities, ServerAddress, TlsClient, TlsOptions};
use warpgrid_pool::secret::Secret;
use warpgrid_pool::{ConnectionPoolManager, Pool};
use warpgrid_test_services::{Server, ServerBuilder, Services};

pub(crate) const PROTOCOLS: [Protocol; 3] = [Protocol::Postgres, Protocol::Mysql, Protocol::Redis];

/// A server to be. MySQL's protocol is spoken by MariaDB, which is always there.
pub(crate) fn builder(protocol: Protocol) -> ServerBuilder {
    let services = Services::from_environment().unwrap();
    match protocol {
        Protocol::Postgres => services.postgres(),
        Protocol::Mysql => services.mariadb(),
        Protocol::Redis => services.redis(),
    }
    .max_connections(300)
}

/// The server over plain TCP as user `app`.
pub(crate) fn endpoint(server: &Server, protocol: Protocol, options: PoolOptions) -> Endpoint {
    Endpoint {
        name: "orders".into(),
        protocol,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.port() },
        database: (protocol != Protocol::Redis).then(|| "app".into()),
        user: Some("app".into()),
        password: Some(Secret::new(server.password("app"))),
        tls: None,
        guest_login: GuestLogin::Any,
        options,
    }
}

/// The same, encrypted.
pub(crate) fn encrypted(server: &Server, protocol: Protocol, options: PoolOptions) -> Endpoint {
    let authorities = Authorities::Pem(std::fs::read(server.ca_pem_path()).unwrap());
    let tls = TlsClient::new(&TlsOptions { authorities, ..TlsOptions::default() }).unwrap();
    let address = ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.tls_port() };
    Endpoint { server: address, tls: Some(tls), ..endpoint(server, protocol, options) }
}

/// A pool of its own, and the line to its server.
pub(crate) struct Site {
    pub(crate) line: Arc<Line>,
    pub(crate) manager: Arc<ConnectionPoolManager>,
    pub(crate) pool: Arc<Pool>,
}

impl Site {
    pub(crate) fn new(endpoint: Endpoint) -> Self {
        let line = Line::new();
        let manager = ConnectionPoolManager::new(line.clone(), 1);
        Self { pool: manager.pool(endpoint), manager, line }
    }

    /// A guest that has said nothing yet.
    pub(crate) fn guest(&self) -> Guest {
        Guest::new(&self.pool, "a", Door::Poll)
    }

    /// A guest that is logged in.
    pub(crate) async fn open(&self) -> Result<Guest, String> {
        let mut guest = self.guest();
        guest.log_in().await?;
        Ok(guest)
    }

    /// Waits until no session is taken or worked on.
    pub(crate) async fn rest(&self) {
        loop {
            let stats = self.pool.stats();
            if stats.taken + stats.busy == 0 {
                return;
            }
            tokio::task::yield_now().await;
        }
    }

    /// How many sessions were destroyed for this reason.
    pub(crate) fn destroyed(&self, reason: &str) -> u64 {
        let destroyed = self.pool.stats().destroyed;
        destroyed.iter().filter(|(known, _)| *known == reason).map(|(_, count)| count).sum()
    }
}
