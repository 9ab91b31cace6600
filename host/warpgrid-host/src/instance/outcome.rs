//! How a guest ends; runs nothing.

use super::cpu::CpuLimitReached;
use super::options::Folder;
use super::state::InstanceState;
use std::path::PathBuf;
use std::time::Duration;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime::component::ResourceTableError;
use wasmtime::{PoolConcurrencyLimitError, Trap, WasmBacktrace};
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
    /// The application is a command and serves nothing.
    #[error("the component is a command and does not serve HTTP; run it")]
    NotService,
    /// The guest did what no guest may do, and was ended.
    #[error("the guest trapped: {trap}")]
    Trap {
        /// What it did.
        trap: String,
        /// Where, innermost function first; empty when unknown.
        frames: Vec<String>,
    },
    /// The guest asked for more memory than its limit, did not get it, and could not live without.
    #[error("the guest ran out of memory: it may have {limit} bytes ({trap})")]
    OutOfMemory {
        /// Bytes that all its memories together may have.
        limit: usize,
        /// What it did without the memory.
        trap: String,
        /// Where, innermost function first; empty when unknown.
        frames: Vec<String>,
    },
    /// The guest was on the processor for longer than its limit, and was ended.
    #[error("the guest used up its time on the processor: it may have {limit:?}")]
    CpuLimit {
        /// The limit.
        limit: Duration,
    },
    /// The guest held as many handles as it may, wanted one more, and was ended.
    #[error("the guest holds too many handles: it may have {limit}")]
    HandleLimit {
        /// Handles that it may hold at the same time.
        limit: usize,
    },
    /// As many instances exist as the engine has room for.
    #[error("the engine has no room for another instance: {reason}")]
    NoRoom {
        /// What there is no more of.
        reason: String,
    },
    /// The host ended the guest.
    #[error("the host ended the guest")]
    Host(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Sorts out why a call into the guest did not return.
fn ended(error: wasmtime::Error) -> Result<Outcome, RunError> {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return Ok(Outcome::Exited(exit.0));
    }
    if let Some(reached) = error.downcast_ref::<CpuLimitReached>() {
        return Err(RunError::CpuLimit { limit: reached.limit });
    }
    if let Some(full) = error.downcast_ref::<PoolConcurrencyLimitError>() {
        return Err(RunError::NoRoom { reason: full.to_string() });
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

/// The same, with what the store knows of limits that the guest reached.
pub(crate) fn ended_in(state: &InstanceState, error: wasmtime::Error) -> Result<Outcome, RunError> {
    if is_full_of_handles(&error) {
        let facts = &state.facts;
        facts.refusals.add(Capability::Resource, "handles", Reason::Limit);
        return Err(RunError::HandleLimit { limit: facts.limits.handles });
    }
    let does_not_fit = error.to_string().contains("exceeds memory limits");
    let gave_up = matches!(error.downcast_ref(), Some(Trap::UnreachableCodeReached));
    let ended = ended(error);
    if matches!(ended, Err(RunError::CpuLimit { .. })) {
        state.facts.refusals.add(Capability::Resource, "processor", Reason::Limit);
    }
    match (ended, state.limits.refused_memory()) {
        (Err(RunError::Trap { trap, frames }), Some(limit)) if gave_up => {
            Err(RunError::OutOfMemory { limit, trap, frames })
        }
        (Err(RunError::Host(_)), Some(limit)) if does_not_fit => {
            let trap = "it needs more at its start".to_owned();
            Err(RunError::OutOfMemory { limit, trap, frames: Vec::new() })
        }
        (ended, _) => ended,
    }
}

/// Handles are counted by the host's table and by the engine's; the engine's error has no type.
fn is_full_of_handles(error: &wasmtime::Error) -> bool {
    matches!(error.downcast_ref(), Some(ResourceTableError::Full))
        || error.chain().any(|cause| cause.to_string().contains("store handle limit exceeded"))
}
