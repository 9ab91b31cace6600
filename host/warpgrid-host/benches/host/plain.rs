//! The other side: components on the very same engine, with wasmtime-wasi and nothing of ours.

use wasmtime::component::{Component, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::p2::bindings::CommandPre;
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};

pub(super) struct Plain {
    ctx: WasiCtx,
    table: ResourceTable,
}

impl WasiView for Plain {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.ctx, table: &mut self.table }
    }
}

/// A command that is ready to be started.
pub(super) struct PlainCommand {
    engine: Engine,
    pre: CommandPre<Plain>,
}

impl PlainCommand {
    pub(super) fn new(engine: &Engine, bytes: &[u8], link: impl FnOnce(&mut Linker<Plain>)) -> Self {
        let component = Component::new(engine, bytes).unwrap();
        let mut linker = Linker::new(engine);
        wasmtime_wasi::p2::add_to_linker_async(&mut linker).unwrap();
        link(&mut linker);
        let pre = CommandPre::new(linker.instantiate_pre(&component).unwrap()).unwrap();
        Self { engine: engine.clone(), pre }
    }

    /// Starts it and runs it to its end.
    pub(super) async fn run(&self) {
        let ctx = WasiCtxBuilder::new().build();
        let mut store = Store::new(&self.engine, Plain { ctx, table: ResourceTable::new() });
        store.set_epoch_deadline(1);
        store.epoch_deadline_async_yield_and_update(1);
        let command = self.pre.instantiate_async(&mut store).await.unwrap();
        command.wasi_cli_run().call_run(&mut store).await.unwrap().unwrap();
    }
}
