//! C bindings for one interface of `warpgrid:shim`, made from `/wit`; knows nothing of how they are compiled.
//!
//! Each interface gets a world of its own, so that a program imports the interfaces it uses and no other. Names in
//! the generated C start with `warpgrid_libc_<interface>`, so that a program which generates bindings of the same
//! interface for itself does not meet them.
use std::path::Path;

use anyhow::Context;
use wit_bindgen_core::Files;
use wit_parser::{Resolve, WorldId};

/// The package whose interfaces the C library calls.
pub const PACKAGE: &str = "warpgrid:shim";

/// Whether the C code calls the interface or provides it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The C library calls the host.
    Import,
    /// The fallback component answers in the host's place.
    Export,
}

/// Generated files of one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bindings {
    /// The world's name in C, `warpgrid_libc_<interface>` or `warpgrid_fallback`; also the stem of the files.
    pub name: String,
    /// File name and bytes: a `.h`, a `.c` and a `_component_type.o`, sorted by name.
    pub files: Vec<(String, Vec<u8>)>,
}

/// Bindings to import one `interface` of the package in `wit`.
///
/// # Errors
/// When the WIT does not parse, has no such interface, or the generator refuses it.
pub fn import(wit: &Path, interface: &str) -> anyhow::Result<Bindings> {
    generate(wit, &format!("libc-{interface}"), &[interface], Side::Import)
}

/// Bindings to export all of `interfaces` of the package in `wit` from one component.
///
/// # Errors
/// As [`import`].
pub fn export(wit: &Path, world: &str, interfaces: &[&str]) -> anyhow::Result<Bindings> {
    generate(wit, world, interfaces, Side::Export)
}

fn generate(wit: &Path, world: &str, interfaces: &[&str], side: Side) -> anyhow::Result<Bindings> {
    let mut resolve = Resolve::default();
    resolve.push_path(wit).with_context(|| format!("reading the WIT package in `{}`", wit.display()))?;
    let package = resolve
        .package_names
        .keys()
        .find(|name| format!("{}:{}", name.namespace, name.name) == PACKAGE)
        .cloned()
        .with_context(|| format!("`{}` holds no package `{PACKAGE}`", wit.display()))?;
    let version = package.version.as_ref().map(|version| format!("@{version}")).unwrap_or_default();
    let word = match side {
        Side::Import => "import",
        Side::Export => "export",
    };
    let full = |interface: &str| format!("{PACKAGE}/{interface}{version}");
    let items: String = interfaces.iter().map(|interface| format!("{word} {};\n", full(interface))).collect();
    let source = format!("package warpgrid:clib;\nworld {world} {{\n{items}}}\n");
    let ours = resolve
        .push_source("libc-world.wit", &source)
        .with_context(|| format!("no world for {interfaces:?} of `{PACKAGE}{version}`"))?;
    let world_id: WorldId = resolve.select_world(&[ours], Some(world))?;
    let name = format!("warpgrid_{}", world.replace('-', "_"));
    let options = wit_bindgen_c::Opts {
        rename: interfaces.iter().map(|interface| (full(interface), rename(interface, side))).collect(),
        rename_world: Some(name.clone()),
        type_section_suffix: Some(format!(":{name}")),
        autodrop_borrows: wit_bindgen_c::Enabled::Yes,
        ..Default::default()
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world_id, &mut files).context("generating the C bindings")?;
    let mut files: Vec<(String, Vec<u8>)> =
        files.iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect();
    files.sort();
    Ok(Bindings { name, files })
}

fn rename(interface: &str, side: Side) -> String {
    let interface = interface.replace('-', "_");
    match side {
        Side::Import => format!("warpgrid_libc_{interface}"),
        Side::Export => format!("warpgrid_fallback_{interface}"),
    }
}
