//! Puts a component and the fallback into one file; knows not where either comes from.
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, PlugError};
use wasm_encoder::{CustomSection, Encode as _, Section as _};

use super::PortableError;
use super::sections::{MARK, MARK_VERSION, outline};

/// The result of composing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Composed {
    /// The component imports no shim: it runs everywhere as it is.
    NothingToDo,
    /// The composed file, and the interfaces that the fallback stands in for.
    Portable {
        /// The file.
        bytes: Vec<u8>,
        /// Names such as `warpgrid:shim/dns@0.1.0`.
        interfaces: Vec<String>,
    },
}

/// Composes `component` with `fallback`, a component that exports `warpgrid:shim/*`.
///
/// The component lies in the result byte for byte, and a custom section marks the result, so that
/// [`super::unwrap`] gives it back and takes no other composition apart.
///
/// # Errors
/// When one of the two is no component, the first is composed already, or the fallback lacks an interface.
pub fn compose(component: &[u8], fallback: &[u8]) -> Result<Composed, PortableError> {
    let application = outline(component)?;
    if application.marked {
        return Err(PortableError::AlreadyComposed);
    }
    if application.shim_imports.is_empty() {
        return Ok(Composed::NothingToDo);
    }
    let offered = outline(fallback)?.exports;
    if let Some(lacking) = application.shim_imports.iter().find(|name| !offered.contains(name)) {
        return Err(PortableError::FallbackLacks(lacking.clone()));
    }
    let mut bytes = plug(component, fallback)?;
    let mark = CustomSection { name: MARK.into(), data: MARK_VERSION.into() };
    bytes.push(mark.id());
    mark.encode(&mut bytes);
    Ok(Composed::Portable { bytes, interfaces: application.shim_imports })
}

fn plug(component: &[u8], fallback: &[u8]) -> Result<Vec<u8>, PortableError> {
    let failed = |error: &dyn std::fmt::Display| PortableError::Composition(format!("{error:#}"));
    let mut graph = CompositionGraph::new();
    let mut register = |name: &str, bytes: &[u8]| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).map_err(|error| failed(&error))?;
        graph.register_package(package).map_err(|error| failed(&error))
    };
    let application = register("warpgrid:application", component)?;
    let fallback = register("warpgrid:fallback", fallback)?;
    wac_graph::plug(&mut graph, vec![fallback], application).map_err(|error| match error {
        PlugError::GraphError { source } => failed(&source),
        error @ PlugError::NoPlugHappened => failed(&error),
    })?;
    graph.encode(EncodeOptions { define_components: true, ..Default::default() }).map_err(|error| failed(&error))
}
