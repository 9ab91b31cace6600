//! MySQL's wire protocol against real servers: MariaDB, and MySQL where a package of it is there.
#![expect(clippy::unwrap_used, reason = "set-up code: what fails here is a failed test")]
#![expect(clippy::print_stdout, reason = "a server that is not there is said to be left out")]

mod canaries;
mod commands;
mod guests;
mod lab;
mod logins;
mod relay;
mod replay;
mod tls;
