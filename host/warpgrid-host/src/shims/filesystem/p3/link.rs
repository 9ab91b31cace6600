//! Puts the door into a linker, and answers what belongs to no resource.

use super::super::error::to_p3;
use super::super::view::{Aim, Call, FilesystemDoor, FilesystemView, Resolution, finish};
use crate::instance::InstanceState;
use wasmtime::component::{Accessor, Linker, Resource};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p3::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p3::filesystem::{FilesystemError, FilesystemResult};

/// Replaces upstream's interfaces.
pub(in super::super) fn intercept(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    types::add_to_linker::<_, FilesystemDoor>(linker, super::super::view::view)?;
    preopens::add_to_linker::<_, FilesystemDoor>(linker, super::super::view::view)
}

impl preopens::Host for FilesystemView<'_> {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let real = preopens::Host::get_directories(&mut self.upstream())?;
        self.folders(real)
    }
}

impl types::Host for FilesystemView<'_> {
    fn convert_error_code(&mut self, error: FilesystemError) -> wasmtime::Result<types::ErrorCode> {
        error.downcast()
    }
}

impl types::HostDescriptor for FilesystemView<'_> {
    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.close(fd)
    }
}

/// Who answers for `path` below `fd`.
pub(super) async fn aim(
    store: &Accessor<InstanceState, FilesystemDoor>,
    fd: &Resource<Descriptor>,
    path: &str,
    call: Call,
) -> FilesystemResult<Aim> {
    match store.with(|mut store| store.get().resolve(fd, path, call)).map_err(to_p3)? {
        Resolution::Done(aim) => Ok(aim),
        Resolution::Pending(walk) => {
            let (walk, result) = finish(walk).await;
            store.with(|mut store| store.get().resolved(&walk, result, call)).map_err(to_p3)
        }
    }
}
