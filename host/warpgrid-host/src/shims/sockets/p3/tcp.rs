//! The methods of a TCP socket of WASI 0.3: connecting takes the way that the gate says, the rest is upstream's.

use super::super::view::{SocketsDoor, SocketsView};
use super::database::{DatabaseConsumer, DatabaseProducer};
use super::link::upstream;
use crate::instance::InstanceState;
use std::net::SocketAddr;
use tokio::sync::oneshot;
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
        let connected =
            store.with(|mut store| store.get().connect_database(&socket, SocketAddr::from(remote)))?;
        if connected {
            return Ok(());
        }
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
        mut data: StreamReader<u8>,
    ) -> wasmtime::Result<FutureReader<Result<(), ErrorCode>>> {
        if let Some(database) = store.get().ctx.databases.get_mut(&socket.rep()) {
            if !std::mem::replace(&mut database.sends, true) {
                let (ended, result) = oneshot::channel();
                let connection = database.connection.clone();
                data.pipe(&mut store, DatabaseConsumer { connection, ended: Some(ended) })?;
                return FutureReader::new(&mut store, result);
            }
            data.close(&mut store)?;
            return FutureReader::new(&mut store, already());
        }
        WasiSockets::send(Upstream::new(store.as_context_mut(), upstream), socket, data)
    }

    fn receive(
        mut store: Access<'_, InstanceState, Self>,
        socket: Resource<TcpSocket>,
    ) -> wasmtime::Result<(StreamReader<u8>, FutureReader<Result<(), ErrorCode>>)> {
        let view = store.get();
        let read_bytes = view.ctx.gate.read_bytes();
        if let Some(database) = view.ctx.databases.get_mut(&socket.rep()) {
            if !std::mem::replace(&mut database.receives, true) {
                let (ended, result) = oneshot::channel();
                let connection = database.connection.clone();
                let producer = DatabaseProducer { connection, read_bytes, ended: Some(ended) };
                let bytes = StreamReader::new(&mut store, producer)?;
                return Ok((bytes, FutureReader::new(&mut store, result)?));
            }
            let nothing = StreamReader::new(&mut store, std::iter::empty())?;
            return Ok((nothing, FutureReader::new(&mut store, already())?));
        }
        WasiSockets::receive(Upstream::new(store.as_context_mut(), upstream), socket)
    }
}

/// The answer to who sends or receives twice.
async fn already() -> wasmtime::Result<Result<(), ErrorCode>> {
    Ok(Err(ErrorCode::InvalidState))
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
        let rep = this.rep();
        HostTcpSocket::drop(&mut self.upstream(), this)?;
        self.ctx.databases.remove(&rep);
        self.uncount_socket();
        Ok(())
    }

    fn get_local_address(&mut self, this: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        match self.ctx.databases.get(&this.rep()) {
            Some(database) => Ok(database.local().into()),
            None => HostTcpSocket::get_local_address(&mut self.upstream(), this),
        }
    }

    fn get_remote_address(&mut self, this: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        match self.ctx.databases.get(&this.rep()) {
            Some(database) => Ok(database.remote.into()),
            None => HostTcpSocket::get_remote_address(&mut self.upstream(), this),
        }
    }

    forward! {
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
