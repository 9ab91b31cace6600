//! `warpgrid-test-services`: the servers as a program, for people and for `cargo xtask services`.
fn main() {}
