//! PostgreSQL's part of the pool against a real server; knows no pool. Needs `$WARPGRID_SERVICES`.

mod allocations;
mod cancels;
mod dialogues;
mod greetings;
mod lab;
mod logins;
mod resets;
mod tls;
