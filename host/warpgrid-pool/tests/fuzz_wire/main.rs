//! Everything that reads bytes of a guest or a server, against bytes that are wrong: recorded dialogues, changed by chance
//! from a seed. No panic, no hang, no growth, and pieces of any size make no difference. Knows no socket.
//!
//! | file | what it holds |
//! |---|---|
//! | `corpus/` | dialogues with real servers, logins, resets (`cut_matrix` writes them down) |
//! | `corpus` | reads them |
//! | `mutate` | changes them |
//! | `target` | what is fed: greetings, trackers, logins, resets and pings |
//! | `garbage` | a server that says what it is told, in pieces |
//! | `run` | cases by seed, their time and their memory |
//!
//! CI runs each target for seconds, `WARPGRID_FULL=1` for an hour. A failure prints the seed of its case, and
//! `WARPGRID_CASE=<seed>` runs that alone. What went wrong in other poolers (CVE-2015-6817, 2021-3935, 2021-23222,
//! 2024-10977, 2026-6664 to 6668, 2026-107348 to 107350) is tested by name beside the code, in `src/protocol/postgres` and
//! `src/guest`.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "how many cases ran is a figure")]

mod corpus;
mod garbage;
mod mutate;
#[path = "../proof/mod.rs"]
mod proof;
mod run;
mod target;
