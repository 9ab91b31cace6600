//! The key values of each shim's configuration, for the log line at the start; shows no text of a user.

use super::{
    DatabaseProxyConfig, DnsConfig, FilesystemConfig, SignalsConfig, SocketsConfig, ThreadingConfig,
};

/// What a configuration is in few words: `key=value`, separated by spaces; empty when it has no keys.
pub trait Summary {
    /// The words.
    fn summary(&self) -> String;
}

impl Summary for FilesystemConfig {
    fn summary(&self) -> String {
        format!(
            "nameservers={} time-zones={} local-time-zone={} extra-virtual-paths={}",
            self.nameservers.len(),
            self.time_zones,
            self.local_time_zone.as_deref().unwrap_or("none"),
            self.extra_virtual_paths.len()
        )
    }
}

impl Summary for DnsConfig {
    fn summary(&self) -> String {
        let (ttl, entries) = (self.time_to_live.as_secs(), self.cache_entries);
        format!("ttl-seconds={ttl} cache-entries={entries} system={}", self.system)
    }
}

impl Summary for SignalsConfig {
    fn summary(&self) -> String {
        String::new()
    }
}

impl Summary for SocketsConfig {
    fn summary(&self) -> String {
        String::new()
    }
}

impl Summary for ThreadingConfig {
    fn summary(&self) -> String {
        String::new()
    }
}

impl Summary for DatabaseProxyConfig {
    fn summary(&self) -> String {
        format!("recv-seconds={} drain-seconds={}", self.receive.as_secs(), self.drain.as_secs())
    }
}
