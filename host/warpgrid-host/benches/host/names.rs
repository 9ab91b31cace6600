//! Looking up a name that the host knows, against a map behind a lock.

use crate::pairs::take;
use std::collections::HashMap;
use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::RwLock;
use warpgrid_host::shims::dns::DnsResolver;

const NAME: &str = "db.production.warp.local";
const LOOK_UPS: u32 = 10_000;

pub(super) fn run(rounds: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let known: HashMap<String, Vec<IpAddr>> = (0..100)
        .map(|number| (format!("service-{number}.production.warp.local"), number))
        .chain([(NAME.to_owned(), 100)])
        .map(|(name, last)| (name, vec![IpAddr::from(Ipv4Addr::new(10, 0, 0, last))]))
        .collect();
    let resolver = DnsResolver::new(known.clone()).unwrap();
    let map = RwLock::new(known);
    let ours = async || {
        for _ in 0..LOOK_UPS {
            black_box(resolver.resolve(black_box(NAME)).await.is_ok());
        }
    };
    let other = async || {
        for _ in 0..LOOK_UPS {
            black_box(map.read().unwrap().get(black_box(NAME)).cloned());
        }
    };
    let mut pairs = runtime.block_on(take(rounds, 20, ours, other));
    for time in pairs.ours.iter_mut().chain(&mut pairs.other) {
        *time /= f64::from(LOOK_UPS);
    }
    pairs.print("look-up of a known name / a map behind a lock");
}
