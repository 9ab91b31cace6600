//! All cuts of all dialogues; knows no byte of a protocol.

use crate::corpus;
use crate::dialogue::Dialogue;
use crate::dialogues;
use crate::next;
use crate::play::{Cut, Passed, play};
use crate::proof::line::Harm;
use crate::proof::site::{Site, builder, endpoint};
use crate::proof::size::{sample, seed, sized};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, Protocol};

/// How long it may take until a guest's place is free again.
const RELEASE: Duration = Duration::from_millis(100);
/// How often a cut may be tried in CI until it keeps that time: a busy machine is no proof.
const TRIES: usize = 5;
/// How long the next guest waits at most; with a place lost it would wait in vain.
const PATIENCE: Duration = Duration::from_secs(60);

/// In CI a dialogue of so many bytes one way is cut after each of them; a longer one in so many places.
const SHORT: usize = 40;
const LONG_SAMPLE: usize = 16;

/// What a run comes to.
#[derive(Default)]
struct Sum {
    cuts: usize,
    slowest: Duration,
    repeated: usize,
}

/// How long a place was not free.
#[derive(Debug)]
struct Released {
    /// After the cut.
    after: Duration,
    /// After the next guest, which left in order: what a reset takes on this machine at this moment.
    usual: Duration,
}

impl Released {
    /// In CI a busy machine may add to it what it adds to any reset; the full run judges the bare time.
    fn is_late(&self) -> bool {
        let slack = sized(self.usual.min(RELEASE) * 4, Duration::ZERO);
        self.after > RELEASE + slack
    }
}

/// Runs a dialogue up to the cut, then the next guest. How long the place was not free.
async fn cut(site: &Site, dialogue: &Dialogue, cut: Cut, number: usize) -> Released {
    let (guest, _) = play(site, dialogue, cut).await;
    let dropped = Instant::now();
    drop(guest);
    site.line.set(Harm::default());
    timeout(PATIENCE, site.rest())
        .await
        .unwrap_or_else(|_| panic!("{}, {cut:?}: never released", dialogue.name));
    let after = dropped.elapsed();
    let next = async {
        let mut guest = site.open().await?;
        next::ask(site.pool.endpoint().protocol, &mut guest, number).await?;
        let left = Instant::now();
        guest.leave().await;
        site.rest().await;
        Ok(left.elapsed())
    };
    let served = timeout(PATIENCE, next).await.unwrap_or_else(|_| Err("nothing".to_owned()));
    let usual = served.unwrap_or_else(|reason: String| {
        panic!(
            "after dialogue `{}`, {cut:?}, the next guest: {reason}; {:?}",
            dialogue.name,
            site.pool.stats()
        )
    });
    let stats = site.pool.stats();
    assert_eq!((stats.idle, stats.waiting), (1, 0), "{}, {cut:?}: {stats:?}", dialogue.name);
    Released { after, usual }
}

/// Plays a dialogue to its end: how much passed, and that its session is reset, or destroyed where it must be.
async fn whole(site: &Site, dialogue: &Dialogue) -> (usize, usize, Passed) {
    site.rest().await;
    let before = site.pool.stats();
    let (guest, passed) = play(site, dialogue, Cut::Never).await;
    let (sent, got) = (guest.sent, guest.got);
    drop(guest);
    site.rest().await;
    let after = site.pool.stats();
    let (reset, destroyed) = (after.reset - before.reset, after.destroyed != before.destroyed);
    assert_eq!((reset == 1, destroyed), (dialogue.kept, !dialogue.kept), "`{}`: {after:?}", dialogue.name);
    (sent, got, passed)
}

async fn matrix(protocol: Protocol, dialogues: Vec<Dialogue>) {
    let server = builder(protocol).start().unwrap();
    let options = PoolOptions { size: 1, ..PoolOptions::default() };
    let endpoint = endpoint(&server, protocol, options);
    // Many logins: those of SCRAM cost more than what is looked at here.
    let endpoint = match protocol {
        Protocol::Postgres => Endpoint { user: Some("app_trust".into()), password: None, ..endpoint },
        _ => endpoint,
    };
    let site = Site::new(endpoint);
    // MySQL's first guest has the place cleared of the session that was asked what the server says.
    let guest = site.open().await.unwrap();
    // Each dialogue begins with the same login: it is cut in the first of them.
    let (mut from_sent, mut from_got) = (0, 0);
    let login = (guest.sent, guest.got);
    guest.leave().await;
    corpus::write_down_logins(&server, protocol).await;
    let mut random = fastrand::Rng::with_seed(seed());
    let (mut sum, begun) = (Sum::default(), Instant::now());
    for dialogue in &dialogues {
        let (sent, got, passed) = whole(&site, dialogue).await;
        corpus::write_down(&format!("{protocol}-{}", dialogue.name), &passed);
        let budget = |bytes| sized(if bytes <= SHORT { SHORT + 1 } else { LONG_SAMPLE }, usize::MAX);
        let sends = sample(from_sent, sent, budget(sent - from_sent), &mut random).into_iter().map(Cut::Sent);
        let gets = sample(from_got, got, budget(got - from_got), &mut random).into_iter().map(Cut::Got);
        (from_sent, from_got) = login;
        for place in sends.chain(gets) {
            sum.cuts += 1;
            let mut released = cut(&site, dialogue, place, sum.cuts).await;
            for _ in 1..sized(TRIES, 2) {
                if !released.is_late() {
                    break;
                }
                sum.repeated += 1;
                released = cut(&site, dialogue, place, sum.cuts).await;
            }
            assert!(!released.is_late(), "{}, {place:?}: {released:?}", dialogue.name);
            sum.slowest = sum.slowest.max(released.after);
        }
    }
    let stats = site.pool.stats();
    assert_eq!((stats.taken, stats.busy, stats.waiting, stats.failed), (0, 0, 0, 0), "{stats:?}");
    assert!(stats.reused * 4 > stats.checkouts, "most guests get a session that was used: {stats:?}");
    println!(
        "{protocol}: {} dialogues, {} cuts in {:?}; {} of {} checkouts with a used session; slowest release {:?}, {} measured again",
        dialogues.len(),
        sum.cuts,
        begun.elapsed(),
        stats.reused,
        stats.checkouts,
        sum.slowest,
        sum.repeated
    );
}

#[tokio::test]
async fn postgres_guests_dropped_at_any_byte_spoil_nothing_for_the_next() {
    matrix(Protocol::Postgres, dialogues::postgres::all()).await;
}

#[tokio::test]
async fn mysql_guests_dropped_at_any_byte_spoil_nothing_for_the_next() {
    matrix(Protocol::Mysql, dialogues::mysql::all()).await;
}

#[tokio::test]
async fn redis_guests_dropped_at_any_byte_spoil_nothing_for_the_next() {
    matrix(Protocol::Redis, dialogues::redis::all()).await;
}
