//! The virtual file map: a path in, a file or a folder out; knows no real file system.
//!
//! There are three kinds of entry. A *file* stands at exactly one path. A *subtree* owns everything
//! below its prefix: a name it does not know does not exist. A *passage* is a folder above an entry: it
//! can be listed and has a `stat`, but names in it that the map does not hold belong to the ordinary
//! file system. So `/etc/hosts` can be virtual while `/etc/passwd` is asked elsewhere.

use super::{Content, FsError, OpenFile, VirtualFileMapBuilder, VirtualFolder};
use crate::limits::GuestLimits;
use crate::path::NormalPath;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// What stands behind a virtual path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A file with a fixed length.
    Regular,
    /// A folder.
    Directory,
    /// A device.
    CharacterDevice,
}

/// What `stat` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VirtualStat {
    /// File, folder or device.
    pub kind: FileKind,
    /// Length in bytes; 0 for folders and devices.
    pub size: u64,
    /// Whether writing is accepted.
    pub writable: bool,
    /// The same for the same path, different for different ones.
    pub inode: u64,
}

/// One name in a virtual folder.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DirectoryEntry {
    /// The name, without a slash.
    pub name: String,
    /// What it stands for.
    pub kind: FileKind,
}

#[derive(Clone)]
pub(super) enum Entry {
    File(Content),
    Subtree(Arc<dyn VirtualFolder>),
    Passage(BTreeMap<String, FileKind>),
}

impl Entry {
    pub(super) fn passage() -> Self {
        Entry::Passage(BTreeMap::new())
    }

    pub(super) fn kind(&self) -> FileKind {
        match self {
            Entry::File(content) => content.kind(),
            Entry::Subtree(_) | Entry::Passage(_) => FileKind::Directory,
        }
    }
}

/// How a map stands to a path, for a door that walks from folder to folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A virtual file or device.
    File,
    /// A folder whose names all belong to the map.
    Folder,
    /// A folder above virtual entries. Other names in it belong to the ordinary file system.
    Passage,
    /// The map owns the path, and there is nothing.
    Missing,
    /// The ordinary file system answers.
    Ordinary,
}

/// What a look-up found.
enum Found<'a> {
    File(Content),
    Subtree(&'a dyn VirtualFolder, String),
    Passage(&'a BTreeMap<String, FileKind>),
}

/// An immutable map from paths to made-up content. Cheap to clone; made by [`VirtualFileMapBuilder`].
#[derive(Clone)]
pub struct VirtualFileMap {
    entries: Arc<BTreeMap<String, Entry>>,
}

impl VirtualFileMap {
    /// Starts a map.
    pub fn builder() -> VirtualFileMapBuilder {
        VirtualFileMapBuilder::new()
    }

    pub(super) fn new(entries: BTreeMap<String, Entry>) -> Self {
        Self { entries: Arc::new(entries) }
    }

    /// Whether the map, and not the ordinary file system, answers for the path. A folder that merely
    /// leads to virtual entries is not virtual: it may hold other names too.
    pub fn is_virtual(&self, path: &str) -> bool {
        match NormalPath::new(path).map_err(FsError::from).and_then(|path| self.find(&path)) {
            Ok(Found::File(_) | Found::Subtree(..)) => true,
            Ok(Found::Passage(_)) => false,
            Err(FsError::NoEntry | FsError::NotDirectory) => true,
            Err(_) => false,
        }
    }

    /// What the path is.
    ///
    /// # Errors
    /// [`FsError`]; [`FsError::NotVirtual`] when the path belongs to the ordinary file system.
    pub fn stat(&self, path: &str) -> Result<VirtualStat, FsError> {
        let path = NormalPath::new(path)?;
        match self.find(&path)? {
            Found::File(content) => Ok(OpenFile::new(&content, path.inode()).stat()),
            Found::Subtree(..) | Found::Passage(_) => {
                Ok(VirtualStat { kind: FileKind::Directory, size: 0, writable: false, inode: path.inode() })
            }
        }
    }

    /// The names in a folder, sorted, at most `limits.listed_names` of them.
    ///
    /// # Errors
    /// [`FsError::NotDirectory`] for a file, else as for [`VirtualFileMap::stat`].
    pub fn list(&self, path: &str, limits: &GuestLimits) -> Result<Vec<DirectoryEntry>, FsError> {
        let path = NormalPath::new(path)?;
        let mut names: Vec<DirectoryEntry> = match self.find(&path)? {
            Found::File(_) => return Err(FsError::NotDirectory),
            Found::Passage(children) => children
                .iter()
                .map(|(name, kind)| DirectoryEntry { name: name.clone(), kind: *kind })
                .collect(),
            Found::Subtree(folder, relative) => folder
                .list(&relative)
                .ok_or(FsError::NoEntry)?
                .into_iter()
                .map(|(name, kind)| DirectoryEntry { name, kind })
                .collect(),
        };
        names.sort();
        names.truncate(limits.listed_names);
        Ok(names)
    }

    /// Opens a file or device.
    ///
    /// # Errors
    /// [`FsError::IsDirectory`] for a folder, else as for [`VirtualFileMap::stat`].
    pub fn open(&self, path: &str) -> Result<OpenFile, FsError> {
        let path = NormalPath::new(path)?;
        match self.find(&path)? {
            Found::File(content) => Ok(OpenFile::new(&content, path.inode())),
            Found::Subtree(..) | Found::Passage(_) => Err(FsError::IsDirectory),
        }
    }

    /// How the map stands to `path`, which must be in normal form: absolute, no empty part, no `.` and `..`.
    pub fn standing(&self, path: &str) -> Standing {
        match self.entries.get(path) {
            Some(Entry::File(_)) => return Standing::File,
            Some(Entry::Subtree(_)) => return Standing::Folder,
            Some(Entry::Passage(_)) => return Standing::Passage,
            None => {}
        }
        let mut end = path.len();
        while let Some(slash) = path[..end].rfind('/') {
            let folder = if slash == 0 { "/" } else { &path[..slash] };
            match self.entries.get(folder) {
                Some(Entry::Passage(_)) => return Standing::Ordinary,
                Some(Entry::File(_)) => return Standing::Missing,
                Some(Entry::Subtree(subtree)) => {
                    let relative = &path[slash + 1..];
                    return if subtree.file(relative).is_some() {
                        Standing::File
                    } else if subtree.is_folder(relative) {
                        Standing::Folder
                    } else {
                        Standing::Missing
                    };
                }
                None => end = slash,
            }
        }
        Standing::Ordinary
    }

    fn find(&self, path: &NormalPath) -> Result<Found<'_>, FsError> {
        let file = |content: Content| {
            if path.wants_directory() { Err(FsError::NotDirectory) } else { Ok(Found::File(content)) }
        };
        match self.entries.get(path.as_str()) {
            Some(Entry::File(content)) => return file(content.clone()),
            Some(Entry::Subtree(folder)) => return Ok(Found::Subtree(&**folder, String::new())),
            Some(Entry::Passage(children)) => return Ok(Found::Passage(children)),
            None => {}
        }
        for (folder, relative) in path.ancestors() {
            match self.entries.get(folder) {
                None => {}
                Some(Entry::Passage(_)) => return Err(FsError::NotVirtual),
                Some(Entry::File(_)) => return Err(FsError::NotDirectory),
                Some(Entry::Subtree(subtree)) => return find_in(&**subtree, relative, file),
            }
        }
        Err(FsError::NotVirtual)
    }
}

fn find_in<'a>(
    subtree: &'a dyn VirtualFolder,
    relative: &str,
    file: impl Fn(Content) -> Result<Found<'a>, FsError>,
) -> Result<Found<'a>, FsError> {
    if let Some(bytes) = subtree.file(relative) {
        return file(Content::Bytes(bytes));
    }
    if subtree.is_folder(relative) {
        return Ok(Found::Subtree(subtree, relative.to_string()));
    }
    let mut parent = relative;
    while let Some(slash) = parent.rfind('/') {
        parent = &parent[..slash];
        if subtree.file(parent).is_some() {
            return Err(FsError::NotDirectory);
        }
    }
    Err(FsError::NoEntry)
}

impl fmt::Debug for VirtualFileMap {
    /// Lists the paths, never the content.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.entries.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileBytes, ProcessFacts};
    use crate::path::PathError;
    use std::vec;

    struct Zones;
    impl VirtualFolder for Zones {
        fn file(&self, relative: &str) -> Option<FileBytes> {
            ["UTC", "US/Eastern"].contains(&relative).then(|| "TZif".into())
        }
        fn list(&self, relative: &str) -> Option<Vec<(String, FileKind)>> {
            match relative {
                "" => Some(vec![("UTC".into(), FileKind::Regular), ("US".into(), FileKind::Directory)]),
                "US" => Some(vec![("Eastern".into(), FileKind::Regular)]),
                _ => None,
            }
        }
    }

    fn map() -> VirtualFileMap {
        VirtualFileMap::builder()
            .devices()
            .unwrap()
            .bytes("/etc/hosts", "127.0.0.1\tlocalhost\n")
            .unwrap()
            .bytes("/etc/resolv.conf", "nameserver 127.0.0.1\n")
            .unwrap()
            .folder("/usr/share/zoneinfo", Arc::new(Zones))
            .unwrap()
            .process(&ProcessFacts::default())
            .unwrap()
            .build()
    }

    fn names(path: &str) -> Vec<String> {
        map().list(path, &GuestLimits::default()).unwrap().into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn every_spelling_of_a_virtual_path_is_virtual() {
        for path in ["/etc/hosts", "/etc/../etc/hosts", "//etc/./hosts", "/../etc/hosts", "/proc/self/status"]
        {
            assert!(map().is_virtual(path), "{path}");
            assert!(map().open(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn a_path_that_is_not_virtual_is_left_to_the_ordinary_file_system() {
        for path in ["/etc/passwd", "/etc", "/", "/etc/hosts.allow", "/data/etc/hosts", "/proc/1/status"] {
            assert!(!map().is_virtual(path), "{path}");
        }
        for path in ["/etc/passwd", "/data", "/proc/1/status", "/devices"] {
            assert_eq!(map().open(path).err(), Some(FsError::NotVirtual), "{path}");
            assert_eq!(map().stat(path), Err(FsError::NotVirtual), "{path}");
        }
        assert!(VirtualFileMap::builder().build().stat("/").is_err());
    }

    #[test]
    fn a_prefix_owns_what_is_below_it() {
        assert!(map().open("/usr/share/zoneinfo/US/Eastern").is_ok());
        assert!(map().is_virtual("/usr/share/zoneinfo/Nowhere"));
        assert_eq!(map().open("/usr/share/zoneinfo/Nowhere").err(), Some(FsError::NoEntry));
        assert_eq!(map().open("/usr/share/zoneinfo/US").err(), Some(FsError::IsDirectory));
        assert_eq!(map().open("/usr/share/zoneinfo/UTC/x/y").err(), Some(FsError::NotDirectory));
        assert_eq!(map().open("/usr/share/zoneinfo/../zoneinfo2").err(), Some(FsError::NotVirtual));
        assert_eq!(map().open("/usr/share/zoneinfox/UTC").err(), Some(FsError::NotVirtual));
    }

    #[test]
    fn folders_are_listed_in_order_and_told_from_files() {
        assert_eq!(names("/"), ["dev", "etc", "proc", "usr"]);
        assert_eq!(names("/etc/"), ["hosts", "resolv.conf"]);
        assert_eq!(names("/usr/share/zoneinfo"), ["US", "UTC"]);
        assert_eq!(names("/usr/share/zoneinfo/US"), ["Eastern"]);
        assert!(names("/proc/self").contains(&"status".into()));
        let limits = GuestLimits { listed_names: 1, ..GuestLimits::default() };
        assert_eq!(map().list("/etc", &limits).unwrap().len(), 1);
        assert_eq!(map().list("/etc/hosts", &limits), Err(FsError::NotDirectory));
    }

    #[test]
    fn a_door_that_walks_learns_how_the_map_stands_to_each_folder() {
        let map = map();
        for (path, standing) in [
            ("/", Standing::Passage),
            ("/etc", Standing::Passage),
            ("/etc/hosts", Standing::File),
            ("/etc/hosts/x", Standing::Missing),
            ("/etc/passwd", Standing::Ordinary),
            ("/etc/ssl/certs", Standing::Ordinary),
            ("/usr/share/zoneinfo", Standing::Folder),
            ("/usr/share/zoneinfo/US", Standing::Folder),
            ("/usr/share/zoneinfo/US/Eastern", Standing::File),
            ("/usr/share/zoneinfo/Nowhere", Standing::Missing),
            ("/home", Standing::Ordinary),
        ] {
            assert_eq!(map.standing(path), standing, "{path}");
        }
        assert_eq!(VirtualFileMap::builder().build().standing("/etc"), Standing::Ordinary);
    }

    #[test]
    fn stat_tells_files_folders_and_devices_apart() {
        let stat = |path: &str| map().stat(path).unwrap();
        assert_eq!((stat("/etc/hosts").kind, stat("/etc/hosts").size), (FileKind::Regular, 20));
        assert_eq!(stat("/etc").kind, FileKind::Directory);
        assert_eq!(stat("/usr/share/zoneinfo").kind, FileKind::Directory);
        assert_eq!(stat("/dev/null").kind, FileKind::CharacterDevice);
        assert!(stat("/dev/null").writable);
        assert!(!stat("/dev/urandom").writable);
        assert_eq!(stat("/etc/hosts").inode, stat("/etc/./hosts").inode);
    }

    #[test]
    fn a_file_is_not_a_folder() {
        assert_eq!(map().stat("/etc/hosts/"), Err(FsError::NotDirectory));
        assert_eq!(map().stat("/etc/hosts/x"), Err(FsError::NotDirectory));
        assert_eq!(map().open("relative").err(), Some(FsError::InvalidPath(PathError::NotAbsolute)));
    }

    #[test]
    fn entries_that_are_in_each_others_way_are_refused() {
        let taken = || VirtualFileMap::builder().bytes("/a", "x").unwrap();
        assert!(taken().bytes("/a/b", "y").is_err());
        assert!(taken().folder("/a", Arc::new(Zones)).is_err());
        assert!(VirtualFileMap::builder().bytes("/", "x").is_err());
        assert!(VirtualFileMap::builder().bytes("a", "x").is_err());
        let replaced = taken().bytes("/a", "longer").unwrap().build();
        assert_eq!(replaced.stat("/a").map(|stat| stat.size), Ok(6));
    }

    #[test]
    fn a_generated_file_is_made_at_each_open_and_stays_for_that_handle() {
        use core::sync::atomic::{AtomicUsize, Ordering};
        let count = Arc::new(AtomicUsize::new(0));
        let counter = count.clone();
        let make = move || {
            let text = counter.fetch_add(1, Ordering::Relaxed).to_string();
            FileBytes::from(text)
        };
        let map = VirtualFileMap::builder().file("/n", Content::Generated(Arc::new(make))).unwrap().build();
        let (first, second) = (map.open("/n").unwrap(), map.open("/n").unwrap());
        struct Never;
        impl super::super::RandomSource for Never {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), super::super::RandomFailed> {
                Ok(())
            }
        }
        let limits = GuestLimits::default();
        for _ in 0..2 {
            assert_eq!(&*first.read(0, 9, &limits, &mut Never).unwrap(), b"0");
            assert_eq!(&*second.read(0, 9, &limits, &mut Never).unwrap(), b"1");
        }
    }
}
