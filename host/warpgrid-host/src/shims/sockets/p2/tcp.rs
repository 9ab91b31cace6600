//! The methods of a TCP socket of WASI 0.2: connecting takes the way that the gate says, the rest is upstream's.

use super::super::database_socket::DatabaseSocket;
use super::super::view::SocketsView;
use super::database::streams;
use super::tcp_socket::{GuestTcpSocket, ours};
use std::net::SocketAddr;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::sockets::network::{ErrorCode, IpAddressFamily, IpSocketAddress, Network};
use wasmtime_wasi::p2::bindings::sockets::tcp::{self, HostTcpSocket, ShutdownType};
use wasmtime_wasi::p2::{
    DynInputStream, DynOutputStream, DynPollable, SocketError, SocketResult, TcpSocket, subscribe,
};

impl tcp::Host for SocketsView<'_> {}

impl wasmtime_wasi::p2::bindings::sockets::network::Host for SocketsView<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(
        &mut self,
        error: Resource<wasmtime_wasi::p2::IoError>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        wasmtime_wasi::p2::bindings::sockets::network::Host::network_error_code(&mut self.upstream(), error)
    }
}

impl wasmtime_wasi::p2::bindings::sockets::network::HostNetwork for SocketsView<'_> {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        self.table.delete(network)?;
        Ok(())
    }
}

/// Methods that upstream's socket answers.
macro_rules! forward {
    ($($name:ident($($argument:ident: $kind:ty),*) -> $result:ty;)*) => {$(
        fn $name(&mut self, this: Resource<TcpSocket>, $($argument: $kind),*) -> $result {
            let mut upstream = self.inside(&this)?;
            HostTcpSocket::$name(&mut upstream.view, upstream.socket, $($argument),*)
        }
    )*};
}

impl HostTcpSocket for SocketsView<'_> {
    async fn start_bind(
        &mut self,
        this: Resource<TcpSocket>,
        network: Resource<Network>,
        local: IpSocketAddress,
    ) -> SocketResult<()> {
        self.table.get(&network)?;
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::start_bind(&mut upstream.view, upstream.socket, upstream.network, local).await
    }

    fn start_connect(
        &mut self,
        this: Resource<TcpSocket>,
        network: Resource<Network>,
        remote: IpSocketAddress,
    ) -> SocketResult<()> {
        self.table.get(&network)?;
        let address = SocketAddr::from(remote);
        if let Some(connection) = self.ctx.gate.connect_database(address)? {
            let database = self.database(&this)?;
            if database.is_some() {
                return Err(ErrorCode::InvalidState.into());
            }
            *database = Some(DatabaseSocket::new(connection, address));
            return Ok(());
        }
        if self.database(&this)?.is_some() {
            return Err(ErrorCode::InvalidState.into());
        }
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::start_connect(&mut upstream.view, upstream.socket, upstream.network, remote)
    }

    fn finish_connect(
        &mut self,
        this: Resource<TcpSocket>,
    ) -> SocketResult<(Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let read_bytes = self.ctx.gate.read_bytes();
        if let Some(database) = self.database(&this)? {
            if std::mem::replace(&mut database.receives, true) {
                return Err(ErrorCode::NotInProgress.into());
            }
            let (input, output) = streams(&database.connection, read_bytes);
            return Ok(self.push_streams(&this, input, output)?);
        }
        let mut upstream = self.inside(&this)?;
        let (input, output) = HostTcpSocket::finish_connect(&mut upstream.view, upstream.socket)?;
        let (input, output) = (upstream.view.table.delete(input)?, upstream.view.table.delete(output)?);
        Ok(self.push_streams(&this, input, output)?)
    }

    async fn start_listen(&mut self, this: Resource<TcpSocket>) -> SocketResult<()> {
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::start_listen(&mut upstream.view, upstream.socket).await
    }

    fn accept(
        &mut self,
        this: Resource<TcpSocket>,
    ) -> SocketResult<(Resource<TcpSocket>, Resource<DynInputStream>, Resource<DynOutputStream>)> {
        let mut upstream = self.inside(&this)?;
        let (socket, input, output) = HostTcpSocket::accept(&mut upstream.view, upstream.socket)?;
        // The gate counted it when the system took the connection.
        let (input, output) = (upstream.view.table.delete(input)?, upstream.view.table.delete(output)?);
        let socket = upstream.view.table.delete(socket)?;
        let socket = self.push_tcp(socket)?;
        let (input, output) = self.push_streams(&socket, input, output)?;
        Ok((socket, input, output))
    }

    fn subscribe(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, ours(&this))
    }

    fn drop(&mut self, this: Resource<TcpSocket>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<GuestTcpSocket>::new_own(this.rep()))?;
        self.uncount_socket();
        Ok(())
    }

    fn local_address(&mut self, this: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        if let Some(database) = self.database(&this)? {
            return Ok(database.local().into());
        }
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::local_address(&mut upstream.view, upstream.socket)
    }

    fn remote_address(&mut self, this: Resource<TcpSocket>) -> SocketResult<IpSocketAddress> {
        if let Some(database) = self.database(&this)? {
            return Ok(database.remote.into());
        }
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::remote_address(&mut upstream.view, upstream.socket)
    }

    fn shutdown(&mut self, this: Resource<TcpSocket>, how: ShutdownType) -> SocketResult<()> {
        if let Some(database) = self.database(&this)? {
            if matches!(how, ShutdownType::Send | ShutdownType::Both) {
                database.connection.finish();
            }
            return Ok(());
        }
        let mut upstream = self.inside(&this)?;
        HostTcpSocket::shutdown(&mut upstream.view, upstream.socket, how)
    }

    forward! {
        finish_bind() -> SocketResult<()>;
        finish_listen() -> SocketResult<()>;
        is_listening() -> wasmtime::Result<bool>;
        address_family() -> wasmtime::Result<IpAddressFamily>;
        set_listen_backlog_size(value: u64) -> SocketResult<()>;
        keep_alive_enabled() -> SocketResult<bool>;
        set_keep_alive_enabled(value: bool) -> SocketResult<()>;
        keep_alive_idle_time() -> SocketResult<u64>;
        set_keep_alive_idle_time(value: u64) -> SocketResult<()>;
        keep_alive_interval() -> SocketResult<u64>;
        set_keep_alive_interval(value: u64) -> SocketResult<()>;
        keep_alive_count() -> SocketResult<u32>;
        set_keep_alive_count(value: u32) -> SocketResult<()>;
        hop_limit() -> SocketResult<u8>;
        set_hop_limit(value: u8) -> SocketResult<()>;
        receive_buffer_size() -> SocketResult<u64>;
        set_receive_buffer_size(value: u64) -> SocketResult<()>;
        send_buffer_size() -> SocketResult<u64>;
        set_send_buffer_size(value: u64) -> SocketResult<()>;
    }
}
