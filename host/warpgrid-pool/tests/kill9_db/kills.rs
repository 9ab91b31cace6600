//! Kills, and what comes after; knows no frame.

use crate::moment::{Moment, begin};
use crate::proof::guest::Guest;
use crate::proof::line::Harm;
use crate::proof::site::{Site, builder, endpoint};
use crate::proof::size::sized;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::error::PoolError;
use warpgrid_test_services::Server;

/// How long after the connection broke a guest learns it, and how long after the server is back the pool serves.
const LEARNS: Duration = Duration::from_millis(100);
const SERVES: Duration = Duration::from_secs(1);
/// For how long nobody tries again: with the time of a login it has to be less than [`SERVES`].
const RETRY: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a kill may be tried in CI until it keeps the times: a busy machine is no proof.
const TRIES: usize = 5;

/// Until its end; when that was, and why.
async fn until_the_end(site: Arc<Site>, mut guest: Guest) -> (Instant, Option<PoolError>) {
    if site.pool.stats().taken == 0 {
        // It has no session yet.
        if guest.log_in().await.is_ok() {
            let _ = guest.ask("PING").await;
        }
    }
    guest.rest().await;
    (Instant::now(), guest.error().cloned())
}

/// Guests that come and go until one is served.
async fn until_served(site: Arc<Site>, protocol: Protocol) -> Instant {
    let text = if protocol == Protocol::Redis { "ECHO 1" } else { "SELECT 1" };
    loop {
        if let Ok(mut guest) = site.open().await
            && guest.ask(text).await.as_deref() == Ok("1")
        {
            return Instant::now();
        }
        tokio::task::yield_now().await;
    }
}

fn rows(server: &Server, protocol: Protocol, row: &str) -> usize {
    let text = match protocol {
        Protocol::Redis => server.admin_sql("LRANGE kept 0 -1"),
        _ => server.admin_sql("SELECT row FROM kept"),
    };
    text.unwrap().lines().filter(|line| line.contains(row)).count()
}

/// One kill. How long the guest did not know, and how long nobody was served.
async fn kill(
    server: &Server,
    site: &Arc<Site>,
    protocol: Protocol,
    moment: Moment,
    row: &str,
) -> (Duration, Duration) {
    site.line.record();
    let guest = begin(site, protocol, moment, row).await;
    let has_guest = guest.is_some();
    let watching = guest.map(|guest| tokio::spawn(until_the_end(site.clone(), guest)));
    if moment == Moment::Handshake {
        while site.pool.stats().busy == 0 {
            tokio::task::yield_now().await;
        }
    }
    server.kill_nine().unwrap();
    // A connection that was stopped is found broken now.
    site.line.set(Harm::default());
    let killed = Instant::now();
    let mut learned = Duration::ZERO;
    if let Some(watching) = watching {
        let (ended, error) = timeout(PATIENCE, watching).await.expect("the guest never learns it").unwrap();
        let broke = site.line.ended().unwrap();
        learned = ended.saturating_duration_since(if moment == Moment::Handshake {
            broke.max(killed)
        } else {
            broke
        });
        let closed =
            matches!(error, Some(PoolError::Closed { reason: "the server closed the connection", .. }));
        let right = match moment {
            // Redis answers the whole login at once: what it said before it was killed is there to be read.
            Moment::Handshake if protocol == Protocol::Redis && closed => true,
            Moment::Handshake => matches!(error, Some(PoolError::Unreachable { .. })),
            _ => closed,
        };
        assert!(right, "{protocol} {moment:?}: {error:?}");
    }
    assert_eq!(has_guest, !matches!(moment, Moment::Idle | Moment::Reset));
    timeout(PATIENCE, site.rest()).await.expect("a place is lost");
    let serving = tokio::spawn(until_served(site.clone(), protocol));
    while site.pool.stats().down.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(site.pool.stats().idle, 0, "{protocol} {moment:?}");
    server.restart().unwrap();
    let back = Instant::now();
    let served = timeout(PATIENCE, serving).await.expect("nobody is served").unwrap();
    let said = site.line.said(row.as_bytes());
    let kept = rows(server, protocol, row);
    let sends = matches!(moment, Moment::Query | Moment::Copy | Moment::Transaction);
    assert_eq!(said, usize::from(sends), "{protocol} {moment:?}: sent once, and never again");
    assert_eq!(kept, 0, "{protocol} {moment:?}: nothing of it was committed");
    (learned, served.saturating_duration_since(back))
}

async fn all_kills(protocol: Protocol) {
    let server = builder(protocol).start().unwrap();
    match protocol {
        Protocol::Postgres => {
            drop(server.admin_sql("CREATE TABLE kept (row text); GRANT ALL ON kept TO app").unwrap())
        }
        Protocol::Mysql => drop(server.admin_sql("CREATE TABLE kept (row TEXT)").unwrap()),
        Protocol::Redis => {}
    }
    let options = PoolOptions { size: 1, retry: RETRY, ..PoolOptions::default() };
    let site = Arc::new(Site::new(endpoint(&server, protocol, options)));
    for round in 0..sized(1, 10) {
        for moment in Moment::ALL {
            let mut tries = 0;
            loop {
                let row = format!("row-{round}-{moment:?}-{tries}");
                let (learned, served) = kill(&server, &site, protocol, moment, &row).await;
                println!(
                    "{protocol} {moment:?}: guest learned after {learned:?}, served {served:?} after it was back"
                );
                if learned <= LEARNS && served <= SERVES {
                    break;
                }
                tries += 1;
                assert!(tries < sized(TRIES, 2), "{protocol} {moment:?}: {learned:?}, {served:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_killed_at_any_moment_costs_no_more_than_its_absence() {
    all_kills(Protocol::Postgres).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysql_killed_at_any_moment_costs_no_more_than_its_absence() {
    all_kills(Protocol::Mysql).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_killed_at_any_moment_costs_no_more_than_its_absence() {
    all_kills(Protocol::Redis).await;
}
