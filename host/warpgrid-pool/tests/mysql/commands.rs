//! Every kind of command and answer passes, and the tracker knows when it is over.

use crate::lab::{
    DEPRECATE_EOF, LOCAL_FILES, MULTI_RESULTS, MULTI_STATEMENTS, SESSION_TRACK, Session, Threads, builders,
    endpoint, frame, is_mariadb, servers, startup,
};
use std::sync::Arc;
use warpgrid_pool::protocol::{GuestStep, Verdict};

const ALL: [u64; 2] = [
    MULTI_STATEMENTS | MULTI_RESULTS | LOCAL_FILES,
    MULTI_STATEMENTS | MULTI_RESULTS | LOCAL_FILES | DEPRECATE_EOF | SESSION_TRACK,
];

/// Each server, with old and with new ends of results.
async fn sessions() -> Vec<(warpgrid_test_services::Server, Session)> {
    let mut all = Vec::new();
    for server in servers() {
        server.admin_sql("CREATE TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b LONGTEXT)").unwrap();
        let session = Session::open(&endpoint(&server, "app"), &startup(ALL[0])).await.unwrap();
        all.push((server, session));
    }
    all
}

async fn renewed(server: &warpgrid_test_services::Server, capabilities: u64) -> Session {
    Session::open(&endpoint(server, "app"), &startup(capabilities)).await.unwrap()
}

#[tokio::test]
async fn results_of_every_shape_end_where_they_end() {
    for (server, _) in sessions().await {
        server.admin_sql("CREATE PROCEDURE app.two() BEGIN SELECT 1; SELECT 2, 3; END").unwrap();
        for capabilities in ALL {
            let mut session = renewed(&server, capabilities).await;
            let cases: [(&str, Result<&[&str], u16>); 12] = [
                ("SELECT 1", Ok(&["1"])),
                ("SELECT NULL, ''", Ok(&["NULL|"])),
                ("SELECT 1 FROM DUAL WHERE FALSE", Ok(&[])),
                ("DO 1", Ok(&[])),
                ("SELECT missing", Err(1054)),
                ("", Err(1065)),
                ("SELECT 1; DO 1; SELECT 2, 3", Ok(&["1", "2|3"])),
                ("SELECT 1; SELECT missing; SELECT 2", Err(1054)),
                ("CALL two()", Ok(&["1", "2|3"])),
                ("DELETE FROM t; INSERT INTO t (b) VALUES ('x'), ('y')", Ok(&[])),
                ("SELECT b FROM t ORDER BY a", Ok(&["x", "y"])),
                ("SELECT LENGTH(REPEAT('x', 300)), LEFT(REPEAT('x', 70000), 1)", Ok(&["300|x"])),
            ];
            for (statement, expected) in cases {
                let expected =
                    expected.map(|rows| rows.iter().map(|row| (*row).to_owned()).collect::<Vec<_>>());
                assert_eq!(session.query(statement).await, expected, "{statement}");
                assert!(!session.tracker.is_busy() && session.tracker.verdict() == Verdict::Reset);
            }
            // One row whose first value is long enough to begin with 0xFE.
            let long = session.query("SELECT REPEAT('x', 70000), REPEAT('y', 300)").await.unwrap();
            assert_eq!(long[0].len(), 70000 + 1 + 300);
        }
    }
}

#[tokio::test]
async fn the_transaction_is_known_after_every_answer() {
    for (server, _) in sessions().await {
        for capabilities in ALL {
            let mut session = renewed(&server, capabilities).await;
            for (statement, open) in [
                ("SELECT 1", false),
                ("BEGIN", true),
                ("SELECT a FROM t", true),
                ("COMMIT", false),
                ("SET autocommit = 0", false),
                ("SELECT a FROM t", true),
                ("SELECT missing", true),
                ("ROLLBACK", false),
                ("SET autocommit = 1", false),
                ("START TRANSACTION READ ONLY; SELECT 1", true),
                ("CREATE TEMPORARY TABLE IF NOT EXISTS x (a INT); ROLLBACK", false),
            ] {
                let _ = session.query(statement).await;
                assert_eq!(session.tracker.in_transaction(), open, "{statement}");
            }
        }
    }
}

#[tokio::test]
async fn prepared_statements_cursors_and_long_data_pass() {
    for (server, _) in sessions().await {
        for capabilities in ALL {
            let mut session = renewed(&server, capabilities).await;
            session.run(&["DELETE FROM t", "INSERT INTO t (b) VALUES ('x'), ('y'), ('z')"]).await;
            let prepared = session.command(b"\x16SELECT b, a FROM t WHERE b <> ? ORDER BY a").await;
            assert_eq!(prepared[0][..1], [0]);
            let statement: [u8; 4] = prepared[0][1..5].try_into().unwrap();

            // Long data and a close have no answer.
            session.send(&frame(0, &[&[0x18], &statement[..], &[0, 0], b"y"].concat())).await;
            assert!(!session.tracker.is_busy());
            let execute = |flags: u8| [&[0x17], &statement[..], &[flags, 1, 0, 0, 0, 0, 1, 0xfc, 0]].concat();
            let all = session.command(&execute(0)).await;
            assert_eq!(all.iter().filter(|packet| packet[0] == 0 && packet.len() > 2).count(), 2, "x and z");

            session.command(&[&[0x1a], &statement[..]].concat()).await;
            session.send(&frame(0, &[&[0x18], &statement[..], &[0, 0], b"-"].concat())).await;
            session.command(&execute(1)).await;
            assert_eq!(session.tracker.verdict(), Verdict::Reset);
            let fetch = [&[0x1c], &statement[..], &[2, 0, 0, 0]].concat();
            let two = session.command(&fetch).await;
            assert_eq!(two.len(), 3, "two rows and their end");
            let rest = session.command(&fetch).await;
            assert_eq!(rest.len(), 2, "a row and its end");

            session.send(&frame(0, &[&[0x19], &statement[..]].concat())).await;
            assert!(!session.tracker.is_busy());
            assert_eq!(session.command(&execute(0)).await[0][0], 0xff);
            // Without parameters and columns, and a statement that cannot be prepared.
            assert_eq!(session.command(b"\x16DO 1").await.len(), 1);
            assert_eq!(session.command(b"\x16SELECT FROM").await[0][0], 0xff);
            assert_eq!(session.query("SELECT 1").await.unwrap(), ["1"]);
        }
    }
}

#[tokio::test]
async fn small_commands_pass_and_others_are_answered_by_the_host() {
    for (_server, mut session) in sessions().await {
        for (command, name) in [
            (&b"\x0e"[..], "ping"),
            (b"\x09", "statistics"),
            (b"\x02app", "init db"),
            (b"\x02missing", "init db that is missing"),
            (b"\x1b\x00\x00", "set option"),
            (b"\x04t\x00", "field list"),
            (b"\x0a", "process info"),
            (b"\x1f", "reset connection"),
        ] {
            assert!(!session.command(command).await.is_empty(), "{name}");
            assert_eq!(session.tracker.verdict(), Verdict::Reset, "{name}");
        }
        session.record.clear();
        for (command, code) in [
            (&b"\x11root\0\0\0"[..], 1873u16),
            (b"\x12\0\0\0\0", 1047),
            (b"\x15\0\0\0\0", 1047),
            (b"\x08", 1047),
            (b"\xfa", 1047),
            (b"\x16KILL QUERY 5", 1295),
            (b"\x03KILL 5", 1094),
            (b"\x03/* x */ kill query 5;", 1094),
            (b"\x03KILL USER root", 1235),
            (b"\x0c\x05\0\0\0", 1094),
        ] {
            let answer = session.command(command).await;
            assert_eq!(u16::from_le_bytes([answer[0][1], answer[0][2]]), code, "{command:x?}");
        }
        assert!(session.record.is_empty(), "the server saw nothing of these");
        assert_eq!(session.tracker.verdict(), Verdict::Reset);
    }
}

#[tokio::test]
async fn commands_may_be_sent_before_their_answers() {
    for (_server, mut session) in sessions().await {
        let mut bytes = Vec::new();
        for number in 0..40 {
            bytes.extend(frame(0, format!("\x03SELECT {number}").as_bytes()));
            bytes.extend(frame(0, b"\x19\x09\0\0\0"));
        }
        session.send(&bytes).await;
        assert!(session.tracker.is_busy());
        // What the host answers by itself waits for its turn.
        let kill = frame(0, b"\x03KILL 5");
        assert_eq!(session.tracker.from_guest(&kill), Ok(GuestStep::Wait));
        let packets = session.answer().await;
        assert_eq!(packets.len(), 40 * 5);
        assert!(matches!(session.tracker.from_guest(&kill), Ok(GuestStep::Answer { .. })));
    }
}

#[tokio::test]
async fn a_file_is_sent_only_where_it_was_agreed() {
    const LOAD: &[u8] = b"\x03LOAD DATA LOCAL INFILE 'anything' INTO TABLE t (b)";
    for (server, _) in sessions().await {
        for capabilities in ALL {
            let mut session = renewed(&server, capabilities).await;
            session.run(&["DELETE FROM t"]).await;
            session.send(&frame(0, LOAD)).await;
            assert_eq!(session.packet().await.unwrap()[0], 0xfb);
            assert!(matches!(session.tracker.verdict(), Verdict::Destroy(_)));
            let file = [frame(2, b"one\ntwo\n"), frame(3, b"\x03KILL 5\nfour"), frame(4, b"")].concat();
            session.send(&file).await;
            assert_eq!(session.answer().await.len(), 1);
            assert_eq!(session.tracker.verdict(), Verdict::Reset);
            let rows = session.query("SELECT b FROM t ORDER BY a").await.unwrap();
            assert_eq!(rows, ["one", "two", "\u{3}KILL 5", "four"]);
            // Nothing in it.
            session.send(&frame(0, LOAD)).await;
            session.packet().await.unwrap();
            session.send(&frame(2, b"")).await;
            session.answer().await;
            assert_eq!(session.query("SELECT COUNT(*) FROM t").await.unwrap(), ["4"]);
        }
        let mut session = renewed(&server, 0).await;
        assert!(session.query(std::str::from_utf8(&LOAD[1..]).unwrap()).await.is_err());
    }
}

#[tokio::test]
async fn payloads_beyond_16_mib_pass_both_ways() {
    for builder in builders() {
        let server = builder.setting("max_allowed_packet", "64M").start().unwrap();
        for capabilities in ALL {
            let mut session = renewed(&server, capabilities).await;
            let rows = session.command(b"\x03SELECT REPEAT('x', 17000000), 7").await;
            assert_eq!(rows.iter().map(Vec::len).max(), Some(0xff_ffff));
            let mut statement = b"\x03SELECT LENGTH('".to_vec();
            statement.resize(0xff_ffff, b'x');
            let end = b"y')";
            let length = statement.len() - 16 + 1;
            session.send(&frame(0, &statement)).await;
            assert!(session.tracker.in_guest_frame());
            session.send(&frame(1, end)).await;
            let packets = session.answer().await;
            let row = packets.iter().find(|packet| packet.ends_with(length.to_string().as_bytes()));
            assert!(row.is_some(), "{:?} {length}", packets);
            assert_eq!(session.query("SELECT 1").await.unwrap(), ["1"]);
        }
    }
}

#[tokio::test]
async fn a_guest_stops_only_sessions_of_its_own() {
    for server in servers() {
        let endpoint = endpoint(&server, "app");
        let threads = Arc::new(Threads::default());
        let mut slow = Session::open_with(&endpoint, &startup(0), threads.clone()).await.unwrap();
        let mut other = Session::open_with(&endpoint, &startup(0), threads.clone()).await.unwrap();
        threads.insert(1001, slow.thread());
        let commands = [b"\x03KILL QUERY 1001".to_vec(), b"\x03/* stop */ kill\nquery 1001 ;".to_vec()];
        for command in commands {
            slow.send(&frame(0, b"\x03SELECT SLEEP(600)")).await;
            let running = format!(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {} AND info LIKE '%SLEEP%'",
                slow.thread()
            );
            while server.admin_sql(&running).unwrap() != "1" {
                tokio::task::yield_now().await;
            }
            let real = format!("\x03KILL QUERY {}", slow.thread());
            let refused = other.command(real.as_bytes()).await;
            assert_eq!(refused[0][..3], [0xff, 0x46, 0x04], "1094: the server's own number is nobody's");
            assert_eq!(other.command(&command).await[0][0], 0);
            slow.answer().await;
            assert_eq!(slow.query("SELECT 1").await.unwrap(), ["1"]);
        }
        // The whole session, which then is gone.
        let kill: &[u8] = if is_mariadb(&server) { b"\x0c\xe9\x03\0\0" } else { b"\x03KILL CONNECTION 1001" };
        assert_eq!(other.command(kill).await[0][0], 0);
        let last = slow.packet().await;
        assert!(last.is_err() || last.unwrap()[0] == 0xff);
    }
}
