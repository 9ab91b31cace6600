//! The sockets shim: TCP and UDP at the standard WASI interfaces; resolves no name.
//!
//! The system's sockets and what a guest does with them are upstream's. This room decides where they may go
//! (`policy` and `datagrams`, asked by upstream before every bind, listen, accept, connect, send and receive), counts them, and
//! is where a connection to a database binding leaves the ordinary way: it gets a session of the pool in place of a
//! socket.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`SocketsConfig`]: what `[shims] sockets` holds |
//! | `ctx` | the shim's state |
//! | `policy` | the gate of one instance: what is granted, what is refused, which way a connection goes |
//! | `datagrams` | the gate of one UDP socket: whom it hears and whom it may answer |
//! | `database_socket` | what a guest's socket is once it is connected to a database |
//! | `count` | how many sockets an instance holds |
//! | `error` | [`SocketsError`] and the codes that a guest sees |
//! | `view` | what the doors may touch of a store |
//! | `p2` | the door at `wasi:sockets` 0.2 |
//! | `p3` | the door at `wasi:sockets` 0.3 |

mod config;
mod count;
mod ctx;
mod database_socket;
mod datagrams;
mod error;
mod p2;
mod p3;
mod policy;
mod view;

pub use config::SocketsConfig;
pub use ctx::{Sockets, SocketsCtx};
pub use error::SocketsError;
