//! Virtual files and devices as files of the system, for upstream's descriptors; knows no guest and no path
//! of a real folder.
//!
//! A virtual file is an anonymous file in memory, sealed against every change, so that one serves all
//! guests: WASI passes the offset with each read, and nothing else of the file can change. The two devices
//! are the host's own.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use warpgrid_grants::files::{Behind, FileBytes, OpenFile};
use wasmtime_wasi::filesystem::File;
use wasmtime_wasi::{FsPerms, OpenMode};

/// How many files in memory are kept for the next open. Each holds a descriptor of this process.
const KEPT: usize = 64;

struct Kept {
    path: String,
    bytes: FileBytes,
    file: File,
}

/// Files in memory that were made once and are shared. The oldest is given up for a new one.
#[derive(Default)]
pub(super) struct MemoryFiles {
    kept: Mutex<VecDeque<Kept>>,
}

impl MemoryFiles {
    /// The file that stands behind `opened`, made at the first open of `path`.
    pub(super) fn get(&self, path: &str, opened: &OpenFile) -> Result<File, Errno> {
        let bytes = match opened.behind() {
            Behind::Bytes(bytes) => bytes,
            Behind::Null => return device("/dev/null", true),
            Behind::Random => return device("/dev/urandom", false),
        };
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = kept.iter().position(|entry| entry.path == path) {
            if kept[index].bytes.is_same(bytes) {
                return Ok(kept[index].file.clone());
            }
            kept.remove(index);
        }
        let file = sealed(bytes.as_ref()).map_err(|error| failed(path, &error))?;
        if kept.len() == KEPT {
            kept.pop_front();
        }
        kept.push_back(Kept { path: path.to_owned(), bytes: bytes.clone(), file: file.clone() });
        Ok(file)
    }
}

fn sealed(bytes: &[u8]) -> std::io::Result<File> {
    let descriptor = memfd_create("warpgrid", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING)?;
    let mut file = std::fs::File::from(descriptor);
    file.write_all(bytes)?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(File::new(file, FsPerms::ReadOnly, OpenMode::READ, true))
}

/// The host's own device. Opened anew each time: that costs one call of the system.
fn device(path: &str, writable: bool) -> Result<File, Errno> {
    let file = std::fs::OpenOptions::new()
        .read(true)
        .write(writable)
        .open(path)
        .map_err(|error| failed(path, &error))?;
    let perms = if writable { FsPerms::ReadWrite } else { FsPerms::ReadOnly };
    Ok(File::new(file, perms, OpenMode::READ, true))
}

fn failed(path: &str, error: &std::io::Error) -> Errno {
    tracing::error!(path, %error, "a virtual file cannot be made");
    Errno::from_io_error(error).unwrap_or(Errno::IO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::FileExt;
    use std::sync::Arc;
    use warpgrid_grants::files::VirtualFileMap;

    #[test]
    fn a_file_in_memory_is_shared_and_cannot_be_changed_by_anybody() {
        let map = VirtualFileMap::builder().bytes("/a", "hello").unwrap().build();
        let files = MemoryFiles::default();
        let first = files.get("/a", &map.open("/a").unwrap()).unwrap();
        let second = files.get("/a", &map.open("/a").unwrap()).unwrap();
        assert!(Arc::ptr_eq(&first.file, &second.file));
        assert!(first.file.write_at(b"x", 0).is_err());
        assert!(first.file.set_len(0).is_err() && first.file.set_len(9).is_err());
        let mut bytes = [0; 9];
        assert_eq!(first.file.read_at(&mut bytes, 0).unwrap(), 5);
        assert_eq!(&bytes[..5], b"hello");
    }

    #[test]
    fn other_bytes_at_the_same_path_are_another_file_and_few_files_are_kept() {
        let files = MemoryFiles::default();
        let open = |path: &str, text: &str| {
            let map = VirtualFileMap::builder().bytes(path, text.to_owned()).unwrap().build();
            files.get(path, &map.open(path).unwrap()).unwrap().file.metadata().unwrap().len()
        };
        assert_eq!((open("/a", "1"), open("/a", "22"), open("/a", "22")), (1, 2, 2));
        for number in 0..200 {
            open(&format!("/{number}"), "x");
        }
        assert_eq!(files.kept.lock().unwrap().len(), KEPT);
    }
}
