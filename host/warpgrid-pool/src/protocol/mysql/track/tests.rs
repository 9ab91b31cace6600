//! What no real server does on demand: broken answers, answers out of order, guests that break the protocol.

use super::super::frame::put_packet;
use super::super::packet::put_ok;
use super::*;

struct Nobody;

impl CancelLookup for Nobody {
    fn real_thread(&self, synthetic: u32) -> Option<u32> {
        (synthetic == 1001).then_some(7)
    }
}

const SHORT: u32 = CapabilityFlags::CLIENT_DEPRECATE_EOF.bits();
const FILES: u32 = CapabilityFlags::CLIENT_LOCAL_FILES.bits();

fn tracker(agreed: u32) -> MysqlTracker {
    MysqlTracker::new(&MysqlFacts { agreed, status: 2, ..MysqlFacts::default() }, Arc::new(Nobody))
}

fn frame(sequence: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_packet(&mut bytes, sequence, payload);
    bytes
}

/// A tracker whose guest sent this command.
fn asked(agreed: u32, command: &[u8]) -> MysqlTracker {
    let mut tracker = tracker(agreed);
    let bytes = frame(0, command);
    assert_eq!(tracker.from_guest(&bytes), Ok(GuestStep::Forward(bytes.len())));
    tracker
}

#[test]
fn the_state_owns_no_memory_that_could_grow() {
    fn is_copy<T: Copy>() {}
    is_copy::<Reader>();
    is_copy::<Scanner>();
    is_copy::<Pending>();
    is_copy::<Guest>();
}

#[test]
fn a_row_is_not_taken_for_an_end() {
    // Without `EOF`, a row that begins with 0xFE has 9 bytes or more.
    let mut tracker = asked(0, b"\x03q");
    let definitions = [frame(1, &[1]), frame(2, b"\x03def"), frame(3, &[0xfe, 0, 0, 2, 0])].concat();
    tracker.from_server(&definitions).unwrap();
    tracker.from_server(&frame(4, &[0xfe, 1, 0, 0, 0, 0, 0, 0, 0, b'x'])).unwrap();
    for row in [&[0xfb][..], &[0], &[0, 0, 0, 2, 0, 0, 0], &[0xfc, 1, 0, 9]] {
        let sequence = tracker.scanner_next();
        tracker.from_server(&frame(sequence, row)).unwrap();
        assert!(tracker.is_busy(), "{row:x?}");
    }
    let sequence = tracker.scanner_next();
    tracker.from_server(&frame(sequence, &[0xfe, 0, 0, 1, 0])).unwrap();
    assert!(!tracker.is_busy() && tracker.in_transaction());

    // With `OK` in its place, an end may be long: it holds changes of the session.
    let mut tracker = asked(SHORT, b"\x03q");
    tracker.from_server(&[frame(1, &[1]), frame(2, b"\x03def"), frame(3, b"\x01x")].concat()).unwrap();
    let mut end = vec![0xfe, 0, 0, 2, 0, 0, 0];
    end.resize(5000, 7);
    tracker.from_server(&frame(4, &end)).unwrap();
    assert!(!tracker.is_busy() && tracker.verdict() == Verdict::Reset);
}

#[test]
fn an_older_end_than_agreed_is_an_end() {
    let mut tracker = asked(SHORT, b"\x1b\0\0");
    tracker.from_server(&frame(1, &[0xfe, 9, 0, 1, 0])).unwrap();
    assert!(!tracker.is_busy() && tracker.in_transaction());
}

#[test]
fn broken_answers_are_violations() {
    let cases: [(&[u8], &[u8]); 12] = [
        (b"\x03q", b""),
        (b"\x03q", &[0xfe]),
        (b"\x03q", &[0]),
        (b"\x03q", &[0, 0xfe, 1]),
        (b"\x03q", &[2, 1]),
        (b"\x03q", &[0xfc, 1]),
        (b"\x03q", &[0xfb, b'/', b'e']),
        (b"\x0e", b""),
        (b"\x0e", &[1]),
        (b"\x0e", &[0, 0]),
        (b"\x16q", &[0, 1, 0]),
        (b"\x16q", &[1]),
    ];
    for (command, answer) in cases {
        for agreed in [0, SHORT] {
            assert!(
                asked(agreed, command).from_server(&frame(1, answer)).is_err(),
                "{command:x?} {answer:x?}"
            );
        }
    }
    // Definitions that do not end where they must.
    let mut tracker = asked(0, b"\x03q");
    tracker.from_server(&[frame(1, &[1]), frame(2, b"\x03def")].concat()).unwrap();
    assert!(tracker.from_server(&frame(3, b"\x01x")).is_err());
}

#[test]
fn packets_out_of_order_are_violations() {
    assert!(asked(0, b"\x0e").from_server(&frame(2, &[0, 0, 0, 2, 0, 0, 0])).is_err());
    let mut tracker = asked(SHORT, b"\x03q");
    tracker.from_server(&frame(1, &[1])).unwrap();
    assert!(tracker.from_server(&frame(3, b"\x03def")).is_err());
    assert!(super::tests::tracker(0).from_guest(&frame(1, b"\x0e")).is_err());
    assert!(super::tests::tracker(0).from_guest(&frame(0, b"")).is_err());
}

#[test]
fn what_nobody_asked_for_destroys_the_session_and_an_error_is_still_shown() {
    let mut tracker = tracker(0);
    let goodbye = frame(0, b"\xff\x7d\x07#HY000wait_timeout");
    tracker.from_server(&goodbye[..1]).unwrap();
    assert!(matches!(tracker.verdict(), Verdict::Destroy(_)));
    tracker.from_server(&goodbye[1..]).unwrap();
    assert!(matches!(tracker.verdict(), Verdict::Destroy(reason) if reason.contains("nobody asked")));

    let mut ok = Vec::new();
    put_ok(&mut ok, 0, 2);
    assert!(super::tests::tracker(0).from_server(&ok).is_err());
    // One answer too many.
    let mut tracker = asked(0, b"\x0e");
    let mut twice = Vec::new();
    put_ok(&mut twice, 1, 2);
    put_ok(&mut twice, 1, 2);
    assert!(tracker.from_server(&twice).is_err());
}

#[test]
fn an_error_half_way_through_a_command_is_shown_and_the_session_destroyed() {
    let mut tracker = tracker(0);
    let mut header = vec![0xff, 0xff, 0xff, 0];
    header.extend_from_slice(b"\x03INSERT");
    tracker.from_guest(&header).unwrap();
    tracker.from_server(&frame(5, b"\xff\x81\x04#08S01too large")).unwrap();
    assert!(matches!(tracker.verdict(), Verdict::Destroy(_)));
}

#[test]
fn commands_behind_one_that_asks_for_a_file_are_a_violation() {
    let mut tracker = asked(FILES, b"\x03LOAD DATA LOCAL");
    assert_eq!(tracker.from_guest(&frame(0, b"\x0e")), Ok(GuestStep::Forward(5)));
    assert!(tracker.from_server(&frame(1, &[0xfb, b'x'])).is_err());

    // An answer before the file is through leaves nothing that is known.
    let mut tracker = asked(FILES, b"\x03LOAD DATA LOCAL");
    tracker.from_server(&frame(1, &[0xfb, b'x'])).unwrap();
    assert!(tracker.from_guest(&frame(9, b"x")).is_err(), "out of order");
    tracker.from_server(&frame(2, &[0, 0, 0, 2, 0, 0, 0])).unwrap();
    assert!(matches!(tracker.verdict(), Verdict::Destroy(_)));
}

#[test]
fn a_command_that_hides_what_it_is_is_held_to_a_bound() {
    let mut tracker = tracker(0);
    let mut bytes = vec![0, 0, 9, 0, 3];
    bytes.resize(MAX_HELD_BYTES - 1, b' ');
    assert_eq!(tracker.from_guest(&bytes), Ok(GuestStep::Hold));
    bytes.push(b' ');
    assert!(tracker.from_guest(&bytes).is_err());
    // The same behind another command passes up to it.
    let mut tracker = super::tests::tracker(0);
    let behind = [frame(0, b"\x0e"), bytes].concat();
    assert_eq!(tracker.from_guest(&behind), Ok(GuestStep::Forward(5)));
}

#[test]
fn a_kill_is_rewritten_once_and_only_when_it_stands_first() {
    let mut tracker = tracker(0);
    let bytes = [frame(0, b"\x0e"), frame(0, b"\x03KILL HARD QUERY 1001"), frame(0, b"\x0e")].concat();
    assert_eq!(tracker.from_guest(&bytes), Ok(GuestStep::Forward(5)));
    let step = tracker.from_guest(&bytes[5..]).unwrap();
    let expected = frame(0, b"\x03KILL HARD QUERY 7");
    assert_eq!(step, GuestStep::Replace { consumed: 25, bytes: expected.into() });
    assert_eq!(tracker.from_guest(&bytes[30..]), Ok(GuestStep::Forward(5)));
    assert_eq!(tracker.pending.count, 3);
    let foreign = frame(0, b"\x03KILL 8");
    assert_eq!(tracker.from_guest(&foreign), Ok(GuestStep::Wait));
}

#[test]
fn a_goodbye_is_swallowed() {
    let mut tracker = tracker(0);
    let step = tracker.from_guest(&frame(0, b"\x01")).unwrap();
    assert_eq!(step, GuestStep::Goodbye { consumed: 5, bytes: Bytes::new() });
    assert_eq!(tracker.verdict(), Verdict::Reset);
    let both = [frame(0, b"\x0e"), frame(0, b"\x01")].concat();
    assert_eq!(tracker.from_guest(&both), Ok(GuestStep::Forward(5)));
    assert!(matches!(tracker.from_guest(&both[5..]), Ok(GuestStep::Goodbye { .. })));
    assert!(matches!(tracker.verdict(), Verdict::Destroy(_)), "an answer is due");
}

#[test]
fn too_many_commands_wait() {
    let mut tracker = tracker(0);
    let many = frame(0, b"\x0e").repeat(MAX_PENDING + 1);
    assert_eq!(tracker.from_guest(&many), Ok(GuestStep::Forward(5 * MAX_PENDING)));
    assert_eq!(tracker.from_guest(&frame(0, b"\x0e")), Ok(GuestStep::Wait));
    let mut answer = Vec::new();
    put_ok(&mut answer, 1, 2);
    for _ in 0..MAX_PENDING {
        tracker.from_server(&answer).unwrap();
    }
    assert!(!tracker.is_busy());
    assert_eq!(tracker.from_guest(&frame(0, b"\x0e")), Ok(GuestStep::Forward(5)));
}

impl MysqlTracker {
    /// The number that the server's next packet must have.
    fn scanner_next(&mut self) -> u8 {
        let mut scanner = self.scanner;
        (0..=255)
            .find(|number| {
                scanner = self.scanner;
                scanner.advance(&mut &[0, 0, 0, *number][..]).is_some_and(|payload| !payload.disordered)
            })
            .unwrap()
    }
}
