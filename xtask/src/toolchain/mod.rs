//! Lays out the compiler half of the SDK so that it runs from any folder; knows nothing of sysroots or of packing.
mod build_system;
mod closure;
mod config;
mod crate_program;
mod elf;
mod layout;
mod stage;
mod stand_in;

pub use closure::{check_libraries, oldest_glibc};
pub use crate_program::{
    CrateBuild, CrateProgram, build_crate_program, encoded_flags, wasm_component_ld, wasmtime_cli,
};
pub use layout::{PARTS, ToolchainPart};
pub use stage::{ToolchainFacts, ToolchainInputs, stage};
