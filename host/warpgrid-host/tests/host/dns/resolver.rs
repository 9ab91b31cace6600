//! The resolver as an embedder uses it: one question for many, times to live, the negative cache, shares.

use super::world::{FakeSystem, World, ips, world};
use std::collections::HashMap;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use warpgrid_grants::names::{HostsFile, ServiceRegistry};
use warpgrid_host::shims::dns::{DnsError, DnsResolver, HostResolver, SystemResolver};

fn with_system(dns: &str, system: &Arc<FakeSystem>) -> World {
    world(&format!("[shims]\ndns = {{ system = true{dns} }}"), system)
}

/// Begins a look-up that cannot end yet.
fn start<F: Future>(look_up: Pin<&mut F>) {
    assert!(look_up.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// 1,000 tasks ask for a name whose answer the system holds back until all have asked.
async fn a_thousand_ask(dns: &str) -> (Vec<String>, usize) {
    let system = FakeSystem::new(&[("slow.example", &["93.184.215.14", "93.184.215.15"])]);
    let resolver = Arc::new(with_system(dns, &system).resolver());
    let tasks: Vec<_> = (0..1000)
        .map(|n| {
            let (resolver, name) =
                (resolver.clone(), if n % 2 == 0 { "slow.example" } else { "SLOW.example." });
            tokio::spawn(async move { resolver.resolve(name).await.unwrap().first().to_string() })
        })
        .collect();
    while resolver.statistics().misses < 1000 {
        tokio::task::yield_now().await;
    }
    system.open();
    let mut fronts = Vec::new();
    for task in tasks {
        fronts.push(task.await.unwrap());
    }
    (fronts, system.asked())
}

#[tokio::test]
async fn a_thousand_misses_at_the_same_time_are_one_question_and_share_its_answer() {
    for dns in ["", ", ttl-seconds = 0"] {
        let (fronts, asked) = a_thousand_ask(dns).await;
        assert_eq!(asked, 1);
        assert_eq!(fronts.iter().filter(|front| *front == "93.184.215.14").count(), 500);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_thousand_misses_on_four_threads_are_one_question() {
    assert_eq!(a_thousand_ask("").await.1, 1);
}

#[tokio::test]
async fn whoever_gives_up_leaves_the_question_to_the_others() {
    let system = FakeSystem::new(&[("slow.example", &["93.184.215.14"])]);
    let resolver = with_system("", &system).resolver();
    let mut first = Box::pin(resolver.resolve("slow.example"));
    let mut second = Box::pin(resolver.resolve("slow.example"));
    start(first.as_mut());
    start(second.as_mut());
    drop(first);
    system.open();
    assert_eq!(second.await.unwrap().to_vec(), ips(&["93.184.215.14"]));
    assert_eq!(system.asked(), 1);
}

#[tokio::test]
async fn a_question_that_everybody_gave_up_still_fills_the_cache() {
    let system = FakeSystem::new(&[("slow.example", &["93.184.215.14"])]);
    let resolver = with_system("", &system).resolver();
    let mut only = Box::pin(resolver.resolve("slow.example"));
    start(only.as_mut());
    drop(only);
    system.open();
    while resolver.statistics().entries == 0 {
        tokio::task::yield_now().await;
    }
    resolver.resolve("slow.example").await.unwrap();
    assert_eq!((system.asked(), resolver.statistics().hits), (1, 1));
}

#[tokio::test]
async fn a_system_that_fails_inside_is_a_passing_error_and_is_asked_again() {
    let system = FakeSystem::new(&[]);
    let resolver = with_system("", &system).resolver();
    for asked in 1..3 {
        let error = resolver.resolve("panics.example").await.unwrap_err();
        assert!(matches!(error, DnsError::Temporary(_)), "{error:?}");
        assert_eq!(system.asked(), asked);
    }
}

#[tokio::test]
async fn questions_at_the_system_are_bounded_however_many_names_there_are() {
    let system = FakeSystem::new(&[]);
    let resolver = Arc::new(with_system("", &system).resolver());
    let ask = |n: usize| {
        let resolver = resolver.clone();
        tokio::spawn(async move { resolver.resolve(&format!("slow{n}.example")).await.map(|_| ()) })
    };
    let tasks: Vec<_> = (0..100).map(ask).collect();
    while resolver.statistics().misses < 100 || system.asked() < 32 {
        tokio::task::yield_now().await;
    }
    // Whoever gives up does not make room: the system is still busy with the question.
    tasks[..50].iter().for_each(tokio::task::JoinHandle::abort);
    tokio::task::yield_now().await;
    assert_eq!(system.asked(), 32);
    system.open();
    for task in tasks.into_iter().skip(50) {
        assert!(matches!(task.await.unwrap(), Err(DnsError::HostNotFound)));
    }
    assert_eq!(system.asked(), 32 + 50, "what was given up before its turn is never asked");
}

#[tokio::test]
async fn an_answer_is_served_until_its_time_has_passed_and_never_longer() {
    let system = FakeSystem::new(&[("a.example", &["93.184.215.14"])]);
    let world = with_system(", ttl-seconds = 10", &system);
    let resolver = world.resolver();
    for (now, asked) in [(0, 1), (9_999, 1), (10_000, 2), (19_999, 2), (20_000, 3)] {
        world.time.set(now);
        system.tell("a.example", ips(&[&format!("93.184.215.{asked}")]));
        let answer = resolver.resolve("a.example").await.unwrap();
        assert_eq!((system.asked(), answer.first()), (asked, ips(&[&format!("93.184.215.{asked}")])[0]));
    }
    let statistics = resolver.statistics();
    assert_eq!((statistics.hits, statistics.misses, statistics.entries), (2, 3, 1));
}

#[tokio::test]
async fn an_answer_that_is_gone_when_its_time_has_passed_is_not_served() {
    let system = FakeSystem::new(&[("a.example", &["93.184.215.14"]), ("broken.example", &[])]);
    let world = with_system("", &system);
    let resolver = world.resolver();
    resolver.resolve("a.example").await.unwrap();
    system.tell("a.example", Vec::new());
    world.time.set(30_000);
    assert!(matches!(resolver.resolve("a.example").await, Err(DnsError::HostNotFound)));
}

#[tokio::test]
async fn a_name_that_is_not_there_is_remembered_for_five_seconds_and_a_passing_error_is_not() {
    let system = FakeSystem::new(&[]);
    let world = with_system("", &system);
    let resolver = world.resolver();
    for (now, asked) in [(0, 1), (4_999, 1), (5_000, 2)] {
        world.time.set(now);
        assert!(matches!(resolver.resolve("a.example").await, Err(DnsError::HostNotFound)));
        assert_eq!(system.asked(), asked, "at {now} ms");
    }
    assert_eq!(resolver.statistics().absent, 1);
    resolver.resolve("broken.example").await.unwrap_err();
    resolver.resolve("broken.example").await.unwrap_err();
    assert_eq!(system.asked(), 4);
}

#[tokio::test]
async fn a_name_that_was_asked_for_in_vain_is_there_as_soon_as_the_registry_has_it() {
    let resolver = with_system("", &FakeSystem::new(&[])).resolver();
    resolver.resolve("new.example").await.unwrap_err();
    let registry = ServiceRegistry::new([("new.example", ips(&["10.0.0.1"]))]).unwrap();
    resolver.replace_registry(registry, HostsFile::local());
    assert_eq!(resolver.resolve("new.example").await.unwrap().to_vec(), ips(&["10.0.0.1"]));
}

#[tokio::test]
async fn what_the_system_says_is_cleaned_and_bounded() {
    let many: Vec<_> = (0..1000_u32).map(|n| std::net::Ipv4Addr::from_bits(0x5db8_0000 + n).into()).collect();
    let twice = &["::ffff:93.184.215.14", "93.184.215.14", "2606:2800:21f::14"][..];
    let system = FakeSystem::new(&[("twice.example", twice), ("empty.example", &[])]);
    system.tell("many.example", many);
    let resolver = with_system("", &system).resolver();
    let answer = resolver.resolve("twice.example").await.unwrap();
    assert_eq!(answer.to_vec(), ips(&["93.184.215.14", "2606:2800:21f::14"]));
    assert_eq!(resolver.resolve("many.example").await.unwrap().to_vec().len(), 128);
    assert!(matches!(resolver.resolve("empty.example").await, Err(DnsError::HostNotFound)));
}

#[tokio::test]
async fn a_million_look_ups_share_the_addresses_exactly() {
    let three = ips(&["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    let resolver = DnsResolver::new(HashMap::from([("db".to_owned(), three.clone())])).unwrap();
    let mut fronts = [0; 3];
    for _ in 0..1_000_000 {
        let first = resolver.resolve("db").await.unwrap().first();
        fronts[three.iter().position(|address| *address == first).unwrap()] += 1;
    }
    assert!(fronts.iter().max().unwrap() - fronts.iter().min().unwrap() <= 1, "{fronts:?}");
    let statistics = resolver.statistics();
    assert!(statistics.misses >= 1 && statistics.hits + statistics.misses == 1_000_000, "{statistics:?}");
}

#[tokio::test]
async fn the_cache_is_bounded_and_keeps_what_is_used() {
    let (shims, mut app) = crate::harness::config("[shims]\ndns = { cache-entries = 10 }");
    let entries = (0..1000).map(|n| (format!("s{n}"), ips(&["10.0.0.1"])));
    app.registry = ServiceRegistry::new(entries).unwrap();
    let resolver = DnsResolver::with(&shims.dns.unwrap(), &app);
    for n in 0..1000 {
        resolver.resolve(&format!("s{n}")).await.unwrap();
        resolver.resolve("s0").await.unwrap();
        assert!(resolver.statistics().entries <= 10);
    }
    let statistics = resolver.statistics();
    assert_eq!((statistics.misses, statistics.hits, statistics.evictions), (1000, 1000, 990));
}

#[tokio::test]
async fn the_machine_itself_resolves_localhost() {
    let addresses = HostResolver.resolve("localhost").await.unwrap();
    assert!(addresses.iter().all(std::net::IpAddr::is_loopback), "{addresses:?}");
}
