//! What a component imports and holds, read from its sections; interprets no code.
use std::ops::Range;

use wasmparser::{Parser, Payload};

use super::PortableError;

/// The custom section that marks a composed file; its content is the version of the form.
pub(super) const MARK: &str = "warpgrid-portable";

/// The version of the form that this code writes and reads.
pub(super) const MARK_VERSION: &[u8] = b"1";

/// The package whose interfaces the fallback stands in for.
pub(super) const SHIM_PACKAGE: &str = "warpgrid:shim/";

/// The outermost level of a component.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// Names of the shim interfaces it imports.
    pub(super) shim_imports: Vec<String>,
    /// Names it exports.
    pub(super) exports: Vec<String>,
    /// Where the components lie that it holds.
    pub(super) components: Vec<Range<usize>>,
    /// Whether it carries the mark of a composed file.
    pub(super) marked: bool,
}

/// Reads the outermost level of a component.
///
/// # Errors
/// When the bytes are no component.
pub(super) fn outline(bytes: &[u8]) -> Result<Outline, PortableError> {
    let broken = |error: wasmparser::BinaryReaderError| PortableError::NotAComponent(error.to_string());
    if !Parser::is_component(bytes) {
        return Err(PortableError::NotAComponent("the file does not begin like one".into()));
    }
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        match payload {
            Payload::ModuleSection { .. } => depth += 1,
            Payload::ComponentSection { unchecked_range, .. } => {
                if depth == 0 {
                    outline.components.push(unchecked_range);
                }
                depth += 1;
            }
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    let name = import.map_err(broken)?.name.name;
                    if name.starts_with(SHIM_PACKAGE) {
                        outline.shim_imports.push(name.to_owned());
                    }
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    outline.exports.push(export.map_err(broken)?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if depth == 0 && section.name() == MARK => {
                outline.marked = section.data() == MARK_VERSION;
            }
            _ => {}
        }
    }
    Ok(outline)
}
