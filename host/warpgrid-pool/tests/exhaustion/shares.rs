//! A greedy tenant beside others; knows no order within a tenant.

use crate::lab::postgres::Postgres;
use crate::lab::servers::connect;
use crate::lab::size::either;
use crate::scene;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use warpgrid_pool::config::PoolOptions;

#[tokio::test]
async fn a_greedy_tenant_gets_its_share_and_no_more() {
    let (_server, _manager, pool) =
        scene(PoolOptions { wait: Duration::from_secs(120), ..PoolOptions::default() });
    let served = Arc::new(Mutex::new(BTreeMap::<&str, Duration>::new()));
    let (begun, mut guests) = (Instant::now(), tokio::task::JoinSet::new());
    let end = begun + either(Duration::from_secs(5), Duration::from_secs(120));
    for (tenant, count) in [("greedy", 400), ("b", 10), ("c", 10), ("d", 10)] {
        for _ in 0..count {
            let (pool, served) = (pool.clone(), served.clone());
            guests.spawn(async move {
                while Instant::now() < end {
                    let mut guest = Postgres::log_in(connect(&pool, tenant), &[]).await.unwrap();
                    let taken = Instant::now();
                    guest.ask("SELECT pg_sleep(0.01)").await.unwrap();
                    let now = Instant::now().min(end);
                    *served.lock().unwrap().entry(tenant).or_default() +=
                        now.saturating_duration_since(taken);
                }
            });
        }
    }
    while let Some(ended) = guests.join_next().await {
        ended.unwrap();
    }
    let served = served.lock().unwrap().clone();
    let all = served.values().sum::<Duration>().as_secs_f64();
    let shares = served.iter().map(|(tenant, time)| (*tenant, time.as_secs_f64() / all)).collect::<Vec<_>>();
    println!("shares of the time that sessions were taken: {shares:.3?}; {:?}", pool.stats());
    // A quarter each, less five hundredths; a short run on a busy machine has few checkouts, so that the first of them,
    // which are all of the greedy one, weigh more. Without shares the others would have a fiftieth each.
    let least = either(0.15, 0.20);
    assert!(shares.len() == 4 && shares.iter().all(|(_, share)| *share >= least), "{shares:?}");
}
