//! Cases by seed, their time and their memory; knows no target from the inside.

use crate::corpus::Corpus;
use crate::proof::size::{seed, sized};
use crate::target::{client, greet, track};
use fastrand::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use warpgrid_pool::endpoint::Protocol;

/// A case that takes longer hangs; a busy machine included.
const HANG: Duration = Duration::from_secs(60);
/// As many cases run at least, however long they take: memory is compared with what it was after the first thousand.
const LEAST: usize = 2000;
/// How much memory the process may need beside what it had when all was warm.
const MEMORY: usize = 16 << 20;

type Target = (&'static str, fn(&Corpus, &mut Rng));

const TARGETS: [Target; 4] =
    [("greet", greet::run), ("track", track::run), ("login", client::log_in), ("reset", client::reset)];

fn time() -> Duration {
    sized(Duration::from_millis(3500), Duration::from_secs(3600))
}

/// Resident, in bytes (`proc(5)`, `VmRSS`).
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// One case, whose failure says how to have it again.
fn case(name: &str, corpus: &Corpus, target: fn(&Corpus, &mut Rng), seed: u64) {
    let run = catch_unwind(AssertUnwindSafe(|| target(corpus, &mut Rng::with_seed(seed))));
    assert!(
        run.is_ok(),
        "{name}: case {seed}; alone: WARPGRID_CASE={seed} with the filter `{}`",
        corpus.protocol
    );
}

/// Ends the process when a case hangs: nothing else would.
fn watch(name: &str, running: &AtomicU64, cases: &AtomicUsize) {
    let (mut last, mut since) = (0, Instant::now());
    while running.load(Ordering::Relaxed) != 0 {
        std::thread::sleep(Duration::from_millis(50));
        let now = cases.load(Ordering::Relaxed);
        if now != last {
            (last, since) = (now, Instant::now());
        } else if since.elapsed() > HANG {
            println!("{name}: case {} hangs", running.load(Ordering::Relaxed));
            std::process::exit(101);
        }
    }
}

fn fuzz(protocol: Protocol) {
    let corpus = Corpus::read(protocol);
    for (name, target) in TARGETS {
        let name = format!("{name}-{protocol}");
        if let Some(seed) = std::env::var_os("WARPGRID_CASE") {
            case(&name, &corpus, target, seed.to_str().unwrap().parse().unwrap());
            continue;
        }
        let (begun, until) = (Instant::now(), Instant::now() + time());
        let (running, cases) = (AtomicU64::new(1), AtomicUsize::new(0));
        let (mut warm, mut most) = (0, 0);
        std::thread::scope(|scope| {
            scope.spawn(|| watch(&name, &running, &cases));
            let mut seeds = Rng::with_seed(seed());
            while Instant::now() < until || cases.load(Ordering::Relaxed) < LEAST {
                let seed = seeds.u64(1..);
                running.store(seed, Ordering::Relaxed);
                let caught = catch_unwind(AssertUnwindSafe(|| case(&name, &corpus, target, seed)));
                if let Err(panic) = caught {
                    running.store(0, Ordering::Relaxed);
                    std::panic::resume_unwind(panic);
                }
                let count = cases.fetch_add(1, Ordering::Relaxed) + 1;
                if count == 1000 {
                    warm = resident();
                } else if count % 1000 == 0 {
                    most = most.max(resident().saturating_sub(warm));
                }
            }
            running.store(0, Ordering::Relaxed);
        });
        let count = cases.load(Ordering::Relaxed);
        println!("{name}: {count} cases in {:?}, at most {most} bytes more", begun.elapsed());
        assert!(most <= MEMORY, "{name}: {most} bytes more");
    }
}

#[test]
fn postgres_survives_whatever_it_reads() {
    fuzz(Protocol::Postgres);
}

#[test]
fn mysql_survives_whatever_it_reads() {
    fuzz(Protocol::Mysql);
}

#[test]
fn redis_survives_whatever_it_reads() {
    fuzz(Protocol::Redis);
}
