//! All tenants at once, on all protocols; knows no protocol.

use crate::lab::servers::{at_rest, builders, endpoint, manager};
use crate::lab::size::{either, seed};
use crate::visit::{Left, Owners, Visitor, fresh, preparation, visit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;

const TENANTS: usize = 8;
/// Guests of each tenant at the same time.
const GUESTS: usize = 2;

/// One server, its pool, and how the visits went.
struct Site {
    protocol: Protocol,
    pool: Arc<Pool>,
    fresh: String,
    owners: Owners,
    visits: u64,
    next: AtomicU64,
    polite: AtomicU64,
    rude: AtomicU64,
    early: AtomicU64,
    seed: u64,
}

impl Site {
    /// One guest after another, until there were enough.
    async fn guests(&self, tenant: &str) -> Result<(), String> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.visits {
                return Ok(());
            }
            let random = fastrand::Rng::with_seed(self.seed ^ number << 2 ^ self.protocol as u64);
            let Site { pool, fresh, owners, .. } = self;
            let visitor = Visitor { pool, tenant, number, random, fresh, owners };
            let visit = tokio::time::timeout(Duration::from_secs(180), visit(self.protocol, visitor));
            let left = visit.await.unwrap_or_else(|_| Err("it hangs".to_owned()));
            let counter = match left.map_err(|error| self.failure(tenant, number, &error))? {
                Left::Politely => &self.polite,
                Left::Rudely => &self.rude,
                Left::Early => &self.early,
            };
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn failure(&self, tenant: &str, number: u64, error: &str) -> String {
        let Self { protocol, seed, pool, .. } = self;
        format!("{protocol}, {tenant}, visit {number}: {error}\nWARPGRID_SEED={seed}\n{:?}", pool.stats())
    }

    /// What the pool made of it.
    fn judge(&self) {
        let stats = self.pool.stats();
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (polite, rude, early) = (count(&self.polite), count(&self.rude), count(&self.early));
        let spared = stats.opened.saturating_sub(rude + early);
        let reuse = 100.0 * (1.0 - spared as f64 / polite as f64);
        println!(
            "{}: {} checkouts ({polite} polite, {rude} rude, {early} early), {} reused, {} opened, {} reset, reuse among the polite {reuse:.2} %, destroyed: {:?}",
            self.protocol, stats.checkouts, stats.reused, stats.opened, stats.reset, stats.destroyed
        );
        // A session whose guest goes during its login is opened for nobody.
        let unused = (stats.reused + stats.opened).checked_sub(stats.checkouts);
        assert!(unused.is_some_and(|unused| unused <= early), "{stats:?}");
        assert!(reuse >= 99.0, "reuse among the polite is {reuse:.2} %, WARPGRID_SEED={}", self.seed);
        let destroyed = stats.destroyed.iter().map(|(_, count)| count).sum::<u64>();
        assert!(destroyed >= rude, "{destroyed} sessions were destroyed, {rude} guests were rude");
        assert_eq!(stats.failed, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_what_another_left() {
    let (seed, visits, begun) = (seed(), either(20_000, 1_000_000) / 3 + 1, Instant::now());
    let (mut servers, mut sites) = (Vec::new(), Vec::new());
    let manager = manager(seed);
    for (protocol, builder) in builders() {
        let server = builder.start().unwrap();
        preparation(protocol).map(|sql| server.admin_sql(sql).unwrap());
        // A busy machine is no reason to give a session up.
        let (wait, reset) = (Duration::from_secs(120), Duration::from_secs(60));
        let options = PoolOptions { size: TENANTS * GUESTS, wait, reset, ..PoolOptions::default() };
        let pool = manager.pool(endpoint(&server, options.clone()));
        // What a session looks like is seen in another pool, so that this one's counts begin at nothing.
        let other = PoolOptions { idle: Duration::from_secs(1), ..options };
        let fresh = fresh(protocol, &crate::lab::servers::manager(1).pool(endpoint(&server, other))).await;
        servers.push(server);
        sites.push(Arc::new(Site {
            protocol,
            pool,
            fresh: fresh.unwrap(),
            owners: Owners::default(),
            visits,
            next: AtomicU64::new(0),
            polite: AtomicU64::new(0),
            rude: AtomicU64::new(0),
            early: AtomicU64::new(0),
            seed,
        }));
    }
    let mut guests = tokio::task::JoinSet::new();
    for site in &sites {
        for guest in 0..TENANTS * GUESTS {
            let site = site.clone();
            guests.spawn(async move { site.guests(&format!("t{}", guest % TENANTS)).await });
        }
    }
    while let Some(ended) = guests.join_next().await {
        ended.unwrap().unwrap_or_else(|failure| panic!("{failure}"));
    }
    println!("seed {seed}, {:.1} s", begun.elapsed().as_secs_f64());
    for site in sites {
        at_rest(&site.pool).await;
        site.judge();
    }
}
