//! The sockets shim: TCP and UDP at the standard WASI interfaces; resolves no name.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`SocketsConfig`]: what `[shims] sockets` holds |
//! | `ctx` | the shim's state |

mod config;
mod ctx;

pub use config::SocketsConfig;
pub use ctx::{Sockets, SocketsCtx};
