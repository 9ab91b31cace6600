//! Builds the Rust guests with nothing but cargo: rustup's standard library, or the one built from packages; both with
//! the C library that comes with it, so that they show what the host gives to unmodified programs.
use std::path::Path;

use super::folder::Skipped;
use crate::exec::Program;
use crate::paths::Paths;
use crate::plan::RustRoad;
use crate::run::{self, RunOptions, RustTools};
use crate::rust_std::{TARGET, find_installed};
use crate::stamp::Inputs;
use crate::{file, tree};

/// The workspace of the guests.
const SOURCES: &str = "tests/guests/rust";

pub(super) fn inputs(paths: &Paths, road: RustRoad) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    for part in ["Cargo.toml", "Cargo.lock", ".cargo", "src"] {
        inputs.files(&paths.root, &format!("{SOURCES}/{part}"))?;
    }
    inputs.files(&paths.root, "xtask/src/guests/rust.rs")?;
    inputs.files(&paths.root, "rust-toolchain.toml")?;
    inputs.value("road", format!("{road:?}"));
    let installed = find_installed(Path::new("rustc"), &paths.root);
    inputs.value("rustc", installed.map(|installed| installed.rustc).unwrap_or_default());
    Ok(inputs)
}

pub(super) fn build(paths: &Paths, run: &RunOptions, road: RustRoad, into: &Path) -> anyhow::Result<Skipped> {
    let folder = paths.root.join(SOURCES);
    let tools = rust_tools(paths, run, road)?;
    let target = paths.target.join("guests/rust").join(if tools.is_some() { "packages" } else { "rustup" });
    let cargo = Program::new("cargo")
        .args(["build", "--release", "--locked", "--bins"])
        .arg(format!("--target={TARGET}"))
        .args(run.offline.then_some("--offline"))
        .arg(format!("--jobs={}", run.jobs))
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .current_dir(&folder);
    let cargo = match tools {
        Some(tools) => with_tools(cargo, &tools),
        None => cargo,
    };
    cargo.run(&paths.target.join("log/guests-rust.log"))?;
    let made = target.join(TARGET).join("release");
    for source in tree::entries(&folder.join("src/bin"))? {
        let guest = Path::new(source.file_stem().unwrap_or_default()).with_extension("wasm");
        file::copy_bytes(&made.join(&guest), &into.join(&guest))?;
    }
    Ok(None)
}

/// What replaces the machine's own compiler, where it has no standard library for WASI or packages are wanted.
pub(super) fn rust_tools(
    paths: &Paths,
    run: &RunOptions,
    road: RustRoad,
) -> anyhow::Result<Option<RustTools>> {
    let installed = || find_installed(Path::new("rustc"), &paths.root).is_some();
    match road {
        RustRoad::Rustup => Ok(None),
        RustRoad::Auto if installed() => Ok(None),
        RustRoad::Auto | RustRoad::Packages => run::packaged_rust(paths, run).map(Some),
    }
}

/// Cargo with another compiler, sysroot and linker; on the command line, where folders may hold blanks and the flags of
/// the workspace stay.
fn with_tools(cargo: Program, tools: &RustTools) -> Program {
    let sysroot = format!("--sysroot={}", tools.sysroot.display());
    let linker = tools.programs.join("wasm-component-ld").display().to_string();
    let wasm_ld = format!("-Clink-arg={}", tools.programs.join("wasm-ld").display());
    let flags = [&sysroot, "-Clink-arg=--wasm-ld-path", &wasm_ld].map(quoted).join(", ");
    cargo
        .arg("--config")
        .arg(format!("target.{TARGET}.rustflags=[{flags}]"))
        .arg("--config")
        .arg(format!("target.{TARGET}.linker={}", quoted(&linker)))
        .env("RUSTC", &tools.rustc)
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
