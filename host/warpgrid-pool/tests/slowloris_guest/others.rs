//! The guests beside a slow one: how long they wait for an answer; knows no slow one.

use crate::deadlines::LIMIT;
use crate::proof::site::Site;
use std::time::{Duration, Instant};
use warpgrid_pool::endpoint::Protocol;

/// What half of the others wait at most, and what one in a hundred waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) half: Duration,
    pub(crate) slowest: Duration,
}

impl Waits {
    /// Whether nobody waited for a slow guest, who has [`LIMIT`]. Loosely: a busy machine takes long for anything.
    pub(crate) fn is_like(&self, alone: Self) -> bool {
        self.half < alone.half * 5 + LIMIT / 4 && self.slowest < alone.slowest * 5 + LIMIT / 2
    }

    /// The longer waits of both.
    pub(crate) fn most(self, other: Self) -> Self {
        Self { half: self.half.max(other.half), slowest: self.slowest.max(other.slowest) }
    }
}

/// Guests that come, ask one thing and go.
pub(crate) async fn serve(site: &Site, protocol: Protocol, count: usize) -> Waits {
    let mut waits = Vec::new();
    for _ in 0..count {
        let begun = Instant::now();
        let mut guest = site.open().await.unwrap();
        let question = if protocol == Protocol::Redis { "ECHO x" } else { "SELECT 'x'" };
        assert_eq!(guest.ask(question).await.unwrap(), "x");
        waits.push(begun.elapsed());
        guest.leave().await;
    }
    waits.sort();
    Waits { half: waits[count / 2], slowest: waits[count * 99 / 100] }
}
