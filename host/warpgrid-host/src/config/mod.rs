//! `warp.toml`, typed; knows no linker and no guest.
//!
//! | file | what it holds |
//! |---|---|
//! | `keys` | every key with its shape, default and meaning: the one list |
//! | `walk` | holds a file against the list: unknown keys, keys of later versions, lines |
//! | `raw` | the file as serde reads it |
//! | `model` | [`WarpConfig`] and [`ShimConfig`]: what the rest of the host uses |
//! | `error` | [`ConfigError`], [`Warning`] |
//! | `summary` | each shim's key values in few words |
//! | `reference` | the reference page, written from the list |

mod error;
mod keys;
mod model;
mod raw;
mod reference;
mod summary;
mod walk;

pub use crate::shims::dns::DnsConfig;
pub use crate::shims::filesystem::FilesystemConfig;
pub use crate::shims::signals::SignalsConfig;
pub use crate::shims::sockets::SocketsConfig;
pub use crate::shims::threading::ThreadingConfig;
pub use error::{ConfigError, Warning};
pub use model::{EnvValue, ShimConfig, WarpConfig};
pub use reference::reference_page;
pub use summary::Summary;
