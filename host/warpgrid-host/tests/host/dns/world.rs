//! What the cases share: a system that the test decides, a clock that the test sets, a run that tells its facts.

use crate::harness::{config, guest};
use std::collections::HashMap;
use std::future::Future;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Semaphore;
use warpgrid_host::instance::{InstanceFacts, InstanceOptions, Outcome, Stdio};
use warpgrid_host::shims::dns::{Clock, DnsResolver, SystemError, SystemResolver};
use warpgrid_host::{AppConfig, Application};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

pub(super) fn ips(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

/// A system that knows what the test tells it. `broken…` gives a passing error, `panics…` panics, `slow…`
/// answers when the gate is open.
pub(super) struct FakeSystem {
    known: Mutex<HashMap<String, Vec<IpAddr>>>,
    pub(super) names: Mutex<Vec<String>>,
    pub(super) gate: Semaphore,
    asked: AtomicUsize,
}

impl FakeSystem {
    pub(super) fn new(known: &[(&str, &[&str])]) -> Arc<Self> {
        let known = known.iter().map(|(name, addresses)| ((*name).to_owned(), ips(addresses))).collect();
        Arc::new(Self {
            known: Mutex::new(known),
            names: Mutex::default(),
            gate: Semaphore::new(0),
            asked: AtomicUsize::new(0),
        })
    }

    pub(super) fn tell(&self, name: &str, addresses: Vec<IpAddr>) {
        self.known.lock().unwrap().insert(name.to_owned(), addresses);
    }

    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    pub(super) fn open(&self) {
        self.gate.add_permits(Semaphore::MAX_PERMITS / 2);
    }
}

impl SystemResolver for FakeSystem {
    fn resolve<'a>(
        &'a self,
        name: &'a str,
    ) -> Pin<Box<dyn Future<Output = Result<Vec<IpAddr>, SystemError>> + Send + 'a>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        self.names.lock().unwrap().push(name.to_owned());
        Box::pin(async move {
            assert!(!name.starts_with("panics"), "the test wants a panic");
            if name.starts_with("broken") {
                return Err(SystemError::Temporary(std::io::Error::other("no answer")));
            }
            if name.starts_with("slow") {
                let _open = self.gate.acquire().await.unwrap();
            }
            self.known.lock().unwrap().get(name).cloned().ok_or(SystemError::NotFound)
        })
    }
}

/// A clock that stands still until the test moves it.
#[derive(Clone, Default)]
pub(super) struct Time(Arc<AtomicU64>);

impl Time {
    pub(super) fn set(&self, milliseconds: u64) {
        self.0.store(milliseconds, Ordering::Relaxed);
    }

    pub(super) fn clock(&self) -> Clock {
        let now = self.0.clone();
        Arc::new(move || Duration::from_millis(now.load(Ordering::Relaxed)))
    }
}

/// What an application is given: a `warp.toml`, a system, and a clock that starts at 0.
pub(super) struct World {
    pub(super) shims: warpgrid_host::ShimConfig,
    pub(super) app: AppConfig,
    pub(super) time: Time,
}

pub(super) fn world(toml: &str, system: &Arc<FakeSystem>) -> World {
    let (shims, mut app) = config(toml);
    let time = Time::default();
    app.system_resolver = system.clone();
    app.clock = time.clock();
    World { shims, app, time }
}

impl World {
    pub(super) fn resolver(&self) -> DnsResolver {
        DnsResolver::with(self.shims.dns.as_ref().unwrap(), &self.app)
    }

    pub(super) fn load(&self, name: &str) -> Application {
        self.load_bytes(&guest(name))
    }

    pub(super) fn load_bytes(&self, bytes: &[u8]) -> Application {
        crate::harness::engine(self.shims.clone()).unwrap().load_module(bytes, self.app.clone()).unwrap()
    }
}

/// Runs a guest to a good end: what it printed, and what the host knows of it.
pub(super) async fn run(application: &Application, arguments: &[&str]) -> (String, Arc<InstanceFacts>) {
    let output = MemoryOutputPipe::new(1 << 20);
    let options = InstanceOptions {
        arguments: std::iter::once("guest").chain(arguments.iter().copied()).map(str::to_owned).collect(),
        stdio: Stdio::Streams { input: None, output: Some(Box::new(output.clone())), error: None },
        ..InstanceOptions::default()
    };
    let instance = application.instantiate(options);
    let facts = instance.facts().clone();
    let outcome = instance.run().await;
    let text = String::from_utf8(output.contents().to_vec()).unwrap();
    assert!(matches!(outcome, Ok(Outcome::Exited(0))), "{outcome:?} {text}");
    (text, facts)
}

/// What a guest printed.
pub(super) async fn printed(application: &Application, arguments: &[&str]) -> String {
    run(application, arguments).await.0
}
