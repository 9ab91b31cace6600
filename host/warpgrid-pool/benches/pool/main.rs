//! Measures the pool against the same without it and against PgBouncer, and prints one JSON object a line: raw values of
//! sides that were taken in turn. `cargo xtask bench pool` makes ratios of them. Knows no goal.
//!
//! The four baselines, in one run on the same servers: a native program at the database (A), a guest at the database
//! (B), the same through the pool (C), a native program through PgBouncer (D). Servers run on one core, everything else
//! on another.
//!
//! | file | what it measures |
//! |---|---|
//! | `queries` | B and C: time, rate and processor time of a query, for three protocols |
//! | `poolers` | A, C by `warp proxy`, and D, with pgbench; what a pooler adds; how often sessions are reused |
//! | `system_calls` | B and C: what strace counts of a query |
//! | `bulk` | B and C: one large result |
//! | `connects` | A and C: a connection for every query; how long a checkout takes |
//! | `waiting` | C: many queries that wait in the server, and the threads that takes |
//!
//! | file | what it is |
//! |---|---|
//! | `lab` | the servers and the programs |
//! | `guest` | one run of a guest, with its processor time |
//! | `proxy` | a running `warp proxy` |
//! | `pgbench` | one run of pgbench |
//! | `cores` | which core what runs on |
//! | `turns` | takes sides in turn, and prints |
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the figures, and what is under way")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a program that measures: what fails here ends it")]

mod bulk;
mod connects;
mod cores;
mod guest;
mod lab;
mod pgbench;
mod poolers;
mod proxy;
mod queries;
mod system_calls;
mod turns;
mod waiting;

use lab::Lab;

/// Measures so many rounds and prints.
type Measurement = fn(&Lab, usize);

/// What can be measured, by the name that it is asked for with.
const GROUPS: &[(&str, Measurement)] = &[
    ("queries", queries::run),
    ("poolers", poolers::run),
    ("system-calls", system_calls::run),
    ("bulk", bulk::run),
    ("connects", connects::run),
    ("waiting", waiting::run),
];

fn main() {
    // `cargo bench` adds a flag of its own.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|text| text != "--bench").collect();
    let mut words = arguments.iter().map(String::as_str);
    let rounds = words.next().and_then(|word| word.parse().ok());
    let wanted: Vec<&str> = words.collect();
    let known = wanted.iter().all(|word| GROUPS.iter().any(|(name, _)| name == word));
    let (Some(rounds), true) = (rounds, known) else {
        let names: Vec<&str> = GROUPS.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: pool ROUNDS [{}]...", names.join("|"));
        std::process::exit(2);
    };
    let lab = Lab::start();
    for (name, measure) in GROUPS {
        if wanted.is_empty() || wanted.contains(name) {
            eprintln!("measuring {name}");
            measure(&lab, rounds);
        }
    }
}
