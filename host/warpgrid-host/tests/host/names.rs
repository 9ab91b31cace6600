//! The DNS shim, seen by a guest.

use crate::harness::{config, module, run, run_with};
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use warpgrid_host::WarpGridEngine;
use warpgrid_host::shims::dns::{DnsResolver, SystemError, SystemResolver};

/// A system that knows one name, is broken for another, and counts how often it is asked.
#[derive(Default)]
struct FakeSystem {
    asked: AtomicUsize,
    names: Mutex<Vec<String>>,
}

impl SystemResolver for FakeSystem {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.names.lock().unwrap().push(name.to_owned());
        Box::pin(async move {
            match name {
                "known.example" => Ok(vec!["192.0.2.80".parse().unwrap()]),
                "broken.example" => Err(SystemError::Temporary(std::io::Error::other("no answer"))),
                _ => Err(SystemError::NotFound),
            }
        })
    }
}

const CHAIN: &str = "
    [registry]
    'both' = '10.0.0.1'
    [hosts]
    'both' = '192.0.2.1'
    'hosts-only' = '192.0.2.2'
    [shims]
    dns = { system = true }
";

async fn with_system(toml: &str, name: &str, times: &str, system: &Arc<FakeSystem>) -> String {
    let (shims, mut app) = config(toml);
    app.system_resolver = system.clone();
    let application = WarpGridEngine::new(shims).unwrap().load_module(&module("names"), app).unwrap();
    run_with(&application, &["d", name, times], &[]).await.text()
}

#[tokio::test]
async fn the_first_link_of_the_chain_that_knows_a_name_answers() {
    let system = Arc::new(FakeSystem::default());
    assert_eq!(with_system(CHAIN, "both", "1", &system).await, "10.0.0.1 \n");
    assert_eq!(with_system(CHAIN, "HOSTS-only.", "1", &system).await, "192.0.2.2 \n");
    assert_eq!(with_system(CHAIN, "localhost", "1", &system).await, "127.0.0.1 0:0:0:0:0:0:0:1 \n");
    assert_eq!(with_system(CHAIN, "192.0.2.9", "1", &system).await, "192.0.2.9 \n");
    assert_eq!(system.asked.load(Ordering::Relaxed), 0);
    assert_eq!(with_system(CHAIN, "Known.Example", "1", &system).await, "192.0.2.80 \n");
    assert_eq!(*system.names.lock().unwrap(), ["known.example"]);
}

#[tokio::test]
async fn the_system_is_not_asked_unless_it_is_granted() {
    let system = Arc::new(FakeSystem::default());
    assert_eq!(with_system("", "known.example", "1", &system).await, "error 0\n");
    assert_eq!(system.asked.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn errors_are_told_apart() {
    let system = Arc::new(FakeSystem::default());
    assert_eq!(with_system(CHAIN, "unknown.example", "1", &system).await, "error 0\n");
    assert_eq!(with_system(CHAIN, "not a name", "1", &system).await, "error 1\n");
    assert_eq!(with_system(CHAIN, &"a".repeat(300), "1", &system).await, "error 1\n");
    assert_eq!(with_system(CHAIN, "broken.example", "1", &system).await, "error 2\n");
}

#[tokio::test]
async fn an_answer_of_the_system_is_asked_for_once_and_then_cached() {
    let system = Arc::new(FakeSystem::default());
    assert_eq!(with_system(CHAIN, "known.example", "5", &system).await, "192.0.2.80 \n".repeat(5));
    assert_eq!(system.asked.load(Ordering::Relaxed), 1);
    let uncached = CHAIN.replace("system = true", "system = true, ttl-seconds = 0");
    with_system(&uncached, "known.example", "5", &system).await;
    assert_eq!(system.asked.load(Ordering::Relaxed), 6);
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
async fn the_machine_itself_resolves_localhost_when_granted() {
    let system = warpgrid_host::shims::dns::HostResolver;
    let addresses = system.resolve("localhost").await.unwrap();
    assert!(addresses.iter().all(IpAddr::is_loopback), "{addresses:?}");
}

#[tokio::test]
async fn an_entry_is_served_until_its_time_has_passed_and_then_asked_for_again() {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = {
        let seconds = seconds.clone();
        Arc::new(move || Duration::from_secs(seconds.load(Ordering::Relaxed)))
    };
    let system = Arc::new(FakeSystem::default());
    let (shims, app) = config("[shims]\ndns = { system = true, ttl-seconds = 10 }");
    let dns = shims.dns.unwrap();
    let resolver = DnsResolver::with(&dns, app.registry, app.hosts, system.clone(), clock);
    for (now, asked) in [(0, 1), (9, 1), (10, 2), (19, 2), (20, 3)] {
        seconds.store(now, Ordering::Relaxed);
        resolver.resolve("known.example").await.unwrap();
        assert_eq!(system.asked.load(Ordering::Relaxed), asked, "at {now} s");
    }
    let statistics = resolver.statistics();
    assert_eq!((statistics.hits, statistics.misses, statistics.entries), (2, 3, 1));
}
