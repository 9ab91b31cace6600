//! Slow guests, others beside them, deadlines, memory; knows no frame.

use crate::memory::resident;
use crate::others::serve;
use crate::proof::site::{PROTOCOLS, Site, builder, endpoint};
use crate::proof::size::sized;
use crate::slow::{Slow, be_slow, prepare};
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::error::PoolError;

/// The time that a slow guest has; its pace would make it last twice as long.
pub(crate) const LIMIT: Duration = Duration::from_secs(2);
/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(20);
/// How much memory the process may need beside what it had when all was warm.
const MEMORY: usize = 16 << 20;

/// One test, so that nothing else in the process needs memory.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_guests_end_by_their_deadline_and_others_do_not_suffer() {
    for protocol in PROTOCOLS {
        let server = builder(protocol).start().unwrap();
        let options = PoolOptions {
            size: 4,
            stall: LIMIT,
            transaction: LIMIT,
            greeting: LIMIT,
            reply: Duration::from_secs(60),
            ..PoolOptions::default()
        };
        let site = Site::new(endpoint(&server, protocol, options));
        prepare(&site, protocol).await;
        let count = sized(100, 2000);
        serve(&site, protocol, count).await;
        let mut alone = serve(&site, protocol, count).await;
        let (mut most, before) = (0, resident());
        for slow in Slow::all(protocol) {
            let begun = Instant::now();
            let being = async {
                let guest = be_slow(&site, protocol, slow).await;
                // One that waits for nothing more loses its session without a look at it.
                while slow != Slow::Greets && site.destroyed(slow.reason()) == 0 {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                guest
            };
            let (ended, beside) =
                tokio::join!(timeout(LIMIT * 3 + SLACK, being), serve(&site, protocol, count));
            let mut guest =
                ended.unwrap_or_else(|_| panic!("{protocol} {slow:?}: never ended: {:?}", site.pool.stats()));
            let took = begun.elapsed();
            most = most.max(resident().saturating_sub(before));
            timeout(SLACK, guest.rest()).await.unwrap();
            let reason = match guest.error() {
                Some(PoolError::Closed { reason, .. }) => *reason,
                other => panic!("{protocol} {slow:?}: {other:?}"),
            };
            assert_eq!(reason, slow.reason(), "{protocol} {slow:?}");
            drop(guest);
            timeout(SLACK, site.rest()).await.unwrap();
            if !beside.is_like(alone) {
                // The machine may have become busier.
                alone = alone.most(serve(&site, protocol, count).await);
            }
            println!("{protocol} {slow:?}: ended after {took:?}; others: {beside:?}, alone {alone:?}");
            assert!(took >= LIMIT, "{protocol} {slow:?}: {took:?}");
            assert!(beside.is_like(alone), "{protocol} {slow:?}: {beside:?}, alone {alone:?}");
        }
        println!("{protocol}: at most {most} bytes more than the {before} before");
        assert!(most <= MEMORY, "{protocol}: {most} bytes");
    }
}
