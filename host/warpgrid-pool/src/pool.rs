//! The face of the pools: one pool an endpoint, sessions by tenant; knows no guest's bytes.

use crate::endpoint::{Endpoint, Tenant};
use crate::error::PoolError;
use crate::guard::Guard;
use crate::guest::GuestStream;
use crate::key::StartupSet;
use crate::net::Connector;
use crate::protocol::{CancelKey, ServerFacts};
use crate::stats::{DrainReport, PoolStats};
use std::sync::Arc;
use std::time::Duration;

/// All pools of a process. Endpoints that are the same server, database, user, credential and encryption share a pool.
/// Must live inside a tokio runtime: it starts tasks for what happens in the background.
pub struct ConnectionPoolManager {
    connector: Arc<dyn Connector>,
}

/// The sessions of one endpoint.
pub struct Pool {
    endpoint: Endpoint,
}

impl ConnectionPoolManager {
    /// No pools yet. `seed` drives what is left to chance (lifetimes, keys shown to guests in simulations).
    pub fn new(connector: Arc<dyn Connector>, seed: u64) -> Arc<Self> {
        let _ = seed;
        Arc::new(Self { connector })
    }

    /// The pool of an endpoint, made at first use. It opens no session by itself.
    pub fn pool(self: &Arc<Self>, endpoint: Endpoint) -> Arc<Pool> {
        let _ = (&self.connector, endpoint);
        todo!()
    }

    /// What to count, pool by pool, in the order of their names.
    pub fn stats(&self) -> Vec<PoolStats> {
        todo!()
    }

    /// Gives no new sessions, lets those in use go on until their guests have their answers and no transaction is open,
    /// at most for `timeout`, and then closes everything. The report lists what was cut.
    pub async fn drain(&self, timeout: Duration) -> DrainReport {
        let _ = timeout;
        todo!()
    }

    /// Destroys every idle session, and those in use when they are given back, so that the next guests get new ones
    /// (after a change of the server or of the credentials).
    pub fn reload(&self) {
        todo!()
    }
}

impl Pool {
    /// The endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A guest's end of a session. Nothing is taken out of the pool before the guest has said who it is, except that a
    /// server that speaks first is asked once for what it says.
    pub fn connect(self: &Arc<Self>, tenant: &Tenant) -> GuestStream {
        let _ = tenant;
        todo!()
    }

    /// What to count.
    pub fn stats(&self) -> PoolStats {
        todo!()
    }

    /// Takes a session: an idle one of the same key, else a new one if there is room, else waits in line.
    pub(crate) async fn checkout(
        self: &Arc<Self>,
        tenant: &Tenant,
        startup: StartupSet,
        cancel: CancelKey,
    ) -> Result<Guard, PoolError> {
        let _ = (tenant, startup, cancel);
        todo!()
    }

    /// What a server said of itself at some login; logs in once if nobody did yet.
    pub(crate) async fn facts(self: &Arc<Self>, tenant: &Tenant) -> Result<Arc<ServerFacts>, PoolError> {
        let _ = tenant;
        todo!()
    }

    /// A key that no other checkout of any tenant has.
    pub(crate) fn cancel_key(&self) -> CancelKey {
        todo!()
    }

    /// Stops what the session behind the key does, if a guest of the same tenant has it now; else nothing happens.
    pub(crate) async fn cancel(&self, tenant: &Tenant, key: CancelKey) -> Result<(), PoolError> {
        let _ = (tenant, key);
        todo!()
    }
}
