//! Measures the host against bare wasmtime and prints one JSON object a line: raw times of pairs that were taken in
//! turn. `cargo xtask bench host` makes ratios of them. Knows no goal.
//!
//! | file | what it measures |
//! |---|---|
//! | `pairs` | takes two things in turn |
//! | `plain` | the other side: the same engine with nothing but wasmtime-wasi |
//! | `instances` | starting instances, and what an idle one weighs |
//! | `calls` | a call from a guest to the host |
//! | `names` | looking up a name |
//! | `files` | a virtual file against one of a granted folder |
//! | `load` | requests over HTTP, as many as are answered |
#![expect(clippy::print_stdout, reason = "the figures")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a program that measures: what fails here ends it"
)]

mod calls;
mod files;
mod instances;
mod load;
mod names;
mod pairs;
mod plain;

fn main() {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| text != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["load", address, connections, seconds] => {
            load::run(address, connections.parse().unwrap(), seconds.parse().unwrap());
        }
        ["figures", rounds] => {
            let rounds = rounds.parse().unwrap();
            instances::run(rounds);
            calls::run(rounds);
            names::run(rounds);
            files::run(rounds);
            instances::density();
        }
        _ => {
            eprintln!("usage: host figures ROUNDS | host load ADDRESS CONNECTIONS SECONDS");
            std::process::exit(2);
        }
    }
}

/// A guest program of `tests/guests`.
fn guest(name: &str) -> Vec<u8> {
    let folder =
        std::env::var_os("WARPGRID_GUESTS").expect("WARPGRID_GUESTS names the folder of built guests");
    let path = std::path::Path::new(&folder).join(format!("{name}.wasm"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
}
