//! The steps of a build, one file each: inputs, output, run; a step knows no other step, it reads their outputs.
mod context;
mod crate_program;
mod facts;
mod fallback;
mod fetch;
mod files;
mod pack;
mod rust;
mod step_trait;
mod sysroot;
mod test_inputs;
mod toolchain;
mod verify;
mod warp;

pub use context::StepContext;
pub use crate_program::crate_program;
pub use files::{link_objects, merge_cache, seed_built_cache, unpack_crate};
pub use pack::tarball_path;
pub use rust::{packaged_rust, rustup_std_at_hand, standard_library};
pub use step_trait::{BuildStep, for_action};
pub use sysroot::{libc_is_source, source_road_inputs};
pub use test_inputs::{faketime_library, input_files, unpack_input, unpacked_packages};
pub use warp::host_cargo;
