//! The look-up chain of an application with its cache; knows no guest and no WIT.
//!
//! A hit takes a shared lock and two atomic additions. A miss walks the chain: the registry and the hosts
//! file answer from memory, the system is asked without any lock held. Only answers are cached.

use super::{DnsConfig, DnsError, SystemError, SystemResolver};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use warpgrid_grants::names::{
    AddressCache, CacheStatistics, HostName, HostsFile, Link, LookupOrder, RegistryError, ServiceRegistry,
    Step,
};

/// Gives the time since any fixed moment. It never runs backwards.
pub type Clock = Arc<dyn Fn() -> Duration + Send + Sync>;

/// Resolves names for all instances of an application.
pub struct DnsResolver {
    order: LookupOrder,
    cache: RwLock<AddressCache>,
    system: Arc<dyn SystemResolver>,
    clock: Clock,
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
        let clock = crate::application::monotonic_clock();
        let config = DnsConfig::default();
        Ok(Self::with(&config, registry, HostsFile::local(), Arc::new(super::HostResolver), clock))
    }

    /// A resolver from its parts.
    pub fn with(
        config: &DnsConfig,
        registry: ServiceRegistry,
        hosts: HostsFile,
        system: Arc<dyn SystemResolver>,
        clock: Clock,
    ) -> Self {
        Self {
            order: LookupOrder::new(registry, hosts, config.system),
            cache: RwLock::new(AddressCache::new(config.cache())),
            system,
            clock,
        }
    }

    /// The addresses of a name, the one whose turn it is in front.
    ///
    /// # Errors
    /// [`DnsError`].
    pub async fn resolve(&self, text: &str) -> Result<Vec<IpAddr>, DnsError> {
        if let Some(address) = LookupOrder::literal(text) {
            tracing::debug!(shim = "dns", name = text, link = %Link::Literal, "resolved");
            return Ok(vec![address]);
        }
        let name = HostName::new(text)?;
        let cached = self.cache.read().unwrap_or_else(PoisonError::into_inner).get(&name, (self.clock)());
        if let Some((link, addresses)) = cached {
            tracing::debug!(shim = "dns", name = %name, %link, cached = true, "resolved");
            return Ok(addresses);
        }
        let (link, addresses) = match self.order.step(&name) {
            Step::Answer(link, addresses) => (link, addresses),
            Step::NotFound(name) => {
                tracing::debug!(shim = "dns", name = %name, system = "not granted", "host not found");
                return Err(DnsError::HostNotFound);
            }
            Step::AskSystem(name) => (Link::System, self.ask_system(&name).await?),
        };
        tracing::debug!(shim = "dns", name = %name, %link, cached = false, "resolved");
        let mut cache = self.cache.write().unwrap_or_else(PoisonError::into_inner);
        Ok(cache.put(&name, link, addresses, (self.clock)()))
    }

    async fn ask_system(&self, name: &HostName) -> Result<Vec<IpAddr>, DnsError> {
        match self.system.resolve(name.as_str()).await {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Ok(_) | Err(SystemError::NotFound) => {
                tracing::debug!(shim = "dns", name = %name, system = "asked", "host not found");
                Err(DnsError::HostNotFound)
            }
            Err(SystemError::Temporary(error)) => {
                tracing::debug!(shim = "dns", name = %name, %error, "the system's resolver did not answer");
                Err(DnsError::Temporary(error))
            }
        }
    }

    /// The names of an address: those of the registry, then those of the hosts file.
    ///
    /// # Errors
    /// [`DnsError::HostNotFound`] when there is none.
    pub fn reverse(&self, address: IpAddr) -> Result<Vec<String>, DnsError> {
        let names: Vec<String> =
            self.order.names(&address).iter().map(|name| name.as_str().to_owned()).collect();
        tracing::debug!(shim = "dns", %address, names = names.len(), "asked for the names of an address");
        if names.is_empty() { Err(DnsError::HostNotFound) } else { Ok(names) }
    }

    /// What the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        self.cache.read().unwrap_or_else(PoisonError::into_inner).statistics()
    }
}
