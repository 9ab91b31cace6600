//! Which interfaces of `warpgrid:shim` a program imports; reads modules and components, runs nothing.
use std::collections::BTreeSet;

use anyhow::Context;
use wasmparser::{Parser, Payload};

const PACKAGE: &str = "warpgrid:shim/";

/// Names of the imported interfaces without package and version, for a core module or a component.
///
/// # Errors
/// When the bytes are neither.
pub fn shim_imports(program: &[u8]) -> anyhow::Result<BTreeSet<String>> {
    let mut interfaces = BTreeSet::new();
    let is_component = Parser::is_component(program);
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(program) {
        match payload.context("neither a module nor a component")? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    interfaces.extend(interface(import?.name.name));
                }
            }
            Payload::ImportSection(section) if !is_component => {
                for import in section.into_imports() {
                    interfaces.extend(interface(import?.module));
                }
            }
            _ => {}
        }
    }
    Ok(interfaces)
}

fn interface(name: &str) -> Option<String> {
    let rest = name.strip_prefix(PACKAGE)?;
    Some(rest.split('@').next().unwrap_or(rest).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_is_asked_by_its_import_modules() {
        let mut module = wasm_encoder::Module::new();
        let mut types = wasm_encoder::TypeSection::new();
        types.ty().function([], []);
        module.section(&types);
        let mut imports = wasm_encoder::ImportSection::new();
        imports.import("warpgrid:shim/dns@0.1.0", "resolve-address", wasm_encoder::EntityType::Function(0));
        imports.import("wasi_snapshot_preview1", "fd_write", wasm_encoder::EntityType::Function(0));
        module.section(&imports);
        assert_eq!(shim_imports(&module.finish()).unwrap(), ["dns".to_owned()].into());
    }
}
