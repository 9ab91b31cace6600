//! Trackers of dialogues in which both sides say anything; knows no pool.

use crate::corpus::{Corpus, Piece};
use crate::mutate::{self, cut};
use fastrand::Rng;
use std::sync::Arc;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::protocol::mysql::MysqlFacts;
use warpgrid_pool::protocol::postgres::PostgresFacts;
use warpgrid_pool::protocol::redis::RedisFacts;
use warpgrid_pool::protocol::{
    CancelLookup, Gap, GuestStep, MAX_HELD_BYTES, ServerFacts, Tracker, Verdict, Violation, wire_protocol,
};

/// No guest may be stopped but the one with number 12.
pub(crate) struct Nobody;

impl CancelLookup for Nobody {
    fn real_thread(&self, synthetic: u32) -> Option<u32> {
        (synthetic == 12).then_some(34)
    }
}

/// What the servers of the corpus say of themselves.
pub(crate) fn facts(protocol: Protocol) -> ServerFacts {
    // Long columns, local files, protocol 4.1, transactions, multiple statements and results.
    const AGREED: u32 = 0x4 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x1_0000 | 0x2_0000 | 0x4_0000;
    match protocol {
        Protocol::Postgres => ServerFacts::Postgres(PostgresFacts {
            process_id: 9,
            cancel_secret: b"four"[..].into(),
            parameters: vec![("TimeZone".into(), "GMT".into()), ("is_superuser".into(), "off".into())],
        }),
        Protocol::Mysql => ServerFacts::Mysql(MysqlFacts {
            version: "5.5.5-10.11.6-MariaDB".into(),
            thread: 9,
            offered: 0xa19f_f7ff,
            agreed: AGREED,
            character_set: 45,
            status: 2,
        }),
        Protocol::Redis => ServerFacts::Redis(RedisFacts::default()),
    }
}

/// What a tracker says at the end, and what it let through.
#[derive(Debug, Default, PartialEq, Eq)]
struct End {
    violation: Option<Violation>,
    state: Option<(bool, bool, bool, Verdict)>,
    /// Where the host could tell the guest something, and whether the server may be at work.
    place: Option<(Option<Gap>, bool)>,
    /// Bytes of the server.
    from_server: Vec<u8>,
    /// Bytes for the server, the guest, and those that are held.
    to_server: Vec<u8>,
    to_guest: Vec<u8>,
    held: usize,
    goodbye: bool,
    /// Whether it ever waited for the server.
    waited: bool,
}

/// Whether these bytes of a server are whole frames; None: that would take a parser.
fn is_whole(protocol: Protocol, mut bytes: &[u8]) -> Option<bool> {
    while !bytes.is_empty() {
        let length = match (protocol, bytes) {
            (Protocol::Postgres, [_, a, b, c, d, ..]) => u32::from_be_bytes([*a, *b, *c, *d]) as usize + 1,
            (Protocol::Mysql, [a, b, c, _, ..]) => u32::from_le_bytes([*a, *b, *c, 0]) as usize + 4,
            (Protocol::Redis, _) => return None,
            _ => return Some(false),
        };
        match bytes.get(length..) {
            Some(rest) => bytes = rest,
            None => return Some(false),
        }
    }
    Some(true)
}

struct Feed {
    tracker: Box<dyn Tracker>,
    held: Vec<u8>,
    end: End,
}

impl Feed {
    /// Feeds all pieces, each cut into smaller ones.
    fn run(protocol: Protocol, pieces: &[Piece], random: &mut Rng) -> End {
        let tracker = wire_protocol(protocol).tracker(&facts(protocol), Arc::new(Nobody));
        let mut feed = Self { tracker, held: Vec::new(), end: End::default() };
        'dialogue: for piece in pieces {
            for bytes in cut(&piece.bytes, random) {
                if let Err(violation) = feed.take(piece.guest, bytes) {
                    feed.end.violation = Some(violation);
                    let _ = (feed.tracker.verdict(), feed.tracker.renew());
                    return feed.end;
                }
                if feed.end.goodbye {
                    break 'dialogue;
                }
            }
        }
        let tracker = &mut feed.tracker;
        let busy = tracker.is_busy();
        feed.end.state = Some((busy, tracker.in_guest_frame(), tracker.in_transaction(), tracker.verdict()));
        feed.end.held = feed.held.len();
        let (gap, works) = (tracker.gap(), tracker.has_work_to_stop());
        feed.end.place = Some((gap, works));
        let whole = is_whole(protocol, &feed.end.from_server);
        assert!(gap.is_none() || whole != Some(false), "a gap within a frame: {:x?}", feed.end.from_server);
        assert!(busy || !works || protocol == Protocol::Postgres, "at rest, and yet at work");
        assert!(!(busy && tracker.verdict() == Verdict::Reset), "owed, and yet reset");
        assert!(busy || !tracker.in_guest_frame(), "a frame half sent, and yet at rest");
        feed.end
    }

    fn take(&mut self, guest: bool, bytes: &[u8]) -> Result<(), Violation> {
        if guest {
            self.held.extend_from_slice(bytes);
        } else {
            self.end.from_server.extend_from_slice(bytes);
            self.tracker.from_server(bytes)?;
        }
        while !self.held.is_empty() {
            let (busy, within) = (self.tracker.is_busy(), self.tracker.in_guest_frame());
            let consumed = match self.tracker.from_guest(&self.held)? {
                GuestStep::Forward(count) => {
                    assert!(count > 0, "nothing forwarded");
                    self.end.to_server.extend_from_slice(&self.held[..count]);
                    count
                }
                GuestStep::Replace { consumed, bytes } => {
                    self.end.to_server.extend_from_slice(&bytes);
                    consumed
                }
                GuestStep::Answer { consumed, bytes } => {
                    // A command that was held until it was whole counts as half sent.
                    assert!(
                        !busy || within,
                        "an answer of the host among those of the server: {:?} {:?}",
                        String::from_utf8_lossy(&self.held),
                        self.tracker.verdict()
                    );
                    self.end.to_guest.extend_from_slice(&bytes);
                    consumed
                }
                GuestStep::Goodbye { consumed, bytes } => {
                    self.end.to_guest.extend_from_slice(&bytes);
                    self.end.goodbye = true;
                    consumed
                }
                GuestStep::Wait => {
                    assert!(busy, "it waits for nothing");
                    self.end.waited = true;
                    break;
                }
                GuestStep::Hold => {
                    assert!(self.held.len() < MAX_HELD_BYTES, "it holds {} bytes", self.held.len());
                    break;
                }
            };
            assert!(consumed > 0 && consumed <= self.held.len(), "{consumed} of {}", self.held.len());
            self.held.drain(..consumed);
            if self.end.goodbye {
                self.held.clear();
            }
        }
        Ok(())
    }
}

/// A dialogue comes to the same in pieces of any size.
pub(crate) fn run(corpus: &Corpus, random: &mut Rng) {
    let mut pieces = mutate::dialogue(&corpus.dialogues, random);
    // What waits behind is taken in one go by one guest and not by another.
    let half = MAX_HELD_BYTES / 2;
    let mut said = 0;
    pieces.retain(|piece| {
        said += if piece.guest { piece.bytes.len() } else { 0 };
        said < half
    });
    let one = Feed::run(corpus.protocol, &pieces, random);
    let other = Feed::run(corpus.protocol, &pieces, random);
    // What waits goes on when the server is between two frames: how its bytes come says when.
    if one.waited || other.waited {
        return;
    }
    if one.violation.is_some() || other.violation.is_some() {
        // How much passed before it depends on the pieces.
        assert_eq!(one.violation.is_some(), other.violation.is_some(), "{one:?}\n{other:?}\n{pieces:x?}");
        return;
    }
    assert_eq!(one, other, "{pieces:x?}");
}
