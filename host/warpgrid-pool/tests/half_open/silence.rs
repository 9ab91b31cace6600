//! What becomes of guests and sessions whose server has fallen silent; knows no frame.

use crate::proof::guest::Guest;
use crate::proof::site::{PROTOCOLS, Site, builder, endpoint};
use crate::proof::size::sized;
use crate::proof::wire::question;
use crate::relay::Relay;
use std::time::{Duration, Instant};
use tokio::time::timeout;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::{Endpoint, Protocol};
use warpgrid_pool::error::PoolError;
use warpgrid_pool::net::ServerAddress;
use warpgrid_test_services::Server;

/// What a busy machine may add.
const SLACK: Duration = Duration::from_secs(20);

/// The limit of the test at hand: more than a login or an answer of a server that is well takes on a busy machine. In the
/// full run it is what people are promised.
fn limit() -> Duration {
    sized(Duration::from_secs(3), Duration::from_secs(10))
}

struct Lab {
    protocol: Protocol,
    _server: Server,
    relay: Relay,
    site: Site,
}

async fn lab(protocol: Protocol, options: PoolOptions) -> Lab {
    let server = builder(protocol).start().unwrap();
    let relay = Relay::open(server.port()).await;
    let address = ServerAddress::Tcp { host: "127.0.0.1".into(), port: relay.port };
    let wait = Duration::from_secs(60);
    let options = PoolOptions { size: 1, retry: Duration::from_millis(1), wait, ..options };
    let site = Site::new(Endpoint { server: address, ..endpoint(&server, protocol, options) });
    Lab { protocol, _server: server, relay, site }
}

impl Lab {
    async fn guest(&self) -> Guest {
        let mut guest = self.site.open().await.unwrap();
        let echo = if self.protocol == Protocol::Redis { "ECHO x" } else { "SELECT 'x'" };
        assert_eq!(guest.ask(echo).await.unwrap(), "x");
        guest
    }

    /// Waits for the end, which must come by the limit, for this reason; then the next guest is served.
    async fn ends(&self, mut guest: Guest, begun: Instant, reason: &str) {
        let heard = timeout(limit() + SLACK, guest.rest()).await;
        let took = begun.elapsed();
        println!("{}: {reason}: after {took:?} of {:?}", self.protocol, limit());
        let heard = heard.unwrap_or_else(|_| panic!("{}: no end: {reason}", self.protocol));
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.contains(&format!("ended: {reason}; the limit is")), "{heard}");
        assert!(took >= limit(), "{took:?}");
        assert!(
            matches!(guest.error(), Some(PoolError::Closed { reason: why, .. }) if *why == reason),
            "{:?}",
            guest.error()
        );
        self.site.rest().await;
        self.guest().await;
    }
}

#[tokio::test]
async fn a_guest_whose_server_falls_silent_learns_it_in_time() {
    for protocol in PROTOCOLS {
        let lab = lab(protocol, PoolOptions { reply: limit(), ..PoolOptions::default() }).await;
        let mut guest = lab.guest().await;
        lab.relay.stop();
        let begun = Instant::now();
        guest.say(&question(protocol, "PING")).await.unwrap();
        lab.ends(guest, begun, "its server left an answer unfinished").await;
    }
}

#[tokio::test]
async fn a_guest_whose_server_takes_nothing_more_learns_it_in_time() {
    // More than the systems on the way keep, in one command.
    let much = "x".repeat(15_000_000);
    for protocol in PROTOCOLS {
        let lab = lab(protocol, PoolOptions { stall: limit(), ..PoolOptions::default() }).await;
        let mut guest = lab.guest().await;
        lab.relay.stop();
        let begun = Instant::now();
        let text =
            if protocol == Protocol::Redis { format!("ECHO {much}") } else { format!("SELECT '{much}'") };
        let said = timeout(limit() + SLACK, guest.say(&question(protocol, &text))).await;
        // What it still says is dropped, as into a network: why, it reads.
        said.unwrap_or_else(|_| panic!("{protocol}: it waits for ever")).unwrap();
        // Its bytes went for a while: the limit counts from the last of them.
        lab.ends(guest, begun, "its server took nothing more").await;
    }
}

#[tokio::test]
async fn an_idle_session_whose_server_fell_silent_is_found_by_the_healthcheck() {
    for protocol in PROTOCOLS {
        let options = PoolOptions { healthcheck: limit() / 2, reset: limit() / 2, ..PoolOptions::default() };
        let lab = lab(protocol, options).await;
        lab.guest().await.leave().await;
        lab.site.rest().await;
        lab.relay.stop();
        let begun = Instant::now();
        while lab.site.destroyed("it did not answer") == 0 {
            assert!(begun.elapsed() < limit() + SLACK, "{protocol}: {:?}", lab.site.pool.stats());
            tokio::task::yield_now().await;
        }
        println!("{protocol}: idle, found after {:?} of {:?}", begun.elapsed(), limit());
        assert_eq!(lab.site.pool.stats().idle, 0);
        lab.guest().await;
    }
}

#[tokio::test]
async fn a_session_whose_server_falls_silent_at_its_reset_is_given_up() {
    for protocol in PROTOCOLS {
        let lab = lab(protocol, PoolOptions { reset: limit(), ..PoolOptions::default() }).await;
        let guest = lab.guest().await;
        lab.relay.stop();
        let begun = Instant::now();
        drop(guest);
        // The next guest waits for the place, and gets a new session.
        let next = timeout(limit() + SLACK, lab.guest()).await;
        println!("{protocol}: at its reset, served after {:?} of {:?}", begun.elapsed(), limit());
        next.unwrap_or_else(|_| panic!("{protocol}: nobody gave up")).leave().await;
        assert_eq!(lab.site.destroyed("its reset took too long"), 1);
    }
}

#[tokio::test]
async fn a_server_that_is_silent_from_the_beginning_is_unreachable() {
    for protocol in PROTOCOLS {
        let lab = lab(protocol, PoolOptions { connect: limit(), ..PoolOptions::default() }).await;
        lab.relay.set_silent(true);
        let begun = Instant::now();
        let mut guest = lab.site.guest();
        let asking = async {
            guest.log_in().await?;
            guest.ask("PING").await
        };
        let told = timeout(limit() + SLACK, asking).await.unwrap_or_else(|_| panic!("{protocol}: no end"));
        println!("{protocol}: at its login, told after {:?} of {:?}", begun.elapsed(), limit());
        let text = told.unwrap_or_else(|text| text);
        assert!(text.contains("the server of `orders` cannot be reached"), "{protocol}: {text}");
        guest.rest().await;
        assert!(matches!(guest.error(), Some(PoolError::Unreachable { .. })), "{:?}", guest.error());
        lab.relay.set_silent(false);
        // For a millisecond nobody tries again.
        let served = async {
            loop {
                if let Ok(mut guest) = lab.site.open().await
                    && guest.ask("PING").await.is_ok()
                {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        timeout(SLACK, served).await.unwrap_or_else(|_| panic!("{protocol}: nobody is served"));
    }
}
