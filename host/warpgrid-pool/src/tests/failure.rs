//! What fails, and what is dropped in the middle: nothing is lost and nobody waits in vain; knows no queue order.

use super::network::Network;
use super::scene::*;
use crate::config::PoolOptions;
use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::guard::Guard;
use crate::key::StartupSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn unreachable(retry: Duration) -> PoolError {
    PoolError::Unreachable { endpoint: "orders".to_owned(), reason: "db:1: refused".to_owned(), retry }
}

#[tokio::test(start_paused = true)]
async fn guests_fail_at_once_while_the_server_is_down_and_are_served_when_it_is_back() {
    let scene = scene(sized(2));
    drop(scene.checkout("a").await.unwrap());
    scene.network.server().down = true;
    assert_eq!(scene.checkout("b").await.err(), Some(unreachable(seconds(1))));
    sleep(Duration::from_millis(400)).await;
    let attempts = scene.network.server().attempts;
    let begun = Instant::now();
    for _ in 0..100 {
        let Some(PoolError::Unreachable { retry, .. }) = scene.checkout("b").await.err() else {
            panic!("it is down")
        };
        assert!(retry <= Duration::from_millis(600), "{retry:?}");
    }
    assert_eq!((begun.elapsed(), scene.network.server().attempts), (Duration::ZERO, attempts));
    assert!(scene.pool.stats().down.is_some());
    drop(scene.checkout("a").await.expect("a session that is there is given out"));
    scene.network.server().down = false;
    sleep(Duration::from_millis(601)).await;
    drop(scene.checkout("b").await.unwrap());
    assert_eq!((scene.pool.stats().down, scene.pool.stats().failed), (None, 101));
}

#[tokio::test(start_paused = true)]
async fn a_failed_attempt_ends_the_waiting_of_all() {
    let scene = Arc::new(scene(sized(2)));
    let held = scene.checkout("a").await.unwrap();
    scene.network.server().down = true;
    let begun = Instant::now();
    let guests = (0..10).map(|number| {
        let scene = scene.clone();
        tokio::spawn(async move { scene.checkout(if number % 2 == 0 { "a" } else { "b" }).await.err() })
    });
    for guest in guests.collect::<Vec<_>>() {
        assert_eq!(guest.await.unwrap(), Some(unreachable(seconds(1))));
    }
    assert_eq!((begun.elapsed(), scene.counts()), (Duration::ZERO, (1, 0, 0, 0)));
    drop(held);
}

#[tokio::test(start_paused = true)]
async fn a_refused_login_is_not_tried_again_at_once() {
    let scene = scene(sized(2));
    scene.network.server().refuses = Some("*".to_owned());
    for _ in 0..5 {
        let Some(PoolError::Authentication { user, .. }) = scene.checkout("a").await.err() else {
            panic!("refused")
        };
        assert_eq!(user, "shop");
    }
    assert_eq!(scene.network.server().attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn what_a_guest_asks_for_in_vain_does_not_concern_others() {
    let scene = Arc::new(scene(sized(2)));
    scene.network.server().refuses = Some("bad".to_owned());
    scene.network.server().login = Duration::from_millis(10);
    let other = scene.clone();
    let good = tokio::spawn(async move { other.checkout_as("b", "good").await.is_ok() });
    for _ in 0..3 {
        assert!(matches!(scene.checkout_as("a", "bad").await, Err(PoolError::Authentication { .. })));
    }
    assert!(good.await.unwrap() && scene.checkout("b").await.is_ok());
    assert_eq!(scene.network.server().attempts, 3, "one of them was the bad one");
}

#[tokio::test(start_paused = true)]
async fn a_login_has_its_own_time() {
    let scene = scene(PoolOptions { wait: seconds(5), connect: seconds(15), ..sized(1) });
    scene.network.server().login = seconds(8);
    let begun = Instant::now();
    drop(scene.checkout("a").await.expect("a slow login is waited for"));
    assert_eq!(begun.elapsed().as_secs(), 8);
    scene.network.server().login = seconds(100);
    let begun = Instant::now();
    let error = scene.checkout("b").await.err().unwrap().to_string();
    assert!(error.contains("connecting and logging in took longer than 15s"), "{error}");
    assert_eq!(begun.elapsed().as_secs(), 15);
}

/// The future of a checkout is dropped after each number of steps, in each situation it can be in.
#[tokio::test(start_paused = true)]
async fn a_checkout_that_is_dropped_at_any_step_loses_nothing() {
    for situation in ["empty", "idle", "full", "another key", "slow"] {
        for steps in 0..12 {
            let scene = scene(sized(2));
            let mut held = Vec::new();
            match situation {
                "idle" => drop(scene.checkout("a").await.unwrap()),
                "full" => {
                    held.push(scene.checkout("a").await.unwrap());
                    held.push(scene.checkout("b").await.unwrap());
                }
                "another key" => {
                    drop((scene.checkout("b").await.unwrap(), scene.checkout("b").await.unwrap()));
                }
                "slow" => scene.network.server().login = Duration::from_millis(20),
                _ => {}
            }
            let mut future = Box::pin(scene.checkout("a"));
            for step in 0..steps {
                if poll_once(&mut future).await.is_ready() {
                    break;
                }
                match step {
                    // The session arrives between two polls of the guest that goes.
                    5 => held.clear(),
                    6.. => sleep(Duration::from_millis(7)).await,
                    _ => tokio::task::yield_now().await,
                }
            }
            drop(future);
            held.clear();
            scene.network.server().login = Duration::ZERO;
            sleep(Duration::from_millis(100)).await;
            let (taken, idle, busy, waiting) = scene.counts();
            assert_eq!((taken, busy, waiting), (0, 0, 0), "{situation}, {steps} steps");
            assert!(idle <= 2);
            let both = (scene.checkout("a").await.unwrap(), scene.checkout("a").await.unwrap());
            assert_eq!(scene.counts(), (2, 0, 0, 0), "{situation}, {steps} steps: no place is lost");
            drop(both);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_session_on_its_way_to_a_guest_that_is_gone_goes_to_the_next() {
    let scene = scene(sized(1));
    let held = scene.checkout("a").await.unwrap();
    let mut gone = Box::pin(scene.checkout("a"));
    let mut next = Box::pin(scene.checkout("a"));
    assert!(poll_once(&mut gone).await.is_pending() && poll_once(&mut next).await.is_pending());
    drop(held);
    drop(gone);
    let begun = Instant::now();
    drop(next.await.unwrap());
    assert_eq!((begun.elapsed(), scene.counts()), (Duration::ZERO, (0, 1, 0, 0)));
    assert_eq!(scene.pool.stats().opened, 1);
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_reset_fails_is_destroyed() {
    let scene = scene(PoolOptions { wait: seconds(10), ..sized(1) });
    for (bad_reset, silent, reason) in
        [(true, false, "its reset failed"), (false, true, "its reset took too long")]
    {
        {
            let mut server = scene.network.server();
            (server.bad_reset, server.silent) = (bad_reset, silent);
        }
        let guard = scene.checkout("a").await.unwrap();
        ask(&guard, "set canary").await.unwrap();
        let begun = Instant::now();
        drop(guard);
        let next = scene.checkout("a").await.unwrap();
        assert_eq!(ask(&next, "get").await.unwrap(), "", "{reason}");
        assert_eq!((scene.destroyed(reason), begun.elapsed().as_secs()), (1, if silent { 5 } else { 0 }));
        next.destroy("this part is over");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guest_that_leaves_something_unfinished_loses_its_session() {
    let scene = scene(sized(1));
    for (sent, reason) in [
        ("say hel", "an answer was owed"),
        ("say hello\n", "an answer was owed"),
        ("begin\n", "an answer was owed"),
    ] {
        let before = scene.destroyed(reason);
        let guard = scene.checkout("a").await.unwrap();
        send(&guard, sent);
        drop(guard);
        assert_eq!((scene.destroyed(reason), scene.counts()), (before + 1, (0, 0, 0, 0)), "{sent}");
    }
    let guard = scene.checkout("a").await.unwrap();
    guard.destroy("the connection failed");
    drop(guard);
    assert_eq!(scene.destroyed("the connection failed"), 1);
    settle().await;
    assert_eq!(scene.network.sessions(), [] as [u32; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_closed_or_that_has_something_to_say_is_not_given_out() {
    let scene = scene(sized(3));
    let guards = [
        scene.checkout("a").await.unwrap(),
        scene.checkout("a").await.unwrap(),
        scene.checkout("a").await.unwrap(),
    ];
    // The last answer stays unread, and the tracker does not know of it.
    send(&guards[1], "say stray\n");
    guards[1].session().as_mut().unwrap().tracker.from_server(b"stray\n").unwrap();
    settle().await;
    scene.network.kill(3);
    settle().await;
    let [first, stray, closed] = guards;
    ask(&first, "say hello").await.unwrap();
    drop((stray, closed));
    settle().await;
    drop(first);
    settle().await;
    let next = scene.checkout("a").await.unwrap();
    assert_eq!(ask(&next, "say hello").await.unwrap(), "hello");
    assert_eq!(scene.counts(), (1, 0, 0, 0));
    let reasons = scene.pool.stats().destroyed;
    assert_eq!(reasons.iter().map(|(_, count)| count).sum::<u64>(), 2, "{reasons:?}");
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_that_dies_is_noticed_without_a_round_trip() {
    let scene = scene(sized(2));
    drop((scene.checkout("a").await.unwrap(), scene.checkout("a").await.unwrap()));
    scene.network.kill(1);
    scene.network.kill(2);
    settle().await;
    let guard = scene.checkout("a").await.unwrap();
    assert_eq!(ask(&guard, "say hello").await.unwrap(), "hello");
    assert_eq!(scene.destroyed("the server closed it, or sent what nobody asked for"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_tracker_that_panics_costs_its_session_only() {
    let scene = Arc::new(scene(sized(1)));
    let guest = scene.clone();
    let guest = tokio::spawn(async move {
        let guard = guest.checkout("a").await.unwrap();
        send(&guard, "panic\n");
    });
    assert!(guest.await.unwrap_err().is_panic());
    assert_eq!(scene.destroyed("a failure inside the pool"), 1);
    drop(scene.checkout("a").await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_login_that_panics_ends_the_waiting() {
    let scene = scene(sized(2));
    scene.network.server().panics = true;
    let begun = Instant::now();
    assert!(matches!(scene.checkout("a").await, Err(PoolError::Closed { .. })));
    scene.network.server().panics = false;
    drop(scene.checkout("a").await.unwrap());
    assert_eq!((begun.elapsed(), scene.counts()), (Duration::ZERO, (0, 1, 0, 0)));
}

/// A runtime with the clock stopped, that ends when it is dropped.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

#[test]
fn sessions_outlive_their_runtime_without_a_panic() {
    let first = runtime();
    let scene = Arc::new(scene(sized(3)));
    let guards = first.block_on(async {
        let guards = [scene.checkout("a").await.unwrap(), scene.checkout("a").await.unwrap()];
        ask(&guards[0], "say hello").await.unwrap();
        guards
    });
    let waiting = scene.clone();
    first.block_on(async {
        // A login, a reset and a guest that are in the middle when the runtime ends.
        waiting.network.server().login = seconds(10);
        let (other, third) = (waiting.clone(), waiting.clone());
        tokio::spawn(async move { other.checkout("b").await.map(drop) });
        tokio::spawn(async move { third.checkout("c").await.map(drop) });
        sleep(seconds(1)).await;
    });
    assert_eq!(scene.counts(), (2, 0, 1, 1));
    drop(first);
    assert_eq!(scene.counts(), (2, 0, 0, 0), "what the runtime did is undone");
    let [one, other] = guards;
    drop(one);
    drop(other);
    assert_eq!(scene.counts().0, 0);
    scene.network.server().login = Duration::ZERO;
    let second = runtime();
    second.block_on(async {
        let guard = scene.checkout("a").await.unwrap();
        ask(&guard, "say hello").await.unwrap();
        drop(guard);
        settle().await;
        assert_eq!(scene.counts(), (0, 1, 0, 0));
    });
}

#[test]
fn a_guard_is_dropped_where_no_runtime_is() {
    let runtime = runtime();
    let scene = scene(sized(1));
    let guard = runtime.block_on(async {
        let guard = scene.checkout("a").await.unwrap();
        ask(&guard, "say hello").await.unwrap();
        guard
    });
    drop(guard);
    runtime.block_on(settle());
    assert_eq!(scene.counts(), (0, 1, 0, 0), "the pool's own runtime resets it");
}

/// Guests on several threads, which are dropped at any moment: no place is lost, and no session has two guests.
#[test]
fn guests_on_several_threads_come_and_go_in_any_order() {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_time().build().unwrap();
    runtime.block_on(async {
        let scene = Arc::new(scene(PoolOptions { wait: seconds(60), queue: 10_000, ..sized(4) }));
        let guests = (0..200_u64).map(|number| {
            let scene = scene.clone();
            tokio::spawn(async move {
                let mut random = fastrand::Rng::with_seed(number);
                for _ in 0..50 {
                    let tenant = ["a", "b", "c"][random.usize(..3)];
                    let limit = Duration::from_micros(random.u64(..3000));
                    let _ = tokio::time::timeout(limit, async {
                        let guard = scene.checkout(tenant).await.unwrap();
                        assert_eq!(ask(&guard, "get").await.unwrap_or_default(), "");
                        let _ = ask(&guard, &format!("set {tenant}{number}")).await;
                    })
                    .await;
                }
            })
        });
        for guest in guests.collect::<Vec<_>>() {
            guest.await.unwrap();
        }
        for _ in 0..1000 {
            let (taken, _, busy, waiting) = scene.counts();
            if (taken, busy, waiting) == (0, 0, 0) {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
        let (taken, _, busy, waiting) = scene.counts();
        assert_eq!((taken, busy, waiting), (0, 0, 0));
        assert!(scene.network.server().most_logins <= 1 && scene.pool.stats().failed == 0);
        let all = (0..4).map(|_| scene.checkout("a"));
        assert!(futures::future::join_all(all).await.iter().all(Result::is_ok));
    });
}

/// What goes on in the background goes on without the guest, and none of it keeps a pool alive for ever.
#[tokio::test(start_paused = true)]
async fn a_pool_that_nobody_has_ends_with_its_tasks() {
    let scene = scene(sized(2));
    drop(scene.checkout("a").await.unwrap());
    let network: Arc<Network> = scene.network.clone();
    let guard: Guard = scene.checkout("a").await.unwrap();
    let tenant = Tenant::new("b");
    let refused = scene.pool.checkout(&tenant, StartupSet::default(), scene.pool.cancel_key());
    drop(refused);
    drop(scene);
    drop(guard);
    sleep(seconds(10)).await;
    assert_eq!(network.sessions(), [] as [u32; 0]);
    assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 0);
}
