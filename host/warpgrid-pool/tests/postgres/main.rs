//! PostgreSQL's part of the pool against a real server; knows no pool. Needs `$WARPGRID_SERVICES`.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]

mod allocations;
mod cancels;
mod dialogues;
mod greetings;
mod lab;
mod logins;
mod resets;
mod tls;
