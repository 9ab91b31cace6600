//! Puts Rust's standard library into the SDK: rustup's where this machine has it, else one built from packages.
use std::path::{Path, PathBuf};

use super::{BuildStep, StepContext, facts, toolchain};
use crate::cache::built::{self, Key};
use crate::hint::WithHint as _;
use crate::rust_std::{
    CompileInputs, LayoutInputs, PackagedRust, Road, StandardLibrary, TARGET, compile, find_installed,
    lay_out, take_installed,
};
use crate::stamp::Inputs;
use crate::{digest, tree};

/// Makes the part `rust`.
pub(super) struct StageRust {
    /// Where the library is from.
    pub road: Road,
}

/// Code that decides the library's bytes.
const RECIPES: &[&str] = &["compile.rs", "installed.rs", "library.rs"];

impl BuildStep for StageRust {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.files(&context.paths.root, "xtask/src/rust_std")?;
        inputs.files(&context.paths.root, "rust-toolchain.toml")?;
        inputs.value("road", format!("{:?}", self.road));
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.part("rust")
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let library = standard_library(context, self.road)?;
        tree::replace(&self.output(context), |folder| {
            lay_out(&LayoutInputs { library: &library, out: folder })
        })
    }
}

/// Whether rustup's standard library is on this machine: in the cache since it was used, or in the compiler, which is
/// asked only then: it may not be there, or not for this user.
///
/// # Errors
/// When the cache or the pinned version of Rust cannot be read.
pub fn rustup_std_at_hand(context: &StepContext<'_>) -> anyhow::Result<bool> {
    let key = key(context, Road::Rustup)?;
    Ok(built::is_there(context.fetcher()?.cache(), &key)
        || find_installed(Path::new("rustc"), &context.paths.root).is_some())
}

/// The standard library, from the cache where it was made before.
///
/// # Errors
/// When it cannot be had by that road.
pub fn standard_library(context: &StepContext<'_>, road: Road) -> anyhow::Result<StandardLibrary> {
    let key = key(context, road)?;
    let folder = built::publish(context.fetcher()?.cache(), &key, |folder| match road {
        Road::Rustup => {
            let installed = find_installed(Path::new("rustc"), &context.paths.root)
                .ok_or_else(|| anyhow::anyhow!("rustup has no standard library for {TARGET} here"))
                .hint(format!(
                    "run `rustup target add {TARGET}`, or take Debian's packages with `--rust packages`"
                ))?;
            take_installed(&installed, folder)
        }
        Road::Packages => {
            let work = context.scratch("rust-std");
            tree::create(&work)?;
            let rust = packaged_rust(context)?;
            compile(
                &CompileInputs {
                    rust: &rust,
                    cargo: Path::new("cargo"),
                    cargo_home: &context.paths.cargo_home,
                    work: &work,
                    offline: context.offline,
                    jobs: context.jobs,
                },
                folder,
            )
        }
    })?;
    Ok(StandardLibrary::new(folder))
}

/// The compiler and the source of the packages, unpacked.
///
/// # Errors
/// When they cannot be fetched or unpacked.
pub fn packaged_rust(context: &StepContext<'_>) -> anyhow::Result<PackagedRust> {
    let packages = toolchain::unpacked(context, "rust")?;
    Ok(PackagedRust { packages, toolchain: context.part("toolchain") })
}

/// Does not ask the compiler: another user or a build without one finds in the cache what was taken before.
fn key(context: &StepContext<'_>, road: Road) -> anyhow::Result<Key> {
    let mut recipe = Inputs::default();
    for name in RECIPES {
        recipe.files(&context.paths.root, &format!("xtask/src/rust_std/{name}"))?;
    }
    match road {
        Road::Rustup => recipe.value("channel", facts::rust_version(&context.paths.root)?),
        Road::Packages => {
            let input = context.manifest.input("rust")?;
            let pins: Vec<_> =
                input.sources.iter().flat_map(|source| context.manifest.pins_of(input, source)).collect();
            recipe.value("pins", digest::sha256_hex(format!("{pins:?}").as_bytes()));
        }
    }
    Ok(Key::new("rust-std").with("target", TARGET).with("recipe", &recipe.digest()))
}
