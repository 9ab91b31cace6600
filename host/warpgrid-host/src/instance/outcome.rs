//! How a guest ends; runs nothing.

use super::options::Folder;
use std::path::PathBuf;
use wasmtime::{Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

/// How a guest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It returned, or called exit, with this code.
    Exited(i32),
}

/// Why a guest did not end by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// A folder of the host could not be opened.
    #[error("cannot open the folder `{}` for the guest", folder.host.display())]
    Folder {
        /// The folder.
        folder: Folder,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An empty folder for the guest could not be made.
    #[error("cannot make the scratch folder `{guest}` for the guest in `{}`", parent.display())]
    Scratch {
        /// Where the guest would see it.
        guest: String,
        /// Where it would be on the host.
        parent: PathBuf,
        /// What the system said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The application serves HTTP and is no command.
    #[error("the component serves HTTP and does not run as a command; serve it")]
    NotCommand,
    /// The guest did what no guest may do, and was ended.
    #[error("the guest trapped: {trap}")]
    Trap {
        /// What it did.
        trap: String,
        /// Where, innermost function first; empty when unknown.
        frames: Vec<String>,
    },
    /// The host ended the guest.
    #[error("the host ended the guest")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sorts out why a call into the guest did not return.
pub(crate) fn ended(error: wasmtime::Error) -> Result<Outcome, RunError> {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Ok(Outcome::Exited(exit.0));
    }
    let Some(trap) = error.downcast_ref::<Trap>() else { return Err(RunError::Host(error.into())) };
    let frames = error.downcast_ref::<WasmBacktrace>().map_or_else(Vec::new, |backtrace| {
        let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
            Some(name) => name.to_owned(),
            None => format!("function {}", frame.func_index()),
        };
        backtrace.frames().iter().map(name).collect()
    });
    let trap = trap.to_string();
    Err(RunError::Trap { trap: trap.trim_start_matches("wasm trap: ").to_owned(), frames })
}
