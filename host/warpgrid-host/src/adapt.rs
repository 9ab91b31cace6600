//! Preview 1 core modules become components; knows no engine.

use std::borrow::Cow;
use std::error::Error;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as PREVIEW1,
    WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER as REACTOR_ADAPTER,
};
use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{ImportSection, Module, RawSection};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

const PROC_EXIT: &str = "proc_exit";

/// Why bytes could not become a component.
#[derive(Debug, thiserror::Error)]
pub enum AdaptError {
    /// The file does not start like WebAssembly.
    #[error("not a WebAssembly file: it does not start with `\\0asm`{}", if *text { " (it looks like text)" } else { "" })]
    NotWasm {
        /// Whether it looks like text, perhaps WAT or a program's source.
        text: bool,
    },
    /// The file is WebAssembly of a version or kind that is not known.
    #[error("neither a core module nor a component")]
    Unknown,
    /// A core module that cannot be turned into a component.
    #[error("the core module cannot be turned into a component")]
    Module(#[source] Box<dyn Error + Send + Sync>),
}

/// Gives a component as it is, and turns a core module into one that runs on any engine.
///
/// The imports of the module are those of Preview 1, and those that its `component-type` sections
/// describe, such as `warpgrid:shim`.
///
/// # Errors
/// [`AdaptError`].
pub fn to_component(bytes: &[u8]) -> Result<Cow<'_, [u8]>, AdaptError> {
    component(bytes, false)
}

/// The same for this host alone: every exit code of a Preview 1 module reaches the host. The adapter knows
/// only success and failure, because so did WASI 0.2 before 0.2.12.
///
/// # Errors
/// [`AdaptError`].
pub(crate) fn to_component_with_exit_codes(bytes: &[u8]) -> Result<Cow<'_, [u8]>, AdaptError> {
    component(bytes, true)
}

fn component(bytes: &[u8], exit_codes: bool) -> Result<Cow<'_, [u8]>, AdaptError> {
    if Parser::is_component(bytes) {
        return Ok(Cow::Borrowed(bytes));
    }
    if !bytes.starts_with(b"\0asm") {
        let text = !bytes.is_empty() && std::str::from_utf8(&bytes[..bytes.len().min(64)]).is_ok();
        return Err(AdaptError::NotWasm { text });
    }
    if !Parser::is_core_wasm(bytes) {
        return Err(AdaptError::Unknown);
    }
    encode(bytes, exit_codes).map(Cow::Owned).map_err(AdaptError::Module)
}

fn encode(bytes: &[u8], exit_codes: bool) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let outline = outline(bytes)?;
    let rewritten;
    let module = if exit_codes && outline.imports_proc_exit {
        rewritten = with_exit_codes(bytes)?;
        &rewritten
    } else {
        bytes
    };
    let mut encoder = ComponentEncoder::default().module(module)?.validate(true);
    if outline.imports_preview1 {
        let adapter = if outline.exports_start { COMMAND_ADAPTER } else { REACTOR_ADAPTER };
        encoder = encoder.adapter(PREVIEW1, adapter)?;
    }
    Ok(encoder.encode()?)
}

/// The interface that takes the place of `proc_exit`. Both have one number as parameter.
const EXIT: &str = "
    package wasi:cli@0.2.12;
    interface exit { exit-with-code: func(status-code: u8); }
    world exit-codes { import exit; }
";
const EXIT_IMPORT: (&str, &str) = ("wasi:cli/exit@0.2.12", "exit-with-code");

/// The module with `proc_exit` renamed to `exit-with-code`; everything else stays byte for byte.
fn with_exit_codes(module: &[u8]) -> Result<Vec<u8>, Box<dyn Error + Send + Sync>> {
    let mut rewritten = Module::new();
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Payload::ImportSection(section) = payload {
            let mut imports = ImportSection::new();
            for import in section.into_imports() {
                let import = import?;
                let is_exit = import.module == PREVIEW1 && import.name == PROC_EXIT;
                let (module, name) = if is_exit { EXIT_IMPORT } else { (import.module, import.name) };
                imports.import(module, name, RoundtripReencoder.entity_type(import.ty)?);
            }
            rewritten.section(&imports);
        } else if let Some((id, range)) = payload.as_section() {
            rewritten.section(&RawSection { id, data: &module[range] });
        }
    }
    let mut rewritten = rewritten.finish();
    let mut resolve = Resolve::default();
    let package = resolve.push_str("exit.wit", EXIT)?;
    let world = resolve.select_world(&[package], None)?;
    embed_component_metadata(&mut rewritten, &resolve, world, StringEncoding::UTF8)?;
    Ok(rewritten)
}

#[derive(Default)]
struct Outline {
    imports_preview1: bool,
    imports_proc_exit: bool,
    exports_start: bool,
}

/// Reads which adapter a core module needs.
fn outline(module: &[u8]) -> Result<Outline, wasmparser::BinaryReaderError> {
    let mut outline = Outline::default();
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    if import.module == PREVIEW1 {
                        outline.imports_preview1 = true;
                        outline.imports_proc_exit |= import.name == PROC_EXIT;
                    }
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    outline.exports_start |= export?.name == "_start";
                }
            }
            _ => {}
        }
    }
    Ok(outline)
}
