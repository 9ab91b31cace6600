//! Races on PostgreSQL with a `CancelRequest`; knows no other server.

use crate::lab::postgres::{Postgres, cancel, query};
use crate::lab::servers::{connect, endpoint, manager, services};
use crate::lab::size::either;
use crate::race::{Order, Tally, races};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Endpoint;
use warpgrid_pool::guest::GuestStream;

/// Fewer sessions than guests: every session that is given back goes to somebody at once.
const SIZE: usize = 5;

/// Asks for a cancel; returns when the host has dealt with it.
async fn send_cancel(pool: Arc<Pool>, key: (u32, u32)) {
    let mut stream = connect(&pool, "a");
    stream.write_all(&cancel(key)).await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(rest.is_empty(), "a cancel is not answered");
}

/// Asks a question that takes a while; the session's number in the server if its own answer comes.
async fn ask(guest: &mut Postgres<GuestStream>, own: &str, millis: u32) -> Result<String, String> {
    let text = format!("SELECT '{own}', pg_sleep({millis} / 1000.0), pg_backend_pid()");
    let answer = guest.ask(&text).await?;
    let session = answer.rows.first().and_then(|row| row.strip_prefix(&format!("{own}||")));
    match session {
        Some(session) if answer.errors.is_empty() => Ok(session.to_owned()),
        _ => Err(format!("another guest's query was hit: {answer:?}")),
    }
}

/// Somebody who has nothing to do with it asks a few times, and must have its answers.
async fn innocent(pool: Arc<Pool>, tally: Arc<Tally>, number: u64) -> Result<(), String> {
    let mut guest = Postgres::log_in(connect(&pool, "a"), &[]).await?;
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
    let mut guest = Postgres::log_in(connect(&pool, "a"), &[]).await?;
    let key = guest.key;
    let sleep = query(&format!("SELECT pg_sleep({})", tally.nap(&mut random)));
    let cancel = tally.clone().timed(send_cancel(pool.clone(), key));
    let after = innocent(pool.clone(), tally.clone(), number);
    match order {
        Order::CancelThenDrop => {
            guest.send(&sleep).await?;
            let cancelled = tokio::spawn(cancel);
            for _ in 0..random.u32(0..4) {
                tokio::task::yield_now().await;
            }
            drop(guest);
            after.await?;
            cancelled.await.unwrap();
            Tally::count(&tally.missed);
        }
        Order::CancelDuringQuery => {
            guest.send(&sleep).await?;
            let cancelled = tokio::spawn(cancel);
            let answer = guest.answer().await?;
            match answer.errors.as_slice() {
                [] => Tally::count(&tally.missed),
                [code] if code == "57014" => Tally::count(&tally.hit),
                other => return Err(format!("an error that is no cancel: {other:?}")),
            }
            guest.leave().await?;
            after.await?;
            cancelled.await.unwrap();
        }
        Order::Together => {
            guest.ask("SELECT 1").await?;
            let ((), left, after) = tokio::join!(cancel, guest.leave(), after);
            left?;
            after?;
            Tally::count(&tally.missed);
        }
        Order::AfterLeaving => {
            guest.ask("SELECT 1").await?;
            guest.leave().await?;
            let (after, ()) = tokio::join!(after, cancel);
            after?;
            Tally::count(&tally.missed);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_cancel_hits_another_guests_query() {
    let server = services().postgres().start().unwrap();
    let options = PoolOptions { size: SIZE, wait: Duration::from_secs(120), ..PoolOptions::default() };
    // Each cancel costs a session; a login without a proof of the password is quicker.
    let quick = Endpoint { user: Some("app_trust".to_owned()), password: None, ..endpoint(&server, options) };
    let pool = manager(1).pool(quick);
    races("postgres", &pool, either(1_000, 50_000), race).await;
}

/// What the races look for is noticed when it happens.
#[tokio::test]
async fn a_hit_is_noticed() {
    let server = services().postgres().start().unwrap();
    let pool = manager(1).pool(endpoint(&server, PoolOptions::default()));
    let mut guest = Postgres::log_in(connect(&pool, "a"), &[]).await.unwrap();
    let key = guest.key;
    let mut asked = Box::pin(ask(&mut guest, "own", 600_000));
    let answer = loop {
        tokio::select! {
            answer = &mut asked => break answer,
            // One that comes before the query hits nothing.
            () = send_cancel(pool.clone(), key) => {}
        }
    };
    assert!(answer.unwrap_err().contains("57014"));
}
