//! What stands at an absolute path for one guest: the virtual map, its own `/proc/self`, the real folders
//! it was given; walks no path and opens no real folder.

use super::ctx::FilesystemState;
use super::memory_file::MemoryFiles;
use crate::instance::InstanceFacts;
use rustix::io::Errno;
use std::sync::{Arc, OnceLock};
use warpgrid_grants::files::{ProcessFacts, Standing, VirtualFileMap};
use warpgrid_grants::path::NormalPath;
use wasmtime_wasi::filesystem::{Dir, File};

const PROCESS: &str = "/proc/self";

/// A real folder that the guest was given.
pub(super) struct Mount {
    /// Where the guest sees it, in normal form.
    pub(super) path: String,
    pub(super) dir: Dir,
}

/// The tree of one guest.
pub(super) struct Namespace {
    pub(super) shared: Arc<FilesystemState>,
    facts: Arc<InstanceFacts>,
    /// Made when the guest first asks for its own `/proc/self`.
    process: OnceLock<VirtualFileMap>,
    process_files: MemoryFiles,
    /// Known when the guest first asks for its folders: before that it can reach none.
    mounts: OnceLock<Vec<Mount>>,
}

impl Namespace {
    pub(super) fn new(shared: Arc<FilesystemState>, facts: Arc<InstanceFacts>) -> Self {
        let (process, mounts) = (OnceLock::new(), OnceLock::new());
        Self { shared, facts, process, process_files: MemoryFiles::default(), mounts }
    }

    /// The map that answers for `path`: the instance's own below `/proc/self`, else the application's.
    /// `path` is in normal form.
    pub(super) fn map(&self, path: &str) -> &VirtualFileMap {
        if !is_own(path) {
            return &self.shared.map;
        }
        self.process.get_or_init(|| {
            let facts = ProcessFacts {
                name: self.facts.name.to_string(),
                arguments: self.facts.arguments.clone(),
                environment: self.facts.environment.clone(),
            };
            match VirtualFileMap::builder().process(&facts) {
                Ok(builder) => builder.build(),
                Err(_) => self.shared.map.clone(),
            }
        })
    }

    /// The same for a path in any spelling.
    pub(super) fn map_for(&self, path: &str) -> &VirtualFileMap {
        match NormalPath::new(path) {
            Ok(path) => self.map(path.as_str()),
            Err(_) => &self.shared.map,
        }
    }

    /// How the virtual map stands to a path in normal form.
    pub(super) fn standing(&self, path: &str) -> Standing {
        self.map(path).standing(path)
    }

    /// The file behind a virtual path.
    pub(super) fn file(&self, path: &str) -> Result<File, Errno> {
        let opened = self.map(path).open(path).map_err(|_| Errno::NOENT)?;
        let files = if is_own(path) { &self.process_files } else { &self.shared.files };
        files.get(path, &opened)
    }

    /// Tells which real folders the guest has. Later calls change nothing.
    pub(super) fn set_mounts(&self, mounts: impl FnOnce() -> Vec<Mount>) {
        self.mounts.get_or_init(mounts);
    }

    fn mounts(&self) -> &[Mount] {
        self.mounts.get().map_or(&[], Vec::as_slice)
    }

    /// The real folder that the guest was given at exactly `path`.
    pub(super) fn mount(&self, path: &str) -> Option<&Dir> {
        self.mounts().iter().find(|mount| mount.path == path).map(|mount| &mount.dir)
    }

    /// The names of folders in `folder` that are mounts, or lead to one.
    pub(super) fn mount_names(&self, folder: &str) -> impl Iterator<Item = &str> {
        self.mounts().iter().filter_map(move |mount| {
            let name = below(&mount.path, folder)?.split('/').next()?;
            (!name.is_empty()).then_some(name)
        })
    }

    /// Whether `path` is a folder above a real one.
    pub(super) fn leads_to_mount(&self, path: &str) -> bool {
        self.mount_names(path).next().is_some()
    }
}

/// What follows `folder` and a slash in `path`.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}

fn is_own(path: &str) -> bool {
    path.strip_prefix(PROCESS).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Where a guest sees a folder that it was given under `name`. As C libraries for WASI read it: `data`,
/// `./data` and `/data` are one, and `.` is the root.
pub(super) fn mount_path(name: &str) -> String {
    match NormalPath::new(&format!("/{name}")) {
        Ok(path) => path.as_str().to_owned(),
        // Such a name cannot be asked for, so it stands nowhere.
        Err(_) => String::new(),
    }
}

/// `folder` and `name` as one path.
pub(super) fn join(folder: &str, name: &str) -> String {
    let mut path = String::with_capacity(folder.len() + 1 + name.len());
    path.push_str(folder.trim_end_matches('/'));
    path.push('/');
    path.push_str(name);
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_where_a_c_library_looks_for_it() {
        for (name, path) in
            [("/", "/"), (".", "/"), ("", "/"), ("data", "/data"), ("./a/b/", "/a/b"), ("/data", "/data")]
        {
            assert_eq!(mount_path(name), path, "{name}");
        }
    }

    #[test]
    fn paths_are_joined_with_one_slash() {
        assert_eq!((join("/", "a").as_str(), join("/a", "b").as_str()), ("/a", "/a/b"));
        assert_eq!(
            (below("/a/b/c", "/a"), below("/a", "/"), below("/ab", "/a")),
            (Some("b/c"), Some("a"), None)
        );
        assert_eq!(below("/", "/"), Some(""));
    }
}
