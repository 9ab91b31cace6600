//! The pools and listeners in force: opened, replaced, ended, told about; knows no signal and no admin socket.

use super::listeners::{Listeners, Pools};
use super::wished::{self, Wished};
use anyhow::bail;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use warpgrid_host::databases::{ServerNames, pool_manager_with};
use warpgrid_pool::stats::{DrainReport, PoolStats};
use warpgrid_pool::{ConnectionPoolManager, Pool};

/// A drain that goes on.
pub(super) type Drain = Pin<Box<dyn Future<Output = DrainReport> + Send>>;

/// What is in force.
pub(super) struct Running {
    path: PathBuf,
    names: Arc<ServerNames>,
    manager: Arc<ConnectionPoolManager>,
    pools: Pools,
    listeners: Listeners,
    drain: Duration,
}

impl Running {
    /// Opens everything that the configuration at `path` asks for. Also gives the listeners as they are announced.
    ///
    /// # Errors
    /// What [`wished::read`] finds, an address that is not to be had, and a configuration without listeners.
    pub(super) fn start(path: &Path) -> anyhow::Result<(Self, Vec<Value>)> {
        let names = Arc::new(ServerNames::new(Default::default()));
        let mut running = Self {
            path: path.to_owned(),
            manager: pool_manager_with(names.clone()),
            names,
            pools: Pools::new(),
            listeners: Listeners::default(),
            drain: Duration::ZERO,
        };
        let opened = running.reload()?;
        Ok((running, opened))
    }

    /// Puts into force what the configuration asks for now. Gives the listeners that were opened.
    ///
    /// # Errors
    /// As those of [`Running::start`]. Nothing has changed then.
    pub(super) fn reload(&mut self) -> anyhow::Result<Vec<Value>> {
        let Wished { endpoints, listeners, registry, drain } = wished::read(&self.path)?;
        if listeners.is_empty() {
            let example = "[listeners.db]\nbinding = \"NAME\"\naddress = \"127.0.0.1:6432\"";
            bail!(crate::report::hinted(
                anyhow::anyhow!("`{}` has no `[listeners]`, so nobody could connect", self.path.display()),
                vec![format!("add one:\n{example}")],
            ));
        }
        // Everything that can fail comes before everything that changes something.
        let bound = self.listeners.bind(&listeners)?;
        self.names.replace(registry);
        self.drain = drain;
        let names: Vec<_> = endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
        self.pools = names.into_iter().zip(self.manager.replace(endpoints)).collect();
        Ok(self.listeners.put_in_force(listeners, bound, &self.pools))
    }

    /// The pools.
    pub(super) fn manager(&self) -> &Arc<ConnectionPoolManager> {
        &self.manager
    }

    /// How long a drain may take.
    pub(super) fn drain_time(&self) -> Duration {
        self.drain
    }

    /// How many listeners are open.
    pub(super) fn listeners(&self) -> usize {
        self.listeners.len()
    }

    /// Sessions that clients have.
    pub(super) fn taken(&self) -> usize {
        self.manager.stats().iter().map(|pool| pool.taken).sum::<usize>() + self.manager.retired_sessions()
    }

    /// Lets nobody in any more, and lets sessions end at their boundaries; those that are left after `time` are cut.
    pub(super) fn drain(&self, time: Duration) -> Drain {
        self.listeners.stop();
        let manager = self.manager.clone();
        Box::pin(async move { manager.drain(time).await })
    }

    /// Closes what is left of the listeners.
    pub(super) async fn end(&mut self) {
        self.listeners.end().await;
    }

    /// What `warp proxy status` shows.
    pub(super) fn status(&self, draining: bool) -> Value {
        let pools: Vec<_> = self.pools.iter().map(|(binding, pool)| pool_status(binding, pool)).collect();
        json!({
            "event": "status",
            "draining": draining,
            "pools": pools,
            "retired_sessions": self.manager.retired_sessions(),
            "listeners": self.listeners.status(),
        })
    }
}

fn pool_status(binding: &str, pool: &Pool) -> Value {
    let PoolStats {
        endpoint,
        taken,
        idle,
        busy,
        waiting,
        size,
        checkouts,
        reused,
        opened,
        reset,
        destroyed,
        waits,
        waited,
        failed,
        down,
        down_for,
    } = pool.stats();
    let destroyed: Map<_, _> =
        destroyed.into_iter().map(|(reason, count)| (reason.to_owned(), json!(count))).collect();
    json!({
        "binding": binding,
        // Bindings that are the same to a server share a pool, which has the name of the first of them.
        "pool": endpoint,
        "protocol": pool.endpoint().protocol.to_string(),
        "server": pool.endpoint().server.to_string(),
        "taken": taken,
        "idle": idle,
        "busy": busy,
        "waiting": waiting,
        "size": size,
        "checkouts": checkouts,
        "reused": reused,
        "opened": opened,
        "reset": reset,
        "destroyed": destroyed,
        "waits": waits,
        "waited_milliseconds": waited.as_millis() as u64,
        "failed": failed,
        "down": down,
        "down_seconds": down_for.map(|time| time.as_secs()),
    })
}
