//! The `warp` command line; knows no shim from the inside.
fn main() {}
