//! What is missing when a component does not link, what would provide it, and how to switch it on.

use crate::VERSION;
use crate::config::ShimConfig;
use crate::shim::{self, PACKAGE_VERSION};
use std::fmt;
use wasmtime::Engine;
use wasmtime::component::Component;
use wasmtime::component::types::ComponentItem;

/// A component does not link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// Interfaces of `warpgrid:shim` are missing.
    #[error("{}", list(.0))]
    Missing(Vec<MissingImport>),
    /// An import of another package is missing, or has another type than the host's.
    #[error("the import `{import}` is not offered: {reason}")]
    Other {
        /// The import, as far as the linker named it.
        import: String,
        /// Why, in words.
        reason: String,
        /// What the linker said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// An interface of `warpgrid:shim` that a component imports and the engine does not offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingImport {
    /// The interface with its version, as imported.
    pub interface: String,
    /// The functions that the component imports from it.
    pub functions: Vec<String>,
    /// Why it is missing.
    pub reason: MissingReason,
}

/// Why an interface is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingReason {
    /// The shim is switched off.
    SwitchedOff {
        /// Its key under `[shims]`.
        key: &'static str,
    },
    /// The host offers another version of the package.
    OtherVersion,
    /// The package has no such interface.
    Unknown,
}

impl fmt::Display for MissingReason {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MissingReason::SwitchedOff { key } => {
                write!(out, "the {key} shim provides it, and is switched off")
            }
            MissingReason::OtherVersion => {
                write!(out, "this host offers version {PACKAGE_VERSION} of warpgrid:shim")
            }
            MissingReason::Unknown => {
                write!(out, "warpgrid:shim {PACKAGE_VERSION} has no such interface")
            }
        }
    }
}

impl LinkError {
    /// What the user can do, one line each, without a prefix.
    pub fn hints(&self) -> Vec<String> {
        let LinkError::Missing(missing) = self else { return Vec::new() };
        let mut hints = Vec::new();
        for import in missing {
            let hint = match import.reason {
                MissingReason::SwitchedOff { key } => {
                    format!("switch it on with `{key} = true` under `[shims]` in warp.toml")
                }
                MissingReason::OtherVersion => {
                    "build the component with the SDK that this warp came with".to_owned()
                }
                MissingReason::Unknown => continue,
            };
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        hints
    }
}

fn list(missing: &[MissingImport]) -> String {
    let count = match missing.len() {
        1 => "an import is missing".to_owned(),
        count => format!("{count} imports are missing"),
    };
    let mut text = format!("the component does not link: {count}");
    for import in missing {
        text.push_str(&format!("\n  {}", import.interface));
        if !import.functions.is_empty() {
            text.push_str(&format!(" ({})", import.functions.join(", ")));
        }
        text.push_str(&format!("\n    {}", import.reason));
    }
    text
}

/// Whether an engine with this configuration offers an interface of `warpgrid:shim`.
pub(crate) fn is_offered(import: &str, config: &ShimConfig) -> bool {
    reason(import, config).is_none()
}

/// Why an import of `warpgrid:shim` is missing; none when it is offered, or of another package.
pub(crate) fn reason(import: &str, config: &ShimConfig) -> Option<MissingReason> {
    let rest = import.strip_prefix(crate::compose::SHIM_PREFIX)?;
    let (interface, version) = rest.split_once('@').unwrap_or((rest, ""));
    if !is_compatible(version) {
        return Some(MissingReason::OtherVersion);
    }
    match shim::providing(interface) {
        None => Some(MissingReason::Unknown),
        Some(shim) if !shim::enabled(config).contains(&shim.key) => {
            Some(MissingReason::SwitchedOff { key: shim.key })
        }
        Some(_) => None,
    }
}

/// Before 1.0, versions with the same minor number fit each other.
fn is_compatible(version: &str) -> bool {
    let minor = |version: &str| version.rsplit_once('.').map(|(minor, _)| minor.to_owned());
    minor(version).is_some() && minor(version) == minor(PACKAGE_VERSION)
}

/// The interfaces of `warpgrid:shim` that a component imports and the engine does not offer.
pub(crate) fn missing_shims(
    component: &Component,
    engine: &Engine,
    config: &ShimConfig,
) -> Vec<MissingImport> {
    let component = component.component_type();
    let mut missing = Vec::new();
    for (name, item) in component.imports(engine) {
        let Some(reason) = reason(name, config) else { continue };
        let functions = match item.ty {
            ComponentItem::ComponentInstance(instance) => instance
                .exports(engine)
                .filter(|(_, item)| matches!(item.ty, ComponentItem::ComponentFunc(_)))
                .map(|(name, _)| name.trim_start_matches("[method]").to_owned())
                .collect(),
            _ => Vec::new(),
        };
        missing.push(MissingImport { interface: name.to_owned(), functions, reason });
    }
    missing
}

/// Explains what the linker said of an import of another package.
pub(crate) fn from_linker(error: wasmtime::Error) -> LinkError {
    let text = format!("{error:#}");
    let import = text.split('`').nth(1).unwrap_or("?").to_owned();
    let reason = if import.starts_with("wasi:http/") {
        format!("warp {VERSION} runs commands and offers no wasi:http")
    } else if import.starts_with(crate::compose::SHIM_PREFIX) {
        format!("the host's warpgrid:shim {PACKAGE_VERSION} has another type for it")
    } else if import.starts_with("wasi:") {
        "this host offers the command interfaces of WASI 0.2 and 0.3.0".to_owned()
    } else {
        "this host offers WASI and warpgrid:shim, and no other package".to_owned()
    };
    LinkError::Other { import, reason, source: error.into() }
}
