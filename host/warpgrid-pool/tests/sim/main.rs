//! Deterministic simulation: guests of several tenants, a PostgreSQL server in memory that crashes, hangs and is slow, all
//! from a seed and under a paused clock; the same seed gives the same run. Knows nothing of the pool but its public face.
//!
//! | file | what it holds |
//! |---|---|
//! | `wire` | messages of PostgreSQL, as a server and as a guest need them |
//! | `server` | the simulated server and network: sessions with state, faults, what was done to whom |
//! | `guest` | what guests do, well-behaved and not |
//! | `world` | one run: what happens when, and what must hold after each step |
//!
//! `WARPGRID_SIM_SEEDS=n` runs n seeds (1,000 unless told), `WARPGRID_SIM_SEED=x` only that one, with its log.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod guest;
mod server;
mod wire;
mod world;

use server::Flaw;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("`{name}` must be a number, not `{text}`")))
}

/// Runs seeds on all processors; the first failure by number ends it.
fn failures(seeds: impl Fn(u64) -> u64 + Sync, count: u64, flaw: Flaw) -> Option<(u64, String)> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= count {
                        return;
                    }
                    let seed = seeds(index);
                    if let Err(failure) = world::run(seed, flaw).outcome {
                        stop.store(true, Ordering::Relaxed);
                        failed.lock().unwrap().push((seed, failure));
                    }
                }
            });
        }
    });
    failed.into_inner().unwrap().into_iter().min()
}

#[test]
fn whatever_happens_no_session_is_lost_shared_or_leaked() {
    if let Some(seed) = number("WARPGRID_SIM_SEED") {
        let run = world::run(seed, Flaw::None);
        println!("{}", run.log.join("\n"));
        run.outcome.unwrap_or_else(|failure| panic!("seed {seed}: {failure}"));
        return;
    }
    let count = number("WARPGRID_SIM_SEEDS").unwrap_or(1000);
    if let Some((seed, failure)) = failures(|index| index, count, Flaw::None) {
        panic!(
            "seed {seed}: {failure}\nreplay it: WARPGRID_SIM_SEED={seed} cargo test -p warpgrid-pool --test sim whatever -- --nocapture"
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..10 {
        let (one, other) = (world::run(seed, Flaw::None), world::run(seed, Flaw::None));
        assert!(one.log.len() > 20, "{:?}", one.log);
        for (line, (one, other)) in one.log.iter().zip(&other.log).enumerate() {
            assert_eq!(one, other, "seed {seed}, line {line}");
        }
        assert_eq!(one.log.len(), other.log.len());
    }
    assert_ne!(world::run(1, Flaw::None).log, world::run(2, Flaw::None).log);
}

/// The runs really reach what they are to prove.
#[test]
fn the_runs_see_every_kind_of_event() {
    let mut all = Vec::new();
    for seed in 0..100 {
        all.extend(world::run(seed, Flaw::None).log);
    }
    for event in [
        "reset",
        "cancelled",
        "stopped",
        "crash",
        "hang",
        "slow",
        "killed",
        "reload",
        "opens",
        "dropped",
        "commit",
        "notified",
        "ping",
        "ends: half",
        "ends: unread",
        "refused",
    ] {
        assert!(all.iter().any(|line| line.contains(event)), "no run had `{event}`");
    }
}

/// Servers with flaws that a pool must not hide: the invariants notice them.
#[test]
fn the_invariants_can_fail() {
    for (flaw, expected) in
        [(Flaw::ForgetsNothing, "left by"), (Flaw::WrongCancel, "cancel"), (Flaw::MixedAnswers, "of another")]
    {
        let Some((_, failure)) = failures(|index| index, 300, flaw) else {
            panic!("{flaw:?} was not noticed")
        };
        assert!(failure.contains(expected), "{flaw:?}: {failure}");
    }
}
