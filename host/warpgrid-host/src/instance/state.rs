//! What a store holds: everything of one instance, released when the store is dropped.

use super::facts::InstanceFacts;
use super::options::{InstanceOptions, Stdio};
use super::outcome::RunError;
use crate::http::OutgoingHttp;
use crate::shim::InstanceShims;
use std::sync::Arc;
use tempfile::TempDir;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{FsPerms, WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

/// What a store holds.
pub struct InstanceState {
    pub(crate) facts: Arc<InstanceFacts>,
    pub(crate) wasi: WasiCtx,
    pub(crate) http: WasiHttpCtx,
    pub(crate) outgoing: OutgoingHttp,
    pub(crate) table: ResourceTable,
    pub(crate) shims: InstanceShims,
    pub(crate) limits: StoreLimits,
    /// Removed from the host when this is dropped, after everything that holds them open.
    _scratch: Vec<TempDir>,
}

impl InstanceState {
    /// What the shims know of the instance.
    pub fn facts(&self) -> &Arc<InstanceFacts> {
        &self.facts
    }
}

impl WasiView for InstanceState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for InstanceState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.outgoing }
    }
}

/// A store for one instance. Nothing of the guest runs yet.
pub(crate) fn new_store(
    engine: &Engine,
    facts: Arc<InstanceFacts>,
    shims: InstanceShims,
    outgoing: OutgoingHttp,
    options: InstanceOptions,
) -> Result<Store<InstanceState>, RunError> {
    let limits = StoreLimitsBuilder::new().memory_size(facts.limits.memory_bytes).build();
    let mut table = ResourceTable::new();
    table.set_max_capacity(facts.limits.handles);
    let mut scratch = Vec::with_capacity(options.scratch.len());
    let wasi = wasi(options, &mut scratch)?;
    let http = WasiHttpCtx::new();
    let state = InstanceState { facts, wasi, http, outgoing, table, shims, limits, _scratch: scratch };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limits);
    Ok(store)
}

fn wasi(options: InstanceOptions, scratch: &mut Vec<TempDir>) -> Result<WasiCtx, RunError> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.args(&options.arguments).envs(&options.environment);
    for folder in options.folders {
        let perms = if folder.read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        if let Err(error) = wasi.preopened_dir(&folder.host, &folder.guest, perms) {
            return Err(RunError::Folder { folder, source: error.into() });
        }
    }
    for guest in options.scratch {
        let parent = options.scratch_parent.clone().unwrap_or_else(std::env::temp_dir);
        let made = tempfile::Builder::new().prefix("warpgrid-").tempdir_in(&parent);
        let opened = made.map_err(wasmtime::Error::from).and_then(|folder| {
            wasi.preopened_dir(folder.path(), &guest, FsPerms::ReadWrite)?;
            scratch.push(folder);
            Ok(())
        });
        opened.map_err(|error| RunError::Scratch { guest, parent, source: error.into() })?;
    }
    match options.stdio {
        Stdio::Closed => {}
        Stdio::Inherit => {
            wasi.inherit_stdio();
        }
        Stdio::Streams { input, output, error } => {
            if let Some(input) = input {
                wasi.stdin(input);
            }
            if let Some(output) = output {
                wasi.stdout(output);
            }
            if let Some(error) = error {
                wasi.stderr(error);
            }
        }
    }
    Ok(wasi.build())
}
