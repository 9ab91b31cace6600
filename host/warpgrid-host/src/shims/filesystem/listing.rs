//! The names in a folder, virtual and real ones merged; knows no path beyond the folder.

use rustix::fs::{AtFlags, Dir as Reader, FileType, statat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::sync::Arc;

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
}

impl Listed {
    /// Whether [`Listed::read`] asks the system, and so may block.
    pub(super) fn is_real(&self) -> bool {
        self.real.is_some()
    }

    /// Reads all names.
    pub(super) fn read(self) -> Result<Vec<Item>, Errno> {
        let hidden: HashSet<String> = self.added.iter().map(|entry| entry.name.clone()).collect();
        let mut items: Vec<Item> = self.added.into_iter().map(Ok).collect();
        if let Some(folder) = &self.real {
            for entry in Reader::read_from(&**folder)? {
                let entry = entry?;
                let name = match entry.file_name().to_str() {
                    Ok("." | "..") => continue,
                    Ok(name) if hidden.contains(name) => continue,
                    Ok(name) => name.to_owned(),
                    Err(_) => {
                        items.push(Err(Errno::ILSEQ));
                        continue;
                    }
                };
                let kind = match entry.file_type() {
                    // Some file systems tell the kind only when asked for each name.
                    FileType::Unknown => statat(&**folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)
                        .map_or(FileType::Unknown, |stat| FileType::from_raw_mode(stat.st_mode)),
                    kind => kind,
                };
                items.push(Ok(Entry { name, kind }));
                if items.len() > self.limit {
                    break;
                }
            }
        }
        if items.len() > self.limit {
            items.truncate(self.limit);
            items.push(Err(Errno::NOMEM));
        }
        Ok(items)
    }
}
