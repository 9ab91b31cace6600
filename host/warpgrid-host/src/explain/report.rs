//! What is said of a guest, and how it is found out; compiles and runs nothing.

use super::area::{self, Area};
use super::grants;
use crate::adapt::{self, AdaptError};
use crate::compose::{self, ComposeError};
use crate::config::WarpConfig;
use crate::link::{self, LinkError, MissingImport};
use crate::shim;
use std::collections::{BTreeMap, BTreeSet};
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{WorldItem, WorldKey};

/// Why a guest could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// The bytes are no guest.
    #[error(transparent)]
    Adapt(#[from] AdaptError),
    /// A composed component could not be taken apart.
    #[error(transparent)]
    Compose(#[from] ComposeError),
    /// The bytes are not a valid component.
    #[error("not a valid component")]
    Invalid(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The bytes describe interfaces and hold no program.
    #[error("the component holds WIT interfaces and no program")]
    NoProgram,
}

/// How a guest came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// As a component.
    Component,
    /// As a component that carries its fallback.
    Composed,
    /// As a core module of WASI Preview 1, which the host adapts.
    Preview1Module,
}

/// What a guest is, by what it exports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// It runs once and ends.
    Command,
    /// It answers HTTP requests.
    Http,
    /// It is neither, and this host does not run it.
    Neither,
}

/// A shim and whether it is switched on.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ShimState {
    /// Its key under `[shims]`.
    pub key: &'static str,
    /// Whether it is switched on.
    pub on: bool,
}

/// Imports that are for the same thing.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Group {
    /// What they are for.
    pub area: Area,
    /// The shim behind them; none when the engine itself offers them.
    pub shim: Option<ShimState>,
    /// The imports with their versions.
    pub imports: Vec<String>,
    /// What the configuration grants, one line each.
    pub granted: Vec<String>,
    /// The keys that would grant more, one line each.
    pub to_grant: Vec<String>,
}

/// An import that is not offered: the guest would not start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Missing {
    /// The import with its version.
    pub import: String,
    /// The functions of it.
    pub functions: Vec<String>,
    /// Why it is missing.
    pub reason: String,
    /// What to do, one line each.
    pub hints: Vec<String>,
}

/// A limit in force.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Limit {
    /// Its key under `[limits]`.
    pub key: &'static str,
    /// Its value, with its unit.
    pub value: String,
}

/// What is known of a guest under a configuration, without running it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Explanation {
    /// How it came.
    pub form: Form,
    /// What it is.
    pub kind: Kind,
    /// The versions of WASI that it uses: `preview 1`, `0.2`, `0.3`.
    pub wasi: Vec<String>,
    /// What it exports.
    pub exports: Vec<String>,
    /// What it imports.
    pub imports: Vec<Group>,
    /// Imports of the shims that its own fallback answers, because the host does not.
    pub fallback: Vec<String>,
    /// Imports that nobody answers. Empty: it links.
    pub missing: Vec<Missing>,
    /// How its threads run.
    pub threading: &'static str,
    /// The limits in force.
    pub limits: Vec<Limit>,
}

/// Says what a guest is and needs, and what of that a configuration offers.
///
/// # Errors
/// [`ExplainError`] when the bytes are no guest.
pub fn explain(bytes: &[u8], config: &WarpConfig) -> Result<Explanation, ExplainError> {
    let component = adapt::to_component_with_exit_codes(bytes)?;
    let parts = compose::take_apart(&component)?;
    let form = match (&component, &parts) {
        (_, Some(_)) => Form::Composed,
        (std::borrow::Cow::Borrowed(_), None) => Form::Component,
        (std::borrow::Cow::Owned(_), None) => Form::Preview1Module,
    };
    let application = parts.as_ref().map_or(&*component, |parts| parts.application);
    let interface = Interface::read(application)?;
    let mut wasi: BTreeSet<String> = interface
        .imports
        .keys()
        .chain(&interface.exports)
        .filter_map(|name| area::wasi_version(name).map(str::to_owned))
        .collect();
    if form == Form::Preview1Module {
        // What it imports is what the adapter made of it.
        wasi = ["preview 1".to_owned()].into();
    }
    let (mut fallback, mut missing) = (Vec::new(), Vec::new());
    for (import, functions) in &interface.imports {
        let Some(found) = find_missing(import, functions, config) else { continue };
        if form == Form::Composed && import.starts_with(compose::SHIM_PREFIX) {
            fallback.push(import.clone());
        } else {
            missing.push(found);
        }
    }
    Ok(Explanation {
        form,
        kind: kind(&interface.exports),
        wasi: wasi.into_iter().collect(),
        imports: groups(&interface.imports, config),
        fallback,
        missing,
        threading: threading(&interface.imports),
        limits: grants::limits(config),
        exports: interface.exports,
    })
}

/// The names at the outermost level of a component.
struct Interface {
    /// Imports with their functions.
    imports: BTreeMap<String, Vec<String>>,
    exports: Vec<String>,
}

impl Interface {
    fn read(component: &[u8]) -> Result<Self, ExplainError> {
        let decoded = decode(component).map_err(|error| ExplainError::Invalid(error.into()))?;
        let DecodedWasm::Component(resolve, world) = decoded else { return Err(ExplainError::NoProgram) };
        let world = &resolve.worlds[world];
        let name = |key: &WorldKey| resolve.name_world_key(key);
        let functions = |item: &WorldItem| match item {
            WorldItem::Interface { id, .. } => {
                let names = resolve.interfaces[*id].functions.keys();
                names.map(|name| name.trim_start_matches("[method]").to_owned()).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self {
            imports: world.imports.iter().map(|(key, item)| (name(key), functions(item))).collect(),
            exports: world.exports.keys().map(name).collect(),
        })
    }
}

fn kind(exports: &[String]) -> Kind {
    let has = |name: &str| exports.iter().any(|export| export.starts_with(name));
    if has("wasi:http/incoming-handler@") || has("wasi:http/handler@") {
        Kind::Http
    } else if has("wasi:cli/run@") {
        Kind::Command
    } else {
        Kind::Neither
    }
}

fn threading(imports: &BTreeMap<String, Vec<String>>) -> &'static str {
    if imports.keys().any(|import| Area::of(import) == Area::Threading) {
        "the guest declares a threading model when it runs; this host runs it cooperatively, one thread of \
         execution at a time, and warns if it requires parallel threads"
    } else {
        "the guest declares no threading model; it runs cooperatively, one thread of execution at a time"
    }
}

fn groups(imports: &BTreeMap<String, Vec<String>>, config: &WarpConfig) -> Vec<Group> {
    let enabled = shim::enabled(&config.shims);
    let mut by_area: BTreeMap<Area, Vec<String>> = BTreeMap::new();
    for import in imports.keys() {
        by_area.entry(Area::of(import)).or_default().push(import.clone());
    }
    let group = |(area, imports): (Area, _)| Group {
        area,
        shim: area.shim().map(|key| ShimState { key, on: enabled.contains(&key) }),
        imports,
        granted: grants::granted(area, config),
        to_grant: grants::to_grant(area, config),
    };
    by_area.into_iter().map(group).collect()
}

fn find_missing(import: &str, functions: &[String], config: &WarpConfig) -> Option<Missing> {
    let (import, functions) = (import.to_owned(), functions.to_vec());
    if import.starts_with(compose::SHIM_PREFIX) {
        let reason = link::reason(&import, &config.shims)?;
        let text = reason.to_string();
        let found = MissingImport { interface: import.clone(), functions: functions.clone(), reason };
        let hints = LinkError::Missing(vec![found]).hints();
        return Some(Missing { import, functions, reason: text, hints });
    }
    if area::wasi_is_offered(&import) {
        return None;
    }
    let reason = if import.starts_with("wasi:") {
        "this host offers the command and HTTP interfaces of WASI 0.2 and 0.3.0"
    } else {
        "this host offers WASI and warpgrid:shim, and no other package"
    };
    Some(Missing { import, functions, reason: reason.to_owned(), hints: Vec::new() })
}
