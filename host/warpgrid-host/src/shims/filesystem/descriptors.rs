//! What is remembered of a guest's descriptors: how many are open, and which of them meet virtual paths;
//! knows nothing of paths beyond their text.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use wasmtime::component::{Resource, ResourceTable};
use wasmtime_wasi::filesystem::Descriptor;

/// A descriptor that meets virtual paths. All others are upstream's alone and not remembered.
#[derive(Debug, Clone)]
pub(super) enum Known {
    /// A virtual file or device: upstream's descriptor on a file in memory.
    File(Arc<str>),
    /// A virtual folder: a [`VirtualFolder`] in upstream's place.
    Folder(Arc<str>),
    /// A real folder above virtual paths: upstream's descriptor.
    Merged(Arc<str>),
}

impl Known {
    /// The absolute path.
    pub(super) fn path(&self) -> &Arc<str> {
        match self {
            Known::File(path) | Known::Folder(path) | Known::Merged(path) => path,
        }
    }

    /// Whether a guest can change nothing of it.
    pub(super) fn is_virtual(&self) -> bool {
        !matches!(self, Known::Merged(_))
    }
}

/// What stands in the table for a virtual folder. What it is lies in [`Known`].
pub(super) struct VirtualFolder;

/// The descriptors of one instance.
#[derive(Default)]
pub(super) struct Descriptors {
    known: HashMap<u32, Known>,
    open: Arc<AtomicUsize>,
    /// Entries of the table that a finished call no longer needs.
    leftovers: Arc<Mutex<Vec<u32>>>,
}

impl Descriptors {
    pub(super) fn get(&self, rep: u32) -> Option<&Known> {
        self.known.get(&rep)
    }

    pub(super) fn remember(&mut self, rep: u32, known: Known) {
        self.known.insert(rep, known);
    }

    /// Takes one of `limit` open descriptors; none when all are taken. It is given back when the value is
    /// dropped, unless it is kept.
    pub(super) fn take(&self, limit: usize) -> Option<Taken> {
        let more = |open| (open < limit).then_some(open + 1);
        self.open.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more).ok()?;
        Some(Taken { open: self.open.clone(), kept: false })
    }

    /// A descriptor was closed.
    pub(super) fn closed(&mut self, rep: u32) -> Option<Known> {
        // Every descriptor was taken, so this stays above zero.
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.known.remove(&rep)
    }

    /// A virtual file of the other door was closed.
    pub(super) fn closed_explicit(&self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
    }

    /// Puts a descriptor into the table for the time of one call.
    pub(super) fn lend(&self, table: &mut ResourceTable, descriptor: Descriptor) -> Option<Lent> {
        self.sweep(table);
        let rep = table.push(descriptor).ok()?.rep();
        Some(Lent { rep, leftovers: self.leftovers.clone() })
    }

    /// Removes what finished calls left. A call may end by being cancelled, when it has no table at hand.
    pub(super) fn sweep(&self, table: &mut ResourceTable) {
        let mut leftovers = self.leftovers.lock().unwrap_or_else(PoisonError::into_inner);
        for rep in leftovers.drain(..) {
            // It was put there by `lend` and is removed nowhere else.
            let _ = table.delete(Resource::<Descriptor>::new_own(rep));
        }
    }
}

/// One open descriptor, counted.
#[must_use]
pub(super) struct Taken {
    open: Arc<AtomicUsize>,
    kept: bool,
}

impl Taken {
    /// The descriptor is now the guest's, and is given back by [`Descriptors::closed`].
    pub(super) fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.kept {
            self.open.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A descriptor in the table for the time of one call.
pub(super) struct Lent {
    rep: u32,
    leftovers: Arc<Mutex<Vec<u32>>>,
}

impl Lent {
    pub(super) fn rep(&self) -> u32 {
        self.rep
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.leftovers.lock().unwrap_or_else(PoisonError::into_inner).push(self.rep);
    }
}
