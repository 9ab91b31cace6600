//! What the doors of WASI share: a call's path becomes upstream's call or a virtual answer; has no type of
//! one WASI version.

use super::ctx::FilesystemCtx;
use super::descriptors::{Known, Lent, Taken, VirtualFolder};
use super::listing::{Entry, Listed};
use super::namespace::{Mount, join, mount_path};
use super::walk::{Ground, Last, MAX_PATH, Place, Stop, Target, Walk};
use crate::instance::InstanceState;
use crate::shim::linked;
use rustix::fs::FileType;
use rustix::io::Errno;
use std::sync::Arc;
use warpgrid_grants::files::{FileKind, Standing};
use warpgrid_grants::limits::GuestLimits;
use warpgrid_grants::path::NormalPath;
use warpgrid_grants::refusal::{Capability, Reason};
use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemCtx, WasiFilesystemCtxView};
use wasmtime_wasi::runtime::spawn_blocking;
use wasmtime_wasi::{FsPerms, OpenMode};

/// Borrowed access to what the doors need of an instance.
pub(super) struct FilesystemView<'a> {
    pub(super) wasi: &'a mut WasiFilesystemCtx,
    pub(super) table: &'a mut ResourceTable,
    pub(super) files: &'a mut FilesystemCtx,
}

/// The marker of the doors.
pub(super) struct FilesystemDoor;

impl HasData for FilesystemDoor {
    type Data<'a> = FilesystemView<'a>;
}

pub(super) fn view(state: &mut InstanceState) -> FilesystemView<'_> {
    let files = linked(&mut state.shims.filesystem);
    FilesystemView { wasi: state.wasi.filesystem(), table: &mut state.table, files }
}

/// The most of a path, in bytes, that a refusal carries.
const REFUSED_BYTES: usize = 256;

/// A call of a guest on a path.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    /// Its name in the interface.
    pub(super) name: &'static str,
    /// What it does with the last name.
    pub(super) last: Last,
    /// Whether it changes what is there.
    pub(super) changes: bool,
}

impl Call {
    /// A call that reads what is at the path.
    pub(super) fn reads(name: &'static str, follow: bool) -> Self {
        Self { name, last: Last::Object { follow, create: false }, changes: false }
    }

    /// A call that makes, removes or renames the name.
    pub(super) fn names(name: &'static str) -> Self {
        Self { name, last: Last::Name, changes: true }
    }
}

/// What a guest wants of a file that it opens.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wish {
    pub(super) create: bool,
    pub(super) exclusive: bool,
    pub(super) truncate: bool,
    pub(super) folder: bool,
    pub(super) read: bool,
    pub(super) write: bool,
    pub(super) synchronous: bool,
}

/// Who answers a call on a path.
pub(super) enum Aim {
    /// Upstream.
    Upstream(At),
    /// The map.
    Virtual(Target),
}

/// Where upstream answers.
pub(super) struct At {
    rep: u32,
    /// The path below the descriptor.
    pub(super) path: String,
    /// Set when the path is not that of the guest: then nothing of it may be followed.
    lent: Option<Lent>,
    /// The absolute path, when the object is a passage.
    pub(super) merged: Option<String>,
    read_only: bool,
}

impl At {
    /// The descriptor for upstream's call.
    pub(super) fn fd(&self) -> Resource<Descriptor> {
        Resource::new_borrow(self.rep)
    }

    /// Whether upstream may follow a link in the last place.
    pub(super) fn may_follow(&self) -> bool {
        self.lent.is_none()
    }
}

/// A path that is being looked at.
pub(super) enum Resolution {
    Done(Aim),
    /// The real file system must be asked, outside of the store.
    Pending(Walk),
}

/// Asks the real file system.
pub(super) async fn finish(walk: Walk) -> (Walk, Result<Target, Stop>) {
    spawn_blocking(move || {
        let result = walk.run(true);
        (walk, result)
    })
    .await
}

impl FilesystemView<'_> {
    pub(super) fn upstream(&mut self) -> WasiFilesystemCtxView<'_> {
        WasiFilesystemCtxView { ctx: self.wasi, table: self.table }
    }

    pub(super) fn known(&self, fd: &Resource<Descriptor>) -> Option<&Known> {
        self.files.descriptors.get(fd.rep())
    }

    /// Whether `fd` is a virtual folder, which upstream does not know.
    pub(super) fn is_folder(&self, fd: &Resource<Descriptor>) -> bool {
        matches!(self.known(fd), Some(Known::Folder(_)))
    }

    /// Sorts out who answers for `path` below `fd`.
    pub(super) fn resolve(
        &mut self,
        fd: &Resource<Descriptor>,
        path: &str,
        call: Call,
    ) -> Result<Resolution, Errno> {
        if path.len() > MAX_PATH {
            return Err(Errno::NAMETOOLONG);
        }
        let (start, ground) = match self.known(fd) {
            Some(Known::Folder(path)) => (path.to_string(), Ground::None),
            Some(Known::Merged(path)) => match self.table.get(fd) {
                Ok(Descriptor::Dir(dir)) => (path.to_string(), Ground::Dir(dir.clone())),
                _ => return Err(Errno::BADF),
            },
            Some(Known::File(_)) | None => {
                tracing::debug!(shim = "filesystem", call = call.name, path, "forwarded");
                let read_only = match self.table.get(fd) {
                    Ok(Descriptor::Dir(dir)) => dir.perms.write_not_permitted(),
                    _ => false,
                };
                let at = At { rep: fd.rep(), path: path.to_owned(), lent: None, merged: None, read_only };
                return Ok(Resolution::Done(Aim::Upstream(at)));
            }
        };
        let walk = Walk {
            namespace: self.files.namespace.clone(),
            start: Place { path: start, ground },
            path: path.to_owned(),
            last: call.last,
        };
        match walk.run(false) {
            Err(Stop::NeedsSystem) => Ok(Resolution::Pending(walk)),
            result => self.resolved(&walk, result, call).map(Resolution::Done),
        }
    }

    /// Goes on after a walk.
    pub(super) fn resolved(
        &mut self,
        walk: &Walk,
        result: Result<Target, Stop>,
        call: Call,
    ) -> Result<Aim, Errno> {
        let path = walk.path.as_str();
        let (dir, name, merged) = match result {
            Ok(Target::Real(dir, name)) => (dir, name, None),
            Ok(Target::Merged(path, dir)) if call.last != Last::Name => (dir, ".".to_owned(), Some(path)),
            Ok(Target::Merged(path, _)) => return Ok(Aim::Virtual(Target::Folder(path))),
            Ok(target) => {
                tracing::debug!(shim = "filesystem", call = call.name, path, "virtual");
                return Ok(Aim::Virtual(target));
            }
            Err(Stop::Error(error)) => {
                tracing::debug!(shim = "filesystem", call = call.name, path, %error, "answered");
                return Err(error);
            }
            Err(Stop::Escape) => {
                self.refuse(&join(&walk.start.path, path), Reason::NotGranted);
                return Err(Errno::PERM);
            }
            // With the system at hand, nothing more is needed.
            Err(Stop::NeedsSystem) => return Err(Errno::IO),
        };
        tracing::debug!(shim = "filesystem", call = call.name, path, name, "forwarded");
        let read_only = dir.perms.write_not_permitted();
        let lent = self.files.descriptors.lend(self.table, Descriptor::Dir(dir)).ok_or(Errno::NOMEM)?;
        Ok(Aim::Upstream(At { rep: lent.rep(), path: name, lent: Some(lent), merged, read_only }))
    }

    /// Records a refusal.
    pub(super) fn refuse(&self, path: &str, reason: Reason) {
        let shown = &path[..path.floor_char_boundary(REFUSED_BYTES)];
        self.files.facts.refusals.add(Capability::File, shown, reason);
    }

    /// Records that upstream did not permit a call.
    pub(super) fn not_permitted(&self, at: &At, call: Call) {
        let reason = if at.read_only && call.changes { Reason::ReadOnly } else { Reason::NotGranted };
        self.refuse(&at.path, reason);
    }

    /// The answer to a call that would change what is virtual.
    pub(super) fn unchangeable(&self, target: &Target, call: Call) -> Errno {
        let (Target::File(path) | Target::Folder(path) | Target::Merged(path, _) | Target::Missing(path)) =
            target
        else {
            return Errno::IO;
        };
        if call.name == "create-directory-at" && !matches!(target, Target::Missing(_)) {
            return Errno::EXIST;
        }
        self.refuse(path, Reason::ReadOnly);
        Errno::ROFS
    }

    /// The answer to a call that needs an object, when there is none.
    pub(super) fn object(target: Target) -> Result<Known, Errno> {
        match target {
            Target::File(path) => Ok(Known::File(path.into())),
            Target::Folder(path) | Target::Merged(path, _) => Ok(Known::Folder(path.into())),
            Target::Missing(_) => Err(Errno::NOENT),
            Target::Real(..) => Err(Errno::IO),
        }
    }

    /// Takes one of the guest's open descriptors.
    pub(super) fn take(&self, path: &str) -> Result<Taken, Errno> {
        let taken = self.files.descriptors.take(self.files.limits().open_files);
        taken.ok_or_else(|| {
            self.refuse(path, Reason::Limit);
            Errno::NOMEM
        })
    }

    /// Opens what is virtual.
    pub(super) fn open_virtual(
        &mut self,
        target: Target,
        wish: Wish,
        taken: Taken,
    ) -> Result<Resource<Descriptor>, Errno> {
        if wish.synchronous {
            return Err(Errno::NOTSUP);
        }
        if wish.folder && (wish.create || wish.exclusive || wish.truncate) {
            return Err(Errno::INVAL);
        }
        if wish.create && wish.exclusive && !matches!(target, Target::Missing(_)) {
            return Err(Errno::EXIST);
        }
        let known = match &target {
            Target::Missing(path) if wish.create => {
                self.refuse(path, Reason::ReadOnly);
                return Err(Errno::ROFS);
            }
            _ => Self::object(target)?,
        };
        let fd = match &known {
            Known::File(_) if wish.folder => return Err(Errno::NOTDIR),
            Known::File(path) => {
                let mut file = self.files.namespace.file(path)?;
                if (wish.write || wish.truncate) && file.perms == FsPerms::ReadOnly {
                    self.refuse(path, Reason::ReadOnly);
                    return Err(Errno::ROFS);
                }
                file.open_mode = OpenMode::empty();
                file.open_mode.set(OpenMode::READ, wish.read || !wish.write);
                file.open_mode.set(OpenMode::WRITE, wish.write);
                self.table.push(Descriptor::File(file)).map_err(|_| Errno::NOMEM)?
            }
            _ if wish.write || wish.truncate || wish.create => return Err(Errno::ISDIR),
            _ => {
                let folder = self.table.push(VirtualFolder).map_err(|_| Errno::NOMEM)?;
                Resource::new_own(folder.rep())
            }
        };
        self.files.descriptors.remember(fd.rep(), known);
        taken.keep();
        Ok(fd)
    }

    /// Upstream opened a descriptor for the guest.
    pub(super) fn opened(&mut self, fd: &Resource<Descriptor>, at: At, taken: Taken) {
        if let (Some(path), Ok(Descriptor::Dir(_))) = (&at.merged, self.table.get(fd)) {
            self.files.descriptors.remember(fd.rep(), Known::Merged(path.as_str().into()));
        }
        taken.keep();
    }

    /// Closes a descriptor.
    pub(super) fn close(&mut self, fd: Resource<Descriptor>) -> wasmtime::Result<()> {
        self.files.descriptors.sweep(self.table);
        let rep = fd.rep();
        if self.is_folder(&fd) {
            self.table.delete(Resource::<VirtualFolder>::new_own(rep))?;
        } else {
            self.table.delete(fd)?;
        }
        self.files.descriptors.closed(rep);
        Ok(())
    }

    /// Whether the content of `fd` may be changed; `folder` is the error for a virtual folder.
    pub(super) fn changeable(&self, fd: &Resource<Descriptor>, folder: Errno) -> Result<(), Errno> {
        match (self.known(fd), self.table.get(fd)) {
            (Some(Known::Folder(_)), _) => Err(folder),
            (Some(Known::File(path)), Ok(Descriptor::File(file))) if file.perms == FsPerms::ReadOnly => {
                self.refuse(path, Reason::ReadOnly);
                Err(Errno::ROFS)
            }
            _ => Ok(()),
        }
    }

    /// What a virtual file or folder is: kind and size.
    pub(super) fn stat_virtual(&self, known: &Known) -> (FileType, u64) {
        let path = known.path();
        match self.files.namespace.map(path).stat(path) {
            Ok(stat) => (file_type(stat.kind), stat.size),
            Err(_) => (FileType::Directory, 0),
        }
    }

    /// The number of a virtual file or folder, in two halves.
    pub(super) fn hash_virtual(known: &Known) -> (u64, u64) {
        let inode = NormalPath::new(known.path()).map_or(1, |path| path.inode());
        // Upstream's numbers have another relation between the halves.
        (inode, !inode)
    }

    /// Whether two descriptors are one object; none when upstream must say.
    pub(super) fn is_same_virtual(&self, a: &Resource<Descriptor>, b: &Resource<Descriptor>) -> Option<bool> {
        match (self.known(a), self.known(b)) {
            (Some(a), Some(b)) if a.is_virtual() && b.is_virtual() => Some(a.path() == b.path()),
            (Some(known), _) | (_, Some(known)) if known.is_virtual() => Some(false),
            _ => None,
        }
    }

    /// The folder to list; the error of upstream's kind when it is none.
    pub(super) fn listed(&self, fd: &Resource<Descriptor>) -> Result<Listed, Errno> {
        let limit = self.files.limits().listed_names;
        let known = self.known(fd);
        let real = match known {
            Some(Known::Folder(_)) => None,
            _ => match self.table.get(fd) {
                Ok(Descriptor::Dir(dir)) => Some(dir.dir.clone()),
                Ok(Descriptor::File(_)) => return Err(Errno::NOTDIR),
                Err(_) => return Err(Errno::BADF),
            },
        };
        let added = known.map_or_else(Vec::new, |known| self.added(known));
        tracing::debug!(shim = "filesystem", call = "read-directory", path = ?known.map(Known::path), added = added.len());
        let (held, facts) = (self.files.names.begin(), self.files.facts.clone());
        let path = known.map_or_else(|| Arc::from("a folder"), |known| known.path().clone());
        Ok(Listed { added, real, limit, held, path, facts })
    }

    fn added(&self, known: &Known) -> Vec<Entry> {
        let (path, namespace) = (known.path(), &self.files.namespace);
        // One more than the limit, so that it is seen when there are too many.
        let limits = self.files.limits();
        let limits = GuestLimits { listed_names: limits.listed_names.saturating_add(1), ..*limits };
        let names = namespace.map(path).list(path, &limits).unwrap_or_default();
        let mut added: Vec<Entry> =
            names.into_iter().map(|entry| Entry { name: entry.name, kind: file_type(entry.kind) }).collect();
        if let Known::Folder(_) = known {
            for name in namespace.mount_names(path) {
                if !added.iter().any(|entry| entry.name == name) {
                    added.push(Entry { name: name.to_owned(), kind: FileType::Directory });
                }
            }
        }
        added
    }

    /// The folders that the guest starts with. `real` are upstream's.
    pub(super) fn folders(
        &mut self,
        real: Vec<(Resource<Descriptor>, String)>,
    ) -> wasmtime::Result<Vec<(Resource<Descriptor>, String)>> {
        let namespace = self.files.namespace.clone();
        namespace.set_mounts(|| {
            let mount = |(fd, name): &(Resource<Descriptor>, String)| match self.table.get(fd) {
                Ok(Descriptor::Dir(dir)) => Some(Mount { path: mount_path(name), dir: dir.clone() }),
                _ => None,
            };
            real.iter().filter_map(mount).collect()
        });
        let mut folders = Vec::with_capacity(real.len() + 1);
        for (fd, name) in real {
            let path = mount_path(&name);
            let standing = namespace.standing(&path);
            let hidden = matches!(standing, Standing::File | Standing::Folder | Standing::Missing);
            if hidden {
                tracing::warn!(name, "a folder is hidden by a virtual path");
            }
            match self.take(&path) {
                Ok(taken) if !hidden => {
                    if standing == Standing::Passage {
                        let known = Known::Merged(path.as_str().into());
                        self.files.descriptors.remember(fd.rep(), known);
                    }
                    taken.keep();
                    folders.push((fd, name));
                }
                _ => {
                    self.table.delete(fd)?;
                }
            }
        }
        if namespace.mount("/").is_none()
            && let Ok(taken) = self.take("/")
        {
            let fd = Resource::new_own(self.table.push(VirtualFolder)?.rep());
            self.files.descriptors.remember(fd.rep(), Known::Folder(Arc::from("/")));
            taken.keep();
            folders.push((fd, "/".to_owned()));
        }
        Ok(folders)
    }
}

fn file_type(kind: FileKind) -> FileType {
    match kind {
        FileKind::Regular => FileType::RegularFile,
        FileKind::Directory => FileType::Directory,
        FileKind::CharacterDevice => FileType::CharacterDevice,
    }
}
