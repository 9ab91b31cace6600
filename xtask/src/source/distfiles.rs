//! The digest folder: files found by name or by a `SHA256SUMS` list. Knows not why they are there.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// The file in `folder` that claims to be the pinned one: listed in `SHA256SUMS` under its digest, or of that name, or
/// named by its digest. Its bytes are not verified here.
pub(super) fn find(folder: &Path, file: &str, sha256: &str) -> anyhow::Result<Option<PathBuf>> {
    let list = folder.join("SHA256SUMS");
    if list.is_file() {
        let text = fs::read_to_string(&list).with_context(|| format!("reading `{}`", list.display()))?;
        let listed = text
            .lines()
            .filter_map(|line| line.split_once(char::is_whitespace))
            .find(|(digest, _)| *digest == sha256)
            .map(|(_, name)| folder.join(name.trim_start().trim_start_matches(['*', '.', '/'])));
        if let Some(path) = listed.filter(|path| path.is_file()) {
            return Ok(Some(path));
        }
    }
    Ok([file, sha256].into_iter().map(|name| folder.join(name)).find(|path| path.is_file()))
}
