//! Components that carry their fallback: composed and taken apart; knows no engine.
//!
//! An application that imports `warpgrid:shim/*` is composed with a fallback component that exports the
//! same interfaces and answers "not handled". The result runs on any engine with WASI. The application
//! lies in it byte for byte, and a custom section marks the result, so that this host can take it out
//! again and link the real shims: one file for both worlds.
//!
//! The marker matters: a component that somebody composed with an implementation of their own is run as
//! it is.

use wac_graph::types::{Package, are_semver_compatible};
use wac_graph::{CompositionGraph, EncodeOptions};
use wasmparser::{Encoding, Parser, Payload};

/// The custom section that marks a composed component. Its content is the version of the form.
const MARKER: &str = "warpgrid:composed";
const MARKER_VERSION: &[u8] = b"1";
/// How the names of all shim interfaces start.
pub const SHIM_PREFIX: &str = "warpgrid:shim/";

/// Why components could not be composed or taken apart.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    /// The bytes cannot be read as a component.
    #[error("not a valid component")]
    Invalid(#[from] wasmparser::BinaryReaderError),
    /// A part cannot be put into the composition.
    #[error("the {part} cannot be composed")]
    Part {
        /// `application` or `fallback`.
        part: &'static str,
        /// What the composer said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The fallback lacks an interface.
    #[error("the fallback does not export `{interface}`, which the application imports")]
    FallbackLacks {
        /// The interface with its version.
        interface: String,
    },
    /// The marker is there and the parts are not.
    #[error("the component is marked as composed, and its parts are not in it")]
    PartsMissing,
}

/// The parts of a composed component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The application, byte for byte as it was composed.
    pub application: &'a [u8],
    /// The fallback.
    pub fallback: &'a [u8],
}

/// The interfaces of `warpgrid:shim` that a component imports, with their versions, in its order.
///
/// # Errors
/// [`ComposeError::Invalid`].
pub fn shim_imports(component: &[u8]) -> Result<Vec<String>, ComposeError> {
    let mut imports = outline(component)?.imports;
    imports.retain(|name| name.starts_with(SHIM_PREFIX));
    Ok(imports)
}

/// Puts the fallback behind every shim interface that the application imports. `None` when it imports
/// none: then there is nothing to do.
///
/// # Errors
/// [`ComposeError`].
pub fn with_fallback(application: &[u8], fallback: &[u8]) -> Result<Option<Vec<u8>>, ComposeError> {
    if shim_imports(application)?.is_empty() {
        return Ok(None);
    }
    let mut composed = plug(application, fallback, |_| true)?;
    append_marker(&mut composed);
    Ok(Some(composed))
}

/// Takes a component apart that [`with_fallback`] made. `None` for every other component.
///
/// # Errors
/// [`ComposeError`].
pub fn take_apart(component: &[u8]) -> Result<Option<Parts<'_>>, ComposeError> {
    let outline = outline(component)?;
    if !outline.marked {
        return Ok(None);
    }
    let (mut application, mut fallback) = (None, None);
    for nested in outline.components {
        let names = self::outline(nested)?;
        let has_shim = |names: &[String]| names.iter().any(|name| name.starts_with(SHIM_PREFIX));
        if has_shim(&names.imports) {
            application = Some(nested);
        } else if has_shim(&names.exports) {
            fallback = Some(nested);
        }
    }
    match (application, fallback) {
        (Some(application), Some(fallback)) => Ok(Some(Parts { application, fallback })),
        _ => Err(ComposeError::PartsMissing),
    }
}

/// Puts the fallback behind the shim interfaces that `chosen` names; the others stay imports.
pub(crate) fn plug(
    application: &[u8],
    fallback: &[u8],
    chosen: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, ComposeError> {
    fn part<E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        part: &'static str,
    ) -> impl Fn(E) -> ComposeError {
        move |error| ComposeError::Part { part, source: error.into() }
    }
    let imports = shim_imports(application)?;
    let exports = outline(fallback)?.exports;
    let mut graph = CompositionGraph::new();
    let package = Package::from_bytes("warpgrid:application", None, application, graph.types_mut())
        .map_err(part("application"))?;
    let package = graph.register_package(package).map_err(part("application"))?;
    let stub = Package::from_bytes("warpgrid:fallback", None, fallback, graph.types_mut())
        .map_err(part("fallback"))?;
    let stub = graph.register_package(stub).map_err(part("fallback"))?;

    let stub = graph.instantiate(stub);
    let instance = graph.instantiate(package);
    for import in imports.iter().filter(|import| chosen(import)) {
        let export = exports
            .iter()
            .find(|export| *export == import || are_semver_compatible(export, import))
            .ok_or_else(|| ComposeError::FallbackLacks { interface: import.clone() })?;
        let export = graph.alias_instance_export(stub, export).map_err(part("fallback"))?;
        graph.set_instantiation_argument(instance, import, export).map_err(part("fallback"))?;
    }
    for export in outline(application)?.exports {
        let node = graph.alias_instance_export(instance, &export).map_err(part("application"))?;
        graph.export(node, &export).map_err(part("application"))?;
    }
    graph.encode(EncodeOptions::default()).map_err(part("application"))
}

#[derive(Default)]
struct Outline<'a> {
    imports: Vec<String>,
    exports: Vec<String>,
    components: Vec<&'a [u8]>,
    marked: bool,
}

/// Reads the names at the outermost level of a component, and where the components in it lie.
fn outline(component: &[u8]) -> Result<Outline<'_>, wasmparser::BinaryReaderError> {
    let mut outline = Outline::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::Version { encoding: Encoding::Component | Encoding::Module, .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            _ if depth > 1 => {}
            Payload::ComponentSection { unchecked_range, .. } => {
                outline.components.extend(component.get(unchecked_range));
            }
            Payload::ComponentImportSection(section) => {
                for import in section {
                    outline.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) => {
                for export in section {
                    outline.exports.push(export?.name.name.to_owned());
                }
            }
            Payload::CustomSection(section) if section.name() == MARKER => {
                outline.marked |= section.data() == MARKER_VERSION;
            }
            _ => {}
        }
    }
    Ok(outline)
}

/// Appends the marker as a custom section: id 0, size, length of the name, name, content. All numbers are
/// below 128, so that each is one byte.
fn append_marker(component: &mut Vec<u8>) {
    const NAME: u8 = MARKER.len() as u8;
    const SIZE: u8 = 1 + NAME + MARKER_VERSION.len() as u8;
    const { assert!(SIZE < 128) };
    component.extend([0, SIZE, NAME]);
    component.extend(MARKER.as_bytes());
    component.extend(MARKER_VERSION);
}
