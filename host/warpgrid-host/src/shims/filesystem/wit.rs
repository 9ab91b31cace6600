//! The door `warpgrid:shim/filesystem`: translates types and handles, decides nothing.

use super::ctx::{FilesystemCtx, SystemRandom};
use super::error::to_wit;
use super::view::{FilesystemDoor, FilesystemView, view};
use crate::bindings::warpgrid::shim::filesystem as wit;
use crate::instance::InstanceState;
use warpgrid_grants::files::{FileKind, FsError, OpenFile, VirtualStat};
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime::component::{Linker, Resource};

pub(super) fn link(linker: &mut Linker<InstanceState>) -> wasmtime::Result<()> {
    wit::add_to_linker::<_, FilesystemDoor>(linker, view)
}

impl FilesystemView<'_> {
    /// Logs what was decided and translates the error.
    fn decided<T>(&self, call: &str, path: &str, result: Result<T, FsError>) -> Result<T, wit::FsError> {
        match &result {
            Ok(_) => tracing::debug!(shim = "filesystem", call, path, "virtual"),
            Err(FsError::NotVirtual) => tracing::debug!(shim = "filesystem", call, path, "not virtual"),
            Err(error) => {
                tracing::debug!(shim = "filesystem", call, path, %error, "refused");
                if matches!(error, FsError::LimitReached { .. }) {
                    self.refuse(path, Reason::Limit);
                }
            }
        }
        result.map_err(to_wit)
    }
}

impl wit::Host for FilesystemView<'_> {
    fn is_virtual(&mut self, path: String) -> wasmtime::Result<bool> {
        let answer = self.files.map(&path).is_virtual(&path);
        tracing::debug!(shim = "filesystem", call = "is-virtual", path, answer);
        Ok(answer)
    }

    fn read_virtual(&mut self, path: String) -> wasmtime::Result<Result<Vec<u8>, wit::FsError>> {
        let read = |ctx: &FilesystemCtx| {
            let file = ctx.map(&path).open(&path)?;
            file.read_all(ctx.limits(), &mut SystemRandom).map(|bytes| bytes.into_owned())
        };
        let result = read(self.files);
        Ok(self.decided("read-virtual", &path, result))
    }

    fn stat(&mut self, path: String) -> wasmtime::Result<Result<wit::VirtualStat, wit::FsError>> {
        let result = self.files.map(&path).stat(&path).map(stat_to_wit);
        Ok(self.decided("stat", &path, result))
    }

    fn list_directory(
        &mut self,
        path: String,
    ) -> wasmtime::Result<Result<Vec<wit::DirectoryEntry>, wit::FsError>> {
        let result = self.files.map(&path).list(&path, self.files.limits()).map(|entries| {
            entries
                .into_iter()
                .map(|entry| wit::DirectoryEntry { name: entry.name, kind: kind_to_wit(entry.kind) })
                .collect()
        });
        Ok(self.decided("list-directory", &path, result))
    }

    fn open(&mut self, path: String) -> wasmtime::Result<Result<Resource<OpenFile>, wit::FsError>> {
        let result = match self.files.open(&path) {
            Ok((file, taken)) => {
                let handle = self.table.push(file)?;
                taken.keep();
                Ok(handle)
            }
            Err(error) => Err(error),
        };
        Ok(self.decided("open", &path, result))
    }
}

impl wit::HostFile for FilesystemView<'_> {
    fn read(
        &mut self,
        file: Resource<OpenFile>,
        offset: u64,
        length: u32,
    ) -> wasmtime::Result<Result<Vec<u8>, wit::FsError>> {
        let file = self.table.get(&file)?;
        let bytes = file.read(offset, length, self.files.limits(), &mut SystemRandom);
        Ok(bytes.map(|bytes| bytes.into_owned()).map_err(to_wit))
    }

    fn write(
        &mut self,
        file: Resource<OpenFile>,
        _offset: u64,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<u64, wit::FsError>> {
        let written = self.table.get(&file)?.write(&data);
        if written.is_err() {
            self.files.facts.refusals.add(Capability::File, "a virtual file", Reason::ReadOnly);
        }
        Ok(written.map_err(to_wit))
    }

    fn stat(&mut self, file: Resource<OpenFile>) -> wasmtime::Result<wit::VirtualStat> {
        Ok(stat_to_wit(self.table.get(&file)?.stat()))
    }

    fn drop(&mut self, file: Resource<OpenFile>) -> wasmtime::Result<()> {
        self.table.delete(file)?;
        self.files.descriptors.closed_explicit();
        Ok(())
    }
}

fn kind_to_wit(kind: FileKind) -> wit::FileKind {
    match kind {
        FileKind::Regular => wit::FileKind::Regular,
        FileKind::Directory => wit::FileKind::Directory,
        FileKind::CharacterDevice => wit::FileKind::CharacterDevice,
    }
}

fn stat_to_wit(stat: VirtualStat) -> wit::VirtualStat {
    wit::VirtualStat {
        kind: kind_to_wit(stat.kind),
        size: stat.size,
        writable: stat.writable,
        inode: stat.inode,
    }
}
