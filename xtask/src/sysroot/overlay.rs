//! Lays the parts over an upstream `libc.a`: renames upstream's definitions and puts our objects in front.
//!
//! Both roads end here: the archive may come from a package or from upstream's own build. What is in the archive
//! depends on the sources, the WIT, the compiler and the archive given, and on nothing else.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::archive::{self, Member};
use super::compiler::{Compiler, Unit};
use super::recipe::{Part, Recipe};
use super::{bindings, object, rename, symbols};
use crate::tree;

/// What laying the parts over an archive takes.
#[derive(Debug, Clone, Copy)]
pub struct OverlayInputs<'a> {
    /// The compiler for our sources.
    pub compiler: &'a Compiler,
    /// The fork's folder, with `recipe.toml` and `overlay/`.
    pub fork: &'a Path,
    /// The WIT package `warpgrid:shim`.
    pub wit: &'a Path,
    /// The sysroot whose headers the sources are compiled against.
    pub sysroot: &'a Path,
    /// The wasm target.
    pub triple: &'a str,
    /// Names of the parts.
    pub parts: &'a [String],
    /// How many files are compiled at a time.
    pub jobs: usize,
    /// A folder for bindings and objects; overwritten.
    pub scratch: &'a Path,
}

/// The members of the patched archive: ours first, then upstream's in their order. `built` are our objects where
/// upstream's own build has compiled them; otherwise they are compiled here.
///
/// # Errors
/// When a part is unknown, a source does not compile, upstream does not define a name that is to be overridden, or
/// defines one that a part adds. The message names all such names.
pub fn lay_over(
    upstream: Vec<Member>,
    built: Option<Vec<Member>>,
    inputs: &OverlayInputs<'_>,
) -> anyhow::Result<Vec<Member>> {
    let recipe = Recipe::read(inputs.fork)?;
    let parts = recipe.select(inputs.parts)?;
    let overrides: BTreeSet<String> = names_of(&parts, |part| &part.overrides);
    let supplies: BTreeSet<String> = names_of(&parts, |part| &part.supplies);

    let defined = symbols::defined(&upstream)?;
    let taken: Vec<&String> = supplies.intersection(&defined).collect();
    if !taken.is_empty() {
        bail!(
            "upstream defines what a part only adds: {}; list it under `overrides`",
            symbols::some_of(&taken)
        );
    }
    let mut hits = BTreeSet::new();
    let mut renamed = Vec::with_capacity(upstream.len());
    for mut member in upstream {
        let change = rename::rename_definitions(&member.data, &overrides, &recipe.overlay.prefix)
            .with_context(|| format!("in the archive member `{}`", member.name))?;
        if let Some((data, names)) = change {
            member.data = data;
            hits.extend(names);
        }
        renamed.push(member);
    }
    let lost: Vec<&String> = overrides.difference(&hits).collect();
    if !lost.is_empty() {
        bail!(
            "upstream's libc.a for {} does not define {}, which `{}` overrides",
            inputs.triple,
            symbols::some_of(&lost),
            inputs.fork.join("recipe.toml").display()
        );
    }

    let prepared = prepare(&parts, inputs.fork, inputs.wit, inputs.scratch)?;
    let mut members = match built {
        Some(members) => members,
        None => compile(&recipe, &prepared, inputs)?,
    };
    members.extend(prepared.component_types);
    members.sort_by(|one, other| one.name.cmp(&other.name));
    let ours = symbols::defined(&members)?;
    let missing: Vec<&String> = overrides.union(&supplies).filter(|name| !ours.contains(*name)).collect();
    if !missing.is_empty() {
        bail!("the overlay's sources do not define {}", symbols::some_of(&missing));
    }
    members.append(&mut renamed);
    Ok(members)
}

fn names_of(parts: &[(&str, &Part)], list: impl Fn(&Part) -> &Vec<String>) -> BTreeSet<String> {
    parts.iter().flat_map(|(_, part)| list(part).iter().cloned()).collect()
}

/// What has to be compiled for some parts, and what goes into the archive as it is.
#[derive(Debug, Clone)]
pub(super) struct Prepared {
    /// Folder of the generated bindings.
    pub(super) bindings: PathBuf,
    /// Name within the archive, without ending, and path of each C file.
    pub(super) sources: Vec<(String, PathBuf)>,
    /// How many of the first sources are generated.
    pub(super) generated: usize,
    /// Objects that carry component types.
    pub(super) component_types: Vec<Member>,
}

/// Generates the bindings of `parts` below `scratch` and lists the C files.
pub(super) fn prepare(
    parts: &[(&str, &Part)],
    fork: &Path,
    wit: &Path,
    scratch: &Path,
) -> anyhow::Result<Prepared> {
    let folder = scratch.join("bindings");
    tree::empty(&folder)?;
    let mut sources = Vec::new();
    let mut component_types = Vec::new();
    for interface in parts.iter().filter_map(|(_, part)| part.interface.as_deref()).collect::<BTreeSet<_>>() {
        for (name, bytes) in bindings::import(wit, interface)?.files {
            let path = folder.join(&name);
            std::fs::write(&path, &bytes).with_context(|| format!("writing `{}`", path.display()))?;
            if name.ends_with(".o") {
                component_types.push(Member { name, data: bytes });
            } else if name.ends_with(".c") {
                sources.push((name, path));
            }
        }
    }
    let generated = sources.len();
    for (_, part) in parts {
        for source in &part.sources {
            sources
                .push((format!("warpgrid_{}", source.replace('/', "_")), fork.join("overlay").join(source)));
        }
    }
    Ok(Prepared { bindings: folder, sources, generated, component_types })
}

fn compile(recipe: &Recipe, prepared: &Prepared, inputs: &OverlayInputs<'_>) -> anyhow::Result<Vec<Member>> {
    let objects = inputs.scratch.join("objects");
    tree::empty(&objects)?;
    let include = format!("-I{}", prepared.bindings.display());
    let units: Vec<Unit> = prepared
        .sources
        .iter()
        .enumerate()
        .map(|(position, (name, source))| {
            let mut flags = match position < prepared.generated {
                true => generated_flags(recipe),
                false => recipe.overlay.flags.clone(),
            };
            flags.push(include.clone());
            Unit { source: source.clone(), object: objects.join(format!("{name}.obj")), flags }
        })
        .collect();
    inputs.compiler.compile(inputs.triple, inputs.sysroot, &units, inputs.jobs)?;
    let mut members = Vec::with_capacity(units.len());
    for (unit, (name, _)) in units.iter().zip(&prepared.sources) {
        let data =
            std::fs::read(&unit.object).with_context(|| format!("reading `{}`", unit.object.display()))?;
        members.push(Member { name: format!("{name}.obj"), data });
    }
    Ok(members)
}

/// Generated code is compiled as ours, but its warnings are not ours to mend.
pub(super) fn generated_flags(recipe: &Recipe) -> Vec<String> {
    let flags = recipe.overlay.flags.iter().filter(|flag| !flag.starts_with("-W"));
    flags.cloned().chain(["-w".to_owned()]).collect()
}

/// Writes `members` as an archive with an index and gives its size in bytes.
///
/// # Errors
/// When a member cannot be read or the file not be written.
pub fn write_archive(members: &[Member], path: &Path) -> anyhow::Result<u64> {
    let bytes = archive::write(members, |member| object::definitions(&member.data))?;
    std::fs::write(path, &bytes).with_context(|| format!("writing `{}`", path.display()))?;
    Ok(bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_that_upstream_does_not_define_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let recipe = "[overlay]\nprefix = \"__real_\"\nflags = []\n[part.fs]\nsources = []\n\
                      overrides = [\"opne\"]\n[fallback]\nworld = \"none\"\ninterfaces = []\nsources = []\n\
                      [source]\ndefinitions = []\nsysroot = \"sysroot\"\n";
        std::fs::write(folder.path().join("recipe.toml"), recipe).unwrap();
        let compiler = Compiler { clang: "/none".into(), resource_dir: None, env: Vec::new() };
        let inputs = OverlayInputs {
            compiler: &compiler,
            fork: folder.path(),
            wit: folder.path(),
            sysroot: folder.path(),
            triple: "wasm32-wasip2",
            parts: &["fs".to_owned()],
            jobs: 1,
            scratch: folder.path(),
        };
        let error = lay_over(Vec::new(), Some(Vec::new()), &inputs).unwrap_err().to_string();
        assert!(
            error.starts_with("upstream's libc.a for wasm32-wasip2 does not define opne, which"),
            "{error}"
        );
    }
}
