//! The tracker allocates nothing while queries and answers pass.

use std::sync::Arc;
use warpgrid_pool::endpoint::Protocol;
use warpgrid_pool::protocol::postgres::PostgresFacts;
use warpgrid_pool::protocol::{CancelLookup, ServerFacts, wire_protocol};

struct NoCancels;

impl CancelLookup for NoCancels {
    fn real_thread(&self, _synthetic: u32) -> Option<u32> {
        None
    }
}

#[test]
fn a_query_in_the_steady_state_allocates_nothing() {
    let parameters = vec![("TimeZone".to_owned(), "GMT".to_owned())];
    let facts = ServerFacts::Postgres(PostgresFacts { parameters, ..PostgresFacts::default() });
    let mut tracker = wire_protocol(Protocol::Postgres).tracker(&facts, Arc::new(NoCancels));
    let rows = b"D\0\0\0\x0b\0\x01\0\0\0\x011".repeat(1000);
    let mut round = || {
        // Simple, extended, a pipeline of two, a COPY, an error, parameters; each cut in the middle of a frame.
        for (guest, server) in [
            (&b"Q\0\0\0\x0dSELECT 1\0"[..], &b"T\0\0\0\x06\0\x01"[..]),
            (b"", &rows),
            (b"", b"C\0\0\0\x0dSELECT 1\0S\0\0\0\x11TimeZone\0GMT\0Z\0\0\0\x05I"),
            (
                b"P\0\0\0\x04B\0\0\0\x04D\0\0\0\x04E\0\0\0\x04S\0\0\0\x04B\0\0\0\x04E\0\0\0\x04S\0\0\0\x04",
                b"",
            ),
            (
                b"",
                b"1\0\0\0\x042\0\0\0\x04T\0\0\0\x04C\0\0\0\x04Z\0\0\0\x05T2\0\0\0\x04E\0\0\0\x04Z\0\0\0\x05E",
            ),
            (b"Q\0\0\0\x05\0", b"G\0\0\0\x04"),
            (b"d\0\0\0\x061\nc\0\0\0\x04", b"C\0\0\0\x04Z\0\0\0\x05I"),
        ] {
            for piece in guest.chunks(7) {
                tracker.from_guest(piece).unwrap();
            }
            for piece in server.chunks(4093) {
                tracker.from_server(piece).unwrap();
            }
        }
        assert!(!tracker.is_busy());
    };
    round();
    let counted = allocation_counter::measure(|| (0..100).for_each(|_| round()));
    assert_eq!(counted.count_total, 0);
    // The counter counts.
    assert_ne!(allocation_counter::measure(|| drop(Box::new(7))).count_total, 0);
}
