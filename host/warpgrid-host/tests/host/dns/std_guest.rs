//! An unmodified Rust program that looks names up with `ToSocketAddrs`: the criteria of US-108.

use super::world::{FakeSystem, printed, world};
use std::net::IpAddr;
use std::sync::Arc;
use warpgrid_grants::names::{HostsFile, ServiceRegistry};
use warpgrid_grants::net::NetworkPolicy;
use warpgrid_host::shims::dns::HostResolver;

const CHAIN: &str = "
    [registry]
    'both.warp.local' = '10.0.0.1'
    'replicas.warp.local' = ['10.0.0.1', '10.0.0.2', '10.0.0.3']
    'six.warp.local' = ['10.0.0.6', 'fd00::6']
    [hosts]
    'both.warp.local' = '192.0.2.1'
    'printer' = '192.0.2.7'
    [shims]
    dns = { system = true }
";

#[tokio::test]
async fn a_service_of_the_registry_has_its_address() {
    let system = FakeSystem::new(&[("both.warp.local", &["203.0.113.1"])]);
    let application = world(CHAIN, &system).load("dns_lookup");
    assert_eq!(printed(&application, &["both.warp.local"]).await, "10.0.0.1\n");
    assert_eq!(system.asked(), 0, "the first link that knows the name ends the search");
}

#[tokio::test]
async fn a_name_of_the_hosts_file_has_its_address() {
    let system = FakeSystem::new(&[("printer", &["203.0.113.1"])]);
    let application = world(CHAIN, &system).load("dns_lookup");
    assert_eq!(printed(&application, &["printer", "localhost"]).await, "192.0.2.7\n127.0.0.1 ::1\n");
    assert_eq!(system.asked(), 0);
}

#[tokio::test]
async fn localhost_has_a_valid_address_from_the_machine_itself() {
    let mut world = world(CHAIN, &FakeSystem::new(&[]));
    world.app.hosts = HostsFile::default();
    world.app.system_resolver = Arc::new(HostResolver);
    world.app.network = Arc::new(NetworkPolicy::new(&["localhost:*", "127.0.0.0/8:*"], &[]).unwrap());
    let text = printed(&world.load("dns_lookup"), &["localhost"]).await;
    let addresses: Vec<IpAddr> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
    assert!(!addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback), "{text}");
}

#[tokio::test]
async fn the_addresses_of_a_service_take_turns() {
    let application = world(CHAIN, &FakeSystem::new(&[])).load("dns_lookup");
    let round = "10.0.0.1 10.0.0.2 10.0.0.3\n10.0.0.2 10.0.0.3 10.0.0.1\n10.0.0.3 10.0.0.1 10.0.0.2\n";
    assert_eq!(printed(&application, &["x6 replicas.warp.local"]).await, round.repeat(2));
    assert_eq!(printed(&application, &["x3 replicas.warp.local"]).await, round, "instances share the turn");
}

#[tokio::test]
async fn a_replaced_registry_counts_when_the_cached_answer_has_had_its_time() {
    let world = world("[registry]\n'db' = '10.0.0.1'\n'old' = '10.0.0.9'", &FakeSystem::new(&[]));
    let application = world.load("dns_lookup");
    assert_eq!(printed(&application, &["db"]).await, "10.0.0.1\n");
    let new = ServiceRegistry::new([
        ("db", vec!["10.0.0.2".parse().unwrap()]),
        ("new", super::world::ips(&["::9"])),
    ]);
    application.replace_registry(new.unwrap(), HostsFile::local());
    world.time.set(29_999);
    assert_eq!(printed(&application, &["db", "new"]).await, "10.0.0.1\n::9\n", "a new name is there at once");
    assert!(printed(&application, &["old"]).await.starts_with("error "), "one that was not cached is gone");
    world.time.set(30_000);
    assert_eq!(printed(&application, &["db"]).await, "10.0.0.2\n");
}

#[tokio::test]
async fn addresses_of_both_families_arrive() {
    let system = FakeSystem::new(&[("dual.example", &["93.184.215.14", "2606:2800:21f::14"])]);
    let application = world(CHAIN, &system).load("dns_lookup");
    let text = printed(&application, &["six.warp.local", "dual.example"]).await;
    assert_eq!(text, "10.0.0.6 fd00::6\n93.184.215.14 2606:2800:21f::14\n");
}

#[tokio::test]
async fn case_and_a_trailing_dot_do_not_matter_and_other_scripts_are_understood() {
    let system = FakeSystem::new(&[("xn--bcher-kva.example", &["93.184.215.14"])]);
    let application = world(CHAIN, &system).load("dns_lookup");
    let text = printed(&application, &["BOTH.Warp.Local.", "both.warp.local", "BÜCHER.example."]).await;
    assert_eq!(text, "10.0.0.1\n10.0.0.1\n93.184.215.14\n");
    assert_eq!(*system.names.lock().unwrap(), ["xn--bcher-kva.example"]);
}

#[tokio::test]
async fn an_address_in_text_is_that_address() {
    let application = world("", &FakeSystem::new(&[])).load("dns_lookup");
    assert_eq!(printed(&application, &["192.0.2.9", "2001:db8::9"]).await, "192.0.2.9\n2001:db8::9\n");
}

#[tokio::test]
async fn a_name_that_nobody_knows_and_a_name_of_300_bytes_are_errors() {
    let application = world(CHAIN, &FakeSystem::new(&[])).load("dns_lookup");
    for (names, expected) in [
        (["nobody.example", "nobody"], "failed to lookup address information: Name does not resolve"),
        (["broken.example", "broken"], "failed to lookup address information: Try again"),
        ([&"a".repeat(300), "a..b"], "Invalid argument (os error 28)"),
    ] {
        assert_eq!(printed(&application, &names).await, format!("error {expected}\n").repeat(2));
    }
}
