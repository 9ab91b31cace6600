//! The servers of a run and the doors to them; knows no driver.
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use warpgrid_test_services::{ProductKind, Server, Services};

use crate::door::Door;
use crate::restart::Bell;

/// Connections of all programs that run at once.
const MAX_CONNECTIONS: u32 = 100;

/// The two servers of one product.
pub(crate) struct Pair {
    pub(crate) kind: ProductKind,
    /// Runs to the end.
    pub(crate) calm: Arc<Server>,
    /// Is restarted by programs.
    pub(crate) restarting: Arc<Server>,
    /// The command that restarts it.
    pub(crate) restart: String,
}

/// The doors to a product under one name: the servers themselves, or what stands in front of them.
pub(crate) struct Entrance {
    pub(crate) kind: ProductKind,
    pub(crate) calm: Door,
    pub(crate) restarting: Door,
    pub(crate) restart: String,
}

impl Pair {
    /// The servers themselves.
    pub(crate) fn direct(&self) -> Entrance {
        Entrance {
            kind: self.kind,
            calm: Door::of_server(&self.calm),
            restarting: Door::of_server(&self.restarting),
            restart: self.restart.clone(),
        }
    }
}

/// Starts two servers of each product, all at once.
///
/// # Errors
/// When one does not start.
pub(crate) fn start(
    services: &Services,
    products: &[ProductKind],
    scratch: &Path,
) -> anyhow::Result<Vec<Pair>> {
    std::thread::scope(|scope| {
        let starting: Vec<_> =
            products.iter().map(|kind| scope.spawn(|| start_pair(services, *kind, scratch))).collect();
        starting
            .into_iter()
            .map(|thread| thread.join().map_err(|_| anyhow!("the thread of a server panicked"))?)
            .collect()
    })
}

fn start_pair(services: &Services, kind: ProductKind, scratch: &Path) -> anyhow::Result<Pair> {
    let calm = Arc::new(start_one(services, kind)?);
    let restarting = Arc::new(start_one(services, kind)?);
    let server = Arc::clone(&restarting);
    let bell = Bell::new(scratch.join(format!("{}.bell", kind.as_str())), move || server.restart())?;
    Ok(Pair { kind, calm, restarting, restart: bell.command()? })
}

fn start_one(services: &Services, kind: ProductKind) -> anyhow::Result<Server> {
    let builder = match kind {
        ProductKind::Postgres => services.postgres(),
        ProductKind::Mariadb => services.mariadb(),
        ProductKind::Mysql => services.mysql()?,
        ProductKind::Redis => services.redis(),
        ProductKind::Pgbouncer => services.pgbouncer(),
    };
    let server = builder.max_connections(MAX_CONNECTIONS).start()?;
    if matches!(kind, ProductKind::Mariadb | ProductKind::Mysql) {
        // To see the queries of its own user.
        server.admin_sql("GRANT PROCESS ON *.* TO 'app'@'%'").context("granting `PROCESS`")?;
    }
    Ok(server)
}
