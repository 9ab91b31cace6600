//! Statements of guests that are gone: the server stops them, and no others; knows no words.

use crate::proof::guest::Guest;
use crate::proof::line::Harm;
use crate::proof::site::{Site, builder, endpoint};
use crate::proof::wire::{frame, question};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_test_services::Server;

/// How long the server may still show a statement whose guest is gone.
const SHORT: Duration = Duration::from_secs(10);
/// How long anything is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Every server whose protocol knows how to stop a statement from outside.
fn servers() -> Vec<(Protocol, Server)> {
    [Protocol::Postgres, Protocol::Mysql]
        .map(|protocol| (protocol, builder(protocol).start().unwrap()))
        .into()
}

fn sleep(protocol: Protocol, seconds: u32) -> String {
    match protocol {
        Protocol::Postgres => format!("SELECT pg_sleep({seconds})"),
        _ => format!("SELECT SLEEP({seconds})"),
    }
}

/// How many statements of this text the server works on, by its own list.
fn running(server: &Server, protocol: Protocol, text: &str) -> usize {
    let list = match protocol {
        Protocol::Postgres => {
            format!("SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query = '{text}'")
        }
        _ => format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE INFO = '{text}'"),
    };
    server.admin_sql(&list).unwrap().trim().parse().unwrap()
}

async fn until_running(server: &Server, protocol: Protocol, text: &str, count: usize, limit: Duration) {
    let begun = Instant::now();
    loop {
        let now = running(server, protocol, text);
        if now == count {
            return;
        }
        assert!(begun.elapsed() < limit, "`{text}` is running {now} times, not {count}: {:?}", server.kind());
        tokio::task::yield_now().await;
    }
}

async fn begin(site: &Site, server: &Server, protocol: Protocol, text: &str, count: usize) -> Guest {
    let mut guest = site.open().await.unwrap();
    guest.say(&question(protocol, text)).await.unwrap();
    until_running(server, protocol, text, count, PATIENCE).await;
    guest
}

/// A guest that is dropped, and one whose time is over. Another of the same tenant goes on in peace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_whose_guest_is_gone_is_stopped_and_no_other() {
    let (protocol, server) = (Protocol::Postgres, builder(Protocol::Postgres).start().unwrap());
    let (text, peaceful) = (sleep(protocol, 300), sleep(protocol, 5));
    let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
    let guest = begin(&site, &server, protocol, &text, 1).await;
    let mut other = begin(&site, &server, protocol, &peaceful, 1).await;
    drop(guest);
    assert_eq!(site.pool.stats().taken, 1, "its place is free at once");
    until_running(&server, protocol, &text, 0, SHORT).await;
    assert_eq!(other.answer().await.unwrap(), "", "the other slept to its end");
    assert_eq!(other.ask("SELECT 42").await.unwrap(), "42");
    other.leave().await;

    let options = PoolOptions { reply: Duration::from_millis(500), ..PoolOptions::default() };
    let site = Site::new(endpoint(&server, protocol, options));
    let mut guest = site.open().await.unwrap();
    guest.say(&question(protocol, &text)).await.unwrap();
    timeout(PATIENCE, guest.rest()).await.unwrap();
    until_running(&server, protocol, &text, 0, SHORT).await;
}

/// Several at once, as a drain cuts them: all are stopped when it returns.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_drain_leaves_no_statement_behind() {
    const GUESTS: usize = 5;
    let (protocol, server) = (Protocol::Postgres, builder(Protocol::Postgres).start().unwrap());
    let text = sleep(protocol, 300);
    let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
    let mut guests = Vec::new();
    for count in 1..=GUESTS {
        guests.push(begin(&site, &server, protocol, &text, count).await);
    }
    let report = site.manager.drain(Duration::ZERO).await;
    assert_eq!(report.cut.len(), GUESTS, "{report:?}");
    until_running(&server, protocol, &text, 0, SHORT).await;
}

/// In a pipeline the server works ahead of the `Sync`.
#[tokio::test]
async fn a_pipeline_without_its_end_is_stopped() {
    let server = builder(Protocol::Postgres).start().unwrap();
    let site = Site::new(endpoint(&server, Protocol::Postgres, PoolOptions::default()));
    let mut guest = site.open().await.unwrap();
    let text = sleep(Protocol::Postgres, 300);
    let pipeline = [
        frame('P', format!("\0{text}\0\0\0").as_bytes()),
        frame('B', &[0; 8]),
        frame('E', &[0; 5]),
        frame('H', b""),
    ];
    guest.say(&pipeline.concat()).await.unwrap();
    until_running(&server, Protocol::Postgres, &text, 1, PATIENCE).await;
    drop(guest);
    until_running(&server, Protocol::Postgres, &text, 0, SHORT).await;
}

/// A number is no secret: a server of MySQL is asked nothing, whoever leaves.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_statement_of_mysql_goes_on_since_its_number_is_no_secret() {
    let protocol = Protocol::Mysql;
    let server = builder(protocol).start().unwrap();
    let text = sleep(protocol, 3);
    let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
    let guest = begin(&site, &server, protocol, &text, 1).await;
    let before = site.line.connected();
    drop(guest);
    assert_eq!(site.pool.stats().taken, 0, "its place is free at once");
    site.manager.drain(Duration::ZERO).await;
    assert_eq!(site.line.connected(), before);
    until_running(&server, protocol, &text, 0, PATIENCE).await;
}

/// What a server has ended itself, or does not work on, is no reason for a connection more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_of_a_server_that_works_on_nothing() {
    for (protocol, server) in servers() {
        let site = Site::new(endpoint(&server, protocol, PoolOptions::default()));
        let mut half = site.open().await.unwrap();
        let whole = question(protocol, &sleep(protocol, 300));
        half.say(&whole[..whole.len() - 1]).await.unwrap();
        let mut broken = site.open().await.unwrap();
        broken.say(&whole).await.unwrap();
        let mut rests = site.open().await.unwrap();
        rests.ask("BEGIN").await.unwrap();
        let before = site.line.connected();
        drop(half);
        site.line.set(Harm { reset: true, ..Harm::default() });
        drop(broken);
        site.line.set(Harm::default());
        let report = site.manager.drain(Duration::ZERO).await;
        assert_eq!(report.cut.len(), 1, "{report:?}");
        assert_eq!(site.line.connected(), before, "{protocol}");
    }
}
