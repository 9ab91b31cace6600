//! The build driver as a library, so that its tests reach every part; knows nothing that a guest or host needs at run time.
pub mod cache;
pub mod cmd;
pub mod exec;
pub mod hint;
pub mod manifest;
pub mod pack;
pub mod paths;
pub mod series;
pub mod source;
pub mod sysroot;
pub mod toolchain;
