//! What `[shims] dns` holds; asks nobody.

use std::time::Duration;
use warpgrid_grants::names::CacheSettings;

/// The configuration of the DNS shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsConfig {
    /// How long an answer is served from the cache. Default 30 seconds; 0 keeps none.
    pub time_to_live: Duration,
    /// How long a name that the system does not know is not asked for again. Default 5 seconds; 0 asks every
    /// time.
    pub negative_time_to_live: Duration,
    /// How many names the cache keeps, and how many that are not there. Default 1024.
    pub cache_entries: usize,
    /// Whether names that neither the registry nor the hosts file knows may be asked of the system's
    /// resolver. Default false: only names that a rule of the network policy grants.
    pub system: bool,
}

impl Default for DnsConfig {
    fn default() -> Self {
        let cache = CacheSettings::default();
        Self {
            time_to_live: cache.time_to_live,
            negative_time_to_live: Duration::from_secs(5),
            cache_entries: cache.entries,
            system: false,
        }
    }
}

impl DnsConfig {
    pub(super) fn cache(&self) -> CacheSettings {
        CacheSettings { time_to_live: self.time_to_live, entries: self.cache_entries }
    }
}
