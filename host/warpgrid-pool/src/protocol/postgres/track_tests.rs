//! The tracker over recorded dialogues, at every split of their bytes; asks no server.

use super::facts::PostgresFacts;
use super::track::PostgresTracker;
use crate::protocol::{GuestStep, Tracker, Verdict};
use bytes::Bytes;

/// One side's next bytes.
#[derive(Clone, Copy)]
enum Said {
    Guest(&'static [u8]),
    Server(&'static [u8]),
}
use Said::{Guest, Server};

const READY: &[u8] = b"Z\0\0\0\x05I";
const RESET: Verdict = Verdict::Reset;
const OWES: Verdict = Verdict::Destroy("the server owes an answer");
const UNSYNCED: Verdict = Verdict::Destroy("the guest left without a Sync");
const COPYING: Verdict = Verdict::Destroy("the guest left in the middle of a COPY");

fn tracker() -> PostgresTracker {
    let facts = PostgresFacts {
        parameters: vec![("TimeZone".into(), "GMT".into()), ("is_superuser".into(), "off".into())],
        ..PostgresFacts::default()
    };
    PostgresTracker::new(&facts)
}

fn say(tracker: &mut PostgresTracker, said: Said, cuts: &[usize]) {
    let bytes = match said {
        Guest(bytes) | Server(bytes) => bytes,
    };
    let mut from = 0;
    for to in cuts.iter().copied().chain([bytes.len()]) {
        let piece = &bytes[from..to];
        match said {
            Guest(_) if piece.is_empty() => {}
            Guest(_) => assert_eq!(tracker.from_guest(piece), Ok(GuestStep::Forward(piece.len()))),
            Server(_) => assert_eq!(tracker.from_server(piece), Ok(())),
        }
        from = to;
    }
}

/// Plays a dialogue with every message cut at every byte, and once byte by byte; the verdict after each message.
fn verdicts(dialogue: &[Said], want: &[Verdict]) {
    let length = |said: &Said| match said {
        Guest(bytes) | Server(bytes) => bytes.len(),
    };
    let longest = dialogue.iter().map(length).max().unwrap();
    for cut in 0..=longest {
        let mut tracker = tracker();
        for (index, said) in dialogue.iter().enumerate() {
            say(&mut tracker, *said, &[cut.min(length(said))]);
            assert_eq!(tracker.verdict(), want[index], "message {index}, cut at {cut}");
        }
    }
    let mut tracker = tracker();
    for (index, said) in dialogue.iter().enumerate() {
        let cuts: Vec<usize> = (1..length(said)).collect();
        say(&mut tracker, *said, &cuts);
        assert_eq!(tracker.verdict(), want[index], "message {index}, byte by byte");
    }
}

#[test]
fn a_query_is_owed_one_ready_for_query_whatever_is_in_it() {
    let several =
        b"T\0\0\0\x06\0\0D\0\0\0\x06\0\0C\0\0\0\x0dSELECT 1\0I\0\0\0\x04C\0\0\0\x0aBEGIN\0Z\0\0\0\x05T";
    verdicts(
        &[
            Guest(b"Q\0\0\0\x14select 1;;begin\0"),
            Server(several),
            Guest(b"Q\0\0\0\x05\0"),
            Server(b"I\0\0\0\x04Z\0\0\0\x05T"),
            Guest(b"Q\0\0\0\x07no\0F\0\0\0\x04"),
            Server(b"E\0\0\0\x05\0Z\0\0\0\x05E"),
            Server(b"E\0\0\0\x05\0Z\0\0\0\x05E"),
        ],
        &[OWES, RESET, OWES, RESET, OWES, OWES, RESET],
    );
}

#[test]
fn after_an_error_in_a_pipeline_everything_up_to_sync_is_passed_over() {
    verdicts(
        &[
            // Parse fails; Bind, Execute, a Query and another Parse are passed over; then a Sync, and a group more.
            Guest(
                b"P\0\0\0\x04B\0\0\0\x04E\0\0\0\x04Q\0\0\0\x05\0P\0\0\0\x04S\0\0\0\x04B\0\0\0\x04S\0\0\0\x04",
            ),
            Server(b"E\0\0\0\x05\0"),
            Server(READY),
            Server(b"2\0\0\0\x04"),
            Server(READY),
        ],
        &[OWES, OWES, OWES, OWES, RESET],
    );
    verdicts(
        &[
            Guest(b"P\0\0\0\x04H\0\0\0\x04"),
            Server(b"E\0\0\0\x05\0"),
            Guest(b"Q\0\0\0\x05\0B\0\0\0\x04"),
            Guest(b"S\0\0\0\x04"),
            Server(READY),
        ],
        &[UNSYNCED, UNSYNCED, UNSYNCED, OWES, RESET],
    );
}

#[test]
fn a_query_that_fails_behind_unsynced_messages_is_told_from_one_of_those() {
    let sent = b"P\0\0\0\x04B\0\0\0\x04Q\0\0\0\x05\0S\0\0\0\x04";
    // The query fails: it and the Sync are answered.
    verdicts(
        &[Guest(sent), Server(b"1\0\0\0\x042\0\0\0\x04E\0\0\0\x05\0Z\0\0\0\x05I"), Server(READY)],
        &[OWES, OWES, RESET],
    );
    // Bind fails: only the Sync is answered.
    verdicts(&[Guest(sent), Server(b"1\0\0\0\x04E\0\0\0\x05\0"), Server(READY)], &[OWES, OWES, RESET]);
}

#[test]
fn a_copy_is_followed_to_its_end() {
    let copy = Guest(b"Q\0\0\0\x05\0");
    let begins = Server(b"G\0\0\0\x07\0\0\0");
    verdicts(
        &[copy, begins, Guest(b"d\0\0\0\x061\nc\0\0\0\x04"), Server(b"C\0\0\0\x05\0Z\0\0\0\x05I")],
        &[OWES, COPYING, COPYING, RESET],
    );
    // The guest gives up; then a second end, which the server passes over.
    verdicts(
        &[copy, begins, Guest(b"f\0\0\0\x05\0"), Server(b"E\0\0\0\x05\0Z\0\0\0\x05I"), Guest(b"c\0\0\0\x04")],
        &[OWES, COPYING, COPYING, RESET, RESET],
    );
    // It fails at once, while the data are on their way: the server passes over them.
    verdicts(
        &[copy, Guest(b"d\0\0\0\x061\nc\0\0\0\x04c\0\0\0\x04"), Server(b"E\0\0\0\x05\0Z\0\0\0\x05I")],
        &[OWES, OWES, RESET],
    );
    // From the server.
    verdicts(
        &[copy, Server(b"H\0\0\0\x07\0\0\0d\0\0\0\x061\n"), Server(b"c\0\0\0\x04C\0\0\0\x05\0Z\0\0\0\x05I")],
        &[OWES, OWES, RESET],
    );
}

#[test]
fn a_copy_in_the_extended_protocol_swallows_the_sync_behind_it() {
    let begins = Server(b"1\0\0\0\x042\0\0\0\x04G\0\0\0\x07\0\0\0");
    let ends = Server(b"C\0\0\0\x05\0Z\0\0\0\x05I");
    let execute = b"P\0\0\0\x04B\0\0\0\x04E\0\0\0\x04S\0\0\0\x04";
    let data = Guest(b"d\0\0\0\x061\nc\0\0\0\x04S\0\0\0\x04");
    verdicts(&[Guest(execute), begins, data, ends], &[OWES, COPYING, COPYING, RESET]);
    // The same with everything sent before the server says a word.
    verdicts(&[Guest(execute), data, begins, ends], &[OWES, OWES, COPYING, RESET]);
    // It fails: the Sync may be swallowed or not.
    let lost = Verdict::Destroy("a COPY failed, and nobody can tell whether it swallowed a Sync");
    verdicts(
        &[
            Guest(execute),
            begins,
            Server(b"E\0\0\0\x05\0"),
            Guest(b"c\0\0\0\x04S\0\0\0\x04"),
            Server(READY),
            Server(READY),
        ],
        &[OWES, COPYING, lost, lost, lost, lost],
    );
}

#[test]
fn a_guest_that_goes_without_sync_or_amid_a_frame_loses_its_session() {
    verdicts(&[Guest(b"P\0\0\0\x04B\0\0\0\x04E\0\0\0\x04")], &[UNSYNCED]);
    let mut tracker = tracker();
    for byte in b"Q\0\0\0\x05" {
        assert_eq!(tracker.from_guest(&[*byte]), Ok(GuestStep::Forward(1)));
        assert_eq!(tracker.verdict(), Verdict::Destroy("the guest left in the middle of a frame"));
        assert!(tracker.in_guest_frame() && tracker.is_busy());
    }
    tracker.from_guest(b"\0").unwrap();
    for byte in READY {
        assert!(tracker.is_busy());
        tracker.from_server(&[*byte]).unwrap();
    }
    assert_eq!((tracker.verdict(), tracker.is_busy()), (RESET, false));
}

#[test]
fn what_comes_unasked_changes_nothing_but_an_error_does() {
    let unasked = Server(b"A\0\0\0\x0a\0\0\0\0a\0N\0\0\0\x05\0S\0\0\0\x11TimeZone\0GMT\0");
    verdicts(
        &[unasked, Guest(b"Q\0\0\0\x05\0"), unasked, Server(b"I\0\0\0\x04Z\0\0\0\x05I")],
        &[RESET, OWES, OWES, RESET],
    );
    verdicts(
        &[Server(b"E\0\0\0\x05\0")],
        &[Verdict::Destroy("the server said an error that nobody asked for")],
    );
}

#[test]
fn a_goodbye_is_kept_from_the_server_and_frames_ahead_of_it_are_not() {
    let goodbye = GuestStep::Goodbye { consumed: 5, bytes: Bytes::new() };
    let bytes = b"Q\0\0\0\x05\0S\0\0\0\x04X\0\0\0\x04";
    for cut in 0..=bytes.len() {
        let mut tracker = tracker();
        let (mut sent, mut held) = (0, bytes[..cut].to_vec());
        let mut rest = &bytes[cut..];
        let ended = loop {
            match if held.is_empty() { Ok(GuestStep::Hold) } else { tracker.from_guest(&held) }.unwrap() {
                GuestStep::Forward(count) => {
                    sent += count;
                    held.drain(..count);
                }
                GuestStep::Hold if rest.is_empty() => break None,
                GuestStep::Hold => held.extend_from_slice(std::mem::take(&mut rest)),
                step => break Some(step),
            }
        };
        assert_eq!(
            (sent, ended),
            (11, Some(GuestStep::Goodbye { consumed: 5, bytes: Bytes::new() })),
            "{cut}"
        );
    }
    let mut tracker = tracker();
    for known in 1..5 {
        assert_eq!(tracker.from_guest(&b"X\0\0\0\x04"[..known]), Ok(GuestStep::Hold));
        assert_eq!(tracker.verdict(), RESET);
    }
    assert_eq!(tracker.from_guest(b"X\0\0\0\x04Q\0"), Ok(goodbye));
}

#[test]
fn what_is_not_the_protocol_is_a_violation() {
    let guest: [&[u8]; 8] = [
        b"\0\0\0\x08\x04\xd2\x16\x2f",
        b"\0\0\0\x09\0\x03\0\0\0",
        b"p\0\0\0\x05\0",
        b"Z\0\0\0\x05I",
        b"S\0\0\0\x05\0",
        b"X\0\0\0\x05\0",
        b"Q\0\0\0\x03",
        b"Q\x40\0\0\0",
    ];
    for bytes in guest {
        assert!(tracker().from_guest(bytes).is_err(), "{bytes:?}");
    }
    let server: [&[u8]; 9] = [
        READY,
        b"R\0\0\0\x08\0\0\0\0",
        b"K\0\0\0\x0c\0\0\0\0\0\0\0\0",
        b"C\0\0\0\x05\0",
        b"D\0\0\0\x06\0\0",
        b"1\0\0\0\x04",
        b"G\0\0\0\x07\0\0\0",
        b"Z\0\0\0\x06II",
        b"\0\0\0\0\x04",
    ];
    for bytes in server {
        assert!(tracker().from_server(bytes).is_err(), "{bytes:?}");
    }
    let mut owing = tracker();
    owing.from_guest(b"Q\0\0\0\x05\0").unwrap();
    assert!(owing.from_server(b"Z\0\0\0\x05?").is_err());
}

#[test]
fn a_pipeline_of_equal_groups_takes_one_place_and_any_other_waits_for_the_server() {
    let mut tracker = tracker();
    for _ in 0..100_000 {
        let group = b"B\0\0\0\x04E\0\0\0\x04S\0\0\0\x04";
        assert_eq!(tracker.from_guest(group), Ok(GuestStep::Forward(group.len())));
    }
    for _ in 0..100_000 {
        tracker.from_server(b"2\0\0\0\x04C\0\0\0\x05\0Z\0\0\0\x05I").unwrap();
    }
    assert_eq!(tracker.verdict(), RESET);
    let uneven = b"Q\0\0\0\x05\0S\0\0\0\x04".repeat(1000);
    let GuestStep::Forward(taken) = tracker.from_guest(&uneven).unwrap() else { panic!("nothing was taken") };
    assert_eq!(taken, 512 * 11);
    assert_eq!(tracker.from_guest(&uneven[taken..]), Ok(GuestStep::Wait));
    for _ in 0..512 {
        tracker.from_server(b"I\0\0\0\x04Z\0\0\0\x05IZ\0\0\0\x05I").unwrap();
    }
    assert_eq!(tracker.from_guest(&uneven[taken..]), Ok(GuestStep::Forward(488 * 11)));
}

#[test]
fn a_parameter_that_stays_changed_after_a_reset_is_noticed() {
    let status = |value: &str| {
        let mut bytes = vec![b'S'];
        bytes.extend_from_slice(&(14 + value.len() as u32).to_be_bytes());
        bytes.extend_from_slice(format!("TimeZone\0{value}\0").as_bytes());
        bytes
    };
    let mut tracker = tracker();
    assert_eq!(tracker.renew(), RESET);
    for byte in status("Asia/Tokyo") {
        tracker.from_server(&[byte]).unwrap();
    }
    assert_eq!(tracker.verdict(), RESET);
    assert_eq!(tracker.renew(), Verdict::Destroy("the server's parameters are not those of the login"));
    tracker.from_server(&status("GMT")).unwrap();
    assert_eq!(tracker.renew(), RESET);
    tracker.from_server(b"S\0\0\0\x08a\0b\0").unwrap();
    assert_ne!(tracker.renew(), RESET);
}
