//! The guests beside a slow one: how long they wait for an answer; knows no slow one.

use crate::proof::site::Site;
use std::time::{Duration, Instant};
use warpgrid_pool::endpoint::Protocol;

/// What half of the others wait at most, and what one in a hundred waits.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Waits {
    pub(crate) half: Duration,
    pub(crate) slowest: Duration,
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
