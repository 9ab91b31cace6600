//! The filesystem shim: virtual files of the host; knows no name look-up and no real folder.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`FilesystemConfig`]: what `[shims] filesystem` holds |
//! | `ctx` | [`FilesystemState`] of an application, [`FilesystemCtx`] of an instance |
//! | `zones` | the time-zone database as a folder |
//! | `error` | grants' errors as the WIT interface has them |
//! | `wit` | the door `warpgrid:shim/filesystem` |

mod config;
mod ctx;
mod error;
mod wit;
mod zones;

pub use config::FilesystemConfig;
pub use ctx::{Filesystem, FilesystemCtx, FilesystemState};
