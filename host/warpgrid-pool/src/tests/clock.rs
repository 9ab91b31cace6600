//! What ends by the clock: idle and old sessions, dead ones, and those whose guests or servers do nothing; knows no queue.

use super::scene::*;
use crate::config::PoolOptions;
use crate::error::Loss;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn quiet(size: usize) -> PoolOptions {
    PoolOptions {
        healthcheck: seconds(100_000),
        idle: seconds(100_000),
        lifetime: seconds(1_000_000),
        ..sized(size)
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_that_nobody_uses_is_closed_after_its_time() {
    let scene = scene(PoolOptions { idle: seconds(300), ..quiet(2) });
    drop(scene.checkout("a").await.unwrap());
    sleep(seconds(299)).await;
    assert_eq!(scene.counts(), (0, 1, 0, 0));
    sleep(seconds(2)).await;
    assert_eq!((scene.counts(), scene.network.sessions()), ((0, 0, 0, 0), vec![]));
    assert_eq!(scene.destroyed("nobody used it"), 1);
}

#[tokio::test(start_paused = true)]
async fn checks_do_not_make_a_session_young() {
    let scene = scene(PoolOptions { idle: seconds(300), healthcheck: seconds(30), ..quiet(2) });
    drop(scene.checkout("a").await.unwrap());
    sleep(seconds(299)).await;
    assert_eq!((scene.network.seen("ping"), scene.counts()), (9, (0, 1, 0, 0)));
    sleep(seconds(2)).await;
    assert_eq!(scene.counts(), (0, 0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn sessions_live_up_to_a_tenth_shorter_than_they_may() {
    let scene = scene(PoolOptions { lifetime: seconds(1000), ..quiet(20) });
    let guards = futures::future::join_all((0..20).map(|_| scene.checkout("a"))).await;
    let kept = guards.into_iter().map(Result::unwrap).take(1).collect::<Vec<_>>();
    settle().await;
    let mut ends = std::collections::BTreeSet::new();
    let begun = Instant::now();
    while scene.counts().1 > 0 {
        let before = scene.counts().1;
        sleep(seconds(1)).await;
        if scene.counts().1 < before {
            ends.insert(begun.elapsed().as_secs());
        }
    }
    let (first, last) = (*ends.first().unwrap(), *ends.last().unwrap());
    assert!(first >= 899 && last <= 1001 && ends.len() > 5, "{ends:?}");
    assert_eq!((scene.counts(), scene.destroyed("it grew too old")), ((1, 0, 0, 0), 19));
    drop(kept);
    assert_eq!((scene.counts(), scene.destroyed("it grew too old")), ((0, 0, 0, 0), 20));
}

#[tokio::test(start_paused = true)]
async fn the_health_check_removes_a_session_that_does_not_answer() {
    let scene = scene(PoolOptions { healthcheck: seconds(30), ..quiet(2) });
    let both = (scene.checkout("a").await.unwrap(), scene.checkout("a").await.unwrap());
    drop(both);
    sleep(seconds(31)).await;
    assert_eq!((scene.network.seen("ping"), scene.counts()), (2, (0, 2, 0, 0)));
    scene.network.server().silent = true;
    sleep(seconds(30)).await;
    assert_eq!(scene.counts(), (0, 0, 2, 0));
    sleep(seconds(5)).await;
    assert_eq!((scene.counts(), scene.destroyed("it did not answer")), ((0, 0, 0, 0), 2));
}

#[tokio::test(start_paused = true)]
async fn the_health_check_removes_a_session_that_the_server_closed() {
    let scene = scene(PoolOptions { healthcheck: seconds(30), ..quiet(2) });
    drop(scene.checkout("a").await.unwrap());
    scene.network.kill(1);
    sleep(seconds(31)).await;
    assert_eq!(scene.destroyed("it did not answer as a living session does"), 1);
}

/// What a guest does before it stops doing anything, and when and why its session is taken away.
#[tokio::test(start_paused = true)]
async fn sessions_are_taken_away_from_guests_that_do_nothing() {
    let cases = [
        ("an answer is there", "say hello\n", false, 60, "its guest left an answer unread"),
        ("half a line", "say hel", false, 60, "its guest left a frame half sent"),
        ("a server that takes no more of a line", "say hel", true, 60, "its server took nothing more"),
        ("a server that says nothing", "never\n", true, 300, "its server left an answer unfinished"),
    ];
    for (case, sent, waits, after, reason) in cases {
        let scene = Arc::new(scene(quiet(1)));
        let guard = Arc::new(scene.checkout("a").await.unwrap());
        // Some time before makes no difference.
        sleep(seconds(1000)).await;
        send(&guard, sent);
        let begun = Instant::now();
        let waiting = scene.clone();
        let next = tokio::spawn(async move {
            sleep(seconds(after - 1)).await;
            waiting.checkout("b").await.map(|_| begun.elapsed())
        });
        if waits {
            assert_eq!(line(&guard).await, Err(reason), "{case}");
            assert!(begun.elapsed() >= seconds(after), "{case}");
        }
        let served = next.await.unwrap().unwrap();
        assert!(served >= seconds(after) && served < seconds(after + 1), "{case}: {served:?}");
        assert_eq!(guard.ended().map(Loss::reason), Some(reason), "{case}");
        assert_eq!(scene.destroyed(reason), 1, "{case}");
        drop(guard);
        settle().await;
        assert_eq!(scene.counts(), (0, 1, 0, 0), "{case}: it is not given back twice");
    }
}

#[tokio::test(start_paused = true)]
async fn a_transaction_does_not_stand_open_for_ever() {
    let scene = scene(PoolOptions { transaction: seconds(120), ..quiet(1) });
    let guard = scene.checkout("a").await.unwrap();
    ask(&guard, "begin").await.unwrap();
    sleep(seconds(100)).await;
    ask(&guard, "say still here").await.unwrap();
    sleep(seconds(119)).await;
    assert_eq!(guard.ended(), None);
    sleep(seconds(2)).await;
    assert_eq!(guard.ended().map(Loss::reason), Some("its guest left a transaction open"));
    assert_eq!((scene.counts(), scene.network.sessions()), ((0, 0, 0, 0), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_is_at_rest_keeps_its_session() {
    let scene = scene(quiet(1));
    let guard = scene.checkout("a").await.unwrap();
    ask(&guard, "say hello").await.unwrap();
    sleep(seconds(80_000)).await;
    assert_eq!(ask(&guard, "say hello").await.unwrap(), "hello");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_keeps_coming_is_not_late() {
    let scene = scene(quiet(1));
    scene.network.server().answer = seconds(299);
    let guard = scene.checkout("a").await.unwrap();
    for _ in 0..10 {
        assert_eq!(ask(&guard, "say hello").await.unwrap(), "hello");
    }
}

/// Nothing that happens makes the monitor run more often than its limits ask for.
#[tokio::test(start_paused = true)]
async fn a_pool_that_does_nothing_costs_nothing() {
    let scene = scene(quiet(4));
    let _taken = scene.checkout("a").await.unwrap();
    drop(scene.checkout("b").await.unwrap());
    settle().await;
    let metrics = tokio::runtime::Handle::current().metrics();
    let _ = metrics.num_alive_tasks();
    let begun = Instant::now();
    let next = scene.pool.monitor_wakes().unwrap();
    assert_eq!((next - begun).as_secs().clamp(59, 60), (next - begun).as_secs());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn a_summary_is_logged_when_something_changed() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _logs = tracing::subscriber::set_default(subscriber);
    let scene = scene(PoolOptions { healthcheck: seconds(30), ..quiet(2) });
    let _taken = scene.checkout("a").await.unwrap();
    sleep(seconds(31)).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(
        text.contains("pool endpoint=\"orders\" active=1 idle=0 total=1 waiting=0 wait_count=0"),
        "{text}"
    );
    log.0.lock().unwrap().clear();
    sleep(Duration::from_secs(600)).await;
    assert_eq!(String::from_utf8(log.0.lock().unwrap().clone()).unwrap(), "", "nothing changed");
}
