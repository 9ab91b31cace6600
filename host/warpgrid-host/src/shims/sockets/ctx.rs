//! The state of the sockets shim.

use super::SocketsConfig;
use crate::application::AppConfig;
use crate::instance::{InstanceFacts, InstanceState};
use crate::shim::{Shim, ShimError};
use std::sync::Arc;
use wasmtime::component::Linker;

/// The sockets shim.
pub struct Sockets;

/// What one instance owns.
pub struct SocketsCtx {}

impl Shim for Sockets {
    const KEY: &'static str = "sockets";
    const INTERFACES: &'static [&'static str] = &[];
    type Config = SocketsConfig;
    type AppState = ();
    type Ctx = SocketsCtx;

    fn link(_: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
        Ok(())
    }

    fn configure(_: &SocketsConfig, _: &AppConfig) -> Result<(), ShimError> {
        Ok(())
    }

    fn prepare(_: &Arc<()>, _: &Arc<InstanceFacts>) -> SocketsCtx {
        SocketsCtx {}
    }
}
