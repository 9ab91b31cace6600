//! The methods of a UDP socket of WASI 0.3: all are upstream's, and making and dropping one is counted.

use super::super::view::{SocketsDoor, SocketsView};
use super::link::upstream;
use crate::instance::InstanceState;
use wasmtime::component::{Accessor, Resource};
use wasmtime_wasi::p3::bindings::sockets::types::{
    HostUdpSocket, HostUdpSocketWithStore, IpAddressFamily, IpSocketAddress,
};
use wasmtime_wasi::p3::sockets::SocketResult;
use wasmtime_wasi::sockets::{UdpSocket, WasiSockets, WasiSocketsCtxView};

impl HostUdpSocketWithStore<InstanceState> for SocketsDoor {
    async fn send(
        store: &Accessor<InstanceState, Self>,
        socket: Resource<UdpSocket>,
        data: Vec<u8>,
        remote: Option<IpSocketAddress>,
    ) -> SocketResult<()> {
        let store = store.with_getter::<WasiSockets>(upstream);
        WasiSockets::send(&store, socket, data, remote).await
    }

    async fn receive(
        store: &Accessor<InstanceState, Self>,
        socket: Resource<UdpSocket>,
    ) -> SocketResult<(Vec<u8>, IpSocketAddress)> {
        let store = store.with_getter::<WasiSockets>(upstream);
        WasiSockets::receive(&store, socket).await
    }
}

/// Methods that upstream answers.
macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, this: Resource<UdpSocket>, $($argument: $kind),*) -> $result {
            HostUdpSocket::$name(&mut self.upstream(), this, $($argument),*)
        }
    )*};
}

impl HostUdpSocket for SocketsView<'_> {
    async fn create(&mut self, family: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        self.count_socket()?;
        let mut wasi = self.datagram_context();
        let mut upstream = WasiSocketsCtxView { ctx: wasi.sockets(), table: self.table };
        let made = HostUdpSocket::create(&mut upstream, family).await;
        if made.is_err() {
            self.uncount_socket();
        }
        made
    }

    async fn bind(&mut self, this: Resource<UdpSocket>, local: IpSocketAddress) -> SocketResult<()> {
        HostUdpSocket::bind(&mut self.upstream(), this, local).await
    }

    async fn connect(&mut self, this: Resource<UdpSocket>, remote: IpSocketAddress) -> SocketResult<()> {
        HostUdpSocket::connect(&mut self.upstream(), this, remote).await
    }

    fn drop(&mut self, this: Resource<UdpSocket>) -> wasmtime::Result<()> {
        HostUdpSocket::drop(&mut self.upstream(), this)?;
        self.uncount_socket();
        Ok(())
    }

    forward! {
        disconnect() -> SocketResult<()>;
        get_local_address() -> SocketResult<IpSocketAddress>;
        get_remote_address() -> SocketResult<IpSocketAddress>;
        get_address_family() -> wasmtime::Result<IpAddressFamily>;
        get_unicast_hop_limit() -> SocketResult<u8>;
        set_unicast_hop_limit(value: u8) -> SocketResult<()>;
        get_receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        get_send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
    }
}
