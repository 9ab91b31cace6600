//! One instance of an application: what it is given, what it may touch, how it ends.
//!
//! | file | what it holds |
//! |---|---|
//! | `options` | [`InstanceOptions`]: what the embedder gives |
//! | `facts` | [`InstanceFacts`]: what the shims may know of an instance and share with each other |
//! | `state` | [`InstanceState`]: what a store holds |
//! | `run` | [`Instance`]: one run of a command |
//! | `outcome` | [`Outcome`] and [`RunError`]: how it ends |

mod facts;
mod options;
mod outcome;
mod run;
mod state;

pub use facts::{InstanceFacts, InstanceId};
pub use options::{Folder, InstanceOptions, Stdio};
pub use outcome::{Outcome, RunError};
pub use run::Instance;
pub use state::InstanceState;

pub(crate) use outcome::ended;
pub(crate) use state::new_store;
