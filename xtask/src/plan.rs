//! Turns the manifest and the user's options into an ordered list of steps; starts nothing, reads nothing.
use std::fmt;

use anyhow::bail;

use crate::hint::Hint;
use crate::manifest::Variant;
use crate::rust_std::{self, Road};

/// A part of the SDK that can be built alone (`build-sdk --only`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Part {
    /// The relocatable LLVM and `wasm-component-ld`.
    Toolchain,
    /// The C sysroots and the fallback component.
    Libc,
    /// Rust's standard library, with the SDK's C library in it.
    Rust,
    /// The `warp` program.
    Warp,
}

/// The road to a sysroot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LibcRoad {
    /// Source where the upstream answers, overlay otherwise.
    Auto,
    /// Upstream's git tree, the patch series, upstream's own build.
    Source,
    /// A stock prebuilt sysroot of the same tag with our objects laid over it.
    Overlay,
}

/// The road to Rust's standard library.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RustRoad {
    /// Rustup's where it is installed, packages otherwise.
    Auto,
    /// What `rustup target add wasm32-wasip2` installed; the build never runs that command.
    Rustup,
    /// A compiler and the source as Debian packages, built once.
    Packages,
}

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Parts to build; all of them, packed and verified, when empty.
    pub only: Vec<Part>,
    /// Targets to build sysroots for; all of the manifest's when empty.
    pub targets: Vec<String>,
    /// The road to the sysroots.
    pub libc: LibcRoad,
    /// The road to Rust's standard library.
    pub rust: RustRoad,
}

/// What a plan depends on: of the manifest, and of this machine.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Every target with its variants, in the manifest's order.
    pub targets: Vec<(String, Vec<Variant>)>,
    /// Whether rustup's standard library for WASI is at hand.
    pub rustup_std: bool,
}

/// What a step does; the fields are its own parameters, everything else it is handed when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Bring the bytes of these inputs into the cache.
    Fetch {
        /// Names in the manifest.
        inputs: Vec<String>,
        /// Which sources of an upstream may be used: of `git` and the prebuilt ones.
        road: LibcRoad,
    },
    /// Build a program from its crate.
    BuildCrateProgram {
        /// Name in the manifest.
        tool: String,
    },
    /// Lay out LLVM so that it runs from any folder.
    StageToolchain,
    /// Build one sysroot.
    StageSysroot {
        /// Target triple.
        triple: String,
        /// Which of its sysroots.
        variant: Variant,
    },
    /// Build the component that answers "not handled" on hosts without our shims.
    BuildFallback,
    /// Lay out Rust's standard library.
    StageRust {
        /// Where it is from.
        road: Road,
    },
    /// Build the `warp` program.
    BuildWarp,
    /// Write the tarball and its records.
    Pack,
    /// Open the finished tarball and check all of it.
    Verify,
}

/// A unit of build work with a name, what it does and which steps' outputs it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Unique name, also the name of its stamp.
    pub name: String,
    /// What it does.
    pub action: Action,
    /// Names of the earlier steps whose outputs it uses.
    pub needs: Vec<String>,
}

/// The ordered steps: a step comes after all it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The steps in the order they run.
    pub steps: Vec<Step>,
}

/// Input names of the manifest that the plan itself relies on.
const LLVM: &[&str] = &["llvm"];
const LIBC: &str = "libc";
/// The step whose headers the fallback component is compiled with.
const FALLBACK_SYSROOT: &str = "stage sysroot wasm32-wasip1 stock";
/// The step whose C library Rust programs are linked with.
const RUST_SYSROOT: &str = "stage sysroot wasm32-wasip2 warpgrid";
const RUST: &str = "rust";
const COMPONENT_LINKER: &str = "wasm-component-ld";

impl Plan {
    /// Decides the steps.
    ///
    /// # Errors
    /// When a target is asked for that the manifest does not have.
    pub fn build(outline: &Outline, options: &Options) -> anyhow::Result<Self> {
        for target in &options.targets {
            if !outline.targets.iter().any(|(triple, _)| triple == target) {
                let known: Vec<&str> = outline.targets.iter().map(|(triple, _)| triple.as_str()).collect();
                bail!(Hint::new(
                    format!("unknown target `{target}`"),
                    format!("the manifest has: {}", known.join(", "))
                ));
            }
        }
        let wanted = |part| options.only.is_empty() || options.only.contains(&part);
        let mut plan = Self { steps: Vec::new() };
        if wanted(Part::Toolchain) || wanted(Part::Libc) || wanted(Part::Rust) {
            plan.toolchain();
        }
        if wanted(Part::Libc) {
            plan.sysroots(outline, options, &|triple| {
                options.targets.is_empty() || options.targets.iter().any(|target| target == triple)
            });
        } else if wanted(Part::Rust) {
            plan.sysroots(outline, options, &|triple| triple == rust_std::TARGET);
        }
        if wanted(Part::Rust) {
            plan.rust(outline, options);
        }
        if wanted(Part::Warp) {
            plan.push("build warp", Action::BuildWarp, &[]);
        }
        if options.only.is_empty() {
            let everything: Vec<String> = plan
                .steps
                .iter()
                .filter(|step| !matches!(step.action, Action::BuildCrateProgram { .. }))
                .map(|step| step.name.clone())
                .collect();
            plan.steps.push(Step { name: "pack".into(), action: Action::Pack, needs: everything });
            plan.push("verify", Action::Verify, &["pack"]);
        }
        Ok(plan)
    }

    fn push(&mut self, name: &str, action: Action, needs: &[&str]) {
        let needs = needs.iter().map(|&name| name.to_owned()).collect();
        self.steps.push(Step { name: name.to_owned(), action, needs });
    }

    fn fetch(&mut self, name: &str, inputs: &[&str], road: LibcRoad) {
        let inputs = inputs.iter().map(|&input| input.to_owned()).collect();
        self.push(name, Action::Fetch { inputs, road }, &[]);
    }

    fn toolchain(&mut self) {
        self.fetch("fetch toolchain", LLVM, LibcRoad::Auto);
        self.fetch("fetch component linker", &[COMPONENT_LINKER], LibcRoad::Auto);
        self.push(
            "build component linker",
            Action::BuildCrateProgram { tool: COMPONENT_LINKER.into() },
            &["fetch component linker"],
        );
        self.push("stage toolchain", Action::StageToolchain, &["fetch toolchain", "build component linker"]);
    }

    fn sysroots(&mut self, outline: &Outline, options: &Options, wanted: &dyn Fn(&str) -> bool) {
        self.fetch("fetch libc", &[LIBC], options.libc);
        for (triple, variants) in &outline.targets {
            if !wanted(triple) {
                continue;
            }
            for variant in variants {
                let action = Action::StageSysroot { triple: triple.clone(), variant: *variant };
                self.push(
                    &format!("stage sysroot {triple} {variant}"),
                    action,
                    &["fetch libc", "stage toolchain"],
                );
            }
        }
        if !self.steps.iter().any(|step| step.name == FALLBACK_SYSROOT) {
            return;
        }
        self.push("build fallback", Action::BuildFallback, &["stage toolchain", FALLBACK_SYSROOT]);
    }

    /// Only where the sysroot is built that its C library is in.
    fn rust(&mut self, outline: &Outline, options: &Options) {
        if !self.steps.iter().any(|step| step.name == RUST_SYSROOT) {
            return;
        }
        let road = match options.rust {
            RustRoad::Auto if outline.rustup_std => Road::Rustup,
            RustRoad::Auto | RustRoad::Packages => Road::Packages,
            RustRoad::Rustup => Road::Rustup,
        };
        let mut needs = vec![RUST_SYSROOT];
        if road == Road::Packages {
            self.fetch("fetch rust", &[RUST], LibcRoad::Auto);
            needs.extend(["fetch rust", "stage toolchain"]);
        }
        let from = if road == Road::Rustup { "from rustup" } else { "from packages" };
        self.push(&format!("stage rust {from}"), Action::StageRust { road }, &needs);
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.steps.iter().enumerate() {
            write!(formatter, "{:>2}. {}", index + 1, step.name)?;
            if let Action::Fetch { inputs, road } = &step.action {
                let road = match road {
                    LibcRoad::Auto => "the first source that answers",
                    LibcRoad::Source => "git alone",
                    LibcRoad::Overlay => "the first prebuilt source that answers",
                };
                write!(formatter, ": {} from {road}", inputs.join(", "))?;
            }
            if step.needs.is_empty() {
                writeln!(formatter)?;
            } else {
                writeln!(formatter, "  (after {})", step.needs.join("; "))?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        let variants = Variant::ALL.to_vec();
        Outline {
            targets: vec![("wasm32-wasip1".into(), variants.clone()), ("wasm32-wasip2".into(), variants)],
            rustup_std: true,
        }
    }

    fn options(libc: LibcRoad) -> Options {
        Options { only: vec![], targets: vec![], libc, rust: RustRoad::Auto }
    }

    fn plan(only: &[Part], targets: &[&str], libc: LibcRoad) -> String {
        let targets = targets.iter().map(|&target| target.to_owned()).collect();
        let options = Options { only: only.to_vec(), targets, ..options(libc) };
        match Plan::build(&outline(), &options) {
            Ok(plan) => plan.to_string(),
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn the_whole_sdk() {
        insta::assert_snapshot!(plan(&[], &[], LibcRoad::Auto));
    }

    #[test]
    fn one_part_brings_what_it_needs_and_packs_nothing() {
        insta::assert_snapshot!(plan(&[Part::Libc], &["wasm32-wasip2"], LibcRoad::Overlay));
    }

    #[test]
    fn warp_alone_needs_no_toolchain() {
        insta::assert_snapshot!(plan(&[Part::Warp], &[], LibcRoad::Auto));
    }

    #[test]
    fn rust_alone_brings_one_target_and_its_packages_where_rustup_has_nothing() {
        let outline = Outline { rustup_std: false, ..outline() };
        let options = Options { only: vec![Part::Rust], ..options(LibcRoad::Auto) };
        insta::assert_snapshot!(Plan::build(&outline, &options).unwrap());
    }

    #[test]
    fn an_unknown_target_is_refused() {
        insta::assert_snapshot!(plan(&[], &["wasm64-wasip2"], LibcRoad::Auto));
    }

    #[test]
    fn every_step_comes_after_what_it_needs() {
        let options = Options { rust: RustRoad::Packages, ..options(LibcRoad::Auto) };
        let plan = Plan::build(&outline(), &options).unwrap();
        for (index, step) in plan.steps.iter().enumerate() {
            for need in &step.needs {
                assert!(
                    plan.steps[..index].iter().any(|earlier| &earlier.name == need),
                    "{} needs {need}",
                    step.name
                );
            }
        }
    }
}
