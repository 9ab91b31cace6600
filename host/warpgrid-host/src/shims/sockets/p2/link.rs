//! Puts the door into a linker; knows no method.

use super::super::view::{SocketsDoor, view};
use crate::instance::InstanceState;
use wasmtime::component::Linker;
use wasmtime_wasi::p2::bindings::sockets;

/// Replaces the interfaces of `wasi:sockets` 0.2 that make, use and drop sockets, and that of waiting for them.
pub(in super::super) fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    sockets::tcp_create_socket::add_to_linker::<_, SocketsDoor>(linker, view)?;
    sockets::tcp::add_to_linker::<_, SocketsDoor>(linker, view)?;
    sockets::udp_create_socket::add_to_linker::<_, SocketsDoor>(linker, view)?;
    sockets::udp::add_to_linker::<_, SocketsDoor>(linker, view)?;
    super::poll::intercept(linker)
}
