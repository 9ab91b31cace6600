//! Builds the programs of the driver matrix in `tests/drivers`, and the program that runs them; knows no driver.
//!
//! | file | what it builds |
//! |---|---|
//! | `rust` | `tests/drivers/rust`: one program a Rust driver, and one a command-line client |
//! | `go` | `tests/drivers/go`: one program for all Go drivers |
//! | `node` | `tests/drivers/node`: packages of Node and one script a driver |
//! | `folder` | the folder of all of them |
//! | `program` | `tests/drivers/matrix`, which starts servers and runs the others, and `warp` |
mod folder;
mod go;
mod node;
mod program;
mod rust;

pub use folder::{Programs, build};
pub use program::{program, warp};
pub use rust::rust_cargo;
