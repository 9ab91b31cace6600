//! Preview 1 core modules become components; knows no engine.

use std::borrow::Cow;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME as ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER as ADAPTER,
};
use wasmparser::Parser;
use wit_component::ComponentEncoder;

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
    Module(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// Gives a component as it is, and turns a Preview 1 core module into one.
///
/// The imports of the module are those of Preview 1, and those that its `component-type` sections
/// describe, such as `warpgrid:shim`.
///
/// # Errors
/// [`AdaptError`].
pub fn to_component(bytes: &[u8]) -> Result<Cow<'_, [u8]>, AdaptError> {
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
    let encode =
        || ComponentEncoder::default().module(bytes)?.adapter(ADAPTER_NAME, ADAPTER)?.validate(true).encode();
    encode().map(Cow::Owned).map_err(|error| AdaptError::Module(error.into()))
}
