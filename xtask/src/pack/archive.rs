//! The one form of archive that we write: every header follows from path, kind and length; knows nothing of content.
//!
//! Plain ustar, no extension of any kind: owner 0:0 without names, modes 0755 and 0644, one fixed time, paths in byte
//! order. The reader makes the header that we would have written and compares all 512 bytes, so that nothing that
//! tar programs disagree about gets past it.
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::path::Path;

use anyhow::Context;
use tar::{EntryType, Header};

use super::facts::EPOCH;
use super::tree::{Entry, FileEntry, Tree};

/// Length of a header and unit of everything in a tar file.
const BLOCK: usize = 512;

/// Limits for reading an archive that somebody else may have made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Most entries.
    pub(super) entries: usize,
    /// Most bytes in one file.
    pub(super) file: u64,
    /// Most bytes after decompression.
    pub(super) total: u64,
}

impl Default for Limits {
    /// 200 000 entries, 1 GiB a file, 8 GiB in all: twenty times the SDK of today.
    fn default() -> Self {
        Self { entries: 200_000, file: 1 << 30, total: 8 << 30 }
    }
}

/// The header of the entry at `path`, which includes the top folder.
///
/// # Errors
/// When a path or a link is longer than ustar can say.
fn header(path: &str, entry: &Entry) -> anyhow::Result<Header> {
    let mut header = Header::new_ustar();
    let (kind, mode, size) = match entry {
        Entry::Folder => (EntryType::Directory, 0o755, 0),
        Entry::Link(_) => (EntryType::Symlink, 0o777, 0),
        Entry::File(file) => (EntryType::Regular, if file.executable { 0o755 } else { 0o644 }, file.size),
    };
    let name = if kind == EntryType::Directory { format!("{path}/") } else { path.to_owned() };
    header
        .set_path(Path::new(&name))
        .with_context(|| format!("the path `{path}` does not fit into a tar header"))?;
    if let Entry::Link(target) = entry {
        header
            .set_link_name(Path::new(target))
            .with_context(|| format!("the link `{path}` does not fit into a tar header: `{target}`"))?;
    }
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(EPOCH);
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}

/// Writes the archive: the top folder, then everything of `tree` below it, files read from `root` or from `added`.
///
/// # Errors
/// When something cannot be read or written, or a file changed since the tree was read.
pub(super) fn write<W: Write>(
    mut out: W,
    root: &Path,
    top: &str,
    tree: &Tree,
    added: &BTreeMap<&str, Vec<u8>>,
) -> anyhow::Result<W> {
    let failed = || format!("writing the archive of `{}`", root.display());
    out.write_all(header(top, &Entry::Folder)?.as_bytes()).with_context(failed)?;
    for (path, entry) in tree {
        out.write_all(header(&format!("{top}/{path}"), entry)?.as_bytes()).with_context(failed)?;
        let Entry::File(file) = entry else { continue };
        let copied = if let Some(bytes) = added.get(path.as_str()) {
            out.write_all(bytes).with_context(failed)?;
            bytes.len() as u64
        } else {
            let source = root.join(path);
            let mut source_file =
                std::fs::File::open(&source).with_context(|| format!("opening `{}`", source.display()))?;
            io::copy(&mut source_file, &mut out).with_context(|| format!("copying `{}`", source.display()))?
        };
        anyhow::ensure!(copied == file.size, "`{}` changed while it was packed", root.join(path).display());
        out.write_all(&[0; BLOCK][..padding(file.size)]).with_context(failed)?;
    }
    out.write_all(&[0; 2 * BLOCK]).with_context(failed)?;
    Ok(out)
}

fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// One entry as it came from an archive; the digests of a file are not known yet.
#[derive(Debug)]
pub(super) struct Found {
    /// Path below the top folder.
    pub(super) path: String,
    /// What it is; of a file only length and mode.
    pub(super) entry: Entry,
    /// Content of a file.
    pub(super) content: Vec<u8>,
}

/// Reads an archive in the form that [`write`] gives it and calls `take` for each entry below the top folder.
/// Returns the name of the top folder.
///
/// # Errors
/// At the first byte that differs from that form: a path that leads out, a kind of entry that we do not write, a
/// doubled or unsorted path, an owner, mode or time of its own, bytes after the end, or a limit that is passed.
pub(super) fn read<R: Read>(
    mut input: R,
    limits: &Limits,
    mut take: impl FnMut(Found) -> anyhow::Result<()>,
) -> anyhow::Result<String> {
    let mut total = 0;
    let (top, entry) = next(&mut input, limits)?.context("the archive is empty")?;
    let name = top.strip_suffix('/').unwrap_or_default().to_owned();
    anyhow::ensure!(
        entry == Entry::Folder && !name.is_empty() && !name.contains('/') && name != "." && name != "..",
        "the archive does not start with its top folder but with `{top}`"
    );
    let start = format!("{name}/");
    let mut last = String::new();
    let mut count = 0;
    while let Some((path, entry)) = next(&mut input, limits)? {
        count += 1;
        anyhow::ensure!(count <= limits.entries, "the archive has more than {} entries", limits.entries);
        let inside = path.strip_prefix(&start).with_context(|| format!("`{path}` is outside `{start}`"))?;
        let inside = inside.strip_suffix('/').unwrap_or(inside).to_owned();
        anyhow::ensure!(inside != last, "`{inside}` is there twice");
        anyhow::ensure!(inside > last, "`{inside}` comes after `{last}`: the entries are not sorted");
        last.clone_from(&inside);
        let mut content = Vec::new();
        if let Entry::File(file) = &entry {
            total += file.size;
            anyhow::ensure!(total <= limits.total, "the archive unpacks to more than {} bytes", limits.total);
            content = contents(&mut input, file.size).with_context(|| format!("reading `{inside}`"))?;
        }
        take(Found { path: inside, entry, content })?;
    }
    let mut after = [0; 1];
    anyhow::ensure!(
        input.read(&mut after).context("reading the end of the archive")? == 0,
        "there are bytes after the end of the archive"
    );
    Ok(name)
}

/// The next header, or none at the end mark.
fn next<R: Read>(input: &mut R, limits: &Limits) -> anyhow::Result<Option<(String, Entry)>> {
    let mut header = Header::new_ustar();
    input.read_exact(header.as_mut_bytes()).context("the archive is cut off")?;
    if header.as_bytes() == &[0; BLOCK] {
        input.read_exact(header.as_mut_bytes()).context("the archive is cut off")?;
        anyhow::ensure!(header.as_bytes() == &[0; BLOCK], "the end mark of the archive is damaged");
        return Ok(None);
    }
    let path = String::from_utf8(header.path_bytes().into_owned())
        .map_err(|error| anyhow::anyhow!("a path is not UTF-8: `{}`", error.to_string().escape_debug()))?;
    let size = header.entry_size().with_context(|| format!("the length of `{path}` cannot be read"))?;
    let entry = match header.entry_type() {
        EntryType::Directory => Entry::Folder,
        EntryType::Regular => {
            anyhow::ensure!(size <= limits.file, "`{path}` is longer than {} bytes", limits.file);
            let executable = header.mode().is_ok_and(|mode| mode & 0o100 != 0);
            Entry::File(FileEntry { size, executable, sha256: String::new(), sha1: String::new() })
        }
        EntryType::Symlink => {
            let target = header.link_name_bytes().unwrap_or_default().into_owned();
            Entry::Link(
                String::from_utf8(target).with_context(|| format!("the target of `{path}` is not UTF-8"))?,
            )
        }
        other => anyhow::bail!("`{path}` is neither a folder, a link nor a file but of kind {other:?}"),
    };
    let plain = path.strip_suffix('/').unwrap_or(&path);
    anyhow::ensure!(
        !plain.is_empty() && plain.split('/').all(|part| !matches!(part, "" | "." | "..")),
        "`{path}` is not a plain path below the top folder"
    );
    anyhow::ensure!(
        !plain.chars().any(char::is_control) && !plain.contains('\\'),
        "`{}` holds a control character or a backslash",
        plain.escape_debug()
    );
    let ours = self::header(plain, &entry)?;
    if ours.as_bytes() != header.as_bytes() {
        anyhow::bail!("the header of `{path}` is not in canonical form: {}", difference(&header, &ours));
    }
    Ok(Some((path, entry)))
}

/// Says which field of two headers differs.
fn difference(found: &Header, wanted: &Header) -> String {
    let fields = [
        ("mode", found.mode().ok().map(u64::from), wanted.mode().ok().map(u64::from)),
        ("owner", found.uid().ok(), wanted.uid().ok()),
        ("group", found.gid().ok(), wanted.gid().ok()),
        ("time", found.mtime().ok(), wanted.mtime().ok()),
        ("length", found.entry_size().ok(), wanted.entry_size().ok()),
    ];
    let number = |value: Option<u64>| value.map_or_else(|| "nonsense".to_owned(), |value| value.to_string());
    let octal =
        |value: Option<u64>| value.map_or_else(|| "nonsense".to_owned(), |value| format!("{value:o}"));
    for (name, found, wanted) in fields {
        if found != wanted {
            let show = |value| if name == "mode" { octal(value) } else { number(value) };
            return format!("{name} is {}, not {}", show(found), show(wanted));
        }
    }
    let at = found.as_bytes().iter().zip(wanted.as_bytes()).position(|(found, wanted)| found != wanted);
    format!("byte {} differs", at.unwrap_or_default())
}

/// Exactly `size` bytes and the padding after them. Memory grows with what is really there, not with what is said.
fn contents<R: Read>(input: &mut R, size: u64) -> anyhow::Result<Vec<u8>> {
    let mut content = Vec::new();
    let read = input.by_ref().take(size).read_to_end(&mut content)?;
    anyhow::ensure!(read as u64 == size, "the archive is cut off");
    let mut fill = [0; BLOCK];
    let fill = &mut fill[..padding(size)];
    input.read_exact(fill).context("the archive is cut off")?;
    anyhow::ensure!(fill.iter().all(|byte| *byte == 0), "the bytes after its end are not zero");
    Ok(content)
}
