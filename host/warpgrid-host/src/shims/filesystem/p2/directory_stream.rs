//! The names of a folder, given one by one; reads no folder.

use super::super::error::to_p2;
use super::super::listing::{self, Entry};
use super::super::view::FilesystemView;
use rustix::fs::FileType;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorType, DirectoryEntry, DirectoryEntryStream, HostDirectoryEntryStream,
};

/// Stands in the table for upstream's stream: every stream comes from this door.
pub(super) struct Names(pub(super) listing::Names);

pub(super) fn kind(kind: FileType) -> DescriptorType {
    match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        // As upstream has it: 0.2 has no kind for these that C libraries know.
        FileType::Fifo | FileType::Socket | FileType::Unknown => DescriptorType::Unknown,
    }
}

impl HostDirectoryEntryStream for FilesystemView<'_> {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        let names = self.table.get_mut(&Resource::<Names>::new_borrow(stream.rep()))?;
        match names.0.next() {
            None => Ok(None),
            Some(Ok(Entry { name, kind: type_ })) => Ok(Some(DirectoryEntry { type_: kind(type_), name })),
            Some(Err(error)) => Err(to_p2(error)),
        }
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.table.delete(Resource::<Names>::new_own(stream.rep()))?;
        Ok(())
    }
}
