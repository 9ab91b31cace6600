//! Reads from an ELF file what the dynamic loader would ask of it; knows nothing of the machine it runs on.
use std::path::Path;

use anyhow::Context;
use object::LittleEndian;
use object::elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH, DT_SONAME, FileHeader64};
use object::read::SymbolIndex;
use object::read::elf::{FileHeader as _, Sym as _, VersionTable};

type Header = FileHeader64<LittleEndian>;

/// A symbol that a program or library wants from another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Wanted {
    /// Name without version.
    pub(super) name: String,
    /// Version and the library it is wanted from, when the symbol is versioned.
    pub(super) version: Option<(String, String)>,
    /// A weak symbol may stay undefined.
    pub(super) weak: bool,
}

/// What the dynamic section and the dynamic symbols of one file say.
#[derive(Debug, Clone, Default)]
pub(super) struct Dynamic {
    /// Name that others load this library by.
    pub(super) soname: Option<String>,
    /// Libraries this file loads, in order.
    pub(super) needed: Vec<String>,
    /// Search paths in the file, `DT_RUNPATH` and `DT_RPATH`, split at `:`.
    pub(super) run_path: Vec<String>,
    /// Undefined dynamic symbols, sorted.
    pub(super) wanted: Vec<Wanted>,
    /// Defined dynamic symbols, sorted.
    pub(super) defined: Vec<String>,
}

/// Is this the start of an ELF file?
pub(super) fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF")
}

/// Reads the dynamic facts of the file at `path`.
///
/// # Errors
/// When the file cannot be read or is not a sound 64-bit little-endian ELF file.
pub(super) fn read(path: &Path) -> anyhow::Result<Dynamic> {
    let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    parse(&bytes).with_context(|| format!("reading `{}` as an ELF file", path.display()))
}

fn parse(bytes: &[u8]) -> anyhow::Result<Dynamic> {
    let header = Header::parse(bytes)?;
    let endian = header.endian()?;
    let sections = header.sections(endian, bytes)?;
    let mut found = Dynamic::default();
    let table = sections.dynamic_table(endian, bytes)?;
    for entry in table.iter() {
        let text = || anyhow::Ok(String::from_utf8(table.string(entry)?.to_vec())?);
        match entry.tag {
            DT_NEEDED => found.needed.push(text()?),
            DT_SONAME => found.soname = Some(text()?),
            DT_RUNPATH | DT_RPATH => {
                found.run_path.extend(text()?.split(':').map(str::to_owned));
            }
            _ => {}
        }
    }
    let versions = sections.versions(endian, bytes)?;
    let symbols = sections.symbols(endian, bytes, object::elf::SHT_DYNSYM)?;
    for (index, symbol) in symbols.enumerate() {
        if index.0 == 0 || symbol.is_local() {
            continue;
        }
        let name = String::from_utf8(symbol.name(endian, symbols.strings())?.to_vec())?;
        if symbol.is_undefined(endian) {
            let version = wanted_version(versions.as_ref(), endian, index)?;
            found.wanted.push(Wanted { name, version, weak: symbol.is_weak() });
        } else {
            found.defined.push(name);
        }
    }
    found.wanted.sort();
    found.wanted.dedup();
    found.defined.sort();
    found.defined.dedup();
    Ok(found)
}

fn wanted_version(
    versions: Option<&VersionTable<'_, Header>>,
    endian: LittleEndian,
    index: SymbolIndex,
) -> anyhow::Result<Option<(String, String)>> {
    let Some(versions) = versions else { return Ok(None) };
    let Some(version) = versions.version(versions.version_index(endian, index))? else { return Ok(None) };
    let name = String::from_utf8(version.name().to_vec())?;
    let file = version.file().map(|file| String::from_utf8(file.to_vec())).transpose()?;
    Ok(file.map(|file| (name, file)))
}
