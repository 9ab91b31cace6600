//! Puts the door into a linker; knows no method.

use super::super::view::{SocketsDoor, SocketsView, view};
use crate::instance::InstanceState;
use wasmtime::component::Linker;
use wasmtime_wasi::p3::bindings::sockets::types;
use wasmtime_wasi::p3::sockets::SocketError;
use wasmtime_wasi::sockets::{WasiSocketsCtxView, WasiSocketsView};

/// Replaces the interface of `wasi:sockets` 0.3 that makes, uses and drops sockets.
pub(in super::super) fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, SocketsDoor>(linker, view)
}

/// Upstream's view of a store.
pub(super) fn upstream(state: &mut InstanceState) -> WasiSocketsCtxView<'_> {
    state.sockets()
}

impl types::Host for SocketsView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<types::ErrorCode> {
        error.downcast()
    }
}
