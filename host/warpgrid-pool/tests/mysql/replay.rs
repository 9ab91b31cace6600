//! Dialogues recorded with real servers, replayed to a fresh tracker in pieces: it says the same at every split.

use crate::lab::{
    DEPRECATE_EOF, LOCAL_FILES, MULTI_RESULTS, MULTI_STATEMENTS, Session, Threads, Who, endpoint, frame,
    mysql, servers, startup,
};
use std::sync::Arc;
use warpgrid_pool::protocol::{GuestStep, ServerFacts, Tracker, Verdict};

type Record = Vec<(Who, Vec<u8>)>;

/// Everything a guest can do, in one session.
async fn dialogue(session: &mut Session) -> Record {
    session.run(&["CREATE TEMPORARY TABLE t (a INT PRIMARY KEY AUTO_INCREMENT, b TEXT)", "BEGIN"]).await;
    session.run(&["INSERT INTO t (b) VALUES ('x'), ('y')", "SELECT * FROM t", "COMMIT"]).await;
    let _ = session.query("SELECT missing").await;
    session.run(&["SELECT 1; DO 2; SELECT REPEAT('x', 300), NULL"]).await;
    let prepared = session.command(b"\x16SELECT a, b FROM t WHERE a > ?").await;
    let statement = prepared[0][1..5].to_vec();
    let execute = [&[0x17], &statement[..], &[1, 1, 0, 0, 0, 0, 1, 8, 0], &[0; 8]].concat();
    session.command(&execute).await;
    session.command(&[&[0x1c], &statement[..], &[1, 0, 0, 0]].concat()).await;
    session.command(&[&[0x1a], &statement[..]].concat()).await;
    session.send(&frame(0, &[&[0x19], &statement[..]].concat())).await;
    session.send(&frame(0, b"\x03LOAD DATA LOCAL INFILE 'x' INTO TABLE t (b)")).await;
    session.packet().await.unwrap();
    session.send(&[frame(2, b"one\n"), frame(3, b"")].concat()).await;
    session.answer().await;
    session.command(b"\x0e").await;
    session.command(b"\x09").await;
    session.send(&[frame(0, b"\x03SELECT 1"), frame(0, b"\x03SELECT 2")].concat()).await;
    session.answer().await;
    session.run(&["SET autocommit = 0", "INSERT INTO t (b) VALUES ('z')"]).await;
    std::mem::take(&mut session.record)
}

/// A fresh tracker that gets the record in pieces.
struct Replay {
    tracker: Box<dyn Tracker>,
    held: Vec<u8>,
}

impl Replay {
    fn new(facts: &ServerFacts) -> Self {
        Self { tracker: mysql().tracker(facts, Arc::new(Threads::default())), held: Vec::new() }
    }

    fn feed(&mut self, who: Who, bytes: &[u8]) {
        match who {
            Who::Server => self.tracker.from_server(bytes).unwrap(),
            Who::Guest => {
                self.held.extend_from_slice(bytes);
                while !self.held.is_empty() {
                    match self.tracker.from_guest(&self.held).unwrap() {
                        GuestStep::Forward(count) => drop(self.held.drain(..count)),
                        GuestStep::Hold => break,
                        step => panic!("{step:?}"),
                    }
                }
            }
        }
    }

    fn said(&self) -> (bool, bool, bool, Verdict) {
        let tracker = &self.tracker;
        (tracker.is_busy(), tracker.in_guest_frame(), tracker.in_transaction(), tracker.verdict())
    }
}

#[tokio::test]
async fn the_tracker_says_the_same_at_every_split() {
    for server in servers() {
        for capabilities in [MULTI_STATEMENTS | MULTI_RESULTS | LOCAL_FILES, !0] {
            let capabilities =
                capabilities & (MULTI_STATEMENTS | MULTI_RESULTS | LOCAL_FILES | DEPRECATE_EOF);
            let mut session = Session::open(&endpoint(&server, "app"), &startup(capabilities)).await.unwrap();
            let record = dialogue(&mut session).await;
            let mut expected = Vec::new();
            let mut whole = Replay::new(&session.facts);
            for (who, bytes) in &record {
                whole.feed(*who, bytes);
                expected.push(whole.said());
            }
            let (busy, frame, transaction, verdict) = whole.said();
            assert!(!busy && !frame && transaction && verdict == Verdict::Reset);

            let mut single = Replay::new(&session.facts);
            for ((who, bytes), expected) in record.iter().zip(&expected) {
                for (at, byte) in bytes.iter().enumerate() {
                    single.feed(*who, &[*byte]);
                    assert!(
                        at + 1 == bytes.len() || single.tracker.is_busy() || !single.held.is_empty(),
                        "between two bytes of a packet nothing is at rest"
                    );
                }
                assert_eq!(single.said(), *expected);
            }
            for split in 0..record.len() {
                for at in 1..record[split].1.len() {
                    let mut replay = Replay::new(&session.facts);
                    for (index, (who, bytes)) in record.iter().enumerate() {
                        if index == split {
                            replay.feed(*who, &bytes[..at]);
                            replay.feed(*who, &bytes[at..]);
                        } else {
                            replay.feed(*who, bytes);
                        }
                        assert_eq!(replay.said(), expected[index], "{split} {at} {index}");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn a_tracker_never_panics_whatever_is_wrong() {
    let server = servers().remove(0);
    let capabilities = MULTI_STATEMENTS | MULTI_RESULTS | LOCAL_FILES | DEPRECATE_EOF;
    let mut session = Session::open(&endpoint(&server, "app"), &startup(capabilities)).await.unwrap();
    let record = dialogue(&mut session).await;
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..20_000 {
        let mut tracker = mysql().tracker(&session.facts, Arc::new(Threads::default()));
        'dialogue: for (who, bytes) in &record {
            let mut bytes = bytes.clone();
            if random.u8(..4) == 0 {
                let at = random.usize(..bytes.len());
                bytes[at] = random.u8(..);
            }
            match who {
                Who::Server => {
                    if tracker.from_server(&bytes).is_err() {
                        break 'dialogue;
                    }
                }
                Who::Guest => {
                    let mut rest = &bytes[..];
                    while !rest.is_empty() {
                        match tracker.from_guest(rest) {
                            Ok(GuestStep::Forward(count)) => {
                                assert!(count > 0 && count <= rest.len());
                                rest = &rest[count..];
                            }
                            Ok(
                                GuestStep::Answer { consumed, .. }
                                | GuestStep::Replace { consumed, .. }
                                | GuestStep::Goodbye { consumed, .. },
                            ) => rest = &rest[consumed..],
                            Ok(GuestStep::Hold | GuestStep::Wait) | Err(_) => break 'dialogue,
                        }
                    }
                }
            }
        }
        let _ = (tracker.verdict(), tracker.is_busy(), tracker.in_transaction());
    }
}
