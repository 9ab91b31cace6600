//! Drain, reload, cancel: what ends sessions from outside; knows no clock but for the time a drain takes.

use super::scene::*;
use crate::config::PoolOptions;
use crate::endpoint::Tenant;
use crate::error::{Loss, PoolError};
use crate::key::StartupSet;
use crate::protocol::CancelKey;
use crate::stats::DrainReport;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

fn draining() -> Option<PoolError> {
    Some(PoolError::Draining { endpoint: "orders".to_owned() })
}

#[tokio::test(start_paused = true)]
async fn a_drain_waits_for_answers_and_transactions_and_lets_nobody_in() {
    let scene = Arc::new(scene(sized(5)));
    scene.network.server().answer = seconds(2);
    let (resting, asking, begun) = (
        scene.checkout("a").await.unwrap(),
        scene.checkout("b").await.unwrap(),
        scene.checkout("c").await.unwrap(),
    );
    drop(scene.checkout("d").await.unwrap());
    ask(&begun, "begin").await.unwrap();
    send(&asking, "say last words\n");
    let started = Instant::now();
    let manager = scene.manager.clone();
    let drain = tokio::spawn(async move { (manager.drain(seconds(30)).await, started.elapsed()) });
    tokio::task::yield_now().await;
    settle().await;
    assert_eq!(scene.checkout("e").await.err(), draining());
    assert_eq!(line(&resting).await, Err("the pool is drained"), "a guest at rest sees the end at once");
    assert_eq!(scene.counts(), (2, 0, 0, 0));
    assert_eq!(line(&asking).await.unwrap(), "last words");
    sleep(seconds(1)).await;
    assert_eq!(asking.ended().map(Loss::reason), Some("the pool is drained"));
    assert!(!drain.is_finished());
    assert_eq!(ask(&begun, "commit").await.unwrap(), "done");
    let (report, took) = drain.await.unwrap();
    assert_eq!(report, DrainReport { finished: 3, cut: Vec::new() });
    assert!(took < seconds(6), "{took:?}");
    // The server takes its time for a goodbye too.
    sleep(seconds(3)).await;
    assert_eq!(scene.network.sessions(), [] as [u32; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_in_time_is_cut_and_listed() {
    let scene = scene(sized(5));
    let [asking, half, begun, _resting] = [
        scene.checkout("a").await.unwrap(),
        scene.checkout("b").await.unwrap(),
        scene.checkout("c").await.unwrap(),
        scene.checkout("d").await.unwrap(),
    ];
    send(&asking, "never\n");
    send(&half, "say hel");
    ask(&begun, "begin").await.unwrap();
    let started = Instant::now();
    let report = scene.manager.drain(seconds(30)).await;
    assert_eq!(started.elapsed().as_secs(), 30);
    assert_eq!(
        (report.finished, report.cut),
        (
            1,
            vec![
                "orders: tenant a, session 1, an answer outstanding".to_owned(),
                "orders: tenant b, session 2, a frame half sent".to_owned(),
                "orders: tenant c, session 3, a transaction open".to_owned(),
            ]
        )
    );
    assert_eq!(asking.ended().map(Loss::reason), Some("the pool is drained"));
    settle().await;
    assert_eq!((scene.counts(), scene.network.sessions()), ((0, 0, 0, 0), vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_drain_refuses_those_who_wait_at_once() {
    let scene = Arc::new(scene(sized(2)));
    scene.network.server().login = seconds(10);
    let guests = (0..5).map(|_| {
        let scene = scene.clone();
        tokio::spawn(async move { scene.checkout("a").await.err() })
    });
    let guests = guests.collect::<Vec<_>>();
    settle().await;
    assert_eq!(scene.counts(), (0, 0, 2, 3));
    let begun = Instant::now();
    assert_eq!(scene.manager.drain(seconds(30)).await, DrainReport::default());
    for guest in guests {
        assert_eq!(guest.await.unwrap(), draining());
    }
    assert!(begun.elapsed() < Duration::from_millis(200));
    let later = scene.manager.pool(crate::endpoint::Endpoint { user: None, ..endpoint(sized(1)) });
    let refused = later.checkout(&Tenant::new("a"), application(""), later.cancel_key()).await;
    assert_eq!(refused.err(), draining(), "a pool that is made later gives nothing either");
}

#[tokio::test(start_paused = true)]
async fn a_reload_replaces_every_session() {
    let scene = Arc::new(scene(sized(3)));
    let (used, idle) = (scene.checkout("a").await.unwrap(), scene.checkout("a").await.unwrap());
    drop(idle);
    scene.network.server().login = Duration::from_millis(50);
    let other = scene.clone();
    let opening = tokio::spawn(async move {
        let guard = other.checkout("b").await.unwrap();
        ask(&guard, "say hello").await.unwrap();
        guard
    });
    sleep(Duration::from_millis(10)).await;
    scene.manager.reload();
    assert_eq!(ask(&used, "say still here").await.unwrap(), "still here", "nobody loses a session in use");
    let opening = opening.await.unwrap();
    assert_eq!(scene.network.sessions(), [1, 4], "one that was being logged in is replaced too");
    drop(used);
    settle().await;
    assert_eq!(scene.destroyed("the pool was reloaded"), 3);
    drop(opening);
    settle().await;
    assert_eq!(scene.counts(), (0, 1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_replaced_pool_keeps_its_guests_and_none_of_its_sessions() {
    let scene = Arc::new(scene(sized(1)));
    let (same, changed) = (endpoint(sized(1)), endpoint(sized(2)));
    let used = scene.checkout("a").await.unwrap();
    let kept = scene.manager.replace(vec![same]).remove(0);
    assert_eq!((kept.stats().taken, scene.manager.retired_sessions()), (1, 0), "the very same pool");

    let other = scene.clone();
    let waiting = tokio::spawn(async move { other.checkout("b").await.unwrap() });
    settle().await;
    let pool = scene.manager.replace(vec![changed]).remove(0);
    assert_eq!((pool.stats().size, scene.manager.retired_sessions()), (2, 1));
    let new = pool.checkout(&Tenant::new("a"), StartupSet::default(), pool.cancel_key()).await.unwrap();
    assert_eq!(ask(&used, "say still here").await.unwrap(), "still here");
    drop(used);
    let waited = waiting.await.unwrap();
    assert_eq!(ask(&waited, "say in time").await.unwrap(), "in time", "who waited is served");
    drop(waited);
    settle().await;
    assert_eq!(scene.destroyed("its binding was changed"), 2);
    assert_eq!((scene.counts(), scene.manager.retired_sessions()), ((0, 0, 0, 0), 0));
    drop(new);
    settle().await;
    assert_eq!((pool.stats().idle, pool.stats().opened), (1, 1));

    let late = scene.checkout("c").await.unwrap();
    ask(&late, "begin").await.unwrap();
    let report = scene.manager.drain(Duration::from_millis(10)).await;
    assert_eq!(report.cut.len(), 1, "a drain reaches who came late to a pool that was replaced: {report:?}");
}

#[tokio::test(start_paused = true)]
async fn a_guest_cancels_its_own_tenants_queries_only() {
    let scene = scene(sized(2));
    let (tenant, other) = (Tenant::new("a"), Tenant::new("b"));
    let key = scene.pool.cancel_key();
    let guard = scene.pool.checkout(&tenant, application(""), key).await.unwrap();
    for (tenant, key) in [
        (&other, key),
        (&tenant, CancelKey { secret: key.secret ^ 1, ..key }),
        (&tenant, CancelKey { number: key.number ^ 1, ..key }),
    ] {
        scene.pool.cancel(tenant, key).await.unwrap();
    }
    assert_eq!(scene.network.seen("stop"), 0);
    scene.pool.cancel(&tenant, key).await.unwrap();
    assert_eq!(scene.network.server().seen, [(1, "stop".to_owned())]);
    ask(&guard, "say hello").await.unwrap();
    drop(guard);
    assert_eq!(scene.destroyed("a query of it was cancelled"), 1);
    scene.pool.cancel(&tenant, key).await.unwrap();
    assert_eq!(scene.network.seen("stop"), 1, "nobody has the session any more");
}

/// The request is on its way, in whatever order, when the guest goes: the next guest is never hit.
#[tokio::test(start_paused = true)]
async fn a_late_request_does_not_hit_the_next_guest() {
    for steps in 0..10 {
        let scene = scene(sized(1));
        let tenant = Tenant::new("a");
        let key = scene.pool.cancel_key();
        let guard = scene.pool.checkout(&tenant, application(""), key).await.unwrap();
        ask(&guard, "say hello").await.unwrap();
        let mut cancel = Box::pin(scene.pool.cancel(&tenant, key));
        for _ in 0..steps {
            if poll_once(&mut cancel).await.is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(guard);
        drop(cancel);
        let next = scene.checkout("a").await.unwrap();
        settle().await;
        let mine = next.facts().clone();
        let crate::protocol::ServerFacts::Mysql(facts) = &*mine else { panic!("these facts have this form") };
        assert!(
            scene
                .network
                .server()
                .seen
                .iter()
                .all(|(number, line)| line != "stop" || *number != facts.thread)
        );
        assert_eq!(scene.network.seen("stop"), usize::from(steps > 0), "a request that was begun is sent");
    }
}

#[tokio::test(start_paused = true)]
async fn a_guests_kill_names_sessions_of_its_own_tenant_only() {
    let scene = scene(sized(3));
    let keys = [scene.pool.cancel_key(), scene.pool.cancel_key(), scene.pool.cancel_key()];
    let tenants = [Tenant::new("a"), Tenant::new("a"), Tenant::new("b")];
    let mut guards = Vec::new();
    for (tenant, key) in tenants.iter().zip(keys) {
        guards.push(scene.pool.checkout(tenant, application(""), key).await.unwrap());
    }
    send(&guards[0], &format!("kill {}\n", keys[2].number));
    line(&guards[0]).await.unwrap();
    send(&guards[0], &format!("kill {}\n", keys[1].number));
    line(&guards[0]).await.unwrap();
    send(&guards[0], &format!("kill {}\n", keys[0].number));
    line(&guards[0]).await.unwrap();
    let kills = scene.network.server().seen.iter().map(|(_, line)| line.clone()).collect::<Vec<_>>();
    assert_eq!(kills, ["kill 0", "kill 2", "kill 1"]);
    guards.clear();
    settle().await;
    assert_eq!(scene.destroyed("a query of it was cancelled"), 2);
    assert_eq!(scene.counts(), (0, 1, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn cancel_keys_are_never_shared() {
    let scene = scene(sized(1));
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..10_000 {
        let key = scene.pool.cancel_key();
        assert!(key.number > 0 && key.number <= i32::MAX as u32 && seen.insert(key.number));
    }
    let held = scene.pool.cancel_key();
    let _guard = scene.pool.checkout(&Tenant::new("a"), application(""), held).await.unwrap();
    scene.pool.set_next_number(held.number);
    assert_eq!(scene.pool.cancel_key().number, held.number + 1, "a number that is in use is passed over");
    scene.pool.set_next_number(i32::MAX as u32);
    scene.pool.cancel_key();
    assert_eq!(scene.pool.cancel_key().number, 1, "0 is never given");
}

/// A statement that nobody waits for any more is stopped: one request at a time, of sessions that are closed, while their
/// places are free already.
#[tokio::test(start_paused = true)]
async fn what_the_server_still_does_for_a_guest_that_is_gone_is_stopped() {
    let scene = scene(sized(3));
    let mut guards = Vec::new();
    for tenant in ["a", "b", "c"] {
        let guard = scene.checkout(tenant).await.unwrap();
        send(&guard, "never\n");
        guards.push(guard);
    }
    // Half a line is nothing to work on, and an answer that came is the end of it.
    guards.clear();
    assert_eq!(scene.counts(), (0, 0, 0, 0));
    assert_eq!(scene.network.seen("stop"), 0, "places do not wait for that");
    settle().await;
    let seen = scene.network.server().seen.clone();
    let stopped = seen.into_iter().filter(|(_, line)| line == "stop").map(|(session, _)| session);
    assert_eq!(stopped.collect::<Vec<_>>(), [1, 2, 3]);
    for line in ["say hel", "say hello\n"] {
        let guard = scene.checkout("a").await.unwrap();
        send(&guard, line);
        if line.ends_with('\n') {
            super::scene::line(&guard).await.unwrap();
        }
    }
    settle().await;
    assert_eq!(scene.network.seen("stop"), 3);
}

/// A server that takes no requests costs nobody anything: they have the time of a login, and the line has an end.
#[tokio::test(start_paused = true)]
async fn requests_to_stop_that_hang_hinder_nobody_and_end() {
    let connect = seconds(10);
    let scene = scene(PoolOptions { connect, ..sized(2) });
    scene.network.server().stops_hang = true;
    let begun = Instant::now();
    for _ in 0..10 {
        let guards = [scene.checkout("a").await.unwrap(), scene.checkout("b").await.unwrap()];
        guards.iter().for_each(|guard| send(guard, "never\n"));
    }
    assert!(begun.elapsed() < seconds(1), "{:?}", begun.elapsed());
    settle().await;
    assert_eq!(scene.network.server().stopping, 1, "one at a time");
    sleep(connect).await;
    assert_eq!(scene.network.server().stopping, 0);
    assert_eq!(scene.network.seen("stop"), 1, "who waited so long gives up as well");
    scene.network.server().stops_hang = false;
    let guard = scene.checkout("a").await.unwrap();
    send(&guard, "never\n");
    drop(guard);
    settle().await;
    assert_eq!(scene.network.seen("stop"), 2, "the line is free again");
    // A drain waits for those that are left, but not for long.
    scene.network.server().stops_hang = true;
    let guard = scene.checkout("a").await.unwrap();
    send(&guard, "never\n");
    let begun = Instant::now();
    assert_eq!(scene.manager.drain(seconds(0)).await.cut.len(), 1);
    assert_eq!(begun.elapsed().as_secs(), 1);
    drop(guard);
}
