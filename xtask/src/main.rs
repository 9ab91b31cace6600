//! `cargo xtask`: parse, find the root, dispatch.
fn main() {}
