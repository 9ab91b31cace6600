//! What an engine may be told at its start; knows no application and no shim.

use std::path::PathBuf;

/// How an engine is set up. The defaults suit a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineOptions {
    /// Whether the room for instances is reserved at the start, which makes starting one cheap. Without the
    /// address space for it, the engine logs why and makes room when an instance starts. Default true.
    pub pooling: bool,
    /// Instances that may exist at the same time while their room is reserved. Default 1000.
    pub max_instances: u32,
    /// Bytes that one linear memory may have, whatever the limits of an application say. Default 4 GiB.
    pub max_memory_bytes: usize,
    /// Elements that one table may have, whatever the limits of an application say. Default 100,000.
    pub max_table_elements: usize,
    /// Bytes of stack for the calls inside a guest. What recurses deeper traps. Default 8 MiB.
    pub stack_bytes: usize,
    /// The folder of compiled code, an absolute path, made with mode 0700. Code in it is trusted and is run:
    /// a folder that belongs to someone else, or that others may write, is not used. Default none: every
    /// load compiles.
    pub code_cache: Option<PathBuf>,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            pooling: true,
            max_instances: 1000,
            max_memory_bytes: 4 << 30,
            max_table_elements: 100_000,
            stack_bytes: 8 << 20,
            code_cache: None,
        }
    }
}
