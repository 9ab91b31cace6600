//! What to count of a pool; publishes nothing.

use std::collections::BTreeMap;
use std::time::Duration;

/// A pool at one moment, and what it did since its start.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PoolStats {
    /// The endpoint's name.
    pub endpoint: String,
    /// Sessions that guests have.
    pub taken: usize,
    /// Sessions that nobody has.
    pub idle: usize,
    /// Sessions that are being opened, are about to be, or are being reset or checked.
    pub busy: usize,
    /// Guests that wait for one of them.
    pub waiting: usize,
    /// How many sessions there may be.
    pub size: usize,
    /// Checkouts since the start.
    pub checkouts: u64,
    /// Of those, with a session that was there already.
    pub reused: u64,
    /// Sessions logged in since the start.
    pub opened: u64,
    /// Sessions reset since the start.
    pub reset: u64,
    /// Sessions destroyed since the start, by reason.
    pub destroyed: Vec<(&'static str, u64)>,
    /// Guests that had to wait, since the start.
    pub waits: u64,
    /// How long they waited in all.
    pub waited: Duration,
    /// Guests that got no session, since the start.
    pub failed: u64,
    /// Why the server was last not reached, while it is thought to be down.
    pub down: Option<String>,
    /// With [`PoolStats::down`]: how long no login has succeeded.
    pub down_for: Option<Duration>,
}

/// How a drain ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DrainReport {
    /// Sessions that ended in their own time.
    pub finished: usize,
    /// Those that were cut, each with its endpoint and tenant.
    pub cut: Vec<String>,
}

/// What is counted from a pool's start on.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) checkouts: u64,
    pub(crate) reused: u64,
    pub(crate) opened: u64,
    pub(crate) reset: u64,
    pub(crate) destroyed: BTreeMap<&'static str, u64>,
    pub(crate) waits: u64,
    pub(crate) waited: Duration,
    pub(crate) failed: u64,
}

impl Counts {
    /// Beside what `now` says of the moment.
    pub(crate) fn publish(&self, now: PoolStats) -> PoolStats {
        PoolStats {
            checkouts: self.checkouts,
            reused: self.reused,
            opened: self.opened,
            reset: self.reset,
            destroyed: self.destroyed.iter().map(|(reason, count)| (*reason, *count)).collect(),
            waits: self.waits,
            waited: self.waited,
            failed: self.failed,
            ..now
        }
    }
}
