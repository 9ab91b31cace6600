//! What goes on when the server is killed, in each protocol; kills nothing.

use crate::proof::guest::Guest;
use crate::proof::line::Harm;
use crate::proof::site::Site;
use crate::proof::wire::{command, frame, packet, question};
use warpgrid_pool::endpoint::Protocol;

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Query,
    Copy,
    Transaction,
    Handshake,
    Idle,
    Reset,
}

impl Moment {
    pub(crate) const ALL: [Self; 6] =
        [Self::Query, Self::Copy, Self::Transaction, Self::Handshake, Self::Idle, Self::Reset];
}

/// A statement that adds this row and does not end.
fn endless(protocol: Protocol, row: &str) -> Vec<u8> {
    match protocol {
        Protocol::Postgres => {
            question(protocol, &format!("INSERT INTO kept SELECT '{row}' FROM pg_sleep(600)"))
        }
        Protocol::Mysql => {
            question(protocol, &format!("INSERT INTO kept SELECT '{row}' FROM (SELECT SLEEP(600)) AS s"))
        }
        Protocol::Redis => {
            let script = format!("redis.call('RPUSH', 'kept', '{row}') while true do end");
            command(&[b"EVAL", script.as_bytes(), b"0"])
        }
    }
}

/// Rows on their way to the server, without an end.
async fn half_copied(protocol: Protocol, guest: &mut Guest, row: &str) {
    match protocol {
        Protocol::Postgres => {
            guest.say(&question(protocol, "COPY kept FROM STDIN")).await.unwrap();
            while guest.unit().await.unwrap()[0] != b'G' {}
            guest.say(&frame('d', format!("{row}\n").as_bytes())).await.unwrap();
        }
        Protocol::Mysql => {
            guest.say(&question(protocol, "LOAD DATA LOCAL INFILE 'x' INTO TABLE kept")).await.unwrap();
            guest.unit().await.unwrap();
            guest.say(&packet(2, format!("{row}\n").as_bytes())).await.unwrap();
        }
        Protocol::Redis => {
            let value = format!("{row}{}", "x".repeat(100_000));
            let bytes = command(&[b"RPUSH", b"kept", value.as_bytes()]);
            guest.say(&bytes[..50_000]).await.unwrap();
        }
    }
}

/// Brings a guest to the moment. `row` is what it tries to keep. None: no guest is there.
pub(crate) async fn begin(site: &Site, protocol: Protocol, moment: Moment, row: &str) -> Option<Guest> {
    if moment == Moment::Handshake {
        // Nothing of the server arrives: the login stands where it is.
        site.manager.reload();
        site.line.set(Harm { mute: true, ..Harm::default() });
        return Some(site.guest());
    }
    let mut guest = site.open().await.unwrap();
    let one = if protocol == Protocol::Redis { "ECHO 1" } else { "SELECT 1" };
    assert_eq!(guest.ask(one).await.unwrap(), "1");
    match moment {
        Moment::Query => guest.say(&endless(protocol, row)).await.unwrap(),
        Moment::Copy => half_copied(protocol, &mut guest, row).await,
        Moment::Transaction => {
            let (begin, insert) = match protocol {
                Protocol::Redis => ("MULTI", format!("RPUSH kept {row}")),
                _ => ("BEGIN", format!("INSERT INTO kept VALUES ('{row}')")),
            };
            guest.ask(begin).await.unwrap();
            guest.ask(&insert).await.unwrap();
        }
        Moment::Reset => {
            site.line.set(Harm { mute: true, ..Harm::default() });
            drop(guest);
            return None;
        }
        Moment::Idle | Moment::Handshake => {
            guest.leave().await;
            site.rest().await;
            return None;
        }
    }
    Some(guest)
}
