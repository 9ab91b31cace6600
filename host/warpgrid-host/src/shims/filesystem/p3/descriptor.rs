//! The methods of a descriptor in WASI 0.3: paths are sorted out, what is virtual is answered, everything
//! else is upstream's.

use super::super::descriptors::Known;
use super::super::error::{p3_code, to_p3};
use super::super::view::{Aim, At, Call, FilesystemDoor, FilesystemView, Wish};
use super::super::walk::{Last, Target};
use super::directory_stream::{Names, kind};
use super::link::aim;
use crate::instance::InstanceState;
use rustix::io::Errno;
use tokio::sync::oneshot;
use wasmtime::AsContextMut;
use wasmtime::component::{Access, Accessor, FutureReader, Resource, StreamReader};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystem, WasiFilesystemCtxView, WasiFilesystemView};
use wasmtime_wasi::p3::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, Filesize,
    HostDescriptorWithStore, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p3::filesystem::FilesystemResult;

type Store = Accessor<InstanceState, FilesystemDoor>;
type Upstream = Accessor<InstanceState, WasiFilesystem>;
type End = FutureReader<Result<(), ErrorCode>>;

fn upstream_view(state: &mut InstanceState) -> WasiFilesystemCtxView<'_> {
    state.filesystem()
}

fn upstream(store: &Store) -> Upstream {
    store.with_getter::<WasiFilesystem>(upstream_view)
}

fn upstream_access<'a>(
    store: &'a mut Access<'_, InstanceState, FilesystemDoor>,
) -> Access<'a, InstanceState, WasiFilesystem> {
    Access::<_, WasiFilesystem>::new(store.as_context_mut(), upstream_view)
}

/// A method without a path: a virtual folder has its own answer, all others have upstream's.
macro_rules! forward {
    ($($name:ident($($argument:ident: $type:ty),*) -> $output:ty, folder: $folder:expr;)*) => {$(
        async fn $name(store: &Store, fd: Resource<Descriptor>, $($argument: $type),*) -> FilesystemResult<$output> {
            if store.with(|mut store| store.get().is_folder(&fd)) {
                return $folder;
            }
            WasiFilesystem::$name(&upstream(store), fd, $($argument),*).await
        }
    )*};
}

/// A method that would change what `fd` is: what is virtual cannot be changed.
macro_rules! change {
    ($($name:ident($($argument:ident: $type:ty),*), folder: $folder:expr;)*) => {$(
        async fn $name(store: &Store, fd: Resource<Descriptor>, $($argument: $type),*) -> FilesystemResult<()> {
            store.with(|mut store| store.get().changeable(&fd, $folder)).map_err(to_p3)?;
            WasiFilesystem::$name(&upstream(store), fd, $($argument),*).await
        }
    )*};
}

/// A method that makes or removes a name.
macro_rules! name {
    ($($name:ident($($argument:ident: $type:ty),*), $text:literal;)*) => {$(
        async fn $name(
            store: &Store,
            fd: Resource<Descriptor>,
            $($argument: $type,)*
            path: String,
        ) -> FilesystemResult<()> {
            let call = Call::names($text);
            match aim(store, &fd, &path, call).await? {
                Aim::Upstream(at) => {
                    let path = at.path.clone();
                    let result = WasiFilesystem::$name(&upstream(store), at.fd(), $($argument,)* path).await;
                    noted(store, result, &at, call)
                }
                Aim::Virtual(target) => Err(unchangeable(store, &target, call)),
            }
        }
    )*};
}

fn follows(flags: PathFlags) -> bool {
    flags.contains(PathFlags::SYMLINK_FOLLOW)
}

fn path_flags(at: &At, flags: PathFlags) -> PathFlags {
    if at.may_follow() { flags } else { PathFlags::empty() }
}

/// Notes what upstream did not permit.
fn noted<T>(store: &Store, result: FilesystemResult<T>, at: &At, call: Call) -> FilesystemResult<T> {
    if let Err(error) = &result
        && let Some(ErrorCode::NotPermitted) = error.downcast_ref()
    {
        store.with(|mut store| store.get().not_permitted(at, call));
    }
    result
}

fn unchangeable(
    store: &Store,
    target: &Target,
    call: Call,
) -> wasmtime_wasi::p3::filesystem::FilesystemError {
    to_p3(store.with(|mut store| store.get().unchangeable(target, call)))
}

fn object(target: Target) -> FilesystemResult<Known> {
    FilesystemView::object(target).map_err(to_p3)
}

impl FilesystemView<'_> {
    fn stat_of_p3(&self, known: &Known) -> DescriptorStat {
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

    /// What a virtual descriptor is; none when upstream must say.
    fn virtual_known(&self, fd: &Resource<Descriptor>) -> Option<Known> {
        self.known(fd).filter(|known| known.is_virtual()).cloned()
    }
}

fn hash_of(known: &Known) -> MetadataHashValue {
    let (lower, upper) = FilesystemView::hash_virtual(known);
    MetadataHashValue { lower, upper }
}

/// Takes a stream that the guest wants to write, and says that it cannot.
fn refused_stream(
    store: &mut Access<'_, InstanceState, FilesystemDoor>,
    mut data: StreamReader<u8>,
    error: Errno,
) -> wasmtime::Result<End> {
    data.close(&mut *store)?;
    FutureReader::new(store, async move { wasmtime::error::Ok(Err(p3_code(error))) })
}

impl HostDescriptorWithStore<InstanceState> for FilesystemDoor {
    forward! {
        advise(offset: Filesize, length: Filesize, advice: Advice) -> (), folder: Err(to_p3(Errno::BADF));
        sync_data() -> (), folder: Ok(());
        sync() -> (), folder: Ok(());
        get_flags() -> DescriptorFlags, folder: Ok(DescriptorFlags::READ);
        get_type() -> DescriptorType, folder: Ok(DescriptorType::Directory);
    }

    change! {
        set_size(size: Filesize), folder: Errno::BADF;
        set_times(access: NewTimestamp, modification: NewTimestamp), folder: Errno::ROFS;
    }

    name! {
        create_directory_at(), "create-directory-at";
        remove_directory_at(), "remove-directory-at";
        unlink_file_at(), "unlink-file-at";
        symlink_at(text: String), "symlink-at";
    }

    fn read_via_stream(
        mut store: Access<'_, InstanceState, Self>,
        fd: Resource<Descriptor>,
        offset: Filesize,
    ) -> wasmtime::Result<(StreamReader<u8>, End)> {
        if store.get().is_folder(&fd) {
            let end =
                FutureReader::new(&mut store, async { wasmtime::error::Ok(Err(ErrorCode::IsDirectory)) })?;
            return Ok((StreamReader::new(&mut store, std::iter::empty())?, end));
        }
        WasiFilesystem::read_via_stream(upstream_access(&mut store), fd, offset)
    }

    fn write_via_stream(
        mut store: Access<'_, InstanceState, Self>,
        fd: Resource<Descriptor>,
        data: StreamReader<u8>,
        offset: Filesize,
    ) -> wasmtime::Result<End> {
        match store.get().changeable(&fd, Errno::BADF) {
            Err(error) => refused_stream(&mut store, data, error),
            Ok(()) => WasiFilesystem::write_via_stream(upstream_access(&mut store), fd, data, offset),
        }
    }

    fn append_via_stream(
        mut store: Access<'_, InstanceState, Self>,
        fd: Resource<Descriptor>,
        data: StreamReader<u8>,
    ) -> wasmtime::Result<End> {
        match store.get().changeable(&fd, Errno::BADF) {
            Err(error) => refused_stream(&mut store, data, error),
            Ok(()) => WasiFilesystem::append_via_stream(upstream_access(&mut store), fd, data),
        }
    }

    fn read_directory(
        mut store: Access<'_, InstanceState, Self>,
        fd: Resource<Descriptor>,
    ) -> wasmtime::Result<(StreamReader<DirectoryEntry>, End)> {
        let (sender, end) = oneshot::channel();
        let names = Names::new(store.get().listed(&fd), sender);
        Ok((StreamReader::new(&mut store, names)?, FutureReader::new(&mut store, end)?))
    }

    async fn stat(store: &Store, fd: Resource<Descriptor>) -> FilesystemResult<DescriptorStat> {
        let answer = store.with(|mut store| {
            let view = store.get();
            view.virtual_known(&fd).map(|known| view.stat_of_p3(&known))
        });
        match answer {
            Some(stat) => Ok(stat),
            None => WasiFilesystem::stat(&upstream(store), fd).await,
        }
    }

    async fn stat_at(
        store: &Store,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FilesystemResult<DescriptorStat> {
        let call = Call::reads("stat-at", follows(flags));
        match aim(store, &fd, &path, call).await? {
            Aim::Upstream(at) => {
                let (flags, path) = (path_flags(&at, flags), at.path.clone());
                let result = WasiFilesystem::stat_at(&upstream(store), at.fd(), flags, path).await;
                noted(store, result, &at, call)
            }
            Aim::Virtual(target) => {
                let known = object(target)?;
                Ok(store.with(|mut store| store.get().stat_of_p3(&known)))
            }
        }
    }

    async fn set_times_at(
        store: &Store,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        access: NewTimestamp,
        modification: NewTimestamp,
    ) -> FilesystemResult<()> {
        let call = Call { changes: true, ..Call::reads("set-times-at", follows(flags)) };
        match aim(store, &fd, &path, call).await? {
            Aim::Upstream(at) => {
                let (upstream, flags, path) = (upstream(store), path_flags(&at, flags), at.path.clone());
                let result =
                    WasiFilesystem::set_times_at(&upstream, at.fd(), flags, path, access, modification).await;
                noted(store, result, &at, call)
            }
            Aim::Virtual(Target::Missing(_)) => Err(to_p3(Errno::NOENT)),
            Aim::Virtual(target) => Err(unchangeable(store, &target, call)),
        }
    }

    async fn link_at(
        store: &Store,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FilesystemResult<()> {
        let call = Call::names("link-at");
        match (aim(store, &fd, &path, call).await?, aim(store, &new_fd, &new_path, call).await?) {
            (Aim::Upstream(from), Aim::Upstream(to)) => {
                let (path, new_path) = (from.path.clone(), to.path.clone());
                let upstream = upstream(store);
                let result =
                    WasiFilesystem::link_at(&upstream, from.fd(), flags, path, to.fd(), new_path).await;
                noted(store, result, &from, call)
            }
            (Aim::Virtual(target), _) | (_, Aim::Virtual(target)) => Err(unchangeable(store, &target, call)),
        }
    }

    async fn open_at(
        store: &Store,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
        open: OpenFlags,
        how: DescriptorFlags,
    ) -> FilesystemResult<Resource<Descriptor>> {
        let taken = store.with(|mut store| store.get().take(&path)).map_err(to_p3)?;
        let wish = wish(open, how);
        let follow = follows(flags) && !(wish.create && wish.exclusive);
        let changes = wish.create || wish.truncate || wish.write;
        let call = Call { name: "open-at", last: Last::Object { follow, create: wish.create }, changes };
        match aim(store, &fd, &path, call).await? {
            Aim::Upstream(at) => {
                let (flags, path) = (path_flags(&at, flags), at.path.clone());
                let result = WasiFilesystem::open_at(&upstream(store), at.fd(), flags, path, open, how).await;
                let fd = noted(store, result, &at, call)?;
                store.with(|mut store| store.get().opened(&fd, at, taken));
                Ok(fd)
            }
            Aim::Virtual(target) => {
                store.with(|mut store| store.get().open_virtual(target, wish, taken)).map_err(to_p3)
            }
        }
    }

    async fn readlink_at(store: &Store, fd: Resource<Descriptor>, path: String) -> FilesystemResult<String> {
        let call = Call::reads("readlink-at", false);
        match aim(store, &fd, &path, call).await? {
            Aim::Upstream(at) => {
                let result = WasiFilesystem::readlink_at(&upstream(store), at.fd(), at.path.clone()).await;
                noted(store, result, &at, call)
            }
            Aim::Virtual(target) => object(target).and(Err(to_p3(Errno::INVAL))),
        }
    }

    async fn rename_at(
        store: &Store,
        fd: Resource<Descriptor>,
        path: String,
        new_fd: Resource<Descriptor>,
        new_path: String,
    ) -> FilesystemResult<()> {
        let call = Call::names("rename-at");
        match (aim(store, &fd, &path, call).await?, aim(store, &new_fd, &new_path, call).await?) {
            (Aim::Upstream(from), Aim::Upstream(to)) => {
                let (path, new_path) = (from.path.clone(), to.path.clone());
                let upstream = upstream(store);
                let result = WasiFilesystem::rename_at(&upstream, from.fd(), path, to.fd(), new_path).await;
                noted(store, result, &from, call)
            }
            (Aim::Virtual(target), _) | (_, Aim::Virtual(target)) => Err(unchangeable(store, &target, call)),
        }
    }

    async fn is_same_object(
        store: &Store,
        fd: Resource<Descriptor>,
        other: Resource<Descriptor>,
    ) -> wasmtime::Result<bool> {
        match store.with(|mut store| store.get().is_same_virtual(&fd, &other)) {
            Some(same) => Ok(same),
            None => WasiFilesystem::is_same_object(&upstream(store), fd, other).await,
        }
    }

    async fn metadata_hash(store: &Store, fd: Resource<Descriptor>) -> FilesystemResult<MetadataHashValue> {
        match store.with(|mut store| store.get().virtual_known(&fd)) {
            Some(known) => Ok(hash_of(&known)),
            None => WasiFilesystem::metadata_hash(&upstream(store), fd).await,
        }
    }

    async fn metadata_hash_at(
        store: &Store,
        fd: Resource<Descriptor>,
        flags: PathFlags,
        path: String,
    ) -> FilesystemResult<MetadataHashValue> {
        let call = Call::reads("metadata-hash-at", follows(flags));
        match aim(store, &fd, &path, call).await? {
            Aim::Upstream(at) => {
                let (flags, path) = (path_flags(&at, flags), at.path.clone());
                let result = WasiFilesystem::metadata_hash_at(&upstream(store), at.fd(), flags, path).await;
                noted(store, result, &at, call)
            }
            Aim::Virtual(target) => Ok(hash_of(&object(target)?)),
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
