//! A registry file that is read again when it changes; knows no resolver.
//!
//! The folder is watched and not the file, so that a file that is renamed over the old one, or a symbolic
//! link that is turned to another folder, is noticed. A file that is written in place is read when the writer
//! closes it.

use super::registry_file::{RegistryFileError, read_registry};
use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind};
use notify::{Event, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use warpgrid_grants::names::ServiceRegistry;

/// A registry file that is watched until this is dropped.
pub struct RegistryWatch {
    file: PathBuf,
    _watcher: notify::RecommendedWatcher,
}

impl RegistryWatch {
    /// The file.
    pub fn file(&self) -> &Path {
        &self.file
    }
}

/// Watches a registry file. `known` is what the file held when it was read last. `on_change` is called, on a
/// thread of its own and at once if need be, with every registry that differs from the one before, and with
/// every error that differs from the one before: a broken file leaves the last registry in force, and is
/// picked up again when it is mended.
///
/// # Errors
/// [`RegistryFileError`] when the folder of the file cannot be watched.
pub fn watch_registry(
    file: &Path,
    known: ServiceRegistry,
    on_change: impl FnMut(Result<ServiceRegistry, RegistryFileError>) + Send + 'static,
) -> Result<RegistryWatch, RegistryFileError> {
    let unwatchable = |error: notify::Error| RegistryFileError {
        file: file.to_owned(),
        line: None,
        message: format!("its folder cannot be watched: {error}"),
    };
    let reader = Reader { file: file.to_owned(), last: Ok(known), on_change };
    let reader = Arc::new(Mutex::new(reader));
    let of_events = reader.clone();
    let changed = file.to_owned();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
        // An error of the watcher may have cost events: read the file rather than miss one.
        if event.map_or(true, |event| may_have_changed(&event, &changed)) {
            of_events.lock().unwrap_or_else(PoisonError::into_inner).read();
        }
    })
    .map_err(unwatchable)?;
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    watcher.watch(folder, RecursiveMode::NonRecursive).map_err(unwatchable)?;
    // It may have changed after it was read and before it was watched.
    reader.lock().unwrap_or_else(PoisonError::into_inner).read();
    Ok(RegistryWatch { file: file.to_owned(), _watcher: watcher })
}

/// Whether the file may hold something else, and be complete. A file that is opened for writing is empty for
/// a moment: there, only the close counts.
fn may_have_changed(event: &Event, file: &Path) -> bool {
    let about_file = || event.paths.iter().any(|path| path.file_name() == file.file_name());
    match event.kind {
        _ if event.need_rescan() => true,
        EventKind::Modify(ModifyKind::Name(_)) => true,
        EventKind::Access(AccessKind::Close(AccessMode::Write)) | EventKind::Remove(_) => about_file(),
        EventKind::Create(_) => about_file() && file.is_symlink(),
        EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) | EventKind::Any => {
            cfg!(not(target_os = "linux")) && about_file()
        }
        _ => false,
    }
}

struct Reader<F> {
    file: PathBuf,
    last: Result<ServiceRegistry, RegistryFileError>,
    on_change: F,
}

impl<F: FnMut(Result<ServiceRegistry, RegistryFileError>)> Reader<F> {
    fn read(&mut self) {
        let now = read_registry(&self.file);
        if now != self.last {
            self.last = now.clone();
            (self.on_change)(now);
        }
    }
}
