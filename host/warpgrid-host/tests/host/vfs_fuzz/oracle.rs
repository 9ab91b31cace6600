//! What the kernel says: every path goes through `openat2` with `RESOLVE_BENEATH`. With a map, the folder
//! holds the virtual files too, and what may not be changed is answered here.

use super::plan::{Act, Step, digest};
use rustix::fs::{
    AtFlags, CWD, FileType, Mode, OFlags, ResolveFlags, fstat, linkat, mkdirat, openat, openat2, readlinkat,
    renameat, symlinkat, unlinkat,
};
use rustix::io::Errno;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::Path;
use warpgrid_grants::files::{Standing, VirtualFileMap};

/// The kernel, in a folder.
pub(super) struct Oracle {
    root: OwnedFd,
    host_path: String,
    /// The map that lies over the folder, if any.
    map: Option<VirtualFileMap>,
    /// Folders of the map that have no real folder below them.
    bare: &'static [&'static str],
}

/// A name in a folder.
struct Named {
    folder: OwnedFd,
    folder_path: String,
    name: String,
}

impl Oracle {
    pub(super) fn new(root: &Path, map: Option<VirtualFileMap>, bare: &'static [&'static str]) -> Self {
        let host_path = root.canonicalize().unwrap().display().to_string();
        let folder = openat(CWD, root, OFlags::PATH | OFlags::DIRECTORY, Mode::empty()).unwrap();
        Self { root: folder, host_path, map, bare }
    }

    fn open(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        // WASI paths are relative; an absolute one leaves the folder.
        if path.starts_with('/') {
            return Err(if path.contains('\0') { Errno::INVAL } else { Errno::XDEV });
        }
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let mode = if flags.contains(OFlags::CREATE) { Mode::from_raw_mode(0o644) } else { Mode::empty() };
        loop {
            // A rename anywhere on the machine makes the kernel ask for another try.
            match openat2(&self.root, path, flags | OFlags::CLOEXEC, mode, resolve) {
                Err(Errno::AGAIN) => {}
                result => return result,
            }
        }
    }

    /// Where something is, from the root.
    fn place(&self, opened: &OwnedFd) -> String {
        let link = format!("/proc/self/fd/{}", opened.as_raw_fd());
        let path = std::fs::read_link(link).unwrap().display().to_string();
        let place =
            path.strip_prefix(&self.host_path).unwrap_or_else(|| panic!("`{path}` is outside of the folder"));
        if place.is_empty() { "/".to_owned() } else { place.to_owned() }
    }

    fn standing(&self, place: &str) -> Standing {
        self.map.as_ref().map_or(Standing::Ordinary, |map| map.standing(place))
    }

    fn is_virtual(&self, place: &str) -> bool {
        matches!(self.standing(place), Standing::File | Standing::Folder | Standing::Missing)
    }

    /// The name that a path ends in, in the folder that the rest leads to.
    fn named(&self, path: &str) -> Result<Named, Errno> {
        if path.contains('\0') {
            return Err(Errno::INVAL);
        }
        if path.len() > 4095 {
            return Err(Errno::NAMETOOLONG);
        }
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        let trimmed = path.trim_end_matches('/');
        let (folder, last) = trimmed.rsplit_once('/').map_or(("", trimmed), |(folder, last)| (folder, last));
        if path.starts_with('/') {
            return Err(Errno::XDEV);
        }
        let folder = if folder.is_empty() { "." } else { folder };
        let opened = self.open(folder, OFlags::PATH | OFlags::DIRECTORY)?;
        let folder_path = self.place(&opened);
        Ok(Named { folder: opened, folder_path, name: format!("{last}{}", &path[trimmed.len()..]) })
    }

    /// The same for a call that changes the name; what the map has cannot be changed.
    fn changed(&self, path: &str) -> Result<Named, Errno> {
        let named = self.named(path)?;
        let last = named.name.trim_end_matches('/');
        if matches!(last, "." | "..") {
            // The folder itself: no call does anything to it.
            let folder = self.open(path, OFlags::PATH | OFlags::DIRECTORY)?;
            let place = self.place(&folder);
            return if self.standing(&place) == Standing::Ordinary { Ok(named) } else { Err(Errno::ROFS) };
        }
        let place = format!("{}/{last}", named.folder_path.trim_end_matches('/'));
        let bare = self.map.is_some() && self.bare.contains(&named.folder_path.as_str());
        if bare && last.len() > 255 {
            return Err(Errno::NAMETOOLONG);
        }
        if bare || self.standing(&place) != Standing::Ordinary {
            return Err(Errno::ROFS);
        }
        Ok(named)
    }

    /// Carries out a step and gives what the guest should have printed.
    pub(super) fn carry_out(&self, step: &Step) -> String {
        self.result(step).unwrap_or_else(|error| class(error).to_owned())
    }

    fn result(&self, step: &Step) -> Result<String, Errno> {
        let nofollow = if step.follow { OFlags::empty() } else { OFlags::NOFOLLOW };
        let done = |result: Result<(), Errno>| result.map(|()| "+".to_owned());
        match step.act {
            Act::Read => self.content(&self.read(&step.path, nofollow)?),
            Act::Open => Ok(self.kind(&self.read(&step.path, nofollow)?)?.to_owned()),
            Act::OpenFolder => {
                let folder = self.open(&step.path, nofollow | OFlags::DIRECTORY)?;
                let inside = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
                let file = loop {
                    match openat2(&folder, "hosts", OFlags::CLOEXEC, Mode::empty(), inside) {
                        Err(Errno::AGAIN) => {}
                        result => break result,
                    }
                };
                Ok(format!(
                    "d{}",
                    file.and_then(|file| self.content(&file)).unwrap_or_else(|error| class(error).into())
                ))
            }
            Act::Write => self.write(step, nofollow | OFlags::WRONLY),
            Act::Create => self.write(step, nofollow | OFlags::WRONLY | OFlags::CREATE),
            Act::CreateNew => self.write(step, nofollow | OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL),
            Act::Stat => {
                let opened = self.open(&step.path, OFlags::PATH | nofollow)?;
                match self.kind(&opened)? {
                    "f" => Ok(format!("f{}", fstat(&opened)?.st_size)),
                    kind => Ok(kind.to_owned()),
                }
            }
            Act::ReadLink => {
                let named = self.named(&step.path)?;
                let text = readlinkat(&named.folder, named.name.as_str(), Vec::new())?;
                if text.as_bytes().starts_with(b"/") {
                    // Upstream does not tell where an absolute link leads.
                    return Err(Errno::PERM);
                }
                Ok(format!("l{:x}", digest(text.as_bytes())))
            }
            Act::MakeFolder => match self.changed(&step.path) {
                Ok(named) => done(mkdirat(&named.folder, named.name.as_str(), Mode::from_raw_mode(0o755))),
                Err(Errno::ROFS) if self.is_there(step.path.trim_end_matches('/')) => Err(Errno::EXIST),
                Err(error) => Err(error),
            },
            Act::RemoveFolder => {
                let named = self.changed(&step.path)?;
                done(unlinkat(&named.folder, named.name.as_str(), AtFlags::REMOVEDIR))
            }
            Act::Remove => {
                let named = self.changed(&step.path)?;
                done(unlinkat(&named.folder, named.name.as_str(), AtFlags::empty()))
            }
            Act::Symlink => {
                let named = self.changed(&step.path)?;
                if step.other.starts_with('/') {
                    return Err(Errno::PERM);
                }
                done(symlinkat(step.other.as_str(), &named.folder, named.name.as_str()))
            }
            Act::Rename | Act::Link => {
                let (from, to) = match (self.changed(&step.path), self.changed(&step.other)) {
                    (Ok(from), Ok(to)) => (from, to),
                    // Both paths are looked up before anything is found to be unchangeable.
                    (Err(Errno::ROFS), Err(error)) => return Err(error),
                    (Err(error), _) | (_, Err(error)) => return Err(error),
                };
                let (old, new) = (from.name.as_str(), to.name.as_str());
                done(match step.act {
                    Act::Rename => renameat(&from.folder, old, &to.folder, new),
                    _ => linkat(&from.folder, old, &to.folder, new, AtFlags::empty()),
                })
            }
        }
    }

    fn is_there(&self, path: &str) -> bool {
        self.open(path, OFlags::PATH | OFlags::NOFOLLOW).is_ok()
    }

    fn read(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        self.open(path, flags | OFlags::RDONLY)
    }

    fn kind(&self, opened: &OwnedFd) -> Result<&'static str, Errno> {
        if ["/dev/null", "/dev/urandom"].contains(&self.place(opened).as_str()) && self.map.is_some() {
            return Ok("c");
        }
        Ok(match FileType::from_raw_mode(fstat(opened)?.st_mode) {
            FileType::RegularFile => "f",
            FileType::Directory => "d",
            FileType::Symlink => "l",
            _ => "?",
        })
    }

    fn content(&self, opened: &OwnedFd) -> Result<String, Errno> {
        match self.kind(opened)? {
            "f" => {
                let file = std::fs::File::from(opened.try_clone().unwrap());
                let mut bytes = [0; 64];
                let count = file.read_at(&mut bytes, 0).unwrap();
                Ok(format!("f{:x}", digest(&bytes[..count])))
            }
            kind => Ok(kind.to_owned()),
        }
    }

    fn write(&self, step: &Step, flags: OFlags) -> Result<String, Errno> {
        // With a slash at the end nothing is made or opened, and the kernel says so.
        if self.map.is_some() && !step.path.ends_with('/') {
            if let Ok(there) = self.open(&step.path, OFlags::PATH | (flags & OFlags::NOFOLLOW)) {
                let place = self.place(&there);
                let is_link = self.kind(&there)? == "l";
                match self.standing(&place) {
                    _ if flags.contains(OFlags::EXCL) => return Err(Errno::EXIST),
                    _ if is_link => {}
                    Standing::File if place == "/dev/null" => return Ok("c".to_owned()),
                    Standing::File => return Err(Errno::ROFS),
                    _ => {}
                }
            } else if flags.contains(OFlags::CREATE) {
                // Would it be made where nothing can be made? The kernel tells where, by making it.
                let made = self.open(&step.path, flags)?;
                let place = self.place(&made);
                let folder = place.rsplit_once('/').map_or("/", |(folder, _)| folder);
                let unmakeable = self.is_virtual(&place) || self.bare.contains(&folder);
                std::fs::remove_file(format!("{}{place}", self.host_path)).unwrap();
                if unmakeable {
                    return Err(Errno::ROFS);
                }
            }
        }
        let file = self.open(&step.path, flags)?;
        match self.kind(&file)? {
            "f" => {
                let bytes = digest(step.path.as_bytes()).to_le_bytes();
                std::fs::File::from(file).write_all_at(&bytes, 0).unwrap();
                Ok("+".to_owned())
            }
            kind => Ok(kind.to_owned()),
        }
    }
}

/// The class of an error, as the guest names it.
fn class(error: Errno) -> &'static str {
    match error {
        Errno::NOENT => "noent",
        Errno::NOTDIR => "notdir",
        Errno::ISDIR => "isdir",
        Errno::EXIST => "exist",
        Errno::NOTEMPTY => "notempty",
        // Leaving the folder is XDEV for the kernel.
        Errno::PERM | Errno::ACCESS | Errno::XDEV => "perm",
        Errno::ROFS => "rofs",
        Errno::INVAL | Errno::ILSEQ => "inval",
        Errno::NAMETOOLONG => "long",
        Errno::LOOP => "loop",
        Errno::BUSY => "busy",
        _ => "other",
    }
}
