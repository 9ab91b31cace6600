//! The door at `wasi:sockets` 0.3: sockets are upstream's, counted, and connecting takes the way that the gate
//! says.
//!
//! | file | what it holds |
//! |---|---|
//! | `tcp` | the methods of a TCP socket |
//! | `database` | the streams of a connection to a database |
//! | `udp` | the methods of a UDP socket |

mod database;
mod link;
mod tcp;
mod udp;

pub(super) use link::intercept;
