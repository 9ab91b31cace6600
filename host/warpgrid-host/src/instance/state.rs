//! What a store holds: everything of one instance, released when the store is dropped.

use super::cpu::CpuMeter;
use super::facts::InstanceFacts;
use super::limiter::InstanceLimiter;
use super::options::{InstanceOptions, Stdio};
use super::outcome::RunError;
use crate::http::OutgoingHttp;
use crate::metrics::CountedInstance;
use crate::shim::InstanceShims;
use std::sync::Arc;
use tempfile::TempDir;
use warpgrid_grants::limits::GuestLimits;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store};
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
    pub(crate) limits: InstanceLimiter,
    pub(crate) cpu: Arc<CpuMeter>,
    _counted: CountedInstance,
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
    let given = facts.limits;
    let mut table = ResourceTable::new();
    table.set_max_capacity(given.handles);
    let mut scratch = Vec::with_capacity(options.scratch.len());
    let mut http = WasiHttpCtx::new();
    http.set_field_size_limit(given.header_bytes);
    let state = InstanceState {
        wasi: wasi(options, &given, &shims, &mut scratch)?,
        limits: InstanceLimiter::new(facts.clone()),
        cpu: CpuMeter::new(given.cpu),
        _counted: facts.metrics.instance(),
        facts,
        http,
        outgoing,
        table,
        shims,
        _scratch: scratch,
    };
    let mut store = Store::new(engine, state);
    store.limiter(|state| &mut state.limits);
    store.set_hostcall_fuel(given.call_bytes);
    store.set_max_component_handles(given.handles);
    if let Some(tasks) = store.concurrent_resource_table() {
        tasks.set_max_capacity(given.handles.saturating_mul(ENTRIES_PER_HANDLE));
    }
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| Ok(store.data().cpu.tick()?));
    Ok(store)
}

/// What the engine itself keeps of one stream or task of WASI 0.3, at most.
const ENTRIES_PER_HANDLE: usize = 4;

fn wasi(
    options: InstanceOptions,
    limits: &GuestLimits,
    shims: &InstanceShims,
    scratch: &mut Vec<TempDir>,
) -> Result<WasiCtx, RunError> {
    let mut wasi = WasiCtxBuilder::new();
    wasi.max_random_size(u64::try_from(limits.call_bytes).unwrap_or(u64::MAX));
    wasi.args(&options.arguments).envs(&options.environment);
    if let Some(sockets) = &shims.sockets {
        sockets.open(&mut wasi);
    }
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
