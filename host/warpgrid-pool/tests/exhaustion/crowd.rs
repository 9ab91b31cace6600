//! 1,000 guests on ten sessions: order, fairness, waiting times; knows one tenant.

use crate::lab::postgres::{Postgres, query, startup};
use crate::lab::servers::{at_rest, connect};
use crate::lab::size::{either, is_full};
use crate::scene;
use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::LocalSet;
use warpgrid_pool::Pool;
use warpgrid_pool::config::PoolOptions;

const GUESTS: usize = 1000;

/// What the guests note. One thread: a guest asks and notes it without another in between.
#[derive(Default)]
struct Notes {
    asked: Cell<u64>,
    /// The highest number that was served, and how often a lower one came after it.
    highest: Cell<u64>,
    inversions: Cell<u64>,
    /// For each guest, how often it was served.
    served: RefCell<Vec<u64>>,
    /// How long each waited, after the first round.
    waits: RefCell<Vec<Duration>>,
}

async fn guest(pool: Arc<Pool>, notes: Rc<Notes>, index: usize, end: Instant) {
    let mut round = 0;
    while round < 3 || Instant::now() < end {
        let mut guest = Postgres::new(connect(&pool, "a"));
        let number = notes.asked.get() + 1;
        notes.asked.set(number);
        let begun = Instant::now();
        // The login and the place in line happen within the first poll.
        guest.send(&startup(&[])).await.unwrap();
        let served = tokio::time::timeout(
            Duration::from_secs(120),
            poll_fn(|context| guest.stream.poll_checked_out(context)),
        );
        served.await.unwrap_or_else(|_| panic!("guest {index} is forgotten")).unwrap();
        if number < notes.highest.get() {
            notes.inversions.set(notes.inversions.get() + 1);
        }
        notes.highest.set(notes.highest.get().max(number));
        if round > 0 {
            notes.waits.borrow_mut().push(begun.elapsed());
        }
        guest.answer().await.unwrap();
        guest.send(&query(&format!("SELECT {number}"))).await.unwrap();
        assert_eq!(guest.answer().await.unwrap().rows, [number.to_string()]);
        notes.served.borrow_mut()[index] += 1;
        round += 1;
    }
}

#[tokio::test]
async fn a_thousand_guests_share_ten_sessions_in_order() {
    let (_server, _manager, pool) =
        scene(PoolOptions { wait: Duration::from_secs(120), ..PoolOptions::default() });
    let notes = Rc::new(Notes::default());
    notes.served.borrow_mut().resize(GUESTS, 0);
    let begun = Instant::now();
    let end = begun + either(Duration::from_secs(6), Duration::from_secs(600));
    let guests = LocalSet::new();
    for index in 0..GUESTS {
        guests.spawn_local(guest(pool.clone(), notes.clone(), index, end));
    }
    guests.await;
    at_rest(&pool).await;
    let (mut waits, served, stats) = (notes.waits.take(), notes.served.take(), pool.stats());
    waits.sort();
    let rank = |part: f64| waits[((waits.len() - 1) as f64 * part) as usize];
    let (middle, late) = (rank(0.5), rank(0.99));
    let (most, least) = (*served.iter().max().unwrap(), *served.iter().min().unwrap());
    let (inversions, ratio) = (notes.inversions.get(), late.as_secs_f64() / middle.as_secs_f64());
    println!(
        "{} checkouts in {:.1} s, waits p50 {middle:.1?}, p99 {late:.1?} ({ratio:.2} x), served per guest {least} to {most}, {inversions} inversions, {} sessions opened",
        stats.checkouts,
        begun.elapsed().as_secs_f64(),
        stats.opened
    );
    assert_eq!(stats.checkouts, served.iter().sum::<u64>());
    assert_eq!((stats.failed, stats.taken, stats.waiting, stats.busy), (0, 0, 0, 0), "nobody is forgotten");
    assert_eq!(inversions, 0, "nobody is overtaken");
    assert!(stats.opened <= 10 && stats.destroyed.is_empty(), "{stats:?}");
    // In turn, so that guests differ by the rounds that end at the edges only.
    assert!(most <= least + 2, "guests were served {least} to {most} times");
    if is_full() {
        assert!(most as f64 <= 1.2 * least as f64 && ratio <= 1.5, "p99/p50 {ratio}, {least} to {most}");
    }
}
