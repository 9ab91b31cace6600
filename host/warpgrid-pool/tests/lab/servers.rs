//! Endpoints of real servers, and pools in front of them; speaks no protocol.

use std::sync::Arc;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::guest::GuestStream;
use warpgrid_pool::net::{ServerAddress, SystemResolver, TcpConnector};
use warpgrid_pool::secret::Secret;
use warpgrid_pool::{ConnectionPoolManager, Pool};
use warpgrid_test_services::{ProductKind, Server, ServerBuilder, Services};

pub(crate) fn services() -> Services {
    Services::from_environment().unwrap()
}

/// A server of each protocol.
pub(crate) fn builders() -> [(Protocol, ServerBuilder); 3] {
    let services = services();
    [
        (Protocol::Postgres, services.postgres()),
        (Protocol::Mysql, services.mariadb()),
        (Protocol::Redis, services.redis()),
    ]
}

pub(crate) fn protocol(server: &Server) -> Protocol {
    match server.kind() {
        ProductKind::Postgres | ProductKind::Pgbouncer => Protocol::Postgres,
        ProductKind::Mariadb | ProductKind::Mysql => Protocol::Mysql,
        ProductKind::Redis => Protocol::Redis,
    }
}

/// The server over TCP, as user `app`; in database `app` where databases have names.
pub(crate) fn endpoint(server: &Server, options: PoolOptions) -> Endpoint {
    let protocol = protocol(server);
    Endpoint {
        name: "orders".to_owned(),
        protocol,
        server: ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: server.port() },
        database: (protocol != Protocol::Redis).then(|| "app".to_owned()),
        user: Some("app".to_owned()),
        password: Some(Secret::new(server.password("app"))),
        tls: None,
        guest_login: GuestLogin::Any,
        options,
    }
}

pub(crate) fn manager(seed: u64) -> Arc<ConnectionPoolManager> {
    ConnectionPoolManager::new(Arc::new(TcpConnector::new(Arc::new(SystemResolver))), seed)
}

pub(crate) fn connect(pool: &Arc<Pool>, tenant: &str) -> GuestStream {
    pool.connect(&Tenant::new(tenant))
}

/// Lets everything end that runs in the background.
pub(crate) async fn at_rest(pool: &Pool) {
    while pool.stats().taken + pool.stats().busy > 0 {
        tokio::task::yield_now().await;
    }
}
