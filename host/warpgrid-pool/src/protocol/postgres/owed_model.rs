//! The line of owed answers against a model of the server, over random dialogues; a failure prints its seed.
//!
//! The model takes messages as PostgreSQL's main loop does (`postgres.c`, `copyfromparse.c`): it passes over messages
//! after an error up to a `Sync`, swallows a `Sync` inside a `COPY`, and ends the connection when the guest breaks off a
//! `COPY`. Guest, server and delivery take turns at random, so every race between an error and what follows occurs.

use super::facts::PostgresFacts;
use super::track::PostgresTracker;
use crate::protocol::{GuestStep, Tracker, Verdict};
use fastrand::Rng;
use std::collections::VecDeque;

/// How many dialogues are played; each has a seed of its own.
const SEEDS: u64 = 10_000;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Statement {
    Rows,
    Empty,
    CopyIn,
    CopyOut,
    Fails,
}

#[derive(Debug, Clone, PartialEq)]
enum Message {
    /// Parse, Bind, Describe, Close: one letter, whether it fails.
    Extended(u8, bool),
    Execute(Statement),
    Query(Vec<Statement>),
    Function,
    Sync,
    Flush,
    CopyData,
    CopyDone,
    CopyFail,
}

impl Message {
    fn frame(&self) -> Vec<u8> {
        let (tag, body): (u8, &[u8]) = match self {
            Message::Extended(tag, _) => (*tag, b"\0\0\0\0"),
            Message::Execute(_) => (b'E', b"\0\0\0\0\0"),
            Message::Query(_) => (b'Q', b"select 1\0"),
            Message::Function => (b'F', b"\0\0\0\0\0\0"),
            Message::Sync => (b'S', b""),
            Message::Flush => (b'H', b""),
            Message::CopyData => (b'd', b"1\n"),
            Message::CopyDone => (b'c', b""),
            Message::CopyFail => (b'f', b"no\0"),
        };
        frame(tag, body)
    }
}

fn frame(tag: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![tag];
    bytes.extend_from_slice(&(body.len() as u32 + 4).to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// The `COPY` that reads data: by an `Execute`, or by a query with statements left.
#[derive(Debug)]
enum Copy {
    Execute,
    Query(Vec<Statement>),
}

#[derive(Default)]
struct Server {
    copy: Option<Copy>,
    skipping: bool,
    unsynced: bool,
    /// A `COPY` of the extended protocol failed.
    extended_copy_failed: bool,
    fatal: bool,
    ready: usize,
    out: VecDeque<Vec<u8>>,
}

impl Server {
    fn say(&mut self, tags: &str, random: &mut Rng) {
        for tag in tags.bytes() {
            if random.u8(..20) == 0 {
                self.out.push_back(frame(b"NAS"[random.usize(..3)], b"x\0y\0"));
            }
            self.ready += usize::from(tag == b'Z');
            self.out.push_back(frame(tag, if tag == b'Z' { b"I" } else { b"" }));
        }
    }

    fn copy_fails(&mut self, random: &mut Rng) {
        match self.copy.take() {
            Some(Copy::Execute) => {
                self.extended_copy_failed = true;
                self.skipping = true;
                self.say("E", random);
            }
            _ => self.say("EZ", random),
        }
    }

    fn query(&mut self, mut statements: Vec<Statement>, random: &mut Rng) {
        self.unsynced = false;
        while !statements.is_empty() {
            match statements.remove(0) {
                Statement::Rows => self.say("TDDC", random),
                Statement::Empty => self.say("I", random),
                Statement::CopyOut => self.say("HddcC", random),
                Statement::Fails => return self.say("EZ", random),
                Statement::CopyIn => {
                    self.say("G", random);
                    self.copy = Some(Copy::Query(statements));
                    if random.u8(..8) == 0 {
                        self.copy_fails(random);
                    }
                    return;
                }
            }
        }
        self.say("Z", random);
    }

    fn takes(&mut self, message: Message, random: &mut Rng) {
        if self.copy.is_some() {
            return match message {
                Message::CopyData if random.u8(..10) == 0 => self.copy_fails(random),
                Message::CopyData | Message::Flush | Message::Sync => {}
                Message::CopyFail => self.copy_fails(random),
                Message::CopyDone => {
                    self.say("C", random);
                    if let Some(Copy::Query(rest)) = self.copy.take() {
                        self.query(rest, random);
                    }
                }
                _ => self.fatal = true,
            };
        }
        if self.skipping && message != Message::Sync {
            return;
        }
        match message {
            Message::Extended(_, true) | Message::Execute(Statement::Fails) => {
                (self.unsynced, self.skipping) = (true, true);
                self.say("E", random);
            }
            Message::Extended(tag, false) => {
                self.unsynced = true;
                let answer = match tag {
                    b'P' => "1",
                    b'B' => "2",
                    b'C' => "3",
                    _ => ["tT", "tn", "T", "n"][random.usize(..4)],
                };
                self.say(answer, random);
            }
            Message::Execute(statement) => {
                self.unsynced = true;
                match statement {
                    Statement::Rows => self.say(["DDC", "Ds", "C"][random.usize(..3)], random),
                    Statement::Empty => self.say("I", random),
                    Statement::CopyOut => self.say("HdcC", random),
                    Statement::CopyIn | Statement::Fails => {
                        self.say("G", random);
                        self.copy = Some(Copy::Execute);
                        if random.u8(..8) == 0 {
                            self.copy_fails(random);
                        }
                    }
                }
            }
            Message::Query(statements) => self.query(statements, random),
            Message::Function => {
                self.unsynced = false;
                self.say(["VZ", "EZ"][random.usize(..2)], random);
            }
            Message::Sync => {
                (self.skipping, self.unsynced) = (false, false);
                self.say(if random.u8(..10) == 0 { "EZ" } else { "Z" }, random);
            }
            Message::Flush | Message::CopyData | Message::CopyDone | Message::CopyFail => {}
        }
    }

    fn is_busy(&self) -> bool {
        self.copy.is_some() || self.skipping || self.unsynced
    }
}

fn statement(random: &mut Rng) -> Statement {
    use Statement::*;
    [Rows, Rows, Empty, CopyOut, Fails][random.usize(..5)]
}

fn extended(random: &mut Rng) -> Message {
    Message::Extended(b"PBDC"[random.usize(..4)], random.u8(..12) == 0)
}

/// Messages as drivers send them: what belongs together stays together, and may be a pipeline.
fn as_a_driver(random: &mut Rng, all: &mut Vec<Message>) {
    use Message::*;
    let data = |random: &mut Rng| std::iter::repeat_n(CopyData, random.usize(..4));
    match random.u8(..8) {
        0 => all.push(Query((0..random.usize(1..4)).map(|_| statement(random)).collect())),
        1 => all.push(Function),
        2 => {
            // A pipeline in one transaction.
            for _ in 0..random.usize(1..4) {
                all.extend([extended(random), extended(random), Execute(statement(random))]);
                if random.bool() {
                    all.push(Flush);
                }
            }
            all.push(Sync);
        }
        3 => all.extend([extended(random), Sync, extended(random), Execute(Statement::Rows), Sync]),
        4 | 5 => {
            // COPY by a query, one or two of them.
            let copies = random.usize(1..3);
            all.push(Query(vec![Statement::CopyIn; copies]));
            for _ in 0..copies {
                all.extend(data(random));
                all.push(if random.u8(..5) == 0 { CopyFail } else { CopyDone });
            }
        }
        6 => {
            // COPY in the extended protocol, with or without the Sync that the server swallows (libpq sends it).
            all.extend([extended(random), extended(random), Execute(Statement::CopyIn)]);
            if random.bool() {
                all.push(Sync);
            }
            all.extend(data(random));
            all.extend([if random.u8(..5) == 0 { CopyFail } else { CopyDone }, Sync]);
        }
        _ => all.push(Query(vec![Statement::Fails])),
    }
}

/// Messages in any order.
fn wild(random: &mut Rng, all: &mut Vec<Message>) {
    use Message::*;
    all.push(match random.u8(..11) {
        0 => Query(vec![Statement::CopyIn, statement(random)]),
        1 => Query(vec![statement(random)]),
        2 => Function,
        3 | 4 => Sync,
        5 => Flush,
        6 => CopyData,
        7 => CopyDone,
        8 => Execute([Statement::CopyIn, Statement::Rows, Statement::Fails][random.usize(..3)]),
        9 => CopyFail,
        _ => extended(random),
    });
}

fn dialogue(seed: u64, messages: fn(&mut Rng, &mut Vec<Message>), drivers: bool) {
    let mut random = Rng::with_seed(seed);
    let mut all = Vec::new();
    for _ in 0..random.usize(1..12) {
        messages(&mut random, &mut all);
    }
    let mut tracker = PostgresTracker::new(&PostgresFacts::default());
    let mut server = Server::default();
    let mut underway: VecDeque<Message> = VecDeque::new();
    let mut rest = VecDeque::from(all.clone());
    let mut delivered = 0;
    while !(rest.is_empty() && underway.is_empty() && server.out.is_empty()) {
        match random.u8(..3) {
            0 => {
                if let Some(message) = rest.pop_front() {
                    let bytes = message.frame();
                    assert_eq!(
                        tracker.from_guest(&bytes),
                        Ok(GuestStep::Forward(bytes.len())),
                        "seed {seed}"
                    );
                    underway.push_back(message);
                }
            }
            1 => {
                if let Some(message) = underway.pop_front() {
                    server.takes(message, &mut random);
                    if server.fatal {
                        // The connection ends: nobody asks any more.
                        return;
                    }
                }
            }
            _ => {
                if let Some(bytes) = server.out.pop_front() {
                    delivered += usize::from(bytes[0] == b'Z');
                    let said = tracker.from_server(&bytes);
                    assert_eq!(said, Ok(()), "seed {seed}: {} of {all:?}", bytes[0] as char);
                }
            }
        }
        // While answers are on their way, the session is never taken for free.
        if delivered < server.ready {
            assert_ne!(tracker.verdict(), Verdict::Reset, "seed {seed} {all:?}");
        }
    }
    let lost = matches!(tracker.verdict(), Verdict::Destroy(reason) if ![
        "the guest left in the middle of a COPY",
        "the guest left without a Sync",
        "the server owes an answer",
    ].contains(&reason));
    if lost {
        assert!(!drivers || server.extended_copy_failed, "seed {seed}: lost without need: {all:?}");
    } else {
        assert_eq!(tracker.is_busy(), server.is_busy(), "seed {seed} {all:?} {:?}", tracker.verdict());
    }
    assert!(tracker.verdict() != Verdict::Reset || !server.is_busy(), "seed {seed} {all:?}");
}

#[test]
fn what_drivers_send_is_counted_exactly() {
    for seed in 0..SEEDS {
        dialogue(seed, as_a_driver, true);
    }
}

#[test]
fn whatever_a_guest_sends_no_session_with_an_answer_under_way_is_reset() {
    for seed in 0..SEEDS {
        dialogue(seed, wild, false);
    }
}
