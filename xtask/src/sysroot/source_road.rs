//! The source road: upstream's own CMake build of a checkout, for `stage` to go on with as with a prebuilt library.
//!
//! The checkout is made elsewhere: the pin with the series applied for the variant `warpgrid`, the bare pin for
//! `stock`. The hook of the series includes `overlay/overlay.cmake`, which compiles our files with upstream's flags
//! into `libwarpgrid-overlay.a`; renaming and joining is the same step as on the overlay road.
//!
//! The tests run this on a small made-up upstream. It has not been run on wasi-libc itself, whose sources cannot be
//! reached where this was written.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::compiler::Compiler;
use super::overlay;
use super::recipe::Recipe;
use crate::exec::Program;
use crate::hint::Hint;
use crate::manifest::Variant;
use crate::tree;

/// Name of the archive with our objects, beside upstream's `libc.a`.
pub const OVERLAY_ARCHIVE: &str = "libwarpgrid-overlay.a";

/// What building upstream takes.
#[derive(Debug, Clone, Copy)]
pub struct SourceInputs<'a> {
    /// The checkout.
    pub tree: &'a Path,
    /// The compiler; `llvm-ar`, `llvm-ranlib` and `llvm-nm` lie beside it.
    pub compiler: &'a Compiler,
    /// The CMake program.
    pub cmake: &'a Path,
    /// The fork's folder, `forks/libc`.
    pub fork: &'a Path,
    /// The WIT package `warpgrid:shim`.
    pub wit: &'a Path,
    /// The wasm target.
    pub triple: &'a str,
    /// Which variant.
    pub variant: Variant,
    /// Names of the parts; none for `stock`.
    pub parts: &'a [String],
    /// How many files are compiled at a time.
    pub jobs: usize,
    /// A folder for the build; overwritten.
    pub scratch: &'a Path,
}

/// Builds upstream and gives the folder with `include/<triple>` and `lib/<triple>`: `StageInputs::libc`.
///
/// # Errors
/// When CMake fails (the message has the end of its output and names the log), or the build leaves no `libc.a`, or
/// none of our objects although parts were asked for.
pub fn build_from_source(inputs: &SourceInputs<'_>) -> anyhow::Result<PathBuf> {
    let named = || format!("building upstream for {} from `{}`", inputs.triple, inputs.tree.display());
    build(inputs).with_context(named)
}

fn build(inputs: &SourceInputs<'_>) -> anyhow::Result<PathBuf> {
    let recipe = Recipe::read(inputs.fork)?;
    let folder = inputs.scratch.join("build");
    tree::empty(&folder)?;
    let tools = inputs.compiler.clang.parent().context("the compiler has no folder")?;
    let tool = |name: &str| format!("{}", tools.join(name).display());
    let mut definitions = vec![
        format!("CMAKE_C_COMPILER={}", inputs.compiler.clang.display()),
        format!("CMAKE_AR={}", tool("llvm-ar")),
        format!("CMAKE_RANLIB={}", tool("llvm-ranlib")),
        format!("CMAKE_NM={}", tool("llvm-nm")),
        format!("TARGET_TRIPLE={}", inputs.triple),
        // Paths of this machine stay out of debug information.
        format!("CMAKE_C_FLAGS=\"-ffile-prefix-map={}=wasi-libc\"", inputs.tree.display()),
    ];
    definitions.extend(recipe.source.definitions.iter().cloned());
    if inputs.variant == Variant::Warpgrid {
        let parts = recipe.select(inputs.parts)?;
        let prepared = overlay::prepare(&parts, inputs.fork, inputs.wit, inputs.scratch)?;
        let sources: Vec<String> =
            prepared.sources.iter().map(|(_, path)| path.display().to_string()).collect();
        definitions.push(format!("WARPGRID_OVERLAY={}", inputs.fork.join("overlay").display()));
        definitions.push(format!("WARPGRID_BINDINGS={}", prepared.bindings.display()));
        definitions.push(format!("WARPGRID_SOURCES={}", sources.join(";")));
        definitions.push(format!("WARPGRID_FLAGS={}", overlay::generated_flags(&recipe).join(";")));
    }
    let cmake = || {
        let mut program = Program::new(inputs.cmake);
        for (name, value) in &inputs.compiler.env {
            program = program.env(name, value);
        }
        program
    };
    cmake()
        .args(["-G", "Ninja", "-S"])
        .arg(inputs.tree)
        .arg("-B")
        .arg(&folder)
        .args(definitions.iter().map(|definition| format!("-D{definition}")))
        .run(&inputs.scratch.join("configure.log"))?;
    cmake()
        .arg("--build")
        .arg(&folder)
        .args(["--parallel", &inputs.jobs.max(1).to_string()])
        .run(&inputs.scratch.join("build.log"))?;

    let built = folder.join(&recipe.source.sysroot);
    let lib = built.join("lib").join(inputs.triple);
    if !lib.join("libc.a").is_file() {
        bail!("the build left no `{}`", lib.join("libc.a").display());
    }
    if inputs.variant == Variant::Warpgrid && !lib.join(OVERLAY_ARCHIVE).is_file() {
        let message =
            format!("the build left no `{}`: the hook is missing", lib.join(OVERLAY_ARCHIVE).display());
        return Err(Hint::new(message, "the checkout must have the series applied").into());
    }
    Ok(built)
}
