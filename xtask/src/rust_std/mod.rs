//! Rust's standard library for `wasm32-wasip2`: found, compiled, laid out with the SDK's C library; knows no guest.
//!
//! | file | what it does |
//! |---|---|
//! | `installed` | takes the one that rustup added to this machine's rustc |
//! | `compile` | builds it with a compiler and a source that came as packages |
//! | `library` | what either gives: a folder with the same entries |
//! | `layout` | puts it into the SDK |
mod compile;
mod installed;
mod layout;
mod library;

pub use compile::{CompileInputs, PackagedRust, compile};
pub use installed::{Installed, find_installed, take_installed};
pub use layout::{LayoutInputs, SDK_FOLDER, lay_out, link_start_files};
pub use library::{Origin, Road, StandardLibrary};

/// The target that the standard library is for.
pub const TARGET: &str = "wasm32-wasip2";
/// What the standard library is licensed under, with the crates that are part of it.
pub const LICENCE: &str = "(Apache-2.0 OR MIT) AND Apache-2.0 WITH LLVM-exception";
