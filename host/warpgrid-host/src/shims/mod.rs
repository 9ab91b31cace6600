//! The shims, one room each: `ctx` holds state, `error` says what can go wrong, and each door translates
//! between its interface and the state. No room imports a sibling's parts.
//!
//! The transparent doors at the standard WASI interfaces (`p2`, `p3`) stand beside `wit` in each room.

pub mod database_proxy;
pub mod dns;
pub mod filesystem;
pub mod signals;
pub mod sockets;
pub mod threading;
