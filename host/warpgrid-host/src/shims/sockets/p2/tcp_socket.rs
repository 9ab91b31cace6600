//! What stands behind a guest's TCP socket of WASI 0.2.
//!
//! The guest's resource is ours, under upstream's type. Upstream's socket stands in a table of its own, so that
//! upstream's methods can be called on it, and so that another kind of connection can take its place: a pollable
//! that libc makes early asks this object, which knows what it waits for.

use super::super::database_socket::DatabaseSocket;
use super::super::view::SocketsView;
use super::capped::capped;
use wasmtime::component::{Resource, ResourceTable, ResourceTableError};
use wasmtime_wasi::p2::bindings::sockets::instance_network::Host as _;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, Network, Pollable, TcpSocket};
use wasmtime_wasi::sockets::{WasiSocketsCtx, WasiSocketsCtxView};

/// A TCP socket of a guest.
pub(in super::super) struct GuestTcpSocket {
    /// Holds upstream's socket and the network that its methods ask for, and nothing else between two calls.
    table: ResourceTable,
    socket: u32,
    network: u32,
    /// In place of a connection of upstream's socket.
    pub(super) database: Option<DatabaseSocket>,
}

/// Upstream's socket with all that its methods ask for.
pub(super) struct Upstream<'a> {
    pub(super) view: WasiSocketsCtxView<'a>,
    pub(super) socket: Resource<TcpSocket>,
    pub(super) network: Resource<Network>,
}

impl GuestTcpSocket {
    /// Takes a socket of upstream's.
    pub(super) fn new(socket: TcpSocket, wasi: &mut WasiSocketsCtx) -> wasmtime::Result<Self> {
        let mut table = ResourceTable::new();
        let socket = table.push(socket)?.rep();
        let network = WasiSocketsCtxView { ctx: wasi, table: &mut table }.instance_network()?.rep();
        Ok(Self { table, socket, network, database: None })
    }
}

#[async_trait::async_trait]
impl Pollable for GuestTcpSocket {
    async fn ready(&mut self) {
        // Connecting to a database is done at once: the host answers the login itself.
        if self.database.is_some() {
            return;
        }
        // Upstream's socket is there as long as this object is; without it nothing is to wait for.
        if let Ok(socket) = self.table.get_mut(&Resource::<TcpSocket>::new_borrow(self.socket)) {
            socket.ready().await;
        }
    }
}

/// The guest's handle as ours.
pub(super) fn ours(guest: &Resource<TcpSocket>) -> Resource<GuestTcpSocket> {
    Resource::new_borrow(guest.rep())
}

impl SocketsView<'_> {
    /// Upstream's socket behind a guest's.
    pub(super) fn inside(&mut self, guest: &Resource<TcpSocket>) -> Result<Upstream<'_>, ResourceTableError> {
        let own = self.table.get_mut(&ours(guest))?;
        Ok(Upstream {
            socket: Resource::new_borrow(own.socket),
            network: Resource::new_borrow(own.network),
            view: WasiSocketsCtxView { ctx: self.wasi, table: &mut own.table },
        })
    }

    /// The connection to a database behind a guest's socket.
    pub(super) fn database(
        &mut self,
        guest: &Resource<TcpSocket>,
    ) -> Result<&mut Option<DatabaseSocket>, ResourceTableError> {
        Ok(&mut self.table.get_mut(&ours(guest))?.database)
    }

    /// Gives the guest the two streams of a connected socket, as children of that socket.
    pub(super) fn push_streams(
        &mut self,
        guest: &Resource<TcpSocket>,
        input: DynInputStream,
        output: DynOutputStream,
    ) -> Result<(Resource<DynInputStream>, Resource<DynOutputStream>), ResourceTableError> {
        let input = capped(input, self.ctx.gate.read_bytes());
        let input = self.table.push_child(input, &ours(guest))?;
        let output = self.table.push_child(output, &ours(guest))?;
        Ok((input, output))
    }
}
