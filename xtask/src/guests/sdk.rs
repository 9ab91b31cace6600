//! Guests that show the SDK's own C library: C programs, and a Rust program built by plain cargo in the SDK's
//! environment. Built with the SDK that is staged; without one they are skipped.
use std::path::Path;

use anyhow::Context;

use super::folder::Skipped;
use super::rust::rust_tools;
use crate::exec::Program;
use crate::paths::Paths;
use crate::plan::RustRoad;
use crate::run::RunOptions;
use crate::rust_std::TARGET;
use crate::stamp::Inputs;
use crate::{file, tree};

/// The C programs with the names of what they become: a case of the suite `libc`, which runs here on the host's own
/// doors, and the one that speaks to databases.
const C_PROGRAMS: &[(&str, &str)] =
    &[("tests/libc/fs_system_files.c", "sdk_c"), ("tests/guests/c/db_raw.c", "sdk_db_raw")];
/// The Rust program: the very file that is also built without the SDK.
const RUST_PROGRAM: &str = "tests/guests/rust/src/bin/guests_libc.rs";
const CARGO_TOML: &str = "[package]\nname = \"sdk_rust\"\nedition = \"2024\"\n\n[profile.release]\nstrip = \"symbols\"\n\n[workspace]\n";
const NO_SDK: &str = "no SDK is built: run `cargo xtask build-sdk`";

pub(super) fn inputs(paths: &Paths, road: RustRoad) -> anyhow::Result<Inputs> {
    let mut inputs = Inputs::default();
    for source in
        C_PROGRAMS.iter().map(|(source, _)| *source).chain([RUST_PROGRAM, "xtask/src/guests/sdk.rs"])
    {
        inputs.files(&paths.root, source)?;
    }
    inputs.value("road", format!("{road:?}"));
    let libc = format!("share/warpgrid/sysroots/{TARGET}/warpgrid/lib/{TARGET}/libc.a");
    for name in
        ["bin/clang", "env.sh", "share/warpgrid/rust/linker", "share/warpgrid/rust/rustc-version", &libc]
    {
        if paths.staging().join(name).is_file() {
            inputs.files(&paths.staging(), name)?;
        }
    }
    Ok(inputs)
}

/// Builds the C programs and `sdk_rust.wasm`.
pub(super) fn build(paths: &Paths, run: &RunOptions, road: RustRoad, into: &Path) -> anyhow::Result<Skipped> {
    let sdk = paths.staging();
    let clang = sdk.join("bin/clang");
    if !clang.is_file() || !sdk.join("share/warpgrid/rust/linker").is_file() {
        return Ok(Some(NO_SDK.to_owned()));
    }
    for (source, name) in C_PROGRAMS {
        Program::new(clang.clone())
            .args(["-O2", "-Wall", "-Wextra", "-Werror"])
            .arg(paths.root.join(source))
            .arg("-o")
            .arg(into.join(format!("{name}.wasm")))
            .current_dir(&paths.target)
            .run(&paths.target.join(format!("log/guest-{name}.log")))?;
    }
    let project = paths.target.join("guests/sdk/a project");
    tree::empty(&project.join("src"))?;
    file::replace(&project.join("Cargo.toml"), CARGO_TOML.as_bytes())?;
    file::copy_bytes(&paths.root.join(RUST_PROGRAM), &project.join("src/main.rs"))?;
    let toolchain = paths.root.join("rust-toolchain.toml");
    file::copy_bytes(&toolchain, &project.join("rust-toolchain.toml"))?;
    // Word for word what the how-to page says; another `rustc` comes first where the machine's own will not do.
    let other = rust_tools(paths, run, road)?.map(|tools| tools.rustc);
    let script =
        "PATH=\"${4:+$4:}$PATH\"; . \"$1/env.sh\" && cargo build --release --target \"$2\" --jobs \"$3\"";
    let sh = Program::new("sh").args(["-euc", script, "sh"]).arg(&sdk).arg(TARGET).arg(run.jobs.to_string());
    let sh = match &other {
        // Rustup's cargo would not look for it on the path.
        Some(rustc) => sh.arg(rustc.parent().unwrap_or(rustc)).env("RUSTC", rustc),
        None => sh.arg(""),
    };
    sh.env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TARGET_DIR", project.join("target"))
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("RUSTFLAGS")
        .env_remove("WARPGRID_VARIANT")
        .current_dir(&project)
        .run(&paths.target.join("log/guest-sdk-rust.log"))?;
    let made = project.join("target").join(TARGET).join("release/sdk_rust.wasm");
    std::fs::copy(&made, into.join("sdk_rust.wasm"))
        .with_context(|| format!("copying `{}`", made.display()))?;
    Ok(None)
}
