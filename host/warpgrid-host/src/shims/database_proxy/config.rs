//! What `[shims] database-proxy` holds.

use std::time::Duration;

/// The configuration of the database-proxy shim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DatabaseProxyConfig {
    /// How long a receive without a time-out of its own waits. Default 30 seconds.
    pub receive: Duration,
    /// How long sessions may go on after the host was asked to end. Default 30 seconds.
    pub drain: Duration,
}

impl Default for DatabaseProxyConfig {
    fn default() -> Self {
        Self { receive: Duration::from_secs(30), drain: Duration::from_secs(30) }
    }
}
