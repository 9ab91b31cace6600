//! How a session is lost, and what its guest is at then; knows not what the guest hears.

use crate::proof::guest::Guest;
use crate::proof::line::Harm;
use crate::proof::site::{Site, endpoint};
use crate::proof::wire::{command, frame, packet, question};
use std::time::Duration;
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_test_services::Server;

/// The limit that is reached.
pub(crate) const LIMIT: Duration = Duration::from_secs(3);

/// What a guest is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It has asked nothing, or has its answer.
    Rest,
    /// It waits for an answer that does not come.
    Waits,
    /// It waits for several.
    WaitsForSeveral,
    /// It has opened a transaction and does nothing.
    Transaction,
    /// It has sent the half of a command.
    HalfFrame,
}

/// How its session is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// A drain comes to its deadline.
    Drain,
    /// A limit of the pool is reached.
    Limit,
    /// The guest breaks the protocol.
    Violation,
    /// The connection to the server breaks.
    Break,
}

fn options(way: Way) -> PoolOptions {
    let whole = PoolOptions::default();
    match way {
        Way::Limit => PoolOptions { transaction: LIMIT, stall: LIMIT, reply: LIMIT, ..whole },
        _ => whole,
    }
}

fn endless(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Postgres => "SELECT pg_sleep(600)",
        Protocol::Mysql => "SELECT SLEEP(600)",
        Protocol::Redis => "BLPOP nothing 0",
    }
}

/// What is no protocol at all.
fn gibberish(protocol: Protocol) -> Vec<u8> {
    match protocol {
        Protocol::Postgres => frame('y', b"what is this"),
        // A command that begins with packet number 7.
        Protocol::Mysql => packet(7, b"\x03SELECT 1"),
        Protocol::Redis => b"*1\r\n!4\r\nPING\r\n".to_vec(),
    }
}

fn one(protocol: Protocol) -> &'static str {
    if protocol == Protocol::Redis { "ECHO 1" } else { "SELECT 1" }
}

async fn bring(guest: &mut Guest, protocol: Protocol, state: State) {
    let endless = question(protocol, endless(protocol));
    let one = one(protocol);
    match state {
        State::Rest => {}
        State::Waits => guest.say(&endless).await.unwrap(),
        State::WaitsForSeveral => {
            guest.say(&[endless, question(protocol, one), question(protocol, one)].concat()).await.unwrap();
        }
        State::Transaction => {
            guest.ask(if protocol == Protocol::Redis { "MULTI" } else { "BEGIN" }).await.unwrap();
        }
        State::HalfFrame => {
            let whole = match protocol {
                Protocol::Redis => command(&[b"SET", b"key", &[b'x'; 100]]),
                _ => question(protocol, &format!("SELECT '{}'", "x".repeat(100))),
            };
            guest.say(&whole[..whole.len() / 2]).await.unwrap();
        }
    }
}

/// Brings a guest into a state and has it lose its session; the guest, and all that it hears from then on.
pub(crate) async fn lose(server: &Server, protocol: Protocol, state: State, way: Way) -> (Guest, Vec<u8>) {
    let site = Site::new(endpoint(server, protocol, options(way)));
    let mut guest = site.open().await.unwrap();
    assert_eq!(guest.ask(one(protocol)).await.unwrap(), "1");
    bring(&mut guest, protocol, state).await;
    match way {
        Way::Drain => drop(site.manager.drain(Duration::ZERO).await),
        Way::Limit => {}
        Way::Violation => guest.say(&gibberish(protocol)).await.unwrap_or_default(),
        Way::Break => site.line.set(Harm { reset: true, ..Harm::default() }),
    }
    let heard = tokio::time::timeout(Duration::from_secs(60), guest.rest()).await.unwrap();
    (guest, heard)
}
