//! The door `warpgrid:shim/database-proxy`: translates types and handles, decides nothing.

use super::DatabaseProxyCtx;
use super::error::{DatabaseProxyError, to_wit};
use crate::bindings::warpgrid::shim::database_proxy as wit;
use crate::bindings::warpgrid::shim::database_types;
use crate::bindings::warpgrid::shim::database_types::{ConnectionConfig, DatabaseError};
use crate::databases::DatabaseConnection;
use crate::instance::InstanceState;
use crate::shim;
use std::future::poll_fn;
use std::task::{Context, Poll};
use std::time::Duration;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

struct DatabaseProxyDoor;

/// Borrowed access to what the door needs of an instance.
pub(super) struct DatabaseProxyView<'a> {
    ctx: &'a DatabaseProxyCtx,
    table: &'a mut ResourceTable,
}

impl HasData for DatabaseProxyDoor {
    type Data<'a> = DatabaseProxyView<'a>;
}

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    database_types::add_to_linker::<_, DatabaseProxyDoor>(linker, view)?;
    wit::add_to_linker::<_, DatabaseProxyDoor>(linker, view)
}

fn view(state: &mut InstanceState) -> DatabaseProxyView<'_> {
    DatabaseProxyView { ctx: shim::linked(&mut state.shims.database_proxy), table: &mut state.table }
}

/// What stands behind a guest's `connection`. None: it was closed.
pub struct ProxiedConnection(Option<DatabaseConnection>);

#[async_trait]
impl Pollable for ProxiedConnection {
    async fn ready(&mut self) {
        if let Some(connection) = &self.0 {
            poll_fn(|context| connection.poll_readable(context)).await;
        }
    }
}

/// Receives what is there, waiting for it at most for a time.
pub(super) async fn receive(
    connection: &DatabaseConnection,
    most: usize,
    time: Duration,
) -> Result<Vec<u8>, DatabaseProxyError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    let readable = poll_fn(|context: &mut Context<'_>| connection.poll_readable(context));
    // A time of nothing looks once.
    if tokio::time::timeout(time, readable).await.is_err() {
        return Err(DatabaseProxyError::TimedOut);
    }
    match connection.take(most) {
        Some(bytes) => Ok(bytes.into()),
        None => connection.error().map_or_else(|| Ok(Vec::new()), |error| Err(error.into())),
    }
}

/// Sends the first of some bytes, and says how many.
pub(super) async fn send(connection: &DatabaseConnection, bytes: &[u8]) -> Result<usize, DatabaseProxyError> {
    let sent = poll_fn(|context| match bytes.is_empty() {
        true => Poll::Ready(Ok(0)),
        false => connection.poll_send(context, bytes),
    });
    Ok(sent.await?)
}

impl DatabaseProxyView<'_> {
    fn connection(
        &self,
        handle: &Resource<ProxiedConnection>,
    ) -> wasmtime::Result<Result<DatabaseConnection, DatabaseError>> {
        let connection = self.table.get(handle)?.0.clone();
        Ok(connection.ok_or(to_wit(&DatabaseProxyError::Closed)))
    }
}

impl database_types::Host for DatabaseProxyView<'_> {}

impl wit::Host for DatabaseProxyView<'_> {
    async fn connect(
        &mut self,
        config: ConnectionConfig,
    ) -> wasmtime::Result<Result<Resource<ProxiedConnection>, DatabaseError>> {
        match self.ctx.connect(&config).await {
            Ok(connection) => Ok(Ok(self.table.push(ProxiedConnection(Some(connection)))?)),
            Err(error) => Ok(Err(to_wit(&error))),
        }
    }
}

impl wit::HostConnection for DatabaseProxyView<'_> {
    async fn send(
        &mut self,
        this: Resource<ProxiedConnection>,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<u64, DatabaseError>> {
        let connection = match self.connection(&this)? {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let sent = send(&connection, &bytes).await;
        Ok(sent.map(|count| count as u64).map_err(|error| to_wit(&error)))
    }

    async fn recv(
        &mut self,
        this: Resource<ProxiedConnection>,
        most: u32,
        time: Option<u64>,
    ) -> wasmtime::Result<Result<Vec<u8>, DatabaseError>> {
        let connection = match self.connection(&this)? {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let received = receive(&connection, self.ctx.receive_bytes(most), self.ctx.receive_time(time)).await;
        Ok(received.map_err(|error| to_wit(&error)))
    }

    fn subscribe(&mut self, this: Resource<ProxiedConnection>) -> wasmtime::Result<Resource<DynPollable>> {
        subscribe(self.table, this)
    }

    fn close(&mut self, this: Resource<ProxiedConnection>) -> wasmtime::Result<Result<(), DatabaseError>> {
        let closed = self.table.get_mut(&this)?.0.take();
        Ok(closed.map(drop).ok_or(to_wit(&DatabaseProxyError::Closed)))
    }

    fn drop(&mut self, this: Resource<ProxiedConnection>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}
