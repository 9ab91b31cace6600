//! `[network]` and `[limits]`.

use crate::{read, wrong};
use warpgrid_grants::limits::GuestLimits;

#[test]
fn what_is_wrong_is_named_with_its_line() {
    insta::assert_snapshot!(wrong(&[
        "[network]\nallow = 'example.com:443'",
        "[network]\nallow = [443]",
        "[network]\nbuilt-in-authorities = false",
        "[network]\nconnect-seconds = 0",
        "[network]\nfirst-byte-seconds = -1",
        "[network]\nresponse-head-size = '1KiB'",
        "[network]\nservice-hops = 100000",
        "[limits]\ninstances = 0",
        "[limits]\nmemory = '63KiB'",
        "[limits]\nmemory = '5GiB'",
        "[limits]\nmemory = 'lots'",
        "[limits]\nmemory = -1",
        "[limits]\ntable-elements = 0",
        "[limits]\nhandles = 0",
        "[limits]\ncall-size = 1",
        "[limits]\nheader-size = 1",
        "[limits]\nopen-files = -1",
        "[limits]\nsockets = 1.5",
        "[limits]\nlookups = 'many'",
        "[limits]\nread-size = 0",
        "[limits]\ndevice-size = '1GiB'",
        "[limits]\nlisted-names = 0",
        "[limits]\nlog-size = '1 parsec'",
        "[limits]\nsignals = 0",
        "[limits]\ncpu-seconds = 0",
        "[limits]\nrequest-seconds = 0",
        "[limits]\nrequest-seconds = nan",
        "[limits]\nrequest-seconds = 1e12",
    ]));
}

#[test]
fn what_a_guest_can_do_without_can_be_forbidden() {
    let limits = read("[limits]\nopen-files = 0\nsockets = 0\nlookups = 0\nlog-size = 0").limits;
    let none = GuestLimits { open_files: 0, sockets: 0, lookups: 0, log_bytes: 0, ..GuestLimits::default() };
    assert_eq!(limits, none);
}
