//! Unpacks archives so that nothing lands outside the given folder and the result depends on the archive alone: not on
//! the user, the umask or the order of the file system. Knows not what the files are for.
use std::collections::HashSet;
use std::fs::{self, File, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail};
use flate2::read::GzDecoder;
use git2::build::CheckoutBuilder;
use git2::{Oid, Repository};
use tar::{Archive, Entry, EntryType};

use super::client::{complaint, missing};
use crate::exec::{Finished, Program};
use crate::tree;

/// Bounds of one archive: more than any input of ours, less than what fills a disk.
const MOST_BYTES: u64 = 8 << 30;
const MOST_ENTRIES: usize = 500_000;

/// Unpacks a Debian package's files into `into`, which is made when absent. Several packages may share a folder.
///
/// # Errors
/// When `dpkg-deb` is missing or fails, or an entry would land outside.
pub fn deb(package: &Path, into: &Path) -> anyhow::Result<()> {
    let program = Program::new("dpkg-deb").arg("--fsys-tarfile").arg(package);
    let reader = program.reader().map_err(|error| match error.downcast_ref::<io::Error>() {
        Some(cause) if cause.kind() == io::ErrorKind::NotFound => missing("dpkg-deb"),
        _ => error,
    })?;
    let unpacked = tar(&reader, into);
    // Read to the end, so that the program is not ended by a closed pipe before it could complain.
    let drained = io::copy(&mut &reader, &mut io::sink());
    if let Ok(Some(output)) = reader.try_wait()
        && !output.status.success()
    {
        let said = complaint(&Finished::from(output));
        bail!("`dpkg-deb` cannot read `{}`: {said}", package.display());
    }
    drained.with_context(|| format!("reading `{}`", package.display()))?;
    unpacked.with_context(|| format!("unpacking `{}`", package.display()))
}

/// Unpacks a package of the Rust registry; its files lie under `<name>-<version>/` in `into`.
///
/// # Errors
/// As [`tar_gz`].
pub fn crate_file(package: &Path, into: &Path) -> anyhow::Result<()> {
    tar_gz(package, into)
}

/// Unpacks a gzip-compressed tar archive into `into`, which is made when absent.
///
/// # Errors
/// When the archive cannot be read, or an entry would land outside.
pub fn tar_gz(archive: &Path, into: &Path) -> anyhow::Result<()> {
    let file = File::open(archive).with_context(|| format!("opening `{}`", archive.display()))?;
    tar(GzDecoder::new(io::BufReader::new(file)), into)
        .with_context(|| format!("unpacking `{}`", archive.display()))
}

/// Writes the files of a commit in a bare repository into `into`; every object is verified against its id.
///
/// # Errors
/// When the commit is not there, damaged, or cannot be written.
pub fn git_tree(repository: &Path, commit: &str, into: &Path) -> anyhow::Result<()> {
    let opened = Repository::open_bare(repository)
        .with_context(|| format!("opening the repository `{}`", repository.display()))?;
    let oid = Oid::from_str(commit).with_context(|| format!("`{commit}` is no commit id"))?;
    let tree = opened
        .find_commit(oid)
        .and_then(|commit| commit.tree())
        .with_context(|| format!("commit {commit} is not in `{}`", repository.display()))?;
    tree::create(into)?;
    let mut checkout = CheckoutBuilder::new();
    checkout.target_dir(into).force().update_index(false).disable_filters(true);
    opened
        .checkout_tree(tree.as_object(), Some(&mut checkout))
        .with_context(|| format!("writing commit {commit} to `{}`", into.display()))
}

/// Unpacks a tar stream into `into`.
fn tar(stream: impl Read, into: &Path) -> anyhow::Result<()> {
    tree::create(into)?;
    let root = into.canonicalize().with_context(|| format!("finding `{}`", into.display()))?;
    let mut unpacker = Unpacker { root, real_folders: HashSet::new(), links: Vec::new(), bytes: 0 };
    for (count, entry) in Archive::new(stream).entries().context("reading the archive")?.enumerate() {
        let mut entry = entry.context("reading the archive")?;
        if count > MOST_ENTRIES {
            bail!("more than {MOST_ENTRIES} entries");
        }
        let name = entry.path().context("an entry has no readable name")?.into_owned();
        unpacker.unpack(&mut entry, &name).with_context(|| format!("entry `{}`", name.display()))?;
    }
    unpacker.check_links()
}

struct Unpacker {
    root: PathBuf,
    /// Folders known to be folders and not links.
    real_folders: HashSet<PathBuf>,
    links: Vec<PathBuf>,
    bytes: u64,
}

impl Unpacker {
    fn unpack(&mut self, entry: &mut Entry<'_, impl Read>, name: &Path) -> anyhow::Result<()> {
        let kind = entry.header().entry_type();
        let Some(place) = inside(name)? else { return Ok(()) };
        let path = self.root.join(&place);
        if kind == EntryType::Directory {
            return self.real_folder(&path);
        }
        self.real_folder(path.parent().unwrap_or(&self.root.clone()))?;
        if path.symlink_metadata().is_ok_and(|present| !present.is_dir()) {
            fs::remove_file(&path).with_context(|| format!("replacing `{}`", path.display()))?;
        }
        match kind {
            EntryType::Regular | EntryType::Continuous => {
                let executable = entry.header().mode().context("it has no mode")? & 0o100 != 0;
                let mut file =
                    File::create(&path).with_context(|| format!("writing `{}`", path.display()))?;
                self.bytes += io::copy(&mut entry.take(MOST_BYTES - self.bytes + 1), &mut file)
                    .with_context(|| format!("writing `{}`", path.display()))?;
                if self.bytes > MOST_BYTES {
                    bail!("the archive unpacks to more than {MOST_BYTES} bytes");
                }
                let mode = if executable { 0o755 } else { 0o644 };
                file.set_permissions(Permissions::from_mode(mode))
                    .with_context(|| format!("setting the mode of `{}`", path.display()))
            }
            EntryType::Symlink => {
                let target = link_target(entry)?;
                stays_inside(place.parent().unwrap_or(Path::new("")), &target)?;
                symlink(&target, &path).with_context(|| format!("linking `{}`", path.display()))?;
                self.links.push(path);
                Ok(())
            }
            EntryType::Link => {
                let target = link_target(entry)?;
                let Some(target) = inside(&target)? else { bail!("it links to the folder itself") };
                let target = self.root.join(target);
                self.real_folder(target.parent().unwrap_or(&self.root.clone()))?;
                let is_file = target.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
                if !is_file {
                    bail!("it links to `{}`, which is no file of the archive before it", target.display());
                }
                fs::copy(&target, &path).map(drop).with_context(|| format!("copying `{}`", target.display()))
            }
            kind => bail!("it is of kind {kind:?}, which no input needs"),
        }
    }

    /// Makes a folder and the folders above it; refuses to go through a link.
    fn real_folder(&mut self, path: &Path) -> anyhow::Result<()> {
        if path == self.root || self.real_folders.contains(path) {
            return Ok(());
        }
        if let Some(parent) = path.parent() {
            self.real_folder(parent)?;
        }
        match path.symlink_metadata() {
            Ok(present) if present.is_dir() => {}
            Ok(_) => bail!("`{}` is a link or a file, not a folder", path.display()),
            Err(_) => {
                fs::create_dir(path).with_context(|| format!("creating `{}`", path.display()))?;
                fs::set_permissions(path, Permissions::from_mode(0o755))
                    .with_context(|| format!("setting the mode of `{}`", path.display()))?;
            }
        }
        self.real_folders.insert(path.to_owned());
        Ok(())
    }

    /// A link may lead through other links: where each really ends must be inside as well.
    fn check_links(&self) -> anyhow::Result<()> {
        for link in &self.links {
            if let Ok(end) = link.canonicalize()
                && !end.starts_with(&self.root)
            {
                bail!("link `{}` leads outside, to `{}`", link.display(), end.display());
            }
        }
        Ok(())
    }
}

fn link_target(entry: &Entry<'_, impl Read>) -> anyhow::Result<PathBuf> {
    let target = entry.link_name().context("its target is not readable")?;
    Ok(target.context("it has no target")?.into_owned())
}

/// A name of an entry as a path below the root; `None` for the root itself.
fn inside(name: &Path) -> anyhow::Result<Option<PathBuf>> {
    let mut place = PathBuf::new();
    for component in name.components() {
        match component {
            Component::Normal(part) => place.push(part),
            Component::CurDir => {}
            Component::ParentDir => bail!("it leads outside with `..`"),
            Component::RootDir | Component::Prefix(_) => bail!("it has an absolute path"),
        }
    }
    Ok((!place.as_os_str().is_empty()).then_some(place))
}

/// Refuses a link's target that is absolute or climbs above the root.
fn stays_inside(folder: &Path, target: &Path) -> anyhow::Result<()> {
    let mut depth = folder.components().count();
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir => bail!("it links outside, to `{}`", target.display()),
            Component::RootDir | Component::Prefix(_) => {
                bail!("it links to the absolute path `{}`", target.display())
            }
        }
    }
    Ok(())
}
