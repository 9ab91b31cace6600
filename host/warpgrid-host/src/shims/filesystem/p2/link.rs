//! Puts the door into a linker, and answers what belongs to no resource.

use super::super::error::to_p2;
use super::super::view::{Aim, Call, FilesystemDoor, FilesystemView, Resolution, finish};
use crate::instance::InstanceState;
use wasmtime::component::{Linker, Resource};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::{preopens, types};
use wasmtime_wasi::p2::{FsError, FsResult};

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
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<types::ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(
        &mut self,
        error: Resource<wasmtime::Error>,
    ) -> wasmtime::Result<Option<types::ErrorCode>> {
        types::Host::filesystem_error_code(&mut self.upstream(), error)
    }
}

impl FilesystemView<'_> {
    /// Who answers for `path` below `fd`.
    pub(super) async fn aim(&mut self, fd: &Resource<Descriptor>, path: &str, call: Call) -> FsResult<Aim> {
        match self.resolve(fd, path, call).map_err(to_p2)? {
            Resolution::Done(aim) => Ok(aim),
            Resolution::Pending(walk) => {
                let (walk, result) = finish(walk).await;
                self.resolved(&walk, result, call).map_err(to_p2)
            }
        }
    }
}
