//! A queue that is full: who comes then learns it at once; knows no time but that.

use crate::lab::postgres::Postgres;
use crate::lab::servers::connect;
use crate::{SIZE, scene};
use std::time::{Duration, Instant};
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::error::PoolError;

const QUEUE: usize = 100;

#[tokio::test]
async fn who_finds_the_queue_full_is_refused_at_once() {
    let (_server, _manager, pool) =
        scene(PoolOptions { wait: Duration::from_secs(120), queue: QUEUE, ..PoolOptions::default() });
    let mut held = Vec::new();
    for _ in 0..SIZE {
        held.push(Postgres::log_in(connect(&pool, "a"), &[]).await.unwrap());
    }
    let mut waiting = tokio::task::JoinSet::new();
    for _ in 0..QUEUE {
        let pool = pool.clone();
        waiting.spawn(async move {
            let mut guest = Postgres::log_in(connect(&pool, "a"), &[]).await.unwrap();
            assert_eq!(guest.ask("SELECT 6 * 7").await.unwrap().rows, ["42"]);
        });
    }
    while pool.stats().waiting < QUEUE {
        tokio::task::yield_now().await;
    }
    let mut times = Vec::new();
    for number in 0..500 {
        let begun = Instant::now();
        let mut guest = Postgres::new(connect(&pool, ["a", "b"][number % 2]));
        // The refusal may come before the sending has ended.
        let _ = guest.send(&crate::lab::postgres::startup(&[])).await;
        let refused = guest.answer().await.unwrap();
        times.push(begun.elapsed());
        assert_eq!(refused.errors, ["53300"], "too many connections, in the server's own words");
        let queue = QUEUE;
        let expected = PoolError::QueueFull { endpoint: "orders".to_owned(), queue };
        assert_eq!(guest.stream.error(), Some(&expected));
    }
    times.sort();
    println!("refused after {:?} (median), {:?} (p99)", times[250], times[495]);
    assert!(times[250] <= Duration::from_millis(1), "{:?}", times[250]);
    assert_eq!(pool.stats().waiting, QUEUE, "those who wait do not suffer by it");
    drop(held);
    while let Some(ended) = waiting.join_next().await {
        ended.unwrap();
    }
    assert_eq!(pool.stats().failed, 500);
}
