//! The filesystem shim: virtual files of the host beside the real folders that a guest was given; knows no
//! name look-up.
//!
//! | file | what it holds |
//! |---|---|
//! | `config` | [`FilesystemConfig`]: what `[shims] filesystem` holds |
//! | `ctx` | [`FilesystemState`] of an application, [`FilesystemCtx`] of an instance |
//! | `zones` | the time-zone database as a folder |
//! | `memory_file` | virtual files and devices as files of the system |
//! | `namespace` | what stands at an absolute path for one guest |
//! | `walk` | from a folder and a path to what the guest means |
//! | `descriptors` | what is remembered of descriptors, and how many are open |
//! | `listing` | the names in a folder, virtual and real ones merged |
//! | `names_budget` | how many names all listings of an instance hold |
//! | `view` | what the doors share: a call's path becomes upstream's call or a virtual answer |
//! | `error` | errors as each door has them |
//! | `wit` | the door `warpgrid:shim/filesystem` |
//! | `p2`, `p3` | the doors `wasi:filesystem` 0.2 (and so Preview 1) and 0.3 |
//!
//! What holds at the doors of WASI, decided in `docs/adr/0011-virtual-files-over-wasi.md`:
//!
//! - A virtual path is always the host's: no real file, link or rename can take its place.
//! - A call whose descriptor cannot lead to a virtual path goes to upstream unchanged.
//! - `..` above a descriptor's own folder, absolute paths and absolute links are refused.
//! - Virtual files, virtual folders and the folders above them cannot be written, made, removed, renamed or
//!   linked; the null device can be written.
//! - A file that is opened counts against the limit, virtual or not; so do the names of open listings.

mod config;
mod ctx;
mod descriptors;
mod error;
mod listing;
mod memory_file;
mod names_budget;
mod namespace;
mod p2;
mod p3;
mod view;
mod walk;
mod wit;
mod zones;

pub use config::FilesystemConfig;
pub use ctx::{Filesystem, FilesystemCtx, FilesystemState};
