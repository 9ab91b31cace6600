//! What slow guests do: each until it is told that it is over, or until the test ends it; knows no limit.

use crate::proof::guest::{Door, Guest};
use crate::proof::site::Site;
use crate::proof::size::sized;
use crate::proof::wire::question;
use std::time::Duration;
use tokio::time::sleep;
use warpgrid_pool::endpoint::Protocol;

/// Between two bytes of a guest that sends or reads them one by one.
const PACE: Duration = Duration::from_millis(20);

/// A way to take one's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Slow {
    /// Asks for a large answer and reads nothing.
    NeverReads,
    /// Reads it byte by byte.
    ReadsBytes(Door),
    /// Sends a large command byte by byte.
    SendsBytes,
    /// Begins a transaction and does nothing more.
    HoldsTransaction,
    /// Says who it is byte by byte.
    Greets,
}

impl Slow {
    /// Those that there are in this protocol: a guest of Redis need not say who it is.
    pub(crate) fn all(protocol: Protocol) -> Vec<Self> {
        let mut all = vec![
            Self::NeverReads,
            Self::ReadsBytes(Door::Poll),
            Self::ReadsBytes(Door::Read),
            Self::SendsBytes,
            Self::HoldsTransaction,
        ];
        if protocol != Protocol::Redis {
            all.push(Self::Greets);
        }
        all
    }

    /// Why it loses its session.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NeverReads | Self::ReadsBytes(_) => "its guest left an answer unread",
            Self::SendsBytes => "its guest left a frame half sent",
            Self::HoldsTransaction => "its guest left a transaction open",
            Self::Greets => "the guest took too long to say who it is",
        }
    }
}

/// What has a large answer: a gigabyte, that a server makes while it is read. Redis makes it at once, so it is smaller.
pub(crate) async fn prepare(site: &Site, protocol: Protocol) {
    if protocol == Protocol::Redis {
        let mut guest = site.open().await.unwrap();
        let last = sized(64 << 20, 500 << 20) - 1;
        guest.ask(&format!("SETRANGE large {last} x")).await.unwrap();
        guest.leave().await;
    }
}

fn large_answer(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Postgres => "SELECT repeat('x', 10000) FROM generate_series(1, 100000)",
        Protocol::Mysql => "SELECT REPEAT('x', 10000) FROM seq_1_to_100000",
        Protocol::Redis => "GET large",
    }
}

/// Takes its time. Gives the guest back, whose stream has not been looked at since.
pub(crate) async fn be_slow(site: &Site, protocol: Protocol, slow: Slow) -> Guest {
    let door = if let Slow::ReadsBytes(door) = slow { door } else { Door::Poll };
    let mut guest = Guest::new(&site.pool, "slow", door);
    if slow == Slow::Greets {
        // The beginning of a start-up message, or of an answer to a greeting.
        let header =
            if protocol == Protocol::Postgres { *b"\0\0\x10\0\0\x03\0\0" } else { *b"\xc8\0\0\x01\0\0\0\0" };
        trickle(&mut guest, &[&header[..], &[b'x'; 100]].concat()).await;
        return guest;
    }
    guest.log_in().await.unwrap();
    match slow {
        Slow::NeverReads => guest.say(&question(protocol, large_answer(protocol))).await.unwrap(),
        Slow::ReadsBytes(_) => {
            guest.say(&question(protocol, large_answer(protocol))).await.unwrap();
            for _ in 0..100 {
                if guest.hear(1).await.is_none() {
                    break;
                }
                sleep(PACE).await;
            }
        }
        Slow::SendsBytes => {
            let bytes = question(protocol, &"SELECT ".repeat(1000));
            trickle(&mut guest, &bytes[..120]).await;
        }
        Slow::HoldsTransaction => {
            let begin = if protocol == Protocol::Redis { "MULTI" } else { "BEGIN" };
            guest.ask(begin).await.unwrap();
        }
        Slow::Greets => {}
    }
    guest
}

async fn trickle(guest: &mut Guest, bytes: &[u8]) {
    for byte in bytes {
        if guest.say(&[*byte]).await.is_err() {
            return;
        }
        sleep(PACE).await;
    }
}
