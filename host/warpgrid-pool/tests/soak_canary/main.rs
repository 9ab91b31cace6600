//! The soak (R1): guests of eight tenants plant every kind of session state in real servers of three protocols, leave in
//! every way, and first of all look for what others left. Nothing may ever be seen.
//!
//! | file | what it holds |
//! |---|---|
//! | `visit` | one guest's visit: what every protocol is asked to do |
//! | `postgres`, `mysql`, `redis` | what is planted, looked for, and how guests leave rudely |
//! | `soak` | all tenants at once |
//! | `checks` | that each canary is seen where no reset stands in between |
//!
//! 20,000 visits; with `WARPGRID_FULL=1` a million. `WARPGRID_SEED=n` draws the same visits again.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "what a proof counted is its result")]

mod checks;
#[path = "../lab/mod.rs"]
mod lab;
mod mysql;
mod postgres;
mod redis;
mod soak;
mod visit;
