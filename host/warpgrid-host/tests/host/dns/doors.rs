//! Every error at WASI 0.2 and 0.3, limits, and what is recorded of a look-up.

use super::world::{FakeSystem, printed, run, world};
use crate::logs;
use std::sync::Arc;
use warpgrid_grants::names::HostName;
use warpgrid_grants::net::NetworkPolicy;
use warpgrid_grants::refusal::{Capability, Reason, Refusal};

const SYSTEM: &str = "[registry]\n'db' = ['10.0.0.1', '10.0.0.2']\n[shims]\ndns = { system = true }";

/// Texts that a C library takes for 127.0.0.1, or for another address.
const ODD: [&str; 9] = [
    "127.1",
    "0x7f.1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "１２７。0.0.1",
    "169.254.43518",
];

fn reasons(facts: &warpgrid_host::instance::InstanceFacts) -> Vec<(String, Reason)> {
    let of_names = |refusal: &Refusal| refusal.capability == Capability::Name;
    let newest = facts.refusals.newest();
    assert!(newest.iter().all(of_names), "{newest:?}");
    newest.into_iter().map(|refusal| (refusal.subject, refusal.reason)).collect()
}

#[tokio::test]
async fn errors_are_told_apart_at_both_versions() {
    let system = FakeSystem::new(&[("a.example", &["93.184.215.14"])]);
    let world = world(SYSTEM, &system);
    let (long, label) = ("a.".repeat(150), "a".repeat(64));
    let names = ["db", "a.example", "no.example", "broken.example", "a b", "", "a..b", &long, &label];
    let errors = "error name-unresolvable\nerror temporary-resolver-failure\n".to_owned()
        + &"error invalid-argument\n".repeat(5);
    let second = printed(&world.load("dns_raw"), &[&["names"], &names[..]].concat()).await;
    assert_eq!(second, format!("2\n1\n{errors}"));
    let third = printed(&world.load("dns_lookup_p3"), &names).await;
    assert_eq!(third, format!("10.0.0.1 10.0.0.2\n93.184.215.14\n{errors}"));
}

#[tokio::test]
async fn an_address_in_an_odd_spelling_is_refused_and_never_reaches_the_system() {
    let system = FakeSystem::new(&[]);
    let world = world(SYSTEM, &system);
    let refused = "error invalid-argument\n".repeat(ODD.len());
    assert_eq!(printed(&world.load("dns_raw"), &[&["names"], &ODD[..]].concat()).await, refused);
    assert_eq!(printed(&world.load("dns_lookup_p3"), &ODD).await, refused);
    assert_eq!(system.asked(), 0);
}

#[tokio::test]
async fn a_guest_of_wasi_0_3_asks_for_many_names_at_once() {
    let system = FakeSystem::new(&[("a.example", &["93.184.215.14"]), ("b.example", &["93.184.215.15"])]);
    let application = world(SYSTEM, &system).load("dns_lookup_p3");
    let names = ["a.example", "b.example", "a.example", "A.example.", "::ffff:192.0.2.1"];
    let text = printed(&application, &names).await;
    let expected = "93.184.215.14\n93.184.215.15\n93.184.215.14\n93.184.215.14\n192.0.2.1\n";
    assert_eq!(text, expected);
    assert_eq!(system.asked(), 2);
}

#[tokio::test]
async fn without_a_grant_the_system_is_never_asked_and_the_refusal_is_recorded() {
    for guest in ["dns_lookup", "dns_lookup_p3"] {
        let system = FakeSystem::new(&[("a.example", &["93.184.215.14"])]);
        let application = world("", &system).load(guest);
        let (text, facts) = run(&application, &["A.example", "localhost"]).await;
        assert!(text.starts_with("error ") && text.ends_with("\n127.0.0.1 ::1\n"), "{text}");
        assert_eq!(system.asked(), 0);
        assert_eq!(reasons(&facts), [("A.example".to_owned(), Reason::NotGranted)]);
    }
}

#[tokio::test]
async fn what_a_guest_is_told_is_pinned_to_the_name_that_it_asked_for() {
    for guest in ["dns_lookup", "dns_lookup_p3"] {
        let system = FakeSystem::new(&[("a.example", &["93.184.215.14", "93.184.215.15"])]);
        let application = world(SYSTEM, &system).load(guest);
        for _ in 0..2 {
            // The second run is told from the cache.
            let (_, facts) = run(&application, &["A.example.", "db", "192.0.2.1"]).await;
            let pins = facts.pins.lock().unwrap();
            let names = |address: &str| {
                let address = address.parse().unwrap();
                pins.names(&address).map(HostName::to_string).collect::<Vec<_>>().join(" ")
            };
            assert_eq!([names("93.184.215.14"), names("93.184.215.15")], ["a.example", "a.example"]);
            assert_eq!([names("10.0.0.2"), names("192.0.2.1")], ["db", ""]);
        }
        let other = world(SYSTEM, &system).load(guest);
        let (_, facts) = run(&other, &[]).await;
        assert_eq!(facts.pins.lock().unwrap().names(&"10.0.0.2".parse().unwrap()).count(), 0);
    }
}

#[tokio::test]
async fn look_ups_under_way_are_limited_and_dropping_them_gives_room_again() {
    let system = FakeSystem::new(&[("a.example", &["93.184.215.14"])]);
    let mut world = world(SYSTEM, &system);
    world.app.limits.lookups = 8;
    let application = world.load("dns_raw");
    let (text, facts) = run(&application, &["flood", "100"]).await;
    assert_eq!(text, "8 92\n1\n");
    assert_eq!(facts.refusals.count(), 92);
    assert!(reasons(&facts).iter().all(|(_, reason)| *reason == Reason::Limit));
    assert_eq!(system.asked(), 9, "what is refused is not asked");
}

#[tokio::test]
async fn look_ups_of_a_guest_that_died_do_not_take_the_answer_from_others() {
    let system = FakeSystem::new(&[("slow.example", &["93.184.215.14"])]);
    let world = world(SYSTEM, &system);
    let application = world.load("dns_lookup");
    let mut first = Box::pin(printed(&application, &["slow.example"]));
    let mut second = Box::pin(printed(&application, &["slow.example"]));
    let misses = || application.resolver().unwrap().statistics().misses;
    tokio::select! {
        biased;
        _ = &mut first => panic!("the gate is closed"),
        _ = &mut second => panic!("the gate is closed"),
        () = async { while misses() < 2 { tokio::task::yield_now().await } } => {}
    }
    drop(first);
    system.open();
    assert_eq!(second.await, "93.184.215.14\n");
    assert_eq!(system.asked(), 1);
}

#[tokio::test]
async fn an_answer_with_private_addresses_only_is_kept_from_the_guest() {
    let system = FakeSystem::new(&[
        ("inside.example", &["10.0.0.7", "::ffff:169.254.169.254", "fd00::7"]),
        ("mixed.example", &["127.0.0.1", "93.184.215.14", "10.0.0.7"]),
        ("granted.example", &["10.9.0.7"]),
    ]);
    let mut world = world("[shims]\ndns = { system = false }", &system);
    let rules = ["*.example:443", "10.9.0.0/16:443"];
    world.app.network = Arc::new(NetworkPolicy::new(&rules, &[]).unwrap());
    for guest in ["dns_lookup", "dns_lookup_p3"] {
        let application = world.load(guest);
        let names = ["mixed.example", "granted.example", "inside.example", "inside.example"];
        let (text, facts) = run(&application, &names).await;
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines[..2], ["93.184.215.14", "10.9.0.7"]);
        assert!(lines[2].starts_with("error ") && lines[3] == lines[2], "{text}");
        let refused = ("inside.example".to_owned(), Reason::PrivateAddress);
        assert_eq!(reasons(&facts), [refused.clone(), refused]);
        let (text, facts) = run(&application, &["elsewhere.test"]).await;
        assert!(text.starts_with("error "), "{text}");
        assert_eq!(reasons(&facts), [("elsewhere.test".to_owned(), Reason::NotGranted)]);
    }
    assert_eq!(system.names.lock().unwrap().iter().filter(|name| *name == "elsewhere.test").count(), 0);
}

#[tokio::test]
async fn hits_and_misses_are_counted_and_logged_when_an_instance_ends() {
    let application = world(SYSTEM, &FakeSystem::new(&[])).load("dns_lookup");
    let (logs, _guard) = logs::capture();
    run(&application, &["x5 db", "x3 no.example"]).await;
    run(&application, &["192.0.2.1"]).await;
    let metrics = &application.config().metrics;
    assert_eq!((metrics.dns_hits.get(), metrics.dns_misses.get()), (6, 2));
    let lines = logs.lines_with("look-ups so far");
    assert_eq!(lines.len(), 1, "an instance without look-ups logs nothing: {}", logs.text());
    let counts = "hits=4 misses=2 absent=2 evictions=0";
    assert!(lines[0].contains("INFO") && lines[0].contains(counts), "{}", lines[0]);
}
