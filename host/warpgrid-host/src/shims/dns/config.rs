//! What `[shims] dns` holds; asks nobody.

use std::time::Duration;
use warpgrid_grants::names::CacheSettings;

/// The configuration of the DNS shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DnsConfig {
    /// How long an answer is served from the cache. Default 30 seconds.
    pub time_to_live: Duration,
    /// How many names the cache keeps. Default 1024.
    pub cache_entries: usize,
    /// Whether names that neither the registry nor the hosts file knows may be asked of the system's
    /// resolver. Default false.
    pub system: bool,
}

impl Default for DnsConfig {
    fn default() -> Self {
        let cache = CacheSettings::default();
        Self { time_to_live: cache.time_to_live, cache_entries: cache.entries, system: false }
    }
}

impl DnsConfig {
    pub(super) fn cache(&self) -> CacheSettings {
        CacheSettings { time_to_live: self.time_to_live, entries: self.cache_entries }
    }
}
