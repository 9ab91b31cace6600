//! One instance of an application: what it is given, what it may touch, how it ends.
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | [`InstanceOptions`]: what the embedder gives |
//! | `facts` | [`InstanceFacts`]: what the shims may know of an instance and share with each other |
//! | `state` | [`InstanceState`]: what a store holds |
//! | `run` | [`Instance`]: one run of a command |
//! | `limiter` | what its memories and tables have together |
//! | `cpu` | how long it has been on the processor |
//! | `outcome` | [`Outcome`] and [`RunError`]: how it ends |

mod cpu;
mod facts;
mod limiter;
mod options;
mod outcome;
mod run;
mod state;

pub use facts::{InstanceFacts, InstanceId};
pub use options::{Folder, InstanceOptions, Stdio};
pub use outcome::{Outcome, RunError};
pub use run::Instance;
pub use state::InstanceState;

pub(crate) use outcome::ended_in;
pub(crate) use state::new_store;
