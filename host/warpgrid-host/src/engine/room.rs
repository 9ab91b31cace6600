//! Where the memory, tables and stacks of instances come from; knows no instance.
//!
//! Reserved room ("pooling") is address space, not memory: each linear memory has 4 GiB of it, so that the
//! compiled code needs no check of bounds. A process with a limit on its address space cannot have that, and
//! gets its instances one by one, with checks.

use super::EngineOptions;
use std::fmt;
use wasmtime::{Config, Enabled, InstanceAllocationStrategy, PoolingAllocationConfig};

/// What the host's own functions have of a stack, below the guest's part.
const HOST_STACK_BYTES: usize = 2 << 20;
/// How much of a used stack, memory or table stays with the process for the next instance.
const KEPT_STACK_BYTES: usize = 32 << 10;
const KEPT_MEMORY_BYTES: usize = 256 << 10;
/// A component is several core modules: the program, its adapters, and those of a composed fallback.
const MEMORIES_PER_INSTANCE: u32 = 3;
const TABLES_PER_INSTANCE: u32 = 6;
const CORE_INSTANCES_PER_INSTANCE: u32 = 20;
/// How far a memory may grow in place when nothing is reserved for it.
const SMALL_RESERVATION_BYTES: u64 = 1 << 20;
const SMALL_GUARD_BYTES: u64 = 64 << 10;

/// Where an engine takes the room of instances from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Room {
    /// Reserved at the start.
    Reserved,
    /// Made when an instance starts.
    OnDemand {
        /// Why it was not reserved.
        reason: String,
    },
}

impl fmt::Display for Room {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Room::Reserved => out.write_str("reserved"),
            Room::OnDemand { reason } => write!(out, "on demand: {reason}"),
        }
    }
}

/// What can be said before trying: none when room may be reserved.
pub(super) fn obstacle(options: &EngineOptions) -> Option<String> {
    if !options.pooling {
        return Some("switched off by the embedder".to_owned());
    }
    address_space_limit().map(|limit| format!("the process may use {limit} bytes of address space only"))
}

fn address_space_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::As).current
}

/// Adds the size of stacks, which is the same for both kinds of room.
pub(super) fn stacks(settings: &mut Config, options: &EngineOptions) {
    settings.async_stack_size(options.stack_bytes + HOST_STACK_BYTES);
    settings.max_wasm_stack(options.stack_bytes);
    // A stack is given back with nothing on it: neither data of a guest nor its pages.
    settings.async_stack_zeroing(true);
}

/// Reserves room for the instances.
pub(super) fn reserve(settings: &mut Config, options: &EngineOptions) {
    let instances = options.max_instances;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_core_instances(instances.saturating_mul(CORE_INSTANCES_PER_INSTANCE))
        .total_memories(instances.saturating_mul(MEMORIES_PER_INSTANCE))
        .total_tables(instances.saturating_mul(TABLES_PER_INSTANCE))
        .total_gc_heaps(instances)
        .total_stacks(instances)
        .max_memories_per_module(16)
        .max_tables_per_module(16)
        .max_memory_size(options.max_memory_bytes)
        .table_elements(options.max_table_elements)
        .linear_memory_keep_resident(KEPT_MEMORY_BYTES)
        .table_keep_resident(KEPT_STACK_BYTES)
        .async_stack_keep_resident(KEPT_STACK_BYTES)
        .pagemap_scan(Enabled::Auto);
    settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
}

/// Asks for little address space per instance.
pub(super) fn on_demand(settings: &mut Config) {
    settings.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    if address_space_limit().is_some() {
        settings.memory_reservation(SMALL_RESERVATION_BYTES);
        settings.memory_reservation_for_growth(SMALL_RESERVATION_BYTES);
        settings.memory_guard_size(SMALL_GUARD_BYTES);
    }
}
