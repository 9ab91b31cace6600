//! The door `warpgrid:shim/dns`, seen by a guest that calls it itself.

use super::world::{FakeSystem, printed, run as run_with_facts, world};
use crate::harness::{module, run};
use std::sync::Arc;
use warpgrid_grants::refusal::Reason;

const CHAIN: &str = "
    [registry]
    'both' = '10.0.0.1'
    [hosts]
    'both' = '192.0.2.1'
    'hosts-only' = '192.0.2.2'
    [shims]
    dns = { system = true }
";

fn known() -> Arc<FakeSystem> {
    FakeSystem::new(&[("known.example", &["93.184.215.14"])])
}

async fn with_system(toml: &str, name: &str, times: &str, system: &Arc<FakeSystem>) -> String {
    printed(&world(toml, system).load_bytes(&module("names")), &["d", name, times]).await
}

#[tokio::test]
async fn the_first_link_of_the_chain_that_knows_a_name_answers() {
    let system = known();
    assert_eq!(with_system(CHAIN, "both", "1", &system).await, "10.0.0.1 \n");
    assert_eq!(with_system(CHAIN, "HOSTS-only.", "1", &system).await, "192.0.2.2 \n");
    assert_eq!(with_system(CHAIN, "localhost", "1", &system).await, "127.0.0.1 0:0:0:0:0:0:0:1 \n");
    assert_eq!(with_system(CHAIN, "192.0.2.9", "1", &system).await, "192.0.2.9 \n");
    assert_eq!(system.asked(), 0);
    assert_eq!(with_system(CHAIN, "Known.Example", "1", &system).await, "93.184.215.14 \n");
    assert_eq!(*system.names.lock().unwrap(), ["known.example"]);
}

#[tokio::test]
async fn the_system_is_not_asked_unless_it_is_granted() {
    let system = known();
    assert_eq!(with_system("", "known.example", "1", &system).await, "error 0\n");
    assert_eq!(system.asked(), 0);
}

#[tokio::test]
async fn errors_are_told_apart() {
    let system = known();
    assert_eq!(with_system(CHAIN, "unknown.example", "1", &system).await, "error 0\n");
    assert_eq!(with_system(CHAIN, "not a name", "1", &system).await, "error 1\n");
    assert_eq!(with_system(CHAIN, &"a".repeat(300), "1", &system).await, "error 1\n");
    assert_eq!(with_system(CHAIN, "broken.example", "1", &system).await, "error 2\n");
}

#[tokio::test]
async fn an_answer_of_the_system_is_asked_for_once_and_then_cached() {
    let system = known();
    assert_eq!(with_system(CHAIN, "known.example", "5", &system).await, "93.184.215.14 \n".repeat(5));
    assert_eq!(system.asked(), 1);
    let uncached = CHAIN.replace("system = true", "system = true, ttl-seconds = 0");
    with_system(&uncached, "known.example", "5", &system).await;
    assert_eq!(system.asked(), 6);
}

#[tokio::test]
async fn the_addresses_of_a_service_take_turns() {
    let toml = "[registry]\n'db.warp.local' = ['10.0.0.1', '10.0.0.2', '10.0.0.3']";
    let expected = "10.0.0.1 10.0.0.2 10.0.0.3 \n10.0.0.2 10.0.0.3 10.0.0.1 \n10.0.0.3 10.0.0.1 10.0.0.2 \n";
    assert_eq!(run("names", toml, &["d", "db.warp.local", "6"]).await.text(), expected.repeat(2));
}

#[tokio::test]
async fn an_address_has_the_names_of_the_registry() {
    let toml = "[registry]\n'b.warp.local' = '10.0.0.5'\n'a.warp.local' = '10.0.0.5'";
    assert_eq!(run("names", toml, &["b", "", "5"]).await.text(), "a.warp.local\nb.warp.local\n");
    assert_eq!(run("names", toml, &["b", "", "6"]).await.text(), "error 0\n");
}

#[tokio::test]
async fn what_is_told_is_pinned_and_what_is_refused_is_recorded() {
    let toml = "[registry]\n'db' = '10.0.0.1'";
    let application = world(toml, &known()).load_bytes(&module("names"));
    let (_, facts) = run_with_facts(&application, &["d", "DB.", "1"]).await;
    assert_eq!(facts.pins.lock().unwrap().names(&"10.0.0.1".parse().unwrap()).count(), 1);
    let (text, facts) = run_with_facts(&application, &["d", "known.example", "2"]).await;
    assert_eq!(text, "error 0\n".repeat(2));
    let reasons: Vec<_> = facts.refusals.newest().into_iter().map(|refusal| refusal.reason).collect();
    assert_eq!(reasons, [Reason::NotGranted, Reason::NotGranted]);
}

#[tokio::test]
async fn a_limit_is_told_apart() {
    let mut world = world(CHAIN, &known());
    world.app.limits.lookups = 0;
    let application = world.load_bytes(&module("names"));
    assert_eq!(printed(&application, &["d", "known.example", "1"]).await, "error 4\n");
    assert_eq!(printed(&application, &["d", "both", "1"]).await, "10.0.0.1 \n", "memory needs no room");
}
