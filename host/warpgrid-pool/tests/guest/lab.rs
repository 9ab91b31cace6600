//! A real PostgreSQL server, a pool in front of it, a listener in front of that; knows no test.

use std::sync::Arc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::listen::{ListenAddress, ListenOptions, Listener};
use warpgrid_pool::net::{ServerAddress, SystemResolver, TcpConnector};
use warpgrid_pool::secret::Secret;
use warpgrid_pool::{ConnectionPoolManager, Pool};
use warpgrid_test_services::{Server, Services};

pub(crate) struct Lab {
    pub(crate) server: Server,
    pub(crate) pool: Arc<Pool>,
    _manager: Arc<ConnectionPoolManager>,
}

pub(crate) fn services() -> Services {
    Services::from_environment().unwrap()
}

/// A pool of two sessions over TCP.
pub(crate) fn lab() -> Lab {
    let server = services().postgres().start().unwrap();
    let endpoint = Endpoint {
        name: "orders".into(),
        protocol: Protocol::Postgres,
        server: ServerAddress::Tcp { host: "127.0.0.1".into(), port: server.port() },
        database: Some("app".into()),
        user: Some("app".into()),
        password: Some(Secret::new(server.password("app"))),
        tls: None,
        guest_login: GuestLogin::Any,
        options: PoolOptions { size: 2, ..PoolOptions::default() },
    };
    let manager = ConnectionPoolManager::new(Arc::new(TcpConnector::new(Arc::new(SystemResolver))), 1);
    Lab { server, pool: manager.pool(endpoint), _manager: manager }
}

pub(crate) fn tenant() -> Tenant {
    Tenant::new("a")
}

impl Lab {
    /// A listener in front of the pool.
    pub(crate) fn listen(
        &self,
        options: ListenOptions,
    ) -> (ListenAddress, CancellationToken, JoinHandle<()>) {
        let listener = Listener::bind(options).unwrap();
        let (address, shutdown) = (listener.local_address(), CancellationToken::new());
        let serving = tokio::spawn(listener.serve(self.pool.clone(), tenant(), shutdown.clone()));
        (address, shutdown, serving)
    }
}
