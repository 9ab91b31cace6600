//! The source kind `pypi`: a wheel of the Python index, through pip. Packages that would run code to be unpacked are
//! not taken.
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::client::{Clients, complaint};
use super::fetcher::{Failure, WantedFile};
use crate::cache::WrongBytes;
use crate::tree;

/// Has pip download one wheel into `folder`; pip itself refuses other bytes than pinned.
pub(super) fn download(clients: &Clients, folder: &Path, wanted: WantedFile<'_>) -> Result<PathBuf, Failure> {
    let line = format!("{}=={} --hash=sha256:{}\n", wanted.name, wanted.version, wanted.sha256);
    let list = folder.join("requirements.txt");
    fs::write(&list, line).with_context(|| format!("writing `{}`", list.display()))?;
    let arguments = ["download", "--no-deps", "--only-binary=:all:", "--require-hashes", "--no-input"];
    let arguments = arguments.into_iter().chain(["--dest", "got", "-r", "requirements.txt"]);
    let finished = clients.output(folder, "pip", arguments).map_err(Failure::Unavailable)?;
    if finished.code == Some(0) {
        return only_file(&folder.join("got")).map_err(Failure::Unavailable);
    }
    match finished.stderr.lines().find_map(|line| line.trim().strip_prefix("Got ")) {
        Some(found) => Err(Failure::Fatal(
            WrongBytes {
                input: wanted.input.to_owned(),
                file: wanted.file.to_owned(),
                origin: wanted.origin(),
                expected: wanted.sha256.to_owned(),
                found: found.trim().to_owned(),
            }
            .into(),
        )),
        None => Err(Failure::Unavailable(anyhow::anyhow!("`pip` failed: {}", complaint(&finished)))),
    }
}

/// Downloads the newest wheel within `allowed`; gives the file and its version.
pub(super) fn current(
    clients: &Clients,
    folder: &Path,
    package: &str,
    allowed: Option<&str>,
) -> anyhow::Result<(PathBuf, String)> {
    let wanted = match allowed {
        Some(version) => format!("{package}=={version}"),
        None => package.to_owned(),
    };
    let arguments = ["download", "--no-deps", "--only-binary=:all:", "--no-input", "--dest", "got", &wanted];
    clients.read(folder, "pip", arguments)?;
    let path = only_file(&folder.join("got"))?;
    // The name of a wheel is `{distribution}-{version}-…`, with every `-` inside a part written as `_`.
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let version = name.split('-').nth(1).context("the name of the wheel has no version")?.to_owned();
    Ok((path, version))
}

fn only_file(folder: &Path) -> anyhow::Result<PathBuf> {
    let mut files = tree::entries(folder)?;
    match (files.pop(), files.is_empty()) {
        (Some(file), true) => Ok(file),
        _ => anyhow::bail!("`pip` did not leave exactly one file in `{}`", folder.display()),
    }
}
