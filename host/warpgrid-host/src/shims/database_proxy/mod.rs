//! The database-proxy shim: pooled sessions for guests that ask for them by name; knows no wire protocol.
//!
//! Guests with an ordinary driver do not need it: they connect to the address of a binding, and the sockets' doors give
//! them the same sessions.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`DatabaseProxyConfig`]: what `[shims] database-proxy` holds |
//! | `ctx` | [`DatabaseProxyCtx`] of an instance: which binding is meant |
//! | `error` | [`DatabaseProxyError`] and what a guest is told |
//! | `wit` | the door `warpgrid:shim/database-proxy`, for guests that wait by polling |
//! | `wit_async` | the door `warpgrid:shim/database-proxy-async`, for guests with asynchronous functions |

mod config;
mod ctx;
mod error;
mod wit;
mod wit_async;

pub use config::DatabaseProxyConfig;
pub use ctx::{DatabaseProxy, DatabaseProxyCtx};
pub use error::DatabaseProxyError;
pub use wit::ProxiedConnection;
pub use wit_async::AsyncProxiedConnection;
