//! The tables of `warp.toml`, one file each: its keys, its shape, what it means and what is wrong with it.
//!
//! To add a key: a line in `KEYS`, a field in the raw table, a line in `read`.

pub(super) mod bindings;
pub(super) mod env;
pub(super) mod files;
pub(super) mod http;
pub(super) mod limits;
pub(super) mod listeners;
pub(super) mod names;
pub(super) mod network;
pub(super) mod package;
pub(super) mod services;
pub(super) mod shims;
