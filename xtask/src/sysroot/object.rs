//! What a relocatable wasm object defines and needs, read from its `linking` section; knows nothing of archives.
use anyhow::{Context, bail};
use wasmparser::{BinaryReader, SymbolFlags, SymbolInfo};

const MODULE_HEADER: &[u8] = b"\0asm\x01\0\0\0";
const CUSTOM_SECTION: u8 = 0;
const LINKING_VERSION: u32 = 2;
/// The kind of the subsection of `linking` that holds the symbols.
pub(super) const SYMBOL_TABLE: u8 = 8;

/// One symbol of an object that other objects can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// The name that the linker resolves.
    pub name: String,
    /// Whether the object defines it; otherwise it needs it from elsewhere.
    pub defined: bool,
    /// Whether another definition may take its place.
    pub weak: bool,
}

/// Whether `bytes` is a wasm module or object. Archives may hold other members (an empty `.o` of an assembler).
#[must_use]
pub fn is_wasm(bytes: &[u8]) -> bool {
    bytes.starts_with(MODULE_HEADER)
}

/// Where the `linking` section of an object lies, and the subsections in it.
pub(super) struct LinkingSection<'a> {
    /// Offset of the section's first byte (its id).
    pub(super) start: usize,
    /// Offset of the byte after the section.
    pub(super) end: usize,
    /// Kind and bytes of each subsection, in order.
    pub(super) subsections: Vec<(u8, &'a [u8])>,
}

/// The `linking` section of `object`, or `None` when it has none.
///
/// # Errors
/// When the object is damaged or its `linking` section has another version than 2.
pub(super) fn linking_section(object: &[u8]) -> anyhow::Result<Option<LinkingSection<'_>>> {
    let mut module = BinaryReader::new(object, 0);
    module.read_bytes(MODULE_HEADER.len()).context("not a wasm object")?;
    while !module.eof() {
        let start = module.original_position();
        let id = module.read_u8()?;
        let size = module.read_var_u32()? as usize;
        let payload_at = module.original_position();
        let payload = module.read_bytes(size).context("a section of the object is cut off")?;
        if id != CUSTOM_SECTION {
            continue;
        }
        let mut section = BinaryReader::new(payload, payload_at);
        if section.read_unlimited_string()? != "linking" {
            continue;
        }
        let version = section.read_var_u32()?;
        if version != LINKING_VERSION {
            bail!("`linking` section of version {version}: only version {LINKING_VERSION} is known");
        }
        let mut subsections = Vec::new();
        while !section.eof() {
            let kind = section.read_u8()?;
            let size = section.read_var_u32()? as usize;
            subsections
                .push((kind, section.read_bytes(size).context("a subsection of `linking` is cut off")?));
        }
        return Ok(Some(LinkingSection { start, end: payload_at + size, subsections }));
    }
    Ok(None)
}

/// The symbols of a symbol-table subsection, in order; relocations refer to this order.
pub(super) fn symbol_table(subsection: &[u8]) -> anyhow::Result<Vec<SymbolInfo<'_>>> {
    let mut reader = BinaryReader::new(subsection, 0);
    let count = reader.read_var_u32()?;
    (0..count).map(|_| Ok(reader.read::<SymbolInfo<'_>>()?)).collect()
}

/// The symbols of `object` that take part in linking: no local ones, no sections, no names of other kinds.
/// An undefined function that takes its name from its import is listed under the import's field name.
///
/// # Errors
/// When the object cannot be read.
pub fn symbols(object: &[u8]) -> anyhow::Result<Vec<Symbol>> {
    if !is_wasm(object) {
        return Ok(Vec::new());
    }
    let Some(linking) = linking_section(object)? else { return Ok(Vec::new()) };
    let mut imports = None;
    let mut found = Vec::new();
    for (_, subsection) in linking.subsections.iter().filter(|(kind, _)| *kind == SYMBOL_TABLE) {
        for info in symbol_table(subsection)? {
            let (flags, name) = match info {
                SymbolInfo::Func { flags, index, name: None } => {
                    if imports.is_none() {
                        imports = Some(function_imports(object)?);
                    }
                    let name = imports.as_ref().and_then(|list| list.get(index as usize)).cloned();
                    (flags, name.with_context(|| format!("undefined function {index} has no import"))?)
                }
                SymbolInfo::Func { flags, name: Some(name), .. }
                | SymbolInfo::Global { flags, name: Some(name), .. }
                | SymbolInfo::Event { flags, name: Some(name), .. }
                | SymbolInfo::Table { flags, name: Some(name), .. }
                | SymbolInfo::Data { flags, name, .. } => (flags, name.to_owned()),
                SymbolInfo::Global { .. } | SymbolInfo::Event { .. } | SymbolInfo::Table { .. } => continue,
                SymbolInfo::Section { .. } => continue,
            };
            if flags.contains(SymbolFlags::BINDING_LOCAL) {
                continue;
            }
            found.push(Symbol {
                name,
                defined: !flags.contains(SymbolFlags::UNDEFINED),
                weak: flags.contains(SymbolFlags::BINDING_WEAK),
            });
        }
    }
    Ok(found)
}

/// The names that `object` defines for others, in the order of its symbol table.
///
/// # Errors
/// When the object cannot be read.
pub fn definitions(object: &[u8]) -> anyhow::Result<Vec<String>> {
    Ok(symbols(object)?.into_iter().filter(|symbol| symbol.defined).map(|symbol| symbol.name).collect())
}

/// Field names of the imported functions, by function index.
fn function_imports(object: &[u8]) -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in wasmparser::Parser::new(0).parse_all(object) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                if matches!(import.ty, wasmparser::TypeRef::Func(_) | wasmparser::TypeRef::FuncExact(_)) {
                    names.push(import.name.to_owned());
                }
            }
        }
    }
    Ok(names)
}
