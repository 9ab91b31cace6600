//! Guests that commit, each counting what it was told; knows no drain.

use crate::proof::guest::{Door, Guest};
use crate::proof::site::Site;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::error::PoolError;
use warpgrid_test_services::Server;

/// Makes a place for what is committed.
pub(crate) fn prepare(server: &Server, protocol: Protocol) {
    match protocol {
        Protocol::Postgres => {
            server.admin_sql("CREATE TABLE kept (guest int, number int); GRANT ALL ON kept TO app")
        }
        Protocol::Mysql => server.admin_sql("CREATE TABLE kept (guest INT, number INT)"),
        Protocol::Redis => return,
    }
    .unwrap();
}

/// What each guest has committed, as the server knows it.
pub(crate) fn kept(server: &Server, protocol: Protocol, guests: usize) -> BTreeMap<usize, usize> {
    if protocol == Protocol::Redis {
        let length = |guest| server.admin_sql(&format!("LLEN kept-{guest}")).unwrap().parse().unwrap();
        return (0..guests).map(|guest| (guest, length(guest))).collect();
    }
    let rows = server.admin_sql("SELECT guest, count(*) FROM kept GROUP BY guest").unwrap();
    let rows = rows.lines().map(|row| {
        let mut columns = row.split(['|', '\t']).map(|column| column.parse::<usize>().unwrap());
        (columns.next().unwrap(), columns.next().unwrap())
    });
    let mut all: BTreeMap<usize, usize> = (0..guests).map(|guest| (guest, 0)).collect();
    all.extend(rows);
    all
}

/// Commits until its session ends; how often it was told that it had, and why the session ended. Every third row in a
/// transaction of several commands.
pub(crate) async fn commit(
    site: Arc<Site>,
    protocol: Protocol,
    number: usize,
    told: Arc<AtomicUsize>,
) -> (usize, Option<PoolError>) {
    let door = if number.is_multiple_of(2) { Door::Poll } else { Door::Read };
    let mut guest = Guest::new(&site.pool, &format!("tenant-{number}"), door);
    let mut count = 0;
    if guest.log_in().await.is_ok() {
        while one(&mut guest, protocol, number, count).await.is_ok() {
            count += 1;
            told.fetch_add(1, Ordering::Relaxed);
        }
    }
    (count, guest.error().cloned())
}

async fn one(guest: &mut Guest, protocol: Protocol, number: usize, count: usize) -> Result<(), String> {
    let (begin, row, commit) = match protocol {
        Protocol::Redis => ("MULTI", format!("RPUSH kept-{number} {count}"), "EXEC"),
        _ => ("BEGIN", format!("INSERT INTO kept VALUES ({number}, {count})"), "COMMIT"),
    };
    if !count.is_multiple_of(3) {
        return answered(guest, &row).await;
    }
    answered(guest, begin).await?;
    answered(guest, &row).await?;
    answered(guest, commit).await
}

async fn answered(guest: &mut Guest, text: &str) -> Result<(), String> {
    let answer = guest.ask(text).await?;
    // Redis and MySQL say it in the place of an answer.
    if answer.contains("is being drained") || answer.contains("the pool is drained") {
        return Err(answer);
    }
    assert!(!answer.contains('!'), "`{text}`: {answer}");
    Ok(())
}
