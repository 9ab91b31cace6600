//! A connection for every query: a guest through the pool against a native program with SCRAM and TLS; and the checkout
//! alone, in this process. Knows no goal.

use crate::guest::{Guest, Way};
use crate::lab::Lab;
use crate::pgbench::{self, Load};
use crate::turns::{print, take};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, GuestLogin, Protocol, Tenant};
use warpgrid_pool::net::{ServerAddress, SystemResolver, TcpConnector};
use warpgrid_pool::secret::Secret;
use warpgrid_pool::{ConnectionPoolManager, Pool};

/// Checkouts of one round.
const CHECKOUTS: usize = 2000;
/// StartupMessage (PostgreSQL, chapter 55.7): protocol 3.0, `user` and `database` are `app`.
const STARTUP: &[u8] = b"\0\0\0\x1f\0\x03\0\0user\0app\0database\0app\0\0";
/// ReadyForQuery, idle.
const READY: &[u8] = b"Z\0\0\0\x05I";
/// Terminate.
const GOODBYE: &[u8] = b"X\0\0\0\x04";

pub(super) fn run(lab: &Lab, rounds: usize) {
    let pooled = Guest::new(lab, &lab.postgres, Way::PooledOverTls);
    let load = Load { reconnects: true, encryption: "require", ..Load::kept("simple", 1) };
    let taken = take(
        rounds,
        &mut [&mut || pooled.run(&["connect", "2000"]).queries().rate, &mut || {
            pgbench::run(lab, lab.postgres.port(), load).rate
        }],
    );
    let name = "connection, query and goodbye, guest through the pool / native with SCRAM and TLS";
    print(name, "1/s", &taken[0], &taken[1]);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (mut medians, mut slowest) = (Vec::new(), Vec::new());
    runtime.block_on(async {
        let pool = pool(lab);
        checkouts(&pool, 100).await;
        for _ in 0..rounds {
            let samples = checkouts(&pool, CHECKOUTS).await;
            medians.push(microseconds(samples[CHECKOUTS / 2]));
            slowest.push(microseconds(samples[CHECKOUTS * 99 / 100]));
        }
    });
    print("p50 of a warm checkout, from the first byte to ready", "µs", &medians, &[]);
    print("p99 of a warm checkout, from the first byte to ready", "µs", &slowest, &[]);
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

fn pool(lab: &Lab) -> Arc<Pool> {
    let connector = TcpConnector::new(Arc::new(SystemResolver));
    ConnectionPoolManager::new(Arc::new(connector), 1).pool(Endpoint {
        name: "db".to_owned(),
        protocol: Protocol::Postgres,
        server: ServerAddress::Tcp { host: "127.0.0.1".to_owned(), port: lab.postgres.port() },
        database: Some("app".to_owned()),
        user: Some("app".to_owned()),
        password: Some(Secret::new(lab.postgres.password("app"))),
        tls: None,
        guest_login: GuestLogin::Any,
        options: PoolOptions::default(),
    })
}

/// One checkout after the other, each of the one session that there is; sorted.
async fn checkouts(pool: &Arc<Pool>, times: usize) -> Vec<Duration> {
    let tenant = Tenant::new("bench");
    let mut samples = Vec::with_capacity(times);
    let mut answer = Vec::new();
    for _ in 0..times {
        answer.clear();
        let begun = Instant::now();
        let mut guest = pool.connect(&tenant);
        guest.write_all(STARTUP).await.unwrap();
        guest.flush().await.unwrap();
        while !answer.ends_with(READY) {
            assert_ne!(guest.read_buf(&mut answer).await.unwrap(), 0, "the pool closed the connection");
        }
        samples.push(begun.elapsed());
        guest.write_all(GOODBYE).await.unwrap();
        guest.flush().await.unwrap();
        drop(guest);
        // It is reset in the background.
        while pool.stats().taken + pool.stats().busy > 0 {
            tokio::task::yield_now().await;
        }
    }
    samples.sort();
    samples
}
