//! Renames what a wasm object defines, in its symbol table alone; knows nothing of archives or of the C library.
//!
//! Only the symbol-table subsection of the `linking` section is re-encoded. Relocations go by index, so code, data
//! and debug information stay as they are, and a reference inside the object follows the new name. Undefined
//! symbols keep their names: they resolve to whoever defines the old name from now on.
use std::collections::BTreeSet;

use wasmparser::{SymbolFlags, SymbolInfo};

use super::object::{self, SYMBOL_TABLE};

const CUSTOM_SECTION: u8 = 0;

/// `object` with every definition in `names` renamed to `<prefix><name>`, and the names that were hit.
///
/// Local symbols and undefined ones are left alone. `None` means that the object defines none of the names (or is
/// no wasm object) and is to be kept byte for byte.
///
/// # Errors
/// When the object's `linking` section cannot be read, or has a symbol of an unknown kind.
pub fn rename_definitions(
    object: &[u8],
    names: &BTreeSet<String>,
    prefix: &str,
) -> anyhow::Result<Option<(Vec<u8>, BTreeSet<String>)>> {
    if !object::is_wasm(object) {
        return Ok(None);
    }
    let Some(linking) = object::linking_section(object)? else { return Ok(None) };
    let mut hits = BTreeSet::new();
    let mut contents = Vec::new();
    string(&mut contents, "linking");
    leb(&mut contents, 2);
    for (kind, bytes) in linking.subsections {
        let renamed;
        let bytes = if kind == SYMBOL_TABLE {
            renamed = rename_table(bytes, names, prefix, &mut hits)?;
            &renamed
        } else {
            bytes
        };
        contents.push(kind);
        leb(&mut contents, bytes.len());
        contents.extend_from_slice(bytes);
    }
    if hits.is_empty() {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(object.len() + contents.len());
    out.extend_from_slice(&object[..linking.start]);
    out.push(CUSTOM_SECTION);
    leb(&mut out, contents.len());
    out.extend_from_slice(&contents);
    out.extend_from_slice(&object[linking.end..]);
    Ok(Some((out, hits)))
}

fn rename_table(
    table: &[u8],
    names: &BTreeSet<String>,
    prefix: &str,
    hits: &mut BTreeSet<String>,
) -> anyhow::Result<Vec<u8>> {
    let symbols = object::symbol_table(table)?;
    let mut out = Vec::with_capacity(table.len() + 64);
    leb(&mut out, symbols.len());
    let mut rename = |flags: SymbolFlags, name: &str| {
        let visible = !flags.intersects(SymbolFlags::UNDEFINED | SymbolFlags::BINDING_LOCAL);
        if visible && names.contains(name) {
            hits.insert(name.to_owned());
            format!("{prefix}{name}")
        } else {
            name.to_owned()
        }
    };
    for symbol in symbols {
        match symbol {
            SymbolInfo::Func { flags, index, name } => indexed(&mut out, 0, flags, index, name, &mut rename),
            SymbolInfo::Global { flags, index, name } => {
                indexed(&mut out, 2, flags, index, name, &mut rename)
            }
            SymbolInfo::Event { flags, index, name } => indexed(&mut out, 4, flags, index, name, &mut rename),
            SymbolInfo::Table { flags, index, name } => indexed(&mut out, 5, flags, index, name, &mut rename),
            SymbolInfo::Data { flags, name, symbol } => {
                out.push(1);
                leb(&mut out, flags.bits() as usize);
                string(&mut out, &rename(flags, name));
                if let Some(place) = symbol {
                    leb(&mut out, place.index as usize);
                    leb(&mut out, place.offset as usize);
                    leb(&mut out, place.size as usize);
                }
            }
            SymbolInfo::Section { flags, section } => {
                out.push(3);
                leb(&mut out, flags.bits() as usize);
                leb(&mut out, section as usize);
            }
        }
    }
    Ok(out)
}

fn indexed(
    out: &mut Vec<u8>,
    kind: u8,
    flags: SymbolFlags,
    index: u32,
    name: Option<&str>,
    rename: &mut impl FnMut(SymbolFlags, &str) -> String,
) {
    out.push(kind);
    leb(out, flags.bits() as usize);
    leb(out, index as usize);
    if let Some(name) = name {
        string(out, &rename(flags, name));
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    leb(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn leb(out: &mut Vec<u8>, mut value: usize) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        if value == 0 {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::super::object::{Symbol, symbols};
    use super::*;
    use wasm_encoder::{
        CodeSection, CustomSection, Function, FunctionSection, LinkingSection, Module, SymbolTable,
        TypeSection,
    };

    /// An object that defines `open` and the local `hidden`, and needs `close`.
    fn object() -> Vec<u8> {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import("env", "close", wasm_encoder::EntityType::Function(0));
        module.section(&imports);
        let mut functions = FunctionSection::new();
        functions.function(0).function(0);
        module.section(&functions);
        let mut code = CodeSection::new();
        for _ in 0..2 {
            let mut body = Function::new([]);
            body.instruction(&wasm_encoder::Instruction::End);
            code.function(&body);
        }
        module.section(&code);
        let mut table = SymbolTable::new();
        table.function(SymbolTable::WASM_SYM_UNDEFINED, 0, None);
        table.function(0, 1, Some("open"));
        table.function(SymbolTable::WASM_SYM_BINDING_LOCAL, 2, Some("hidden"));
        let mut linking = LinkingSection::new();
        linking.symbol_table(&table);
        module.section(&linking);
        module.section(&CustomSection { name: "after".into(), data: b"stays".into() });
        module.finish()
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn symbol(name: &str, defined: bool) -> Symbol {
        Symbol { name: name.to_owned(), defined, weak: false }
    }

    #[test]
    fn a_definition_is_renamed_and_a_need_is_not() {
        let (renamed, hits) =
            rename_definitions(&object(), &set(&["open", "close", "hidden"]), "__real_").unwrap().unwrap();
        assert_eq!(hits, set(&["open"]));
        assert_eq!(symbols(&renamed).unwrap(), [symbol("close", false), symbol("__real_open", true)]);
        wasmparser::Validator::new().validate_all(&renamed).unwrap();
    }

    #[test]
    fn an_object_without_a_hit_is_left_alone() {
        assert_eq!(rename_definitions(&object(), &set(&["read"]), "__real_").unwrap(), None);
        assert_eq!(rename_definitions(b"", &set(&["read"]), "__real_").unwrap(), None);
    }

    #[test]
    fn everything_but_the_symbol_table_stays() {
        let original = object();
        let (renamed, _) = rename_definitions(&original, &set(&["open"]), "__real_").unwrap().unwrap();
        let section = object::linking_section(&original).unwrap().unwrap();
        let again = object::linking_section(&renamed).unwrap().unwrap();
        assert_eq!(original[..section.start], renamed[..again.start]);
        assert_eq!(original[section.end..], renamed[again.end..]);
    }
}
