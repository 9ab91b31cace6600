//! The signals shim: life-cycle events for guests that ask for them; listens to no signal of the system.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`SignalsConfig`]: what `[shims] signals` holds |
//! | `ctx` | [`SignalsState`]: the live instances of an application; [`SignalsCtx`] of an instance |
//! | `mailbox` | the queue of an instance and who waits for it |
//! | `error` | [`DeliverError`] |
//! | `wit` | the door `warpgrid:shim/signals` |

mod config;
mod ctx;
mod error;
mod mailbox;
mod wit;

pub use config::SignalsConfig;
pub use ctx::{Signals, SignalsCtx, SignalsState};
pub use error::DeliverError;
