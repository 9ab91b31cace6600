//! Making sockets, counted; connects nothing.

use super::super::view::SocketsView;
use super::GuestTcpSocket;
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::network::IpAddressFamily;
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsCtxView;

impl tcp_create_socket::Host for SocketsView<'_> {
    fn create_tcp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.count_socket()?;
        let mut table = ResourceTable::new();
        let mut upstream = WasiSocketsCtxView { ctx: self.wasi, table: &mut table };
        let made = tcp_create_socket::Host::create_tcp_socket(&mut upstream, family)
            .and_then(|socket| Ok(table.delete(socket)?));
        match made {
            Ok(socket) => self.push_tcp(socket),
            Err(error) => {
                self.uncount_socket();
                Err(error)
            }
        }
    }
}

impl SocketsView<'_> {
    /// Gives the guest a counted TCP socket.
    pub(super) fn push_tcp(&mut self, socket: TcpSocket) -> SocketResult<Resource<TcpSocket>> {
        let socket = GuestTcpSocket::new(socket, self.wasi).map_err(SocketError::trap)?;
        match self.push_socket(socket) {
            Some(socket) => Ok(Resource::new_own(socket.rep())),
            None => Err(self.ctx.gate.too_many().into()),
        }
    }
}

impl udp_create_socket::Host for SocketsView<'_> {
    async fn create_udp_socket(&mut self, family: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.count_socket()?;
        let mut wasi = self.datagram_context();
        let mut upstream = WasiSocketsCtxView { ctx: wasi.sockets(), table: self.table };
        let made = udp_create_socket::Host::create_udp_socket(&mut upstream, family).await;
        if made.is_err() {
            self.uncount_socket();
        }
        made
    }
}
