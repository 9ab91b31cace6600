//! Pairs of guests, one that cancels at every wrong moment and one that comes after; knows no protocol.

use crate::lab::servers::at_rest;
use crate::lab::size::seed;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use warpgrid_pool::Pool;

/// Couples at the same time, all of one tenant: their sessions are exchanged, and nothing but the guest's number tells
/// one from another.
const COUPLES: u64 = 4;

/// What the races showed.
#[derive(Default)]
pub(crate) struct Tally {
    next: AtomicU64,
    /// Queries that were cancelled on their own guest's demand.
    pub(crate) hit: AtomicU64,
    /// Cancels that came too late, or for nobody.
    pub(crate) missed: AtomicU64,
    /// Checks of those who come after.
    pub(crate) innocent: AtomicU64,
    /// Sessions of the server that were seen.
    sessions: Mutex<HashSet<String>>,
    /// How long the last cancel took, in microseconds.
    cancel_micros: AtomicU64,
}

impl Tally {
    pub(crate) fn count(counter: &AtomicU64) {
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes how long a cancel takes.
    pub(crate) async fn timed<T>(self: Arc<Self>, cancel: impl Future<Output = T>) -> T {
        let begun = Instant::now();
        let done = cancel.await;
        self.cancel_micros.store(begun.elapsed().as_micros() as u64, Ordering::Relaxed);
        done
    }

    /// How many seconds a query sleeps that is to be cancelled: about as long as a cancel takes at the moment, so that
    /// either may win, however busy the machine is.
    pub(crate) fn nap(&self, random: &mut fastrand::Rng) -> f64 {
        let most = (2 * self.cancel_micros.load(Ordering::Relaxed)).clamp(20_000, 1_000_000);
        random.u64(0..most) as f64 / 1e6
    }

    pub(crate) fn saw(&self, session: &str) {
        self.sessions.lock().unwrap().insert(session.to_owned());
    }
}

/// When a guest goes, seen from its cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// The cancel is sent, then the guest leaves with its answer unread.
    CancelThenDrop,
    /// The cancel is sent while the guest waits for its answer, and it leaves in order.
    CancelDuringQuery,
    /// The cancel and the goodbye at the same time.
    Together,
    /// The guest has left; its key is old.
    AfterLeaving,
}

impl Order {
    pub(crate) fn draw(random: &mut fastrand::Rng) -> Self {
        let all = [Self::CancelThenDrop, Self::CancelDuringQuery, Self::Together, Self::AfterLeaving];
        all[random.usize(..all.len())]
    }
}

/// Runs races until there were enough. `race` is one couple's: its number and its chance.
pub(crate) async fn races<F, R>(name: &str, pool: &Arc<Pool>, count: u64, race: F)
where
    F: Fn(Arc<Pool>, Arc<Tally>, u64, fastrand::Rng) -> R + Clone + Send + 'static,
    R: Future<Output = Result<(), String>> + Send,
{
    let (seed, tally) = (seed(), Arc::new(Tally::default()));
    let mut couples = JoinSet::new();
    for _ in 0..COUPLES {
        let (pool, tally, race) = (pool.clone(), tally.clone(), race.clone());
        couples.spawn(async move {
            loop {
                let number = tally.next.fetch_add(1, Ordering::Relaxed);
                if number >= count {
                    return Ok(());
                }
                let random = fastrand::Rng::with_seed(seed ^ number);
                let raced = race(pool.clone(), tally.clone(), number, random);
                let raced = tokio::time::timeout(Duration::from_secs(180), raced).await;
                raced.unwrap_or_else(|_| Err("it hangs".to_owned())).map_err(|error| {
                    format!("race {number}: {error}\nWARPGRID_SEED={seed}\n{:?}", pool.stats())
                })?;
            }
        });
    }
    while let Some(ended) = couples.join_next().await {
        ended.unwrap().unwrap_or_else(|failure: String| panic!("{failure}"));
    }
    at_rest(pool).await;
    let [hit, missed, innocent] =
        [&tally.hit, &tally.missed, &tally.innocent].map(|counter| counter.load(Ordering::Relaxed));
    let (sessions, stats) = (tally.sessions.lock().unwrap().len(), pool.stats());
    println!(
        "{name}: {count} races, {hit} queries cancelled, {missed} cancels too late, {innocent} queries of others, all answered, in {sessions} sessions; {} checkouts, {} reused, destroyed: {:?}; seed {seed}",
        stats.checkouts, stats.reused, stats.destroyed
    );
    // Races that are all won by the same side prove nothing.
    assert!(hit > count / 100 && missed > count / 100, "{hit} cancels hit, {missed} missed, seed {seed}");
    assert!(stats.reused > count / 4, "sessions are exchanged: {stats:?}");
}
