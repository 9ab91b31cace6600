//! The methods of a UDP socket of WASI 0.2: all are upstream's, and dropping one is counted.

use super::super::view::SocketsView;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{IpAddressFamily, IpSocketAddress, Network};
use wasmtime_wasi::p2::bindings::sockets::udp::{
    self, HostIncomingDatagramStream, HostOutgoingDatagramStream, HostUdpSocket, IncomingDatagram,
    IncomingDatagramStream, OutgoingDatagram, OutgoingDatagramStream,
};
use wasmtime_wasi::p2::{DynPollable, SocketResult, UdpSocket};

impl udp::Host for SocketsView<'_> {}

/// Methods that upstream answers on the guest's own table.
macro_rules! forward {
    ($interface:ident for $resource:ty: $($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, this: Resource<$resource>, $($argument: $kind),*) -> $result {
            $interface::$name(&mut self.upstream(), this, $($argument),*)
        }
    )*};
}

impl HostUdpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        this: Resource<UdpSocket>,
        network: Resource<Network>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        HostUdpSocket::start_bind(&mut self.upstream(), this, network, local).await
    }

    async fn stream(
        &mut self,
        this: Resource<UdpSocket>,
        remote: Option<IpSocketAddress>,
    ) -> SocketResult<(Resource<IncomingDatagramStream>, Resource<OutgoingDatagramStream>)> {
        HostUdpSocket::stream(&mut self.upstream(), this, remote).await
    }

    fn drop(&mut self, this: Resource<UdpSocket>) -> wasmtime::Result<()> {
        HostUdpSocket::drop(&mut self.upstream(), this)?;
        self.uncount_socket();
        Ok(())
    }

    forward! { HostUdpSocket for UdpSocket:
        finish_bind() -> SocketResult<()>;
        local_address() -> SocketResult<IpSocketAddress>;
        remote_address() -> SocketResult<IpSocketAddress>;
        address_family() -> wasmtime::Result<IpAddressFamily>;
        unicast_hop_limit() -> SocketResult<u8>;
        set_unicast_hop_limit(value: u8) -> SocketResult<()>;
        receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
        subscribe() -> wasmtime::Result<Resource<DynPollable>>;
    }
}

impl HostIncomingDatagramStream for SocketsView<'_> {
    forward! { HostIncomingDatagramStream for IncomingDatagramStream:
        receive(most: u64) -> SocketResult<Vec<IncomingDatagram>>;
        subscribe() -> wasmtime::Result<Resource<DynPollable>>;
        drop() -> wasmtime::Result<()>;
    }
}

impl HostOutgoingDatagramStream for SocketsView<'_> {
    async fn drop(&mut self, this: Resource<OutgoingDatagramStream>) -> wasmtime::Result<()> {
        HostOutgoingDatagramStream::drop(&mut self.upstream(), this).await
    }

    forward! { HostOutgoingDatagramStream for OutgoingDatagramStream:
        check_send() -> SocketResult<u64>;
        send(datagrams: Vec<OutgoingDatagram>) -> SocketResult<u64>;
        subscribe() -> wasmtime::Result<Resource<DynPollable>>;
    }
}
