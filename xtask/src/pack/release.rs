//! Writes a release: the archive, its digest and the statement about it; a file has its final name only when whole.
use std::collections::BTreeMap;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::facts::{SdkFacts, SdkJson};
use super::gzip::Gzip;
use super::names::{ADDED, PROVENANCE, SBOM, SDK, SUMS, top};
use super::tree::{self, Entry};
use super::{archive, provenance, sbom};
use crate::file;

/// Compression level, the knee between time and size: measured in `docs/adr/0007-one-form-of-tarball.md`.
const LEVEL: u32 = 6;

/// Start of the names of files that are not finished.
const UNFINISHED: &str = ".packing-";

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// The archive.
    pub archive: PathBuf,
    /// SHA-256 of the archive, in hex.
    pub sha256: String,
    /// Length of the archive in bytes.
    pub size: u64,
    /// Number of files in it.
    pub files: usize,
    /// Length of all files in bytes.
    pub unpacked: u64,
}

/// Packs the staged folder `staged` into `<dist>/warpgrid-sdk-<version>-<platform>.tar.gz`, with `.sha256` and
/// `.intoto.json` beside it.
///
/// `sdk.json`, the SBOM, the provenance and `SHA256SUMS` are made here and exist only in the archive; a staged file of
/// such a name is refused. The bytes depend on content and facts alone. Files appear under their final names in one
/// step each, the archive last, so an archive that is there is whole and has its digest beside it.
///
/// # Errors
/// When the facts contradict themselves, a file belongs to no part, a part has no licence text, something cannot be
/// read, or the disk is full; an older archive is then untouched.
pub fn pack(staged: &Path, facts: &SdkFacts, dist: &Path) -> anyhow::Result<Packed> {
    let problems = facts.problems();
    anyhow::ensure!(problems.is_empty(), "the facts for `sdk.json` are wrong: {}", problems.join("; "));
    let mut tree = tree::read(staged)?;
    for name in ADDED {
        anyhow::ensure!(
            !tree.contains_key(name),
            "`{}` is written by pack and must not be staged",
            staged.join(name).display()
        );
    }
    for part in &facts.parts {
        let folder = format!("{}/{}/", super::names::LICENCES, part.name);
        anyhow::ensure!(
            tree.range(folder.clone()..).next().is_some_and(|(path, _)| path.starts_with(&folder)),
            "the part `{}` has no licence text in `{}`",
            part.name,
            staged.join(&folder).display()
        );
    }
    let top = top(&facts.version, &facts.platform);
    let mut added: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let mut add = |tree: &mut tree::Tree, name: &'static str, bytes: Vec<u8>| {
        tree.insert(name.to_owned(), Entry::File(tree::digests(&bytes, false)));
        added.insert(name, bytes);
    };
    add(&mut tree, SDK, json(&SdkJson::new(facts))?);
    let content = provenance::tree_digest(&tree);
    add(&mut tree, PROVENANCE, json(&provenance::make(facts, &top, "dirHash", &content))?);
    let document = sbom::make(facts, &top, &tree, &content)?;
    add(&mut tree, SBOM, json(&document)?);
    let sums = provenance::sums(&tree).into_bytes();
    add(&mut tree, SUMS, sums);

    crate::tree::create(dist)?;
    let path = dist.join(format!("{top}.tar.gz"));
    let failed = || format!("writing `{}`", path.display());
    remove_unfinished(dist)?;
    let file = unnamed(dist)?;
    let out = Gzip::new(Summed::new(BufWriter::with_capacity(1 << 20, file)), LEVEL, tree::threads());
    let out = archive::write(out, staged, &top, &tree, &added)?;
    let summed = out.finish().with_context(failed)?;
    let (file, sha256, size) = summed.finish().with_context(failed)?;

    let name = format!("{top}.tar.gz");
    let statement = json(&provenance::make(facts, &name, "sha256", &sha256))?;
    let sides = [
        (dist.join(format!("{name}.sha256")), written(dist, format!("{sha256}  {name}\n").as_bytes())?),
        (dist.join(format!("{name}.intoto.json")), written(dist, &statement)?),
    ];
    file.as_file().sync_all().with_context(failed)?;
    // Everything is on the disk; from here on only names change.
    file::remove(&path)?;
    for (path, file) in sides {
        file::persist(file, &path)?;
    }
    file::persist(file, &path)?;
    let files = tree.values().filter_map(|entry| match entry {
        Entry::File(file) => Some(file.size),
        _ => None,
    });
    Ok(Packed { archive: path, sha256, size, files: files.clone().count(), unpacked: files.sum() })
}

/// JSON for people and programs: two blanks a level, a line break at the end.
fn json(value: &impl Serialize) -> anyhow::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value).context("writing JSON")?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A file that is whole but has no name yet.
fn written(dist: &Path, bytes: &[u8]) -> anyhow::Result<tempfile::NamedTempFile> {
    let failed = || format!("writing in `{}`", dist.display());
    let mut file = unnamed(dist)?;
    file.write_all(bytes).with_context(failed)?;
    file.as_file().sync_all().with_context(failed)?;
    Ok(file)
}

fn unnamed(dist: &Path) -> anyhow::Result<tempfile::NamedTempFile> {
    tempfile::Builder::new()
        .prefix(UNFINISHED)
        .tempfile_in(dist)
        .with_context(|| format!("creating a file in `{}`", dist.display()))
}

/// Removes what a killed run left behind; one build at a time uses a folder.
fn remove_unfinished(dist: &Path) -> anyhow::Result<()> {
    for path in crate::tree::entries(dist)? {
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(UNFINISHED)) {
            file::remove(&path)?;
        }
    }
    Ok(())
}

/// Counts and hashes what passes through to a file.
struct Summed {
    inner: BufWriter<tempfile::NamedTempFile>,
    hasher: Sha256,
    size: u64,
}

impl Summed {
    fn new(inner: BufWriter<tempfile::NamedTempFile>) -> Self {
        Self { inner, hasher: Sha256::new(), size: 0 }
    }

    fn finish(self) -> io::Result<(tempfile::NamedTempFile, String, u64)> {
        let file = self.inner.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok((file, hex::encode(self.hasher.finalize()), self.size))
    }
}

impl Write for Summed {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(buffer)?;
        self.hasher.update(&buffer[..written]);
        self.size += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
