//! Builds the component that answers "not handled" in the host's place; knows nothing of composing it.
use std::path::{Path, PathBuf};

use anyhow::Context;
use wit_component::ComponentEncoder;

use super::compiler::{Compiler, Unit};
use super::recipe::Recipe;
use super::{bindings, overlay};
use crate::tree;

/// The target whose plain modules are encoded; the code imports nothing, so any would do.
const TRIPLE: &str = "wasm32-wasip1";

/// What building the fallback takes.
#[derive(Debug, Clone, Copy)]
pub struct FallbackInputs<'a> {
    /// The compiler; its `wasm-ld` must be on its own path.
    pub compiler: &'a Compiler,
    /// The linker, `wasm-ld`.
    pub linker: &'a Path,
    /// A staged sysroot for `wasm32-wasip1`; only its headers are used.
    pub sysroot: &'a Path,
    /// The fork's folder, `forks/libc`.
    pub fork: &'a Path,
    /// The WIT package `warpgrid:shim`.
    pub wit: &'a Path,
    /// The folder to write into.
    pub out: &'a Path,
    /// A folder for intermediate files; overwritten.
    pub scratch: &'a Path,
}

/// Writes `<out>/<world>.wasm` and gives its path: a component without imports that exports the interfaces the
/// recipe names.
///
/// # Errors
/// When the sources do not compile or link, or the module is no valid component.
pub fn build_fallback(inputs: &FallbackInputs<'_>) -> anyhow::Result<PathBuf> {
    let recipe = Recipe::read(inputs.fork)?;
    let interfaces: Vec<&str> = recipe.fallback.interfaces.iter().map(String::as_str).collect();
    let generated = bindings::export(inputs.wit, &recipe.fallback.world, &interfaces)?;
    let make = |folder: &Path| tree::create(folder);
    let folder = inputs.scratch.join("fallback");
    make(&folder)?;
    make(inputs.out)?;
    let mut objects = Vec::new();
    let mut units = Vec::new();
    for (name, bytes) in &generated.files {
        let path = folder.join(name);
        std::fs::write(&path, bytes).with_context(|| format!("writing `{}`", path.display()))?;
        if name.ends_with(".o") {
            objects.push(path);
        } else if name.ends_with(".c") {
            units.push(Unit {
                object: folder.join(format!("{name}.obj")),
                flags: overlay::generated_flags(&recipe),
                source: path,
            });
        }
    }
    for source in &recipe.fallback.sources {
        let name = source.replace('/', "_");
        let flags = [format!("-I{}", folder.display()), "-fno-builtin".to_owned()];
        units.push(Unit {
            source: inputs.fork.join("overlay").join(source),
            object: folder.join(format!("{name}.obj")),
            flags: recipe.overlay.flags.iter().cloned().chain(flags).collect(),
        });
    }
    inputs.compiler.compile(TRIPLE, inputs.sysroot, &units, 1)?;
    objects.extend(units.into_iter().map(|unit| unit.object));
    let module = folder.join("module.wasm");
    let mut link = crate::exec::Program::new(inputs.linker);
    for (name, value) in &inputs.compiler.env {
        link = link.env(name, value);
    }
    link.args(["-m", "wasm32", "--no-entry", "--gc-sections", "--strip-all", "-z", "stack-size=16384", "-o"])
        .arg(&module)
        .args(&objects)
        .stdout()
        .context("linking the fallback")?;
    let bytes = std::fs::read(&module).with_context(|| format!("reading `{}`", module.display()))?;
    let component = ComponentEncoder::default()
        .validate(true)
        .module(&bytes)
        .and_then(|mut encoder| encoder.encode())
        .context("the fallback is no valid component")?;
    let path = inputs.out.join(format!("{}.wasm", recipe.fallback.world));
    std::fs::write(&path, component).with_context(|| format!("writing `{}`", path.display()))?;
    Ok(path)
}
