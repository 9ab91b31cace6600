//! The methods of a descriptor in WASI 0.2: paths are sorted out, what is virtual is answered, everything
//! else is upstream's.

use super::super::descriptors::Known;
use super::super::error::to_p2;
use super::super::view::{Aim, At, Call, FilesystemView, Wish};
use super::super::walk::{Last, Target};
use super::directory_stream::{Names, kind};
use super::limited_stream::{LimitedStream, UPSTREAM_BYTES};
use rustix::io::Errno;
use wasmtime::component::Resource;
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntryStream, ErrorCode, Filesize,
    HostDescriptor, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsResult};
use wasmtime_wasi::runtime::spawn_blocking;

/// A method without a path: a virtual folder has its own answer, all others have upstream's.
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty, folder: $folder:expr;)*) => {$(
        async fn $name(&mut self, fd: Resource<Descriptor>, $($argument: $type),*) -> FsResult<$output> {
            if self.is_folder(&fd) {
                return $folder;
            }
            self.upstream().$name(fd, $($argument),*).await
        }
    )*};
}

/// A method that would change what `fd` is: what is virtual cannot be changed.
macro_rules! change {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty, folder: $folder:expr;)*) => {$(
        async fn $name(&mut self, fd: Resource<Descriptor>, $($argument: $type),*) -> FsResult<$output> {
            self.changeable(&fd, $folder).map_err(to_p2)?;
            self.upstream().$name(fd, $($argument),*).await
        }
    )*};
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

fn path_flags(at: &At, flags: PathFlags) -> PathFlags {
    if at.may_follow() { flags } else { PathFlags::empty() }
}

impl FilesystemView<'_> {
    /// Notes what upstream did not permit.
    fn noted<T>(&self, result: FsResult<T>, at: &At, call: Call) -> FsResult<T> {
        if let Err(error) = &result
            && let Some(ErrorCode::NotPermitted) = error.downcast_ref()
        {
            self.not_permitted(at, call);
        }
        result
    }

    fn stat_of(&self, known: &Known) -> DescriptorStat {
        let (type_, size) = self.stat_virtual(known);
        DescriptorStat {
            type_: kind(type_),
            link_count: 1,
            size,
            data_access_timestamp: None,
            data_modification_timestamp: None,
            status_change_timestamp: None,
        }
    }

    fn hash_of(known: &Known) -> MetadataHashValue {
        let (lower, upper) = Self::hash_virtual(known);
        MetadataHashValue { lower, upper }
    }
}

impl HostDescriptor for FilesystemView<'_> {
    forward! {
        advise(offset: Filesize, length: Filesize, advice: Advice) -> (), folder: Err(to_p2(Errno::BADF));
        sync_data() -> (), folder: Ok(());
        sync() -> (), folder: Ok(());
        get_flags() -> DescriptorFlags, folder: Ok(DescriptorFlags::READ);
        get_type() -> DescriptorType, folder: Ok(DescriptorType::Directory);
    }

    change! {
        set_size(size: Filesize) -> (), folder: Errno::BADF;
        set_times(access: NewTimestamp, modification: NewTimestamp) -> (), folder: Errno::ROFS;
        write(bytes: Vec<u8>, offset: Filesize) -> Filesize, folder: Errno::BADF;
    }

    async fn read(
        &mut self,
        fd: Resource<Descriptor>,
        length: Filesize,
        offset: Filesize,
    ) -> FsResult<(Vec<u8>, bool)> {
        if self.is_folder(&fd) {
            return Err(to_p2(Errno::BADF));
        }
        let length = length.min(self.files.limits().read_bytes as u64);
        self.upstream().read(fd, length, offset).await
    }

    async fn read_directory(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DirectoryEntryStream>> {
        let listed = self.listed(&fd).map_err(to_p2)?;
        let names = match listed.is_real() {
            true => spawn_blocking(move || listed.read()).await,
            false => listed.read(),
        };
        let stream = self.table.push(Names(names.map_err(to_p2)?))?;
        Ok(Resource::new_own(stream.rep()))
    }

    async fn create_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let call = Call::names("create-directory-at");
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = self.upstream().create_directory_at(at.fd(), at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Err(to_p2(self.unchangeable(&target, call))),
        }
    }

    async fn stat(&mut self, fd: Resource<Descriptor>) -> FsResult<DescriptorStat> {
        match self.known(&fd) {
            Some(known) if known.is_virtual() => Ok(self.stat_of(known)),
            _ => self.upstream().stat(fd).await,
        }
    }

    async fn stat_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<DescriptorStat> {
        let call = Call::reads("stat-at", follows(flags));
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let flags = path_flags(&at, flags);
                let result = self.upstream().stat_at(at.fd(), flags, at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Ok(self.stat_of(&Self::object(target).map_err(to_p2)?)),
        }
    }

    async fn set_times_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> FsResult<()> {
        let call = Call { changes: true, ..Call::reads("set-times-at", follows(flags)) };
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let (flags, path) = (path_flags(&at, flags), at.path.clone());
                let result = self.upstream().set_times_at(at.fd(), flags, path, access, modification).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(Target::Missing(_)) => Err(to_p2(Errno::NOENT)),
            Aim::Virtual(target) => Err(to_p2(self.unchangeable(&target, call))),
        }
    }

    async fn link_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let call = Call::names("link-at");
        let (from, to) = (self.aim(&fd, &path, call).await?, self.aim(&new_fd, &new_path, call).await?);
        match (from, to) {
            (Aim::Upstream(from), Aim::Upstream(to)) => {
                let (path, new_path) = (from.path.clone(), to.path.clone());
                let result = self.upstream().link_at(from.fd(), flags, path, to.fd(), new_path).await;
                self.noted(result, &from, call)
            }
            (Aim::Virtual(target), _) | (_, Aim::Virtual(target)) => {
                Err(to_p2(self.unchangeable(&target, call)))
            }
        }
    }

    async fn open_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        open: OpenFlags,
        how: DescriptorFlags,
    ) -> FsResult<Resource<Descriptor>> {
        let taken = self.take(&path).map_err(to_p2)?;
        let wish = wish(open, how);
        let follow = follows(flags) && !(wish.create && wish.exclusive);
        let changes = wish.create || wish.truncate || wish.write;
        let call = Call { name: "open-at", last: Last::Object { follow, create: wish.create }, changes };
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let flags = path_flags(&at, flags);
                let result = self.upstream().open_at(at.fd(), flags, at.path.clone(), open, how).await;
                let fd = self.noted(result, &at, call)?;
                self.opened(&fd, at, taken);
                Ok(fd)
            }
            Aim::Virtual(target) => self.open_virtual(target, wish, taken).map_err(to_p2),
        }
    }

    fn drop(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.close(fd)
    }

    async fn readlink_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<String> {
        let call = Call::reads("readlink-at", false);
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = self.upstream().readlink_at(at.fd(), at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => {
                Self::object(target).map_err(to_p2)?;
                Err(to_p2(Errno::INVAL))
            }
        }
    }

    async fn remove_directory_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let call = Call::names("remove-directory-at");
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = self.upstream().remove_directory_at(at.fd(), at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Err(to_p2(self.unchangeable(&target, call))),
        }
    }

    async fn rename_at(
        &mut self,
        fd: Resource<Descriptor>,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FsResult<()> {
        let call = Call::names("rename-at");
        let (from, to) = (self.aim(&fd, &path, call).await?, self.aim(&new_fd, &new_path, call).await?);
        match (from, to) {
            (Aim::Upstream(from), Aim::Upstream(to)) => {
                let (path, new_path) = (from.path.clone(), to.path.clone());
                let result = self.upstream().rename_at(from.fd(), path, to.fd(), new_path).await;
                self.noted(result, &from, call)
            }
            (Aim::Virtual(target), _) | (_, Aim::Virtual(target)) => {
                Err(to_p2(self.unchangeable(&target, call)))
            }
        }
    }

    async fn symlink_at(&mut self, fd: Resource<Descriptor>, text: String, path: String) -> FsResult<()> {
        let call = Call::names("symlink-at");
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = self.upstream().symlink_at(at.fd(), text, at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Err(to_p2(self.unchangeable(&target, call))),
        }
    }

    async fn unlink_file_at(&mut self, fd: Resource<Descriptor>, path: String) -> FsResult<()> {
        let call = Call::names("unlink-file-at");
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = self.upstream().unlink_file_at(at.fd(), at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Err(to_p2(self.unchangeable(&target, call))),
        }
    }

    fn read_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynInputStream>> {
        if self.is_folder(&fd) {
            return Err(to_p2(Errno::ISDIR));
        }
        let stream = self.upstream().read_via_stream(fd, offset)?;
        let limit = self.files.limits().read_bytes.max(1);
        if limit >= UPSTREAM_BYTES {
            return Ok(stream);
        }
        let inner = self.table.delete(stream)?;
        let limited: DynInputStream = Box::new(LimitedStream { inner, limit });
        Ok(self.table.push(limited)?)
    }

    fn write_via_stream(
        &mut self,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> FsResult<Resource<DynOutputStream>> {
        self.changeable(&fd, Errno::BADF).map_err(to_p2)?;
        self.upstream().write_via_stream(fd, offset)
    }

    fn append_via_stream(&mut self, fd: Resource<Descriptor>) -> FsResult<Resource<DynOutputStream>> {
        self.changeable(&fd, Errno::BADF).map_err(to_p2)?;
        self.upstream().append_via_stream(fd)
    }

    async fn is_same_object(
        &mut self,
        a: Resource<Descriptor>,
        b: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        match self.is_same_virtual(&a, &b) {
            Some(same) => Ok(same),
            None => self.upstream().is_same_object(a, b).await,
        }
    }

    async fn metadata_hash(&mut self, fd: Resource<Descriptor>) -> FsResult<MetadataHashValue> {
        match self.known(&fd) {
            Some(known) if known.is_virtual() => Ok(Self::hash_of(known)),
            _ => self.upstream().metadata_hash(fd).await,
        }
    }

    async fn metadata_hash_at(
        &mut self,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FsResult<MetadataHashValue> {
        let call = Call::reads("metadata-hash-at", follows(flags));
        match self.aim(&fd, &path, call).await? {
            Aim::Upstream(at) => {
                let flags = path_flags(&at, flags);
                let result = self.upstream().metadata_hash_at(at.fd(), flags, at.path.clone()).await;
                self.noted(result, &at, call)
            }
            Aim::Virtual(target) => Ok(Self::hash_of(&Self::object(target).map_err(to_p2)?)),
        }
    }
}

fn wish(open: OpenFlags, how: DescriptorFlags) -> Wish {
    let synchronous = [
        DescriptorFlags::FILE_INTEGRITY_SYNC,
        DescriptorFlags::DATA_INTEGRITY_SYNC,
        DescriptorFlags::REQUESTED_WRITE_SYNC,
    ];
    Wish {
        create: open.contains(OpenFlags::CREATE),
        exclusive: open.contains(OpenFlags::EXCLUSIVE),
        truncate: open.contains(OpenFlags::TRUNCATE),
        folder: open.contains(OpenFlags::DIRECTORY),
        read: how.contains(DescriptorFlags::READ),
        write: how.contains(DescriptorFlags::WRITE),
        synchronous: synchronous.into_iter().any(|flag| how.contains(flag)),
    }
}
