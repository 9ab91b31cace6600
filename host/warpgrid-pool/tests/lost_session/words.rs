//! What guests hear that lose their session; knows no way to lose one.

use crate::proof::site::{Site, builder, endpoint};
use crate::proof::wire::{packet, postgres_error};
use crate::ways::{State, Way, lose};
use warpgrid_pool::config::PoolOptions;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_test_services::{Server, Services};

const DRAINED: &str = "the session of `orders` ended: the pool is drained";
const CLOSED: &str = "the session of `orders` ended: the server closed the connection";
const TRANSACTION: &str = "the session of `orders` ended: its guest left a transaction open; \
    the limit is `transaction-seconds` of the binding's pool, 3 s";
const HALF_FRAME: &str = "the session of `orders` ended: its guest left a frame half sent; \
    the limit is `stall-seconds` of the binding's pool, 3 s";
const UNFINISHED: &str = "the session of `orders` ended: its server left an answer unfinished; \
    the limit is `reply-seconds` of the binding's pool, 3 s";

/// The one frame that a guest of PostgreSQL heard: its code and text.
fn fatal(heard: &[u8]) -> String {
    assert_eq!(heard[0], b'E', "{}", String::from_utf8_lossy(heard));
    let length = u32::from_be_bytes(heard[1..5].try_into().unwrap()) as usize;
    assert_eq!(length + 1, heard.len(), "one frame, and whole");
    assert!(heard[5..].starts_with(b"SFATAL\0VFATAL\0"));
    postgres_error(&heard[5..])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_of_postgresql_hears_a_fatal_error() {
    let server = builder(Protocol::Postgres).start().unwrap();
    let wrong = "what the guest sent to `orders` is not postgres: \
        a frame of a kind that no guest sends in a session";
    for (state, way, expected) in [
        (State::Rest, Way::Drain, format!("!57P01 {DRAINED}")),
        (State::Waits, Way::Drain, format!("!57P01 {DRAINED}")),
        (State::WaitsForSeveral, Way::Drain, format!("!57P01 {DRAINED}")),
        (State::Transaction, Way::Drain, format!("!57P01 {DRAINED}")),
        (State::HalfFrame, Way::Drain, format!("!57P01 {DRAINED}")),
        (State::Transaction, Way::Limit, format!("!25P03 {TRANSACTION}")),
        (State::HalfFrame, Way::Limit, format!("!57P05 {HALF_FRAME}")),
        (State::Waits, Way::Limit, format!("!08006 {UNFINISHED}")),
        (State::Rest, Way::Violation, format!("!08P01 {wrong}")),
        (State::Waits, Way::Violation, format!("!08P01 {wrong}")),
        (State::Rest, Way::Break, format!("!08006 {CLOSED}")),
        (State::Waits, Way::Break, format!("!08006 {CLOSED}")),
    ] {
        let (_guest, heard) = lose(&server, Protocol::Postgres, state, way).await;
        assert_eq!(fatal(&heard), expected, "{state:?} {way:?}");
    }
}

/// What the server says itself when it ends a session is all that the guest hears.
#[tokio::test]
async fn a_fatal_error_of_the_server_is_not_followed_by_another() {
    let server = builder(Protocol::Postgres).start().unwrap();
    let site = Site::new(endpoint(&server, Protocol::Postgres, PoolOptions::default()));
    let mut guest = site.open().await.unwrap();
    let number = guest.ask("SELECT pg_backend_pid()").await.unwrap();
    server.admin_sql(&format!("SELECT pg_terminate_backend({number})")).unwrap();
    let said = fatal(&guest.rest().await);
    assert_eq!(said, "!57P01 terminating connection due to administrator command");
}

/// An error packet as its number, its state and its text.
fn error(sequence: u8, heard: &[u8]) -> String {
    let Some(payload) = heard.get(4..) else { return String::new() };
    assert_eq!(heard, packet(sequence, payload), "one packet, and whole");
    assert_eq!(payload[0], 0xff);
    format!("{} {}", u16::from_le_bytes([payload[1], payload[2]]), String::from_utf8_lossy(&payload[3..]))
}

async fn guests_of_mysql(server: &Server, timeout: &str) {
    let wrong = "1835 #HY000what the guest sent to `orders` is not mysql: \
        a command whose packet is not number 0";
    for (state, way, sequence, expected) in [
        // Nothing is owed: an error that nobody asked for, as MySQL sends since 8.0.24.
        (State::Rest, Way::Drain, 0, format!("1053 #08S01{DRAINED}")),
        (State::Transaction, Way::Drain, 0, format!("1053 #08S01{DRAINED}")),
        (State::Waits, Way::Drain, 1, format!("1053 #08S01{DRAINED}")),
        (State::WaitsForSeveral, Way::Drain, 1, format!("1053 #08S01{DRAINED}")),
        (State::HalfFrame, Way::Drain, 1, format!("1053 #08S01{DRAINED}")),
        (State::Transaction, Way::Limit, 0, format!("{timeout}{TRANSACTION}")),
        (State::HalfFrame, Way::Limit, 1, format!("{timeout}{HALF_FRAME}")),
        (State::Waits, Way::Limit, 1, format!("1053 #08S01{UNFINISHED}")),
        (State::Rest, Way::Violation, 1, wrong.to_owned()),
        (State::Waits, Way::Break, 1, format!("1053 #08S01{CLOSED}")),
        (State::Rest, Way::Break, 0, String::new()),
    ] {
        let (_guest, heard) = lose(server, Protocol::Mysql, state, way).await;
        assert_eq!(error(sequence, &heard), expected, "{:?} {state:?} {way:?}", server.kind());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_of_mariadb_hears_an_error_packet() {
    guests_of_mysql(&builder(Protocol::Mysql).start().unwrap(), "1927 #70100").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_of_mysql_hears_an_error_packet() {
    match Services::from_environment().unwrap().mysql() {
        Ok(builder) => guests_of_mysql(&builder.max_connections(300).start().unwrap(), "4031 #HY000").await,
        Err(reason) => println!("without MySQL: {reason}"),
    }
}

/// An error is the answer to one command. Where that would be another than the guest takes it for, the end is all it hears.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_of_redis_hears_an_error_where_it_waits_for_one_answer() {
    let server = builder(Protocol::Redis).start().unwrap();
    let wrong = "-ERR what the guest sent to `orders` is not redis: ";
    for (state, way, expected) in [
        (State::Waits, Way::Drain, format!("-ERR {DRAINED}\r\n")),
        (State::HalfFrame, Way::Drain, format!("-ERR {DRAINED}\r\n")),
        (State::Waits, Way::Limit, format!("-ERR {UNFINISHED}\r\n")),
        (State::HalfFrame, Way::Limit, format!("-ERR {HALF_FRAME}\r\n")),
        (State::Rest, Way::Violation, wrong.to_owned()),
        (State::Rest, Way::Drain, String::new()),
        (State::Transaction, Way::Drain, String::new()),
        (State::Transaction, Way::Limit, String::new()),
        (State::WaitsForSeveral, Way::Drain, String::new()),
        (State::Waits, Way::Violation, String::new()),
        (State::Waits, Way::Break, String::new()),
        (State::Rest, Way::Break, String::new()),
    ] {
        let (_guest, heard) = lose(&server, Protocol::Redis, state, way).await;
        let heard = String::from_utf8(heard).unwrap();
        if expected == wrong {
            assert!(heard.starts_with(wrong) && heard.ends_with("\r\n"), "{state:?} {way:?}: {heard}");
            assert_eq!(heard.lines().count(), 1, "{heard}");
        } else {
            assert_eq!(heard, expected, "{state:?} {way:?}");
        }
    }
}

/// What MySQL itself says when it ends a session in which nothing is asked: the host's error looks just like that.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mysqls_own_last_words_have_the_same_form() {
    let server = match Services::from_environment().unwrap().mysql() {
        Ok(builder) => builder.start().unwrap(),
        Err(reason) => return println!("without MySQL: {reason}"),
    };
    let site = Site::new(endpoint(&server, Protocol::Mysql, PoolOptions::default()));
    let mut guest = site.open().await.unwrap();
    guest.ask("SET SESSION wait_timeout = 1").await.unwrap();
    let said = error(0, &guest.rest().await);
    assert!(said.starts_with("4031 #HY000The client was disconnected by the server"), "{said}");
}
