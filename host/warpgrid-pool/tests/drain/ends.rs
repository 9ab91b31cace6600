//! Drains in the middle of work; knows no frame.

use crate::commits::{commit, kept, prepare};
use crate::proof::site::{PROTOCOLS, Site, builder, endpoint};
use crate::proof::size::sized;
use crate::proof::wire::question;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::error::PoolError;

const GUESTS: usize = 8;
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(20);

fn is_drained(error: Option<&PoolError>) -> bool {
    matches!(
        error,
        Some(PoolError::Draining { .. } | PoolError::Closed { reason: "the pool is drained", .. })
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_committed_was_told_and_nothing_new_begins() {
    for protocol in PROTOCOLS {
        let server = builder(protocol).start().unwrap();
        prepare(&server, protocol);
        let mut before = kept(&server, protocol, GUESTS);
        for round in 0..sized(5, 200) {
            // Fewer sessions than guests: some wait in line when it ends.
            let options = PoolOptions { size: GUESTS - 2, ..PoolOptions::default() };
            let site = Arc::new(Site::new(endpoint(&server, protocol, options)));
            let told = Arc::new(AtomicUsize::new(0));
            let guests: Vec<_> = (0..GUESTS)
                .map(|number| tokio::spawn(commit(site.clone(), protocol, number, told.clone())))
                .collect();
            while told.load(Ordering::Relaxed) < 20 + 7 * round {
                tokio::task::yield_now().await;
            }
            let begun = Instant::now();
            let report = site.manager.drain(Duration::from_secs(30)).await;
            let took = begun.elapsed();
            assert!(report.cut.is_empty(), "{protocol}: {:?}", report.cut);
            assert!(report.finished > 0 && took < SLACK, "{protocol}: {report:?} after {took:?}");
            let mut late = site.guest();
            let refused = match late.log_in().await {
                Ok(()) => late.ask("PING").await,
                Err(text) => Err(text),
            };
            assert!(!matches!(&refused, Ok(text) if !text.starts_with('!')), "{protocol}: {refused:?}");
            late.rest().await;
            assert!(
                matches!(late.error(), Some(PoolError::Draining { .. })),
                "{protocol}: {:?}",
                late.error()
            );
            let after = kept(&server, protocol, GUESTS);
            let mut commits = 0;
            for (number, guest) in guests.into_iter().enumerate() {
                let (count, error) = timeout(SLACK, guest).await.unwrap().unwrap();
                assert_eq!(after[&number] - before[&number], count, "{protocol}: committed, and told");
                assert!(is_drained(error.as_ref()), "{protocol}: {error:?}");
                commits += count;
            }
            before = after;
            let stats = site.pool.stats();
            assert_eq!((stats.taken, stats.idle, stats.busy, stats.waiting), (0, 0, 0, 0), "{stats:?}");
            println!(
                "{protocol}: {commits} commits told, {} sessions ended, drained in {took:?}",
                report.finished
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_end_in_time_is_listed() {
    const TIME: Duration = Duration::from_secs(2);
    for protocol in PROTOCOLS {
        let server = builder(protocol).start().unwrap();
        let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
        let (sleep, begin) = match protocol {
            Protocol::Postgres => ("SELECT pg_sleep(600)", "BEGIN"),
            Protocol::Mysql => ("SELECT SLEEP(600)", "BEGIN"),
            Protocol::Redis => ("BLPOP nothing 0", "MULTI"),
        };
        let mut idle = site.open().await.unwrap();
        idle.ask(if protocol == Protocol::Redis { "PING" } else { "SELECT 1" }).await.unwrap();
        let mut waits = site.open().await.unwrap();
        waits.say(&question(protocol, sleep)).await.unwrap();
        let mut open = site.open().await.unwrap();
        open.ask(begin).await.unwrap();
        let mut half = site.open().await.unwrap();
        half.say(&question(protocol, &format!("SELECT {}", "x".repeat(2000)))[..1000]).await.unwrap();
        let begun = Instant::now();
        let report = site.manager.drain(TIME).await;
        let took = begun.elapsed();
        println!("{protocol}: {report:?} after {took:?}");
        assert!(took >= TIME && took < TIME + SLACK, "{took:?}");
        assert_eq!((report.finished, report.cut.len()), (1, 3), "{report:?}");
        for state in ["an answer outstanding", "a transaction open", "a frame half sent"] {
            let named =
                |line: &&String| line.starts_with("orders: tenant a, session ") && line.ends_with(state);
            assert_eq!(report.cut.iter().filter(named).count(), 1, "{state}: {report:?}");
        }
        for mut guest in [idle, waits, open, half] {
            timeout(SLACK, guest.rest()).await.unwrap();
            assert!(is_drained(guest.error()), "{:?}", guest.error());
        }
    }
}

/// A guest in a transaction goes on to its end while the pool is drained; one that reads late still gets its answer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_goes_on_to_its_end_and_an_answer_that_came_can_be_read() {
    for protocol in PROTOCOLS {
        let server = builder(protocol).start().unwrap();
        prepare(&server, protocol);
        let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
        let (begin, row, commit) = match protocol {
            Protocol::Redis => ("MULTI", "RPUSH kept-0 1", "EXEC"),
            _ => ("BEGIN", "INSERT INTO kept VALUES (0, 1)", "COMMIT"),
        };
        let mut guest = site.open().await.unwrap();
        guest.ask(begin).await.unwrap();
        let working = async {
            while site.open().await.is_ok_and(|_| protocol != Protocol::Redis) {}
            guest.ask(row).await.unwrap();
            guest.say(&question(protocol, commit)).await.unwrap();
            // Until the answer is there nothing is lost: it is fetched, not read.
            guest.answer().await.unwrap();
            guest
        };
        let draining = async { tokio::join!(site.manager.drain(Duration::from_secs(30)), working) };
        let (report, guest) = timeout(SLACK + SLACK, draining).await.unwrap();
        assert!(report.cut.is_empty() && report.finished == 1, "{report:?}");
        assert_eq!(kept(&server, protocol, 1)[&0], 1, "{protocol}");
        drop(guest);
    }
}
