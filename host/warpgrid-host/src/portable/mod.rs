//! One file for two worlds: a component that runs on hosts without our shims, and on ours with the real ones.
//!
//! `compose` puts a component and a fallback that answers "not managed here" into one; any host runs that.
//! `unwrap` finds the component again, byte for byte, so that our engine can link the real shims to it.
//! Neither knows an engine or a configuration.
mod compose;
mod error;
mod sections;
mod unwrap;

pub use compose::{Composed, compose};
pub use error::PortableError;
pub use unwrap::unwrap;
