//! Every server, through its own client programs: over TCP, over TLS, over its Unix socket; killed, stopped, restarted,
//! gone on drop. Needs the folder of `$WARPGRID_SERVICES`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "set-up code: what fails here is a failed test"
)]

mod lab;
mod life;
mod logins;
mod tls;
