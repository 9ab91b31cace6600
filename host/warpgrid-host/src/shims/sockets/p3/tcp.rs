//! The methods of a TCP socket of WASI 0.3: connecting takes the way that the gate says, the rest is upstream's.

use super::super::view::{SocketsDoor, SocketsView};
use super::link::upstream;
use crate::instance::InstanceState;
use std::net::SocketAddr;
use wasmtime::AsContextMut as _;
use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};
use wasmtime_wasi::p3::bindings::sockets::types::{
    Duration, ErrorCode, HostTcpSocket, HostTcpSocketWithStore, IpAddressFamily, IpSocketAddress,
};
use wasmtime_wasi::p3::sockets::SocketResult;
use wasmtime_wasi::sockets::{TcpSocket, WasiSockets};

type Upstream<'a> = Access<'a, InstanceState, WasiSockets>;

impl HostTcpSocketWithStore<InstanceState> for SocketsDoor {
    async fn connect(
        store: &Accessor<InstanceState, Self>,
        socket: Resource<TcpSocket>,
        remote: IpSocketAddress,
    ) -> SocketResult<()> {
        store.with(|mut store| store.get().ctx.gate.only_network(SocketAddr::from(remote)))?;
        let store = store.with_getter::<WasiSockets>(upstream);
        WasiSockets::connect(&store, socket, remote).await
    }

    async fn listen(
        mut store: Access<'_, InstanceState, Self>,
        socket: Resource<TcpSocket>,
    ) -> SocketResult<StreamReader<Resource<TcpSocket>>> {
        WasiSockets::listen(Upstream::new(store.as_context_mut(), upstream), socket).await
    }

    fn send(
        mut store: Access<'_, InstanceState, Self>,
        socket: Resource<TcpSocket>,
        data: StreamReader<u8>,
    ) -> wasmtime::Result<FutureReader<Result<(), ErrorCode>>> {
        WasiSockets::send(Upstream::new(store.as_context_mut(), upstream), socket, data)
    }

    fn receive(
        mut store: Access<'_, InstanceState, Self>,
        socket: Resource<TcpSocket>,
    ) -> wasmtime::Result<(StreamReader<u8>, FutureReader<Result<(), ErrorCode>>)> {
        WasiSockets::receive(Upstream::new(store.as_context_mut(), upstream), socket)
    }
}

/// Methods that upstream answers.
macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, this: Resource<TcpSocket>, $($argument: $kind),*) -> $result {
            HostTcpSocket::$name(&mut self.upstream(), this, $($argument),*)
        }
    )*};
}

impl HostTcpSocket for SocketsView<'_> {
    fn create(&mut self, family: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        self.count_socket()?;
        let made = HostTcpSocket::create(&mut self.upstream(), family);
        if made.is_err() {
            self.uncount_socket();
        }
        made
    }

    async fn bind(&mut self, this: Resource<TcpSocket>, local: IpSocketAddress) -> SocketResult<()> {
        HostTcpSocket::bind(&mut self.upstream(), this, local).await
    }

    fn drop(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<()> {
        HostTcpSocket::drop(&mut self.upstream(), this)?;
        self.uncount_socket();
        Ok(())
    }

    forward! {
        get_local_address() -> SocketResult<IpSocketAddress>;
        get_remote_address() -> SocketResult<IpSocketAddress>;
        get_is_listening() -> wasmtime::Result<bool>;
        get_address_family() -> wasmtime::Result<IpAddressFamily>;
        set_listen_backlog_size(value: u64) -> SocketResult<()>;
        get_keep_alive_enabled() -> SocketResult<bool>;
        set_keep_alive_enabled(value: bool) -> SocketResult<()>;
        get_keep_alive_idle_time() -> SocketResult<Duration>;
        set_keep_alive_idle_time(value: Duration) -> SocketResult<()>;
        get_keep_alive_interval() -> SocketResult<Duration>;
        set_keep_alive_interval(value: Duration) -> SocketResult<()>;
        get_keep_alive_count() -> SocketResult<u32>;
        set_keep_alive_count(value: u32) -> SocketResult<()>;
        get_hop_limit() -> SocketResult<u8>;
        set_hop_limit(value: u8) -> SocketResult<()>;
        get_receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        get_send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
    }
}
