//! Guests of `warpgrid:shim/database-proxy` and of its async twin: the same cases as over plain sockets, and those that
//! only this door has. No host offers the door yet, and that is what these tests say today.

use crate::harness::{guest, load};

#[test]
fn a_guest_of_the_proxy_is_told_that_this_host_has_none() {
    for (name, interface) in [
        ("db_proxy_wit", "warpgrid:shim/database-proxy@"),
        ("db_proxy_async", "warpgrid:shim/database-proxy-async@"),
        ("db_handler_async", "warpgrid:shim/database-proxy-async@"),
    ] {
        let Err(error) = load(&guest(name), "") else { panic!("`{name}` links: write its cases") };
        let text = error.to_string();
        assert!(text.contains(interface) && text.contains("does not have that shim yet"), "{name}: {text}");
    }
}
