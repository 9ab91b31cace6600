//! The content-addressed store of inputs and of built parts, shared by clones; knows no source kind.
//!
//! ```text
//! <cache>/objects/sha256/<aa>/<hex>   inputs, read-only, verified once per process before use
//! <cache>/built/<aa>/<hex>/           built parts: tree/ and the digests of its files
//! <cache>/partial/<hex>               downloads that were cut, continued by the next run
//! <cache>/aside/<hex>                 the last refused bytes of that name, for inspection
//! <cache>/git/<hex>.git               repositories, objects only
//! <cache>/locks/  <cache>/tmp/        locks, and work in progress of living processes
//! ```
//! Everything arrives by rename from `tmp/`, so no reader ever sees a half-written object.

pub mod built;
mod lock;
mod objects;
mod temp;

pub use lock::Lock;
pub use objects::{Cache, Expected, WrongBytes};
pub use temp::TempDir;
