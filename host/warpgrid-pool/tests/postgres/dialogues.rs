//! Dialogues with a real server: the count of what it owes is right after each, or the session is given up.

use crate::lab::{Session, endpoint, frame, frames, postgres, query, session};
use warpgrid_pool::protocol::Verdict;

const BIND: &[u8] = b"\0\0\0\0\0\0\0\0";
const EXECUTE: &[u8] = b"\0\0\0\0\0";

fn parse(text: &str) -> Vec<u8> {
    frame('P', &[b"\0", text.as_bytes(), b"\0\0\0"].concat())
}

/// Parse, Bind, Describe, Execute, without a Sync.
fn statement(text: &str) -> Vec<u8> {
    [parse(text), frames(&[('B', BIND), ('D', b"P\0"), ('E', EXECUTE)])].concat()
}

/// Sends all of it, sees these frames, and proves by reset and ping that nothing else was under way.
async fn dialogue(session: &mut Session, bytes: &[u8], want: &str) {
    session.send(bytes).await;
    let count = want.chars().filter(|kind| *kind == 'Z').count();
    assert_eq!(session.until_ready(count).await, want);
    settled(session, want).await;
}

async fn settled(session: &mut Session, what: &str) {
    assert_eq!(session.tracker.verdict(), Verdict::Reset, "{what}");
    assert!(!session.tracker.is_busy(), "{what}");
    session.reset().await.unwrap();
    session.ping().await;
}

#[tokio::test]
async fn what_the_server_owes_is_counted_as_the_server_does() {
    let server = postgres().start().unwrap();
    server.admin_sql("CREATE TABLE t (x int); GRANT ALL ON t TO app").unwrap();
    let mut session = session(&endpoint(&server, "app")).await;
    let one = &mut session;
    let sync = frame('S', b"");
    dialogue(one, &query("SELECT 1; SELECT 2;; BEGIN"), "TDCTDCCZ").await;
    dialogue(one, &query(""), "IZ").await;
    dialogue(one, &query("SELECT 1; SELECT no_such_column; SELECT 3"), "TDCEZ").await;
    dialogue(one, &[query("SELECT 1"), query("SELECT 1/0"), sync.clone(), query("")].concat(), "TDCZEZZIZ")
        .await;
    dialogue(one, &[statement("SELECT 1"), statement("SELECT 2"), sync.clone()].concat(), "12TDC12TDCZ")
        .await;
    dialogue(one, &[statement(""), statement("BEGIN"), sync.clone()].concat(), "12nI12nCZ").await;
    let suspended =
        [parse("SELECT generate_series(1, 3)"), frames(&[('B', BIND), ('E', b"\0\0\0\0\x01"), ('S', b"")])];
    dialogue(one, &suspended.concat(), "12DsZ").await;
    let described =
        [parse("SELECT 1"), frames(&[('D', b"S\0"), ('C', b"S\0"), ('H', b""), ('S', b"")])].concat();
    dialogue(one, &described, "1tT3Z").await;
    // An error: everything up to the Sync is passed over, a Query included.
    let failing = [
        parse("nonsense"),
        query("SELECT 1"),
        statement("SELECT 2"),
        sync.clone(),
        statement("SELECT 3"),
        sync.clone(),
    ];
    dialogue(one, &failing.concat(), "EZ12TDCZ").await;
    let late = [statement("SELECT 1"), query("SELECT 1/0"), sync.clone()].concat();
    dialogue(one, &late, "12TDCEZZ").await;
    let early =
        [parse("SELECT 1"), frame('B', b"\0none\0\0\0\0\0\0\0"), query("SELECT 1"), sync.clone()].concat();
    dialogue(one, &early, "1EZ").await;
    // A function: int4pl(2, 3), oid 177, in binary.
    let call = b"\0\0\0\xb1\0\x01\0\x01\0\x02\0\0\0\x04\0\0\0\x02\0\0\0\x04\0\0\0\x03\0\x01";
    dialogue(one, &[frame('F', call), frame('F', b"\0\0\0\0\0\0\0\0\0\0")].concat(), "VZEZ").await;
}

#[tokio::test]
async fn copies_are_followed_and_a_broken_one_ends_the_session() {
    let server = postgres().start().unwrap();
    server.admin_sql("CREATE TABLE t (x int); GRANT ALL ON t TO app").unwrap();
    let endpoint = endpoint(&server, "app");
    let mut session = session(&endpoint).await;
    let one = &mut session;
    let (copy, sync) = ("COPY t FROM STDIN", frame('S', b""));
    let data = |text: &[u8], end: char| {
        [frame('d', text), if end == 'f' { frame('f', b"no\0") } else { frame(end, b"") }].concat()
    };
    dialogue(one, &[query(copy), data(b"1\n2\n", 'c')].concat(), "GCZ").await;
    dialogue(one, &[query(copy), sync.clone(), data(b"1\n", 'c')].concat(), "GCZ").await;
    dialogue(one, &[query(copy), data(b"1\n", 'f')].concat(), "GEZ").await;
    dialogue(one, &[query(copy), data(b"nonsense\n", 'c'), frame('c', b""), query("")].concat(), "GEZIZ")
        .await;
    dialogue(one, &[query("COPY nowhere FROM STDIN"), data(b"1\n", 'c'), query("")].concat(), "EZIZ").await;
    let two = format!("{copy}; {copy}; SELECT 1");
    dialogue(one, &[query(&two), data(b"1\n", 'c'), data(b"2\n", 'c')].concat(), "GCGCTDCZ").await;
    dialogue(one, &query("COPY (SELECT generate_series(1, 3)) TO STDOUT"), "HdddcCZ").await;
    // The extended protocol as the manual says, and as libpq does: with a Sync that the COPY swallows.
    dialogue(one, &[statement(copy), data(b"1\n", 'c'), sync.clone()].concat(), "12nGCZ").await;
    dialogue(one, &[statement(copy), sync.clone(), data(b"1\n", 'c'), sync.clone()].concat(), "12nGCZ").await;
    one.send(&[statement(copy), sync.clone()].concat()).await;
    while one.next().await.0 != 'G' {}
    assert_eq!(one.tracker.verdict(), Verdict::Destroy("the guest left in the middle of a COPY"));
    dialogue(one, &[data(b"1\n", 'c'), sync.clone()].concat(), "CZ").await;
    // At once: the COPY never begins, so its Sync counts.
    let nowhere =
        [statement("COPY nowhere FROM STDIN"), sync.clone(), data(b"1\n", 'c'), sync.clone()].concat();
    dialogue(one, &nowhere, "12nEZZ").await;
    // In the middle: nobody can tell whether the first Sync counts. Here the server has swallowed it.
    one.send(&[statement(copy), sync.clone(), data(b"nonsense\n", 'c'), sync.clone()].concat()).await;
    assert_eq!(one.until_ready(1).await, "12nGEZ");
    assert!(matches!(one.tracker.verdict(), Verdict::Destroy(reason) if reason.contains("swallowed")));
    // The guest breaks off: the server ends the connection.
    let mut two = crate::lab::session(&endpoint).await;
    two.send(&[query(copy), query("SELECT 1")].concat()).await;
    while two.next().await.0 != 'E' {}
    assert_ne!(two.tracker.verdict(), Verdict::Reset);
}

#[tokio::test]
async fn a_guest_that_goes_early_leaves_no_session() {
    let server = postgres().start().unwrap();
    let endpoint = endpoint(&server, "app");
    let cases = [
        (query("SELECT pg_sleep(600)"), "the server owes an answer"),
        (statement("SELECT 1"), "the guest left without a Sync"),
        (query("SELECT 1")[..7].to_vec(), "the guest left in the middle of a frame"),
    ];
    for (bytes, reason) in cases {
        let mut session = session(&endpoint).await;
        session.send(&bytes).await;
        assert_eq!(session.tracker.verdict(), Verdict::Destroy(reason));
        assert!(session.tracker.is_busy());
    }
    // A row of 100 MB passes; before its end the session is not free.
    let mut session = session(&endpoint).await;
    session.send(&query("SELECT repeat('x', 100000000)")).await;
    assert_eq!(session.until_ready(1).await, "TDCZ");
    settled(&mut session, "a long row").await;
}
