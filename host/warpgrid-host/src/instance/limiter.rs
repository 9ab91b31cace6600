//! Counts what the memories and tables of one instance have together, and refuses more; ends no guest.
//!
//! A refused growth is not the end: `memory.grow` gives -1, and a guest that can live with that does. Only
//! the first refusal of each kind is recorded, so that a guest that tries without end fills no log.

use super::facts::InstanceFacts;
use std::sync::Arc;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime::ResourceLimiter;

/// Core modules, memories and tables that one component may consist of, whatever their sizes.
const MAX_PARTS: usize = 1000;

/// What one instance's memories and tables have, and may have.
pub(crate) struct InstanceLimiter {
    facts: Arc<InstanceFacts>,
    memory: Counted,
    tables: Counted,
}

/// One kind of thing that grows.
struct Counted {
    name: &'static str,
    limit: usize,
    used: usize,
    /// What the last growth added, to be taken back if the system refuses it.
    last: usize,
    refused: bool,
}

impl Counted {
    fn new(name: &'static str, limit: usize) -> Self {
        Self { name, limit, used: 0, last: 0, refused: false }
    }

    fn grow(&mut self, from: usize, to: usize, maximum: Option<usize>, facts: &InstanceFacts) -> bool {
        self.last = 0;
        if maximum.is_some_and(|maximum| to > maximum) {
            return false;
        }
        let more = to.saturating_sub(from);
        match self.used.checked_add(more) {
            Some(sum) if sum <= self.limit => {
                self.used = sum;
                self.last = more;
                true
            }
            _ => {
                if !self.refused {
                    facts.refusals.add(Capability::Resource, self.name, Reason::Limit);
                }
                self.refused = true;
                false
            }
        }
    }

    fn take_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.last));
    }
}

impl InstanceLimiter {
    pub(crate) fn new(facts: Arc<InstanceFacts>) -> Self {
        let memory = Counted::new("memory", facts.limits.memory_bytes);
        let tables = Counted::new("tables", facts.limits.table_elements);
        Self { facts, memory, tables }
    }

    /// The limit of memory, if the guest was ever refused more.
    pub(crate) fn refused_memory(&self) -> Option<usize> {
        self.memory.refused.then_some(self.memory.limit)
    }
}

impl ResourceLimiter for InstanceLimiter {
    fn memory_growing(&mut self, from: usize, to: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.memory.grow(from, to, maximum, &self.facts))
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::warn!(instance = %self.facts.id, error = format!("{error:#}"), "the system has no memory");
        self.memory.take_back();
        Ok(())
    }

    fn table_growing(&mut self, from: usize, to: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(self.tables.grow(from, to, maximum, &self.facts))
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.tables.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        MAX_PARTS
    }

    fn tables(&self) -> usize {
        MAX_PARTS
    }

    fn memories(&self) -> usize {
        MAX_PARTS
    }
}
