//! The look-up chain of an application with its cache; knows no guest and no WIT.
//!
//! A hit takes a shared lock and a few atomic additions, and copies nothing. A miss walks the chain: the
//! registry and the hosts file answer from memory; the system is asked without any lock held, once for all
//! who ask at the same time. What it answers is checked against the network policy before anybody is told.
//! That a name is not there is remembered for a while too; the registry and the hosts file come before that
//! memory, so that a name that is added to them is there at once.

use super::flights::{CutShort, Flights};
use super::name::host_name;
use super::{DnsConfig, DnsError, SystemError, SystemResolver};
use crate::application::AppConfig;
use crate::metrics::Metrics;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use warpgrid_grants::names::{
    Absence, AbsentNames, AddressCache, Answer, CacheStatistics, HostName, HostsFile, Link, LookupOrder,
    RegistryError, Rotation, ServiceRegistry, Step,
};
use warpgrid_grants::net::NetworkPolicy;

/// Gives the time since any fixed moment. It never runs backwards.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// How many questions an application may have at the system at the same time. Each holds a thread.
const SYSTEM_QUESTIONS: usize = 32;
/// How many addresses of one answer of the system are kept.
const MAX_ADDRESSES: usize = 128;
/// After so many look-ups the statistics are logged.
const LOG_EVERY: u64 = 10_000;

type Found = Result<Arc<Rotation>, DnsError>;

/// Resolves names for all instances of an application.
pub struct DnsResolver {
    core: Arc<Core>,
    flights: Arc<Flights<Found>>,
}

/// What can be said of a text at once.
pub(super) enum Look {
    /// The answer.
    Known(Result<Answer, DnsError>),
    /// Only the system can say.
    Ask(HostName),
}

impl DnsResolver {
    /// A resolver over a registry, with `localhost` as the only other name, the default cache, and no
    /// grant to ask the system.
    ///
    /// # Errors
    /// [`RegistryError`] names the entry that is not a service.
    pub fn new(registry: HashMap<String, Vec<IpAddr>>) -> Result<Self, RegistryError> {
        let mut entries: Vec<_> = registry.into_iter().collect();
        entries.sort();
        let registry = ServiceRegistry::new(entries)?;
        Ok(Self::with(&DnsConfig::default(), &AppConfig { registry, ..AppConfig::default() }))
    }

    /// A resolver for an application: its registry, hosts file, bindings, services, network policy, system
    /// resolver, clock and counters.
    pub fn with(config: &DnsConfig, app: &AppConfig) -> Self {
        let order = LookupOrder::new(app.registry.clone(), app.hosts.clone(), config.system)
            .with_synthetic(Arc::new(app.synthetic_addresses()));
        let core = Core {
            order: RwLock::new(Arc::new(order)),
            cache: RwLock::new(AddressCache::new(config.cache())),
            absent: Mutex::new(AbsentNames::new(config.negative_time_to_live, config.cache_entries)),
            network: app.network.clone(),
            system: app.system_resolver.clone(),
            clock: app.clock.clone(),
            metrics: app.metrics.clone(),
            lookups: AtomicU64::new(0),
            logged: AtomicU64::new(0),
        };
        Self { core: Arc::new(core), flights: Flights::new(SYSTEM_QUESTIONS) }
    }

    /// The answer for a name: its addresses, the one whose turn it is in front. Must be awaited within tokio.
    ///
    /// # Errors
    /// [`DnsError`].
    pub async fn resolve(&self, text: &str) -> Result<Answer, DnsError> {
        match self.look(text) {
            Look::Known(result) => result,
            Look::Ask(name) => self.ask(name).await,
        }
    }

    /// What can be said without waiting.
    pub(super) fn look(&self, text: &str) -> Look {
        self.core.look(text)
    }

    /// Asks the system for a name that [`DnsResolver::look`] could not answer.
    pub(super) async fn ask(&self, name: HostName) -> Result<Answer, DnsError> {
        let question = || {
            let (core, name) = (self.core.clone(), name.clone());
            async move { core.ask_system(&name).await }
        };
        match self.flights.join(&name, || self.core.found_meanwhile(&name), question).await {
            Ok(found) => found.map(|rotation| rotation.take()),
            Err(CutShort) => Err(DnsError::Temporary(Arc::new(std::io::Error::other(CutShort)))),
        }
    }

    /// Puts another registry and hosts file in place of the present ones. An answer that is in the cache is
    /// served until its time has passed; after that, and for all other names, the new ones count at once.
    pub fn replace_registry(&self, registry: ServiceRegistry, hosts: HostsFile) {
        let mut order = self.core.order.write().unwrap_or_else(PoisonError::into_inner);
        tracing::info!(shim = "dns", services = registry.len(), "the registry is replaced");
        *order = Arc::new(order.replaced(registry, hosts));
    }

    /// The names of an address: those of the registry, then those of the hosts file.
    ///
    /// # Errors
    /// [`DnsError::HostNotFound`] when there is none.
    pub fn reverse(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let names: Vec<String> =
            self.core.order().names(&address).iter().map(|name| name.as_str().to_owned()).collect();
        tracing::debug!(shim = "dns", %address, names = names.len(), "asked for the names of an address");
        if names.is_empty() { Err(DnsError::HostNotFound) } else { Ok(names) }
    }

    /// What the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        self.core.cache().statistics()
    }

    /// Logs the statistics if there were look-ups since they were logged last.
    pub(super) fn log_statistics(&self) {
        self.core.log_statistics();
    }
}

struct Core {
    order: RwLock<Arc<LookupOrder>>,
    cache: RwLock<AddressCache>,
    absent: Mutex<AbsentNames>,
    network: Arc<NetworkPolicy>,
    system: Arc<dyn SystemResolver>,
    clock: Clock,
    metrics: Arc<Metrics>,
    lookups: AtomicU64,
    logged: AtomicU64,
}

impl Core {
    fn look(&self, text: &str) -> Look {
        // What is in the cache is a name in its one spelling: a text that is found there needs no check.
        if let Some(answer) = self.hit(text) {
            return Look::Known(Ok(answer));
        }
        if let Some(address) = LookupOrder::literal(text) {
            tracing::debug!(shim = "dns", name = text, link = %Link::Literal, "resolved");
            return Look::Known(answer_of(Rotation::new(None, Link::Literal, vec![address], 0)));
        }
        let name = match host_name(text) {
            Ok(name) => name,
            Err(error) => return Look::Known(Err(error.into())),
        };
        if name.as_str() != text
            && let Some(answer) = self.hit(name.as_str())
        {
            return Look::Known(Ok(answer));
        }
        self.walk(name)
    }

    fn hit(&self, name: &str) -> Option<Answer> {
        let answer = self.cache().get(name, (self.clock)())?;
        self.metrics.dns_hits.inc();
        self.count_lookup();
        tracing::debug!(shim = "dns", name, link = %answer.link(), cached = true, "resolved");
        Some(answer)
    }

    fn walk(&self, name: HostName) -> Look {
        self.count_lookup();
        let name = match self.order().step(&name) {
            Step::Answer(link, addresses) => {
                self.count_miss();
                return Look::Known(answer_of(self.keep(&name, link, addresses)));
            }
            Step::AskSystem(name) => name,
            Step::NotFound(name) if self.network.grants_name(&name) => name,
            Step::NotFound(name) => {
                self.count_miss();
                tracing::debug!(shim = "dns", name = %name, system = "not granted", "host not found");
                return Look::Known(Err(DnsError::NotGranted));
            }
        };
        if let Some(error) = self.known_absent(&name) {
            self.cache().count_absent();
            self.metrics.dns_hits.inc();
            tracing::debug!(shim = "dns", name = %name, cached = true, "host not found");
            return Look::Known(Err(error));
        }
        self.count_miss();
        Look::Ask(name)
    }

    fn known_absent(&self, name: &HostName) -> Option<DnsError> {
        Some(match self.absent().get(name, (self.clock)())? {
            Absence::NoSuchName => DnsError::HostNotFound,
            Absence::NotAdmitted => DnsError::PrivateAddress,
        })
    }

    fn found_meanwhile(&self, name: &HostName) -> Option<Found> {
        match self.cache().peek(name.as_str(), (self.clock)()) {
            Some(rotation) => Some(Ok(rotation.clone())),
            None => self.known_absent(name).map(Err),
        }
    }

    async fn ask_system(&self, name: &HostName) -> Found {
        let told = match self.system.resolve(name.as_str()).await {
            Ok(told) => told,
            Err(SystemError::NotFound) => Vec::new(),
            Err(SystemError::Temporary(error)) => {
                tracing::debug!(shim = "dns", name = %name, %error, "the system's resolver did not answer");
                return Err(DnsError::Temporary(Arc::new(error)));
            }
        };
        let mut admitted = Vec::new();
        for address in told.iter().take(MAX_ADDRESSES).map(IpAddr::to_canonical) {
            if !self.network.admits_answer(name, address) {
                tracing::debug!(shim = "dns", name = %name, %address, "an answer is not admitted");
            } else if !admitted.contains(&address) {
                admitted.push(address);
            }
        }
        if let Some(rotation) = self.keep(name, Link::System, admitted) {
            return Ok(rotation);
        }
        let (absence, error) = match told.is_empty() {
            true => (Absence::NoSuchName, DnsError::HostNotFound),
            false => (Absence::NotAdmitted, DnsError::PrivateAddress),
        };
        tracing::debug!(shim = "dns", name = %name, system = "asked", %error, "host not found");
        self.absent().put(name, absence, (self.clock)());
        Err(error)
    }

    fn keep(&self, name: &HostName, link: Link, addresses: Vec<IpAddr>) -> Option<Arc<Rotation>> {
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        let rotation = cache.put(name, link, addresses, (self.clock)())?;
        tracing::debug!(shim = "dns", name = %name, %link, cached = false, "resolved");
        Some(rotation)
    }

    fn count_miss(&self) {
        self.cache().count_miss();
        self.metrics.dns_misses.inc();
    }

    fn count_lookup(&self) {
        if (self.lookups.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(LOG_EVERY) {
            self.log_statistics();
        }
    }

    fn log_statistics(&self) {
        let lookups = self.lookups.load(Ordering::Relaxed);
        if self.logged.swap(lookups, Ordering::Relaxed) == lookups {
            return;
        }
        let CacheStatistics { hits, misses, absent, evictions, entries } = self.cache().statistics();
        tracing::info!(shim = "dns", hits, misses, absent, evictions, entries, "look-ups so far");
    }

    fn order(&self) -> Arc<LookupOrder> {
        self.order.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn cache(&self) -> RwLockReadGuard<'_, AddressCache> {
        self.cache.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn absent(&self) -> MutexGuard<'_, AbsentNames> {
        self.absent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// No link of the chain answers with an empty list.
fn answer_of(rotation: Option<Arc<Rotation>>) -> Result<Answer, DnsError> {
    rotation.map(|rotation| rotation.take()).ok_or(DnsError::HostNotFound)
}
