//! What a guest may see and touch, as plain data; knows no clock, no I/O and no Wasm engine.
//!
//! | module | what it holds |
//! |---|---|
//! | [`path`] | lexical normal form of absolute paths |
//! | [`files`] | the virtual file map: what stands behind a path |
//! | [`names`] | host names, the service registry, the hosts file, the look-up order and its cache |
//! | [`net`] | the network that a guest may reach |
//! | [`limits`] | what one guest may grow |
//! | [`refusal`] | the record of what was refused |
//! | [`signals`] | the queue of life-cycle signals |
//! | [`threading`] | what a guest can expect of threads |
//!
//! Time and randomness are arguments. Everything here can be built for a target without `std`.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod files;
pub mod limits;
pub mod names;
pub mod net;
pub mod path;
pub mod refusal;
pub mod signals;
pub mod threading;
