//! Who gets a session: reuse, keys, tenants, waiting in line; knows no clock but for the time a guest waits.

use super::scene::*;
use crate::config::PoolOptions;
use crate::endpoint::Tenant;
use crate::error::PoolError;
use crate::secret::Secret;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test(start_paused = true)]
async fn a_session_that_is_given_back_serves_the_next_guest_as_new() {
    let scene = scene(sized(2));
    let first = scene.checkout("a").await.unwrap();
    assert_eq!(ask(&first, "set canary").await.unwrap(), "done");
    assert_eq!(scene.counts(), (1, 0, 0, 0));
    drop(first);
    assert_eq!(scene.counts(), (0, 0, 1, 0), "it is reset in the background");
    settle().await;
    assert_eq!(scene.counts(), (0, 1, 0, 0));
    let second = scene.checkout("a").await.unwrap();
    assert_eq!(ask(&second, "get").await.unwrap(), "");
    let stats = scene.pool.stats();
    assert_eq!((stats.opened, stats.reused, stats.checkouts, stats.reset), (1, 1, 2, 1));
    assert_eq!(scene.network.seen("ping"), 0, "a checkout costs no round trip");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_nobody_touched_needs_no_reset() {
    let scene = scene(sized(1));
    drop(scene.checkout("a").await.unwrap());
    assert_eq!(scene.counts(), (0, 1, 0, 0));
    settle().await;
    assert_eq!(scene.network.seen("reset"), 0);
}

#[tokio::test(start_paused = true)]
async fn sessions_of_other_tenants_and_other_logins_are_never_exchanged() {
    let scene = scene(sized(10));
    for (tenant, application) in [("a", ""), ("b", ""), ("a", "web"), ("a", "jobs"), ("b", "web")] {
        let guard = scene.checkout_as(tenant, application).await.unwrap();
        assert_eq!(ask(&guard, "say hello").await.unwrap(), "hello");
    }
    settle().await;
    assert_eq!((scene.pool.stats().opened, scene.counts()), (5, (0, 5, 0, 0)));
    for (tenant, application) in [("b", "web"), ("a", "jobs"), ("a", "web"), ("b", ""), ("a", "")] {
        drop(scene.checkout_as(tenant, application).await.unwrap());
    }
    assert_eq!((scene.pool.stats().opened, scene.pool.stats().reused), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn the_session_that_is_idle_longest_makes_room_for_another_key() {
    let scene = scene(sized(2));
    let (old, young) = (scene.checkout("old").await.unwrap(), scene.checkout("young").await.unwrap());
    drop(old);
    tokio::time::sleep(seconds(1)).await;
    drop(young);
    let _new = scene.checkout("new").await.unwrap();
    settle().await;
    assert_eq!((scene.counts(), scene.network.server().most), ((1, 1, 0, 0), 2));
    assert_eq!(scene.destroyed("its place was needed"), 1);
    assert_eq!(scene.network.sessions(), [2, 3]);
    assert_eq!(scene.network.seen("bye"), 1, "the server is told");
}

#[tokio::test(start_paused = true)]
async fn a_guest_waits_as_long_as_it_may_and_learns_why_it_gets_nothing() {
    let scene = scene(sized(1));
    let _taken = scene.checkout("a").await.unwrap();
    let begun = Instant::now();
    let Err(error) = scene.checkout("a").await else { panic!("there is one session only") };
    assert_eq!(begun.elapsed().as_secs(), 5);
    assert_eq!(
        error.to_string(),
        "all 1 sessions of `orders` were taken for 5.001s; raise `size` of the binding's pool, or give sessions back earlier"
            .replace("5.001s", &format!("{:?}", begun.elapsed()))
    );
    let stats = scene.pool.stats();
    assert_eq!((stats.waits, stats.failed, stats.waiting), (1, 1, 0));
    assert!(stats.waited >= seconds(5));
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once() {
    let scene = Arc::new(scene(PoolOptions { queue: 2, ..sized(1) }));
    let _taken = scene.checkout("a").await.unwrap();
    for _ in 0..2 {
        let scene = scene.clone();
        tokio::spawn(async move { scene.checkout("a").await.map(drop) });
    }
    settle().await;
    let begun = Instant::now();
    let refused = scene.checkout("a").await.err();
    assert_eq!(refused, Some(PoolError::QueueFull { endpoint: "orders".to_owned(), queue: 2 }));
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!(scene.counts(), (1, 0, 0, 2));
}

#[tokio::test(start_paused = true)]
async fn a_thousand_guests_are_served_in_the_order_of_their_coming() {
    let scene = Arc::new(scene(PoolOptions { wait: seconds(3600), ..sized(10) }));
    let served = Arc::new(Mutex::new(Vec::new()));
    let taken = futures::future::join_all((0..10).map(|_| scene.checkout("a"))).await;
    let guests = (0..1000).map(|number| {
        let (scene, served) = (scene.clone(), served.clone());
        tokio::spawn(async move {
            let guard = scene.checkout("a").await.unwrap();
            served.lock().unwrap().push(number);
            ask(&guard, "say hello").await.unwrap();
            tokio::time::sleep(Duration::from_millis(2)).await;
        })
    });
    let guests = guests.collect::<Vec<_>>();
    settle().await;
    assert_eq!(scene.counts(), (10, 0, 0, 1000));
    drop(taken);
    for guest in guests {
        guest.await.unwrap();
    }
    settle().await;
    assert_eq!(*served.lock().unwrap(), (0..1000).collect::<Vec<_>>());
    let stats = scene.pool.stats();
    assert_eq!((stats.waits, stats.opened, stats.failed), (1000, 10, 0));
    assert_eq!(scene.counts(), (0, 10, 0, 0));
}

/// One tenant asks for fifty times as much as the others; each gets the share that it can use.
#[tokio::test(start_paused = true)]
async fn a_greedy_tenant_does_not_push_others_below_their_share() {
    let scene = Arc::new(scene(PoolOptions { wait: seconds(3600), ..sized(6) }));
    let served = Arc::new(Mutex::new(std::collections::BTreeMap::<&str, u32>::new()));
    for (tenant, guests) in [("greedy", 200), ("b", 4), ("c", 4)] {
        for _ in 0..guests {
            let (scene, served) = (scene.clone(), served.clone());
            tokio::spawn(async move {
                loop {
                    let guard = scene.checkout(tenant).await.unwrap();
                    *served.lock().unwrap().entry(tenant).or_default() += 1;
                    ask(&guard, "say hello").await.unwrap();
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
            });
        }
    }
    tokio::time::sleep(seconds(20)).await;
    let served = served.lock().unwrap();
    let all = served.values().sum::<u32>();
    for (tenant, count) in served.iter() {
        let share = f64::from(*count) / f64::from(all);
        assert!((share - 1.0 / 3.0).abs() < 0.05, "{tenant} has {share} of {served:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn twenty_guests_share_five_sessions() {
    let scene = Arc::new(scene(sized(5)));
    let begun = Instant::now();
    let guests = (0..20).map(|_| {
        let scene = scene.clone();
        tokio::spawn(async move {
            let guard = scene.checkout("a").await.unwrap();
            assert_eq!(ask(&guard, "say hello").await.unwrap(), "hello");
            tokio::time::sleep(Duration::from_millis(50)).await;
        })
    });
    for guest in guests.collect::<Vec<_>>() {
        guest.await.unwrap();
    }
    assert!(begun.elapsed() < seconds(10));
    assert_eq!((scene.network.server().most, scene.pool.stats().opened), (5, 5));
}

#[tokio::test(start_paused = true)]
async fn sessions_are_opened_one_at_a_time_and_one_that_is_given_back_comes_first() {
    let scene = Arc::new(scene(sized(3)));
    scene.network.server().login = seconds(1);
    let first = scene.checkout("a").await.unwrap();
    let begun = Instant::now();
    let others = (0..2).map(|_| {
        let scene = scene.clone();
        tokio::spawn(async move {
            let guard = scene.checkout("a").await.unwrap();
            (begun.elapsed(), guard)
        })
    });
    let others = others.collect::<Vec<_>>();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(first);
    let waited = futures::future::join_all(others).await.into_iter().map(Result::unwrap).collect::<Vec<_>>();
    assert!(waited[0].0 < Duration::from_millis(200), "{:?}", waited[0].0);
    assert!(waited[1].0 < Duration::from_millis(1100), "the login that ran already serves the other");
    drop(waited);
    tokio::time::sleep(seconds(3)).await;
    assert_eq!(scene.network.server().most_logins, 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_the_same_to_the_server_shares_a_pool() {
    let scene = scene(sized(1));
    let manager = &scene.manager;
    let held = scene.checkout("a").await.unwrap();
    let mut same = endpoint(sized(9));
    same.name = "other name".to_owned();
    let same = manager.pool(same);
    assert_eq!((same.stats().taken, same.stats().size, same.endpoint().name.as_str()), (1, 1, "other name"));
    let mut others = Vec::new();
    for change in [
        (|endpoint| endpoint.user = Some("admin".to_owned())) as fn(&mut crate::endpoint::Endpoint),
        |endpoint| endpoint.password = Some(Secret::new("one")),
        |endpoint| endpoint.password = Some(Secret::new("two")),
        |endpoint| endpoint.database = Some("shop".to_owned()),
        |endpoint| endpoint.protocol = crate::endpoint::Protocol::Redis,
    ] {
        let mut endpoint = endpoint(sized(1));
        change(&mut endpoint);
        others.push(manager.pool(endpoint));
    }
    assert!(others.iter().all(|pool| pool.stats().taken == 0));
    let (tenant, pool) = (Tenant::new("a"), &others[0]);
    drop(pool.checkout(&tenant, application(""), pool.cancel_key()).await.unwrap());
    drop(held);
    let names = manager.stats().into_iter().map(|stats| stats.endpoint).collect::<Vec<_>>();
    assert_eq!(names.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn what_a_server_says_of_itself_is_asked_once() {
    let scene = Arc::new(scene(sized(3)));
    scene.network.server().login = Duration::from_millis(100);
    let guests = (0..20).map(|number| {
        let scene = scene.clone();
        tokio::spawn(
            async move { scene.pool.facts(&Tenant::new(&format!("tenant {number}"))).await.map(drop) },
        )
    });
    for guest in guests.collect::<Vec<_>>() {
        guest.await.unwrap().unwrap();
    }
    assert_eq!((scene.network.server().attempts, scene.counts()), (1, (0, 1, 0, 0)));
}

#[tokio::test(start_paused = true)]
async fn start_up_parameters_have_a_limit() {
    let scene = scene(sized(1));
    let Err(PoolError::Denied { reason, .. }) = scene.checkout_as("a", &"x".repeat(9000)).await else {
        panic!("9,000 bytes are too many")
    };
    assert_eq!(reason, "its start-up parameters are longer than 8192 bytes");
}
