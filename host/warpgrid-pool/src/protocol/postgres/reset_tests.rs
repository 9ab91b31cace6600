//! Reset, ping and cancel against scripted servers; what a real one undoes is shown by `tests/postgres`.

use super::cancel::cancel;
use super::facts::PostgresFacts;
use super::login_tests::endpoint;
use super::ping::ping;
use super::reset::reset;
use super::track::PostgresTracker;
use crate::error::PoolError;
use crate::net::{BoxFuture, Connector, ServerAddress, ServerStream};
use crate::protocol::{SessionFailure, Tracker, Verdict};
use std::sync::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

fn command(tag: &str) -> Vec<u8> {
    let mut bytes = vec![b'C'];
    bytes.extend_from_slice(&(tag.len() as u32 + 5).to_be_bytes());
    bytes.extend_from_slice(tag.as_bytes());
    bytes.push(0);
    bytes
}

fn answers(tags: &[&str]) -> Vec<u8> {
    tags.iter().flat_map(|tag| [command(tag), b"Z\0\0\0\x05I".to_vec()].concat()).collect()
}

fn tracker(state: &[u8]) -> PostgresTracker {
    let parameters = vec![("TimeZone".to_owned(), "GMT".to_owned())];
    let mut tracker = PostgresTracker::new(&PostgresFacts { parameters, ..PostgresFacts::default() });
    tracker.from_guest(b"Q\0\0\0\x05\0").unwrap();
    tracker.from_server(&[b"I\0\0\0\x04Z\0\0\0\x05", state].concat()).unwrap();
    tracker
}

/// What the host asked of a server that says these bytes, and what came of it.
async fn after(state: &[u8], bytes: &[u8]) -> (Result<(), SessionFailure>, String, PostgresTracker) {
    let mut tracker = tracker(state);
    let (client, mut server) = duplex(1 << 16);
    server.write_all(bytes).await.unwrap();
    server.shutdown().await.unwrap();
    let mut stream: ServerStream = Box::new(client);
    let said = reset(&mut stream, &mut tracker).await;
    drop(stream);
    let mut asked = Vec::new();
    server.read_to_end(&mut asked).await.unwrap();
    (said, String::from_utf8_lossy(&asked).into_owned(), tracker)
}

#[tokio::test]
async fn a_reset_is_one_round_trip_and_leaves_nothing_unread() {
    let status = b"S\0\0\0\x11TimeZone\0GMT\0";
    let notification = b"A\0\0\0\x0d\0\0\0\x01a\0hi\0";
    let all =
        [notification, &answers(&["DISCARD ALL", "RESET"])[..], &status[..], &answers(&["SET"])].concat();
    let (said, asked, tracker) = after(b"I", &all).await;
    assert!(said.is_ok(), "{said:?}");
    assert!(asked.contains("DISCARD ALL\0") && !asked.contains("ROLLBACK"));
    assert_eq!((tracker.verdict(), tracker.is_busy()), (Verdict::Reset, false));
    for state in [b"T", b"E"] {
        let (said, asked, tracker) =
            after(state, &answers(&["ROLLBACK", "DISCARD ALL", "RESET", "SET"])).await;
        assert!(said.is_ok(), "{said:?}");
        assert!(asked.starts_with("Q\0\0\0\rROLLBACK\0Q"));
        assert!(!tracker.in_transaction());
    }
    // A server without the parameter `seed` is reset all the same.
    let unknown = b"E\0\0\0\x0cC42704\0\0Z\0\0\0\x05I";
    assert!(after(b"I", &[&answers(&["DISCARD ALL", "RESET"])[..], unknown].concat()).await.0.is_ok());
}

#[tokio::test]
async fn a_reset_that_fails_or_ends_early_is_a_failure() {
    let whole = answers(&["DISCARD ALL", "RESET", "SET"]);
    for cut in 0..whole.len() {
        assert!(after(b"I", &whole[..cut]).await.0.is_err(), "{cut}");
    }
    let error = b"E\0\0\0\x0cC42704\0\0Z\0\0\0\x05I";
    let cases = [
        [error, &answers(&["RESET", "SET"])[..]].concat(),
        [&answers(&["DISCARD ALL", "RESET"])[..], b"E\0\0\0\x0cC57014\0\0Z\0\0\0\x05I"].concat(),
        [&whole[..], b"A\0\0\0\x0d\0\0\0\x01a\0hi\0"].concat(),
        [&command("DISCARD ALL")[..], b"Z\0\0\0\x05T", &answers(&["RESET", "SET"])].concat(),
        [b"S\0\0\0\x11TimeZone\0UTC\0", &whole[..]].concat(),
        [b"D\0\0\0\x06\0\0", &whole[..]].concat(),
        [b"Z\0\0\0\x05I", &whole[..]].concat(),
    ];
    for (index, bytes) in cases.iter().enumerate() {
        let (said, ..) = after(b"I", bytes).await;
        assert!(said.is_err(), "{index}");
    }
}

#[tokio::test]
async fn a_session_in_an_unknown_state_is_not_reset() {
    let mut tracker = tracker(b"I");
    tracker.from_guest(b"Q\0\0\0\x05\0").unwrap();
    let (client, mut server) = duplex(64);
    let mut stream: ServerStream = Box::new(client);
    assert!(reset(&mut stream, &mut tracker).await.is_err());
    drop(stream);
    assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
}

async fn pinged(bytes: &[u8]) -> Result<(), SessionFailure> {
    let (client, mut server) = duplex(1024);
    server.write_all(bytes).await.unwrap();
    server.shutdown().await.unwrap();
    let mut stream: ServerStream = Box::new(client);
    let said = ping(&mut stream).await;
    let mut asked = [0; 6];
    server.read_exact(&mut asked).await.unwrap();
    assert_eq!(&asked, b"Q\0\0\0\x05\0");
    said
}

#[tokio::test]
async fn a_ping_wants_its_own_answer_and_nothing_else() {
    let good = b"I\0\0\0\x04Z\0\0\0\x05I";
    assert!(pinged(good).await.is_ok());
    assert!(pinged(&[b"N\0\0\0\x05\0", &good[..]].concat()).await.is_ok());
    for cut in 0..good.len() {
        assert!(matches!(pinged(&good[..cut]).await, Err(SessionFailure::Io(_))), "{cut}");
    }
    let bad: [&[u8]; 8] = [
        b"Z\0\0\0\x05I",
        b"D\0\0\0\x06\0\0I\0\0\0\x04Z\0\0\0\x05I",
        b"A\0\0\0\x0d\0\0\0\x01a\0hi\0",
        b"S\0\0\0\x08a\0b\0I\0\0\0\x04Z\0\0\0\x05I",
        b"E\0\0\0\x0cC57P01\0\0",
        b"I\0\0\0\x04Z\0\0\0\x05T",
        b"I\0\0\0\x04Z\0\0\0\x05IZ\0\0\0\x05I",
        b"I\0\0\0\x03",
    ];
    for bytes in bad {
        assert!(matches!(pinged(bytes).await, Err(SessionFailure::Unexpected(_))), "{bytes:?}");
    }
}

/// Gives out one connection that is there already.
struct Ready(Mutex<Option<DuplexStream>>);

impl Connector for Ready {
    fn connect<'a>(&'a self, _server: &'a ServerAddress) -> BoxFuture<'a, std::io::Result<ServerStream>> {
        let stream = self.0.lock().unwrap().take();
        Box::pin(async move { Ok(Box::new(stream.unwrap()) as ServerStream) })
    }
}

#[tokio::test]
async fn a_cancel_shows_the_real_key_and_waits_for_the_server_to_close() {
    for secret in [&b"\xde\xad\xbe\xef"[..], &[7; 256]] {
        let (client, mut server) = duplex(1024);
        let connector = Ready(Mutex::new(Some(client)));
        let facts = PostgresFacts { process_id: 7, cancel_secret: secret.into(), ..PostgresFacts::default() };
        let endpoint = endpoint();
        let mut request = vec![0; 12 + secret.len()];
        let mut asking = Box::pin(cancel(&connector, &endpoint, &facts));
        tokio::select! {
            biased;
            _ = &mut asking => panic!("it did not wait"),
            read = server.read_exact(&mut request) => drop(read.unwrap()),
        }
        drop(server);
        assert_eq!(asking.await, Ok(()));
        let head = [&(12 + secret.len() as u32).to_be_bytes()[..], b"\x04\xd2\x16\x2e\0\0\0\x07"].concat();
        assert_eq!(request, [&head[..], secret].concat());
    }
    let connector = Ready(Mutex::new(None));
    let said = cancel(&connector, &endpoint(), &PostgresFacts::default()).await;
    assert!(matches!(said, Err(PoolError::Unreachable { .. })));
}
