//! Builds a program from its pinned crate, or takes it from the cache; knows no program but by name.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{BuildStep, StepContext, fetch};
use crate::cache::built::{self, Key};
use crate::stamp::Inputs;
use crate::toolchain::{CrateBuild, build_crate_program, wasm_component_ld, wasmtime_cli};
use crate::tree;

/// Builds one tool of the manifest.
pub(super) struct CrateProgram {
    /// Name in the manifest, which is the name of the program.
    pub tool: String,
}

impl BuildStep for CrateProgram {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.files(&context.paths.root, "rust-toolchain.toml")?;
        inputs.files(&context.paths.root, "xtask/src/toolchain/crate_program.rs")?;
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part(&self.tool)
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let built = build(context, &self.tool)?;
        tree::replace(&self.output(context), |folder| tree::link(&built, folder))
    }
}

/// The path of a program that is built from its crate once, into the cache.
///
/// # Errors
/// When the crate cannot be fetched or built.
pub fn crate_program(context: &StepContext<'_>, tool: &str) -> anyhow::Result<PathBuf> {
    Ok(build(context, tool)?.join(tool))
}

fn build(context: &StepContext<'_>, tool: &str) -> anyhow::Result<PathBuf> {
    let program = match tool {
        "wasm-component-ld" => wasm_component_ld(),
        "wasmtime" => wasmtime_cli(),
        other => bail!("no recipe for building `{other}` from its crate"),
    };
    let fetched = fetch::fetched(context, tool)?;
    let artifact = fetched.artifacts.first().with_context(|| format!("`{tool}` has no crate"))?;
    let digest = artifact.sha256.clone().unwrap_or_default();
    let recipe = CrateProgram { tool: tool.to_owned() }.inputs(context)?.digest();
    let key = Key::new(tool).with("crate", &digest).with("recipe", &recipe);
    let fetcher = context.fetcher()?;
    built::publish(fetcher.cache(), &key, |folder| {
        let work = context.scratch(tool);
        tree::create(&work)?;
        let unpacked = work.join("crate");
        tree::replace(&unpacked, |folder| super::unpack_crate(&artifact.path, folder))?;
        let build = CrateBuild {
            source: &unpacked,
            cargo: Path::new("cargo"),
            cargo_home: &context.paths.cargo_home,
            work: &work,
            offline: context.offline,
            jobs: Some(context.jobs),
        };
        build_crate_program(&program, &build, folder).map(|_| ())
    })
}
