//! The door at `wasi:sockets` 0.2: TCP sockets are ours with upstream's inside, UDP sockets are upstream's.
//!
//! | file | what it holds |
//! |---|---|
//! | `create` | making sockets, counted |
//! | `tcp_socket` | [`GuestTcpSocket`]: what stands behind a guest's TCP socket |
//! | `tcp` | the methods of a TCP socket |
//! | `database` | the streams of a connection to a database |
//! | `udp` | the methods of a UDP socket and its streams |
//! | `poll` | waiting for many sockets at once |
//! | `capped` | an input stream with a bound on each read |

mod capped;
mod create;
mod database;
mod link;
mod poll;
mod tcp;
mod tcp_socket;
mod udp;

pub(super) use link::intercept;
pub(super) use tcp_socket::GuestTcpSocket;
