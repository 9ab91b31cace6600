//! A guest that connects again right after it left: it waits for the session that is being reset; knows no other queue.

use super::scene::*;
use crate::config::PoolOptions;
use crate::error::PoolError;
use crate::guard::Guard;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::Instant;

const fn millis(count: u64) -> Duration {
    Duration::from_millis(count)
}

/// A guest that says when it got its session.
type Guest = JoinHandle<(Duration, Result<Guard, PoolError>)>;

fn come(scene: &Arc<Scene>, tenant: &'static str) -> Guest {
    let scene = scene.clone();
    let begun = Instant::now();
    tokio::spawn(async move {
        let answer = scene.checkout(tenant).await;
        (begun.elapsed(), answer)
    })
}

/// A pool whose server takes 100 ms for an answer, and so for a reset; tenant `a` has just left its only session.
async fn left_behind(options: PoolOptions) -> Arc<Scene> {
    let scene = Arc::new(scene(options));
    let guard = scene.checkout("a").await.unwrap();
    assert_eq!(ask(&guard, "set canary").await.unwrap(), "done");
    scene.network.server().answer = millis(100);
    drop(guard);
    assert_eq!(scene.counts(), (0, 0, 1, 0));
    scene
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_comes_again_and_again_needs_one_session() {
    let scene = scene(sized(10));
    scene.network.server().answer = millis(3);
    for _ in 0..100 {
        let guard = scene.checkout("a").await.unwrap();
        assert_eq!(ask(&guard, "get").await.unwrap(), "");
        assert_eq!(ask(&guard, "set canary").await.unwrap(), "done");
    }
    let stats = scene.pool.stats();
    assert_eq!((stats.opened, stats.reused, stats.checkouts), (1, 99, 100));
}

#[tokio::test(start_paused = true)]
async fn at_most_one_guest_waits_for_a_session_that_is_being_reset() {
    let scene = left_behind(sized(3)).await;
    scene.network.server().login = millis(10);
    let (first, second) = (come(&scene, "a"), come(&scene, "a"));
    let ((first, _one), (second, _other)) = (first.await.unwrap(), second.await.unwrap());
    assert!(first >= millis(99) && first < millis(105), "{first:?}");
    assert!(second < millis(15), "{second:?}");
    assert_eq!((scene.pool.stats().opened, scene.counts()), (2, (2, 0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_session_of_another_key() {
    let scene = left_behind(sized(3)).await;
    let begun = Instant::now();
    let other = (scene.checkout("b").await.unwrap(), scene.checkout_as("a", "web").await.unwrap());
    assert!(begun.elapsed() < millis(5), "{:?}", begun.elapsed());
    assert_eq!(scene.pool.stats().opened, 3);
    drop(other);
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_opened_when_the_reset_fails() {
    let scene = left_behind(sized(1)).await;
    scene.network.server().bad_reset = true;
    let (waited, guard) = come(&scene, "a").await.unwrap();
    assert!(waited < millis(110), "{waited:?}");
    assert_eq!(ask(&guard.unwrap(), "get").await.unwrap(), "");
    assert_eq!((scene.pool.stats().opened, scene.destroyed("its reset failed")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_new_session_is_opened_when_the_reset_takes_too_long() {
    // With one place it is the place of that session; with two the guest's own time may end in the same moment.
    for options in [PoolOptions { wait: seconds(6), ..sized(1) }, sized(2)] {
        let scene = left_behind(options).await;
        scene.network.server().silent = true;
        let (waited, guard) = come(&scene, "a").await.unwrap();
        assert!(waited >= seconds(5) && waited < millis(5_010), "{waited:?}");
        assert!(guard.is_ok(), "{:?}", guard.err());
        settle().await;
        assert_eq!((scene.counts(), scene.destroyed("its reset took too long")), ((1, 0, 0, 0), 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_with_less_time_than_a_reset_gets_a_new_session_if_there_is_room() {
    let options = PoolOptions { wait: seconds(1), ..sized(2) };
    let scene = left_behind(options).await;
    scene.network.server().silent = true;
    let (waited, guard) = come(&scene, "a").await.unwrap();
    assert!(guard.is_ok() && waited < millis(1_010), "{waited:?}");
    let (waited, refused) = come(&scene, "a").await.unwrap();
    assert!(matches!(refused, Err(PoolError::Exhausted { .. })), "{:?}", refused.err());
    assert_eq!(waited.as_secs(), 1);
    tokio::time::sleep(seconds(5)).await;
    assert_eq!((scene.counts(), scene.pool.stats().failed), ((1, 0, 0, 0), 1));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_told_to_who_waited_for_a_reset() {
    let scene = left_behind(sized(3)).await;
    scene.network.server().bad_reset = true;
    scene.network.server().down = true;
    let (waiting, other) = (come(&scene, "a"), come(&scene, "b"));
    assert!(other.await.unwrap().1.is_err());
    let (waited, answer) = waiting.await.unwrap();
    assert!(matches!(answer, Err(PoolError::Unreachable { .. })) && waited < millis(110), "{waited:?}");
    assert_eq!(
        (scene.counts(), scene.network.server().attempts),
        ((0, 0, 0, 0), 2),
        "one login failed, not two"
    );
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_gives_up_waiting_leaves_the_session_to_others() {
    let scene = left_behind(sized(1)).await;
    let first = come(&scene, "a");
    tokio::task::yield_now().await;
    let second = come(&scene, "a");
    tokio::task::yield_now().await;
    assert_eq!(scene.counts(), (0, 0, 1, 1), "the pool is full: the second stands in the queue");
    first.abort();
    let (waited, guard) = second.await.unwrap();
    assert!(waited < millis(105), "{waited:?}");
    drop(guard);
    settle().await;
    let stats = scene.pool.stats();
    assert_eq!((scene.counts(), stats.opened, stats.failed), ((0, 1, 0, 0), 1, 0));
}

#[tokio::test(start_paused = true)]
async fn whoever_came_first_gets_what_arrives_first() {
    let scene = Arc::new(scene(sized(3)));
    let held = scene.checkout("a").await.unwrap();
    ask(&held, "set canary").await.unwrap();
    scene.network.server().login = seconds(1);
    scene.network.server().answer = millis(100);
    let first = come(&scene, "a");
    settle().await;
    drop(held);
    let second = come(&scene, "a");
    let ((first, _one), (second, _other)) = (first.await.unwrap(), second.await.unwrap());
    assert!(first < millis(110), "{first:?}");
    assert!(second > millis(990) && second < millis(1_005), "it takes over the login: {second:?}");
    settle().await;
    assert_eq!((scene.pool.stats().opened, scene.counts()), (2, (2, 0, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn nobody_overtakes_the_queue() {
    let scene = Arc::new(scene(sized(1)));
    let held = scene.checkout("a").await.unwrap();
    ask(&held, "set canary").await.unwrap();
    let queued = come(&scene, "b");
    settle().await;
    drop(held);
    let newcomer = come(&scene, "a");
    settle().await;
    let (_, guard) = queued.await.unwrap();
    assert!(!newcomer.is_finished());
    drop(guard);
    assert!(newcomer.await.unwrap().1.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_drain_and_a_reload_do_not_keep_anybody_waiting() {
    let scene = left_behind(sized(2)).await;
    let waiting = come(&scene, "a");
    settle().await;
    scene.manager.reload();
    let (waited, guard) = waiting.await.unwrap();
    assert!(waited < millis(105), "{waited:?}");
    assert_eq!((scene.pool.stats().opened, scene.destroyed("the pool was reloaded")), (2, 1));
    assert_eq!(ask(&guard.unwrap(), "get").await.unwrap(), "");
    let waiting = come(&scene, "a");
    settle().await;
    assert_eq!(scene.counts(), (0, 0, 1, 0));
    scene.manager.drain(seconds(1)).await;
    let (waited, refused) = waiting.await.unwrap();
    assert!(matches!(refused, Err(PoolError::Draining { .. })) && waited < millis(5), "{waited:?}");
    assert_eq!(scene.counts(), (0, 0, 0, 0));
}
