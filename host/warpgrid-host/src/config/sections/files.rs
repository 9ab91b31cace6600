//! `[files]`: folders that the guest sees; opens none.

use crate::config::error::ConfigError;
use crate::config::keys::{Key, key};
use crate::config::reader::Reader;
use crate::instance::Folder;
use std::collections::{BTreeMap, BTreeSet};
use warpgrid_grants::path::NormalPath;

pub(in crate::config) const KEYS: &[Key] = &[
    key(&["files"], "table", "empty", "Folders that the guest sees, by the guest's path."),
    key(
        &["files", "*"],
        "table",
        "",
        "One folder; the key is the absolute path that the guest sees. It has either `host` or `scratch`.",
    ),
    key(
        &["files", "*", "host"],
        "text",
        "none",
        "Where the folder is on the host. A relative path starts at the folder of `warp.toml`.",
    ),
    key(
        &["files", "*", "read-only"],
        "true or false",
        "true",
        "Whether the guest may only read a folder of the host.",
    ),
    key(
        &["files", "*", "scratch"],
        "true or false",
        "false",
        "An empty folder to write into, of each instance alone. It goes when the instance ends.",
    ),
];

#[derive(Debug, Default, serde::Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case", expecting = "a table")]
pub(in crate::config) struct RawFolder {
    host: Option<String>,
    read_only: Option<bool>,
    scratch: bool,
}

/// Folders of the host, and the guest's paths of scratch folders.
pub(in crate::config) fn read(
    reader: &Reader<'_>,
    raw: BTreeMap<String, RawFolder>,
) -> Result<(Vec<Folder>, Vec<String>), ConfigError> {
    let (mut folders, mut scratch, mut seen) = (Vec::new(), Vec::new(), BTreeSet::new());
    for (guest, folder) in raw {
        let wrong =
            |what: &str| Err(reader.error(&["files", &guest], format!("`{guest}` in `[files]`: {what}")));
        let path = match NormalPath::new(&guest) {
            Ok(path) => path.as_str().to_owned(),
            Err(error) => return wrong(&error.to_string()),
        };
        if !seen.insert(path.clone()) {
            return wrong("the folder is there twice");
        }
        match (folder.host, folder.scratch) {
            (Some(_), true) => return wrong("it has both `host` and `scratch`; remove one"),
            (None, true) if folder.read_only == Some(true) => {
                return wrong("an empty folder that can only be read is of no use; remove `read-only`");
            }
            (None, true) => scratch.push(path),
            (Some(host), false) if host.is_empty() => return wrong("`host` is empty"),
            (Some(host), false) => folders.push(Folder {
                host: host.into(),
                guest: path,
                read_only: folder.read_only.unwrap_or(true),
            }),
            (None, false) => return wrong("add `host = \"FOLDER\"` or `scratch = true`"),
        }
    }
    Ok((folders, scratch))
}
