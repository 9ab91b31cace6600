//! Races on MariaDB with `KILL QUERY`; knows no other server.

use crate::lab::mysql::{Mysql, query};
use crate::lab::servers::{connect, endpoint, manager, services};
use crate::lab::size::either;
use crate::race::{Order, Tally, races};
use std::sync::Arc;
use std::time::Duration;
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::guest::GuestStream;

/// As many as killers have sessions at the same time, and a few for those who come after.
const SIZE: usize = 9;

/// `ER_QUERY_INTERRUPTED`, and `ER_NO_SUCH_THREAD`.
const INTERRUPTED: u16 = 1317;
const UNKNOWN: u16 = 1094;

/// Kills a query; whether anybody had that number.
async fn kill(pool: Arc<Pool>, thread: u32) -> Result<bool, String> {
    let mut killer = Mysql::log_in(connect(&pool, "a")).await?;
    let answers = killer.ask(&format!("KILL QUERY {thread}")).await?;
    let found = match answers[0].error {
        None => true,
        Some(UNKNOWN) => false,
        // Killed itself: the number was its own, which cannot be.
        other => return Err(format!("KILL QUERY was answered with {other:?}")),
    };
    killer.leave().await?;
    Ok(found)
}

/// Asks a question that takes a while; the session's number in the server if its own answer comes.
async fn ask(guest: &mut Mysql<GuestStream>, own: &str, millis: u32) -> Result<String, String> {
    let answers = guest.ask(&format!("SELECT '{own}', SLEEP({millis} / 1000), CONNECTION_ID()")).await?;
    // A `SLEEP` that is interrupted gives 1 instead of an error.
    let session = answers[0].rows.first().and_then(|row| row.strip_prefix(&format!("{own}|0|")));
    match session {
        Some(session) if answers[0].error.is_none() => Ok(session.to_owned()),
        _ => Err(format!("another guest's query was hit: {answers:?}")),
    }
}

/// Somebody who has nothing to do with it asks a few times, and must have its answers.
async fn innocent(pool: Arc<Pool>, tally: Arc<Tally>, number: u64) -> Result<(), String> {
    let mut guest = Mysql::log_in(connect(&pool, "a")).await?;
    for index in 0..3 {
        tally.saw(&ask(&mut guest, &format!("own{number}_{index}"), 1).await?);
        Tally::count(&tally.innocent);
    }
    guest.leave().await
}

async fn race(
    pool: Arc<Pool>,
    tally: Arc<Tally>,
    number: u64,
    mut random: fastrand::Rng,
) -> Result<(), String> {
    let order = Order::draw(&mut random);
    let mut guest = Mysql::log_in(connect(&pool, "a")).await?;
    let thread = guest.thread;
    let sleep = query(&format!("SELECT SLEEP({})", tally.nap(&mut random)));
    let kill = tally.clone().timed(kill(pool.clone(), thread));
    let after = innocent(pool.clone(), tally.clone(), number);
    match order {
        Order::CancelThenDrop => {
            guest.send(&sleep).await?;
            let killed = tokio::spawn(kill);
            for _ in 0..random.u32(0..4) {
                tokio::task::yield_now().await;
            }
            drop(guest);
            after.await?;
            killed.await.unwrap()?;
            Tally::count(&tally.missed);
        }
        Order::CancelDuringQuery => {
            guest.send(&sleep).await?;
            let killed = tokio::spawn(kill);
            let answers = guest.answers().await?;
            match answers[0].error {
                None if answers[0].rows == ["1"] => Tally::count(&tally.hit),
                Some(INTERRUPTED) => Tally::count(&tally.hit),
                None => Tally::count(&tally.missed),
                Some(other) => return Err(format!("an error that is no kill: {other}")),
            }
            // A kill that came after the answer may hit the own next command; here it says goodbye, which nobody can hit.
            guest.leave().await?;
            after.await?;
            killed.await.unwrap()?;
        }
        Order::Together => {
            guest.ask("SELECT 1").await?;
            let (killed, left, after) = tokio::join!(kill, guest.leave(), after);
            left?;
            after?;
            killed?;
            Tally::count(&tally.missed);
        }
        Order::AfterLeaving => {
            guest.ask("SELECT 1").await?;
            guest.leave().await?;
            let (after, killed) = tokio::join!(after, kill);
            after?;
            if killed? {
                return Err(format!("the number {thread} of a guest that is gone was found"));
            }
            Tally::count(&tally.missed);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_kill_hits_another_guests_query() {
    let server = services().mariadb().start().unwrap();
    let options = PoolOptions { size: SIZE, wait: Duration::from_secs(120), ..PoolOptions::default() };
    let pool = manager(1).pool(endpoint(&server, options));
    races("mariadb", &pool, either(1_000, 50_000), race).await;
}

/// What the races look for is noticed when it happens.
#[tokio::test]
async fn a_hit_is_noticed() {
    let server = services().mariadb().start().unwrap();
    let pool = manager(1).pool(endpoint(&server, PoolOptions::default()));
    let mut guest = Mysql::log_in(connect(&pool, "a")).await.unwrap();
    let thread = guest.thread;
    let mut asked = Box::pin(ask(&mut guest, "own", 600_000));
    let answer = loop {
        tokio::select! {
            answer = &mut asked => break answer,
            // One that comes before the query hits nothing.
            found = kill(pool.clone(), thread) => assert!(found.unwrap()),
        }
    };
    assert!(answer.unwrap_err().contains("hit"));
}
