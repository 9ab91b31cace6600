//! The threading shim: what a guest expects of threads, declared once; runs no thread.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`ThreadingConfig`]: what `[shims] threading` holds |
//! | `ctx` | [`ThreadingCtx`] of an instance |
//! | `error` | [`AlreadyDeclared`] |
//! | `wit` | the door `warpgrid:shim/threading` |

mod config;
mod ctx;
mod error;
mod wit;

pub use config::ThreadingConfig;
pub use ctx::{Threading, ThreadingCtx};
pub use error::AlreadyDeclared;
