//! The door `warpgrid:shim/database-proxy-async`: a call that waits lets the guest's other tasks run. Translates types
//! and handles, decides nothing.

use super::DatabaseProxyCtx;
use super::error::{DatabaseProxyError, to_wit};
use super::wit::{receive, send};
use crate::bindings::warpgrid::shim::database_proxy_async as wit;
use crate::bindings::warpgrid::shim::database_types::{ConnectionConfig, DatabaseError};
use crate::databases::DatabaseConnection;
use crate::instance::InstanceState;
use crate::shim;
use wasmtime::component::{Accessor, HasData, Linker, Resource, ResourceTable};

struct AsyncDatabaseProxyDoor;

/// Borrowed access to what the door needs of an instance.
pub(super) struct AsyncDatabaseProxyView<'a> {
    ctx: &'a DatabaseProxyCtx,
    table: &'a mut ResourceTable,
}

impl HasData for AsyncDatabaseProxyDoor {
    type Data<'a> = AsyncDatabaseProxyView<'a>;
}

type Store = Accessor<InstanceState, AsyncDatabaseProxyDoor>;

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, AsyncDatabaseProxyDoor>(linker, view)
}

fn view(state: &mut InstanceState) -> AsyncDatabaseProxyView<'_> {
    AsyncDatabaseProxyView { ctx: shim::linked(&mut state.shims.database_proxy), table: &mut state.table }
}

/// What stands behind a guest's `connection`. None: it was closed.
pub struct AsyncProxiedConnection(Option<DatabaseConnection>);

fn connection(
    store: &Store,
    handle: &Resource<AsyncProxiedConnection>,
) -> wasmtime::Result<Result<DatabaseConnection, DatabaseError>> {
    let connection =
        store.with(|mut store| store.get().table.get(handle).map(|connection| connection.0.clone()))?;
    Ok(connection.ok_or(to_wit(&DatabaseProxyError::Closed)))
}

impl wit::Host for AsyncDatabaseProxyView<'_> {}

impl wit::HostWithStore<InstanceState> for AsyncDatabaseProxyDoor {
    async fn connect(
        store: &Store,
        config: ConnectionConfig,
    ) -> wasmtime::Result<Result<Resource<AsyncProxiedConnection>, DatabaseError>> {
        let ctx = store.with(|mut store| store.get().ctx.clone());
        match ctx.connect(&config).await {
            Ok(connection) => {
                let connection = AsyncProxiedConnection(Some(connection));
                Ok(Ok(store.with(|mut store| store.get().table.push(connection))?))
            }
            Err(error) => Ok(Err(to_wit(&error))),
        }
    }
}

impl wit::HostConnection for AsyncDatabaseProxyView<'_> {
    fn drop(&mut self, this: Resource<AsyncProxiedConnection>) -> wasmtime::Result<()> {
        self.table.delete(this)?;
        Ok(())
    }
}

impl wit::HostConnectionWithStore<InstanceState> for AsyncDatabaseProxyDoor {
    async fn send(
        store: &Store,
        this: Resource<AsyncProxiedConnection>,
        bytes: Vec<u8>,
    ) -> wasmtime::Result<Result<(), DatabaseError>> {
        let connection = match connection(store, &this)? {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            match send(&connection, rest).await {
                Ok(count) => rest = &rest[count..],
                Err(error) => return Ok(Err(to_wit(&error))),
            }
        }
        Ok(Ok(()))
    }

    async fn recv(
        store: &Store,
        this: Resource<AsyncProxiedConnection>,
        most: u32,
        time: Option<u64>,
    ) -> wasmtime::Result<Result<Vec<u8>, DatabaseError>> {
        let connection = match connection(store, &this)? {
            Ok(connection) => connection,
            Err(error) => return Ok(Err(error)),
        };
        let (most, time) = store.with(|mut store| {
            let ctx = store.get().ctx;
            (ctx.receive_bytes(most), ctx.receive_time(time))
        });
        Ok(receive(&connection, most, time).await.map_err(|error| to_wit(&error)))
    }

    async fn close(
        store: &Store,
        this: Resource<AsyncProxiedConnection>,
    ) -> wasmtime::Result<Result<(), DatabaseError>> {
        let closed =
            store.with(|mut store| store.get().table.get_mut(&this).map(|connection| connection.0.take()))?;
        Ok(closed.map(drop).ok_or(to_wit(&DatabaseProxyError::Closed)))
    }
}
