//! Builds the guest programs of `tests/guests` for the tests of the host, into one folder; knows no test.
//!
//! | file | what it builds |
//! |---|---|
//! | `rust` | `tests/guests/rust`, one workspace, one component a file |
//! | `go` | `tests/guests/go`, one Preview 1 module a folder |
//! | `sdk` | what needs a built SDK: C programs, and a Rust program in the SDK's environment |
//! | `folder` | the folder of all of them |
mod folder;
mod go;
mod rust;
mod sdk;

pub use folder::build;
