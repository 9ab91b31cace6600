//! Every server, through its own client programs: over TCP, over TLS, over its Unix socket; killed, stopped, restarted,
//! gone on drop. Needs the folder of `$WARPGRID_SERVICES`.
mod lab;
mod life;
mod logins;
mod tls;
