//! Measures a look-up that the cache answers, as the host pays it; measures no guest.
//!
//! `cargo run --release -p warpgrid-host --example dns_hit` prints nanoseconds a hit: the least, the median and
//! the most of 15 rounds of 200,000 look-ups, with one name and with 1,000 names in turn.
#![expect(clippy::print_stdout, reason = "a program that prints its figures")]

use std::collections::HashMap;
use std::error::Error;
use std::hint::black_box;
use std::net::IpAddr;
use std::time::Instant;
use warpgrid_host::shims::dns::DnsResolver;

const ROUNDS: usize = 15;
const LOOK_UPS: usize = 200_000;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let names: Vec<_> = (0..1000).map(|n| format!("service-{n}.production.warp.local")).collect();
    let addresses: Vec<IpAddr> = vec!["10.0.0.1".parse()?, "10.0.0.2".parse()?, "fd00::3".parse()?];
    let registry: HashMap<_, _> = names.iter().map(|name| (name.clone(), addresses.clone())).collect();
    let resolver = DnsResolver::new(registry)?;
    for name in &names {
        resolver.resolve(name).await?;
    }
    for (what, asked) in [("one name", &names[500..501]), ("1,000 names", &names[..])] {
        let mut rounds = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for name in asked.iter().cycle().take(LOOK_UPS) {
                black_box(resolver.resolve(black_box(name)).await?.first());
            }
            rounds.push(start.elapsed().as_nanos() / LOOK_UPS as u128);
        }
        rounds.sort_unstable();
        println!("{what}: {} / {} / {} ns a hit", rounds[0], rounds[ROUNDS / 2], rounds[ROUNDS - 1]);
    }
    Ok(())
}
