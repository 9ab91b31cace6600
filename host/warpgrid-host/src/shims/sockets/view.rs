//! What the doors of the sockets may touch of a store; decides nothing.

use super::database_socket::DatabaseSocket;
use super::error::SocketsError;
use super::p2::GuestTcpSocket;
use super::{SocketsCtx, datagrams};
use crate::instance::InstanceState;
use crate::shim::linked;
use std::net::SocketAddr;
use wasmtime::component::{HasData, Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi::WasiCtx;
use wasmtime_wasi::p3::bindings::sockets::types::ErrorCode;
use wasmtime_wasi::sockets::{TcpSocket, UdpSocket, WasiSocketsCtx, WasiSocketsCtxView};

/// The doors at `wasi:sockets`.
pub(super) struct SocketsDoor;

impl HasData for SocketsDoor {
    type Data<'a> = SocketsView<'a>;
}

/// What the doors may touch.
pub(super) struct SocketsView<'a> {
    pub(super) wasi: &'a mut WasiSocketsCtx,
    pub(super) table: &'a mut ResourceTable,
    pub(super) ctx: &'a mut SocketsCtx,
}

pub(super) fn view(state: &mut InstanceState) -> SocketsView<'_> {
    SocketsView { wasi: state.wasi.sockets(), table: &mut state.table, ctx: linked(&mut state.shims.sockets) }
}

impl SocketsView<'_> {
    /// Upstream's view of the guest's own table.
    pub(super) fn upstream(&mut self) -> WasiSocketsCtxView<'_> {
        WasiSocketsCtxView { ctx: self.wasi, table: self.table }
    }

    /// What upstream makes one UDP socket from: its gate is the socket's own.
    pub(super) fn datagram_context(&self) -> WasiCtx {
        datagrams::context(&self.ctx.gate)
    }

    /// Counts a socket that is about to be made.
    ///
    /// # Errors
    /// [`SocketsError::TooManySockets`].
    pub(super) fn count_socket(&mut self) -> Result<(), SocketsError> {
        let gate = &self.ctx.gate;
        if gate.count.add() {
            return Ok(());
        }
        // A connection is counted when the system takes it, and is lost to the count when its listener goes
        // before the guest accepts it. So the table has the last word. What it does not show is at most one
        // connection for each listener.
        let is_socket = |entry: &&mut (dyn std::any::Any + Send)| {
            entry.is::<GuestTcpSocket>()
                || entry.is::<wasmtime_wasi::p2::UdpSocket>()
                || entry.is::<TcpSocket>()
                || entry.is::<UdpSocket>()
        };
        gate.count.set(self.table.iter_mut().filter(is_socket).count());
        if gate.count.add() { Ok(()) } else { Err(gate.too_many()) }
    }

    /// Connects a socket of WASI 0.3 to the database that an address is meant for. False: it goes by the network.
    ///
    /// # Errors
    /// [`SocketsError`]; or the socket is connected already.
    pub(super) fn connect_database(
        &mut self,
        socket: &Resource<TcpSocket>,
        remote: SocketAddr,
    ) -> Result<bool, wasmtime_wasi::p3::sockets::SocketError> {
        if self.ctx.databases.contains_key(&socket.rep()) {
            return Err(ErrorCode::InvalidState.into());
        }
        // A handle that is no socket must not be remembered.
        self.table.get(socket).map_err(wasmtime_wasi::p3::sockets::SocketError::trap)?;
        let Some(connection) = self.ctx.gate.connect_database(remote)? else { return Ok(false) };
        self.ctx.databases.insert(socket.rep(), DatabaseSocket::new(connection, remote));
        Ok(true)
    }

    /// Counts a socket that was not made after all, or is gone.
    pub(super) fn uncount_socket(&mut self) {
        self.ctx.gate.count.remove();
    }

    /// Puts a counted socket into the guest's table. None: the guest holds as many handles as it may, and the
    /// socket is closed.
    pub(super) fn push_socket<T: Send + 'static>(&mut self, socket: T) -> Option<Resource<T>> {
        let pushed = self.table.push(socket);
        if matches!(pushed, Err(ResourceTableError::Full)) {
            self.uncount_socket();
        }
        pushed.ok()
    }
}
