//! The state of the sockets shim: the gate of one instance.

use super::database_socket::DatabaseSocket;
use super::policy::Gate;
use super::{SocketsConfig, p2, p3};
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::collections::HashMap;
use std::sync::Arc;
use wasmtime::component::Linker;
use wasmtime_wasi::WasiCtxBuilder;

/// The sockets shim.
pub struct Sockets;

/// What one instance owns.
pub struct SocketsCtx {
    pub(super) gate: Arc<Gate>,
    /// Sockets of WASI 0.3 that are connected to a database, by their resource.
    pub(super) databases: HashMap<u32, DatabaseSocket>,
}

impl SocketsCtx {
    /// Lets the instance have TCP sockets, each use of which the gate decides. UDP sockets are made with a gate
    /// of their own. An instance without this shim has neither.
    pub(crate) fn open(&self, wasi: &mut WasiCtxBuilder) {
        let gate = self.gate.clone();
        wasi.allow_tcp(true).allow_udp(false).socket_addr_check(move |address, usage| {
            let permitted = gate.permits(address, usage);
            Box::pin(async move { permitted })
        });
    }
}

impl Shim for Sockets {
    const KEY: &'static str = "sockets";
    const INTERFACES: &'static [&'static str] = &[];
    type Config = SocketsConfig;
    type AppState = ();
    type Ctx = SocketsCtx;

    fn link(_: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        p2::intercept(linker)?;
        p3::intercept(linker)
    }

    fn configure(_: &SocketsConfig, _: &AppConfig) -> Result<(), ShimError> {
        Ok(())
    }

    fn prepare(_: &Arc<()>, instance: &Arc<InstanceFacts>) -> SocketsCtx {
        SocketsCtx { gate: Arc::new(Gate::new(instance.clone())), databases: HashMap::new() }
    }
}
