//! The names in a folder, virtual and real ones merged; knows no path beyond the folder.

use super::names_budget::HeldNames;
use crate::instance::InstanceFacts;
use rustix::fs::{AtFlags, Dir as Reader, FileType, Mode, OFlags, openat, statat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::sync::Arc;
use warpgrid_grants::refusal::{Capability, Reason};

/// One name.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) kind: FileType,
}

/// A name, or why the next one cannot be told.
pub(super) type Item = Result<Entry, Errno>;

/// A folder that is to be listed.
pub(super) struct Listed {
    /// The names that the namespace adds. They hide real ones.
    pub(super) added: Vec<Entry>,
    /// The real folder.
    pub(super) real: Option<Arc<std::fs::File>>,
    /// The most names that are given. If there are more, the last item is an error.
    pub(super) limit: usize,
    /// What the names count against.
    pub(super) held: HeldNames,
    /// The path that a refusal names.
    pub(super) path: Arc<str>,
    /// Where a refusal is recorded.
    pub(super) facts: Arc<InstanceFacts>,
}

/// The names of a folder, one by one. They count until the value is dropped.
pub(super) struct Names {
    items: std::vec::IntoIter<Item>,
    _held: Option<HeldNames>,
}

impl Names {
    /// No names, only why.
    pub(super) fn failed(error: Errno) -> Self {
        Self { items: vec![Err(error)].into_iter(), _held: None }
    }

    /// How many are left.
    pub(super) fn left(&self) -> usize {
        self.items.len()
    }
}

impl Iterator for Names {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        self.items.next()
    }
}

impl Listed {
    /// Whether [`Listed::read`] asks the system, and so may block.
    pub(super) fn is_real(&self) -> bool {
        self.real.is_some()
    }

    /// Reads all names. The error is `NOMEM` when all listings of the instance hold too many.
    pub(super) fn read(mut self) -> Result<Names, Errno> {
        self.added.truncate(self.limit.saturating_add(1));
        self.hold(self.added.len())?;
        let hidden: HashSet<String> = self.added.iter().map(|entry| entry.name.clone()).collect();
        let mut items: Vec<Item> = std::mem::take(&mut self.added).into_iter().map(Ok).collect();
        if let Some(folder) = self.real.take() {
            // A folder that the host gave is open for paths alone (`O_PATH`), and cannot be read as it is.
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            for entry in Reader::new(openat(&*folder, ".", flags, Mode::empty())?)? {
                if items.len() > self.limit {
                    break;
                }
                let entry = entry?;
                let name = match entry.file_name().to_str() {
                    Ok("." | "..") => continue,
                    Ok(name) if hidden.contains(name) => continue,
                    Ok(name) => Ok(name.to_owned()),
                    Err(_) => Err(Errno::ILSEQ),
                };
                self.hold(1)?;
                let name = match name {
                    Ok(name) => name,
                    Err(error) => {
                        items.push(Err(error));
                        continue;
                    }
                };
                let kind = match entry.file_type() {
                    // Some file systems tell the kind only when asked for each name.
                    FileType::Unknown => statat(&*folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                        .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                    kind => kind,
                };
                items.push(Ok(Entry { name, kind }));
            }
        }
        if items.len() > self.limit {
            items.truncate(self.limit);
            items.push(Err(Errno::NOMEM));
        }
        Ok(Names { items: items.into_iter(), _held: Some(self.held) })
    }

    fn hold(&mut self, count: usize) -> Result<(), Errno> {
        if self.held.add(count) {
            return Ok(());
        }
        self.facts.refusals.add(Capability::File, &self.path, Reason::Limit);
        Err(Errno::NOMEM)
    }
}
