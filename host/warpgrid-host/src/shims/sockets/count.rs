//! How many sockets an instance holds; knows no socket.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Sockets that are open, and how many may be.
#[derive(Debug)]
pub(super) struct SocketCount {
    open: AtomicUsize,
    limit: usize,
}

impl SocketCount {
    pub(super) fn new(limit: usize) -> Self {
        Self { open: AtomicUsize::new(0), limit }
    }

    /// Counts one more, unless there are as many as there may be.
    pub(super) fn add(&self) -> bool {
        let more = |open: usize| (open < self.limit).then_some(open + 1);
        self.open.fetch_update(Relaxed, Relaxed, more).is_ok()
    }

    /// Counts one less.
    pub(super) fn remove(&self) {
        let less = |open: usize| open.checked_sub(1);
        // An error means that there was none: the number was set by a count that came first.
        let _ = self.open.fetch_update(Relaxed, Relaxed, less);
    }

    /// Replaces the number by one that was counted.
    pub(super) fn set(&self, open: usize) {
        self.open.store(open, Relaxed);
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_the_limit_and_no_more() {
        let count = SocketCount::new(2);
        assert!(count.add() && count.add() && !count.add());
        count.remove();
        assert!(count.add() && !count.add());
        count.set(0);
        count.remove();
        assert!(count.add() && count.add() && !count.add());
    }
}
