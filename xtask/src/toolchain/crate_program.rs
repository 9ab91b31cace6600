//! Builds a program that is published as a crate so that the same source gives the same bytes in any folder;
//! knows nothing of where the source came from.
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::exec::Program;
use crate::pack::licences;
use crate::tree;

/// A program published as a crate, with the lock file that its authors shipped.
#[derive(Debug, Clone)]
pub struct CrateProgram<'a> {
    /// Name of the binary.
    pub program: &'a str,
    /// Build with the crate's default features?
    pub default_features: bool,
    /// Features besides the default ones.
    pub features: &'a [&'a str],
}

/// The linker of components, which clang calls for `wasm32-wasip2`.
#[must_use]
pub fn wasm_component_ld() -> CrateProgram<'static> {
    CrateProgram { program: "wasm-component-ld", default_features: true, features: &[] }
}

/// The stock host that tests compare with; it is not shipped.
#[must_use]
pub fn wasmtime_cli() -> CrateProgram<'static> {
    CrateProgram {
        program: "wasmtime",
        default_features: false,
        features: &[
            "run",
            "serve",
            "component-model",
            "component-model-async",
            "cranelift",
            "parallel-compilation",
            "pooling-allocator",
        ],
    }
}

/// Where and how a crate is built. All paths are absolute.
#[derive(Debug, Clone)]
pub struct CrateBuild<'a> {
    /// The unpacked crate, never written to.
    pub source: &'a Path,
    /// The `cargo` to call; the Rust version is the one this process runs under.
    pub cargo: &'a Path,
    /// Cargo's home, whose path is kept out of the program.
    pub cargo_home: &'a Path,
    /// Folder for the build, may be shared with other builds and is not cleaned.
    pub work: &'a Path,
    /// Use only crates that are already on this machine?
    pub offline: bool,
    /// Parallel jobs; none leaves it to cargo.
    pub jobs: Option<usize>,
}

/// Builds `program` and writes `<out>/<program>` and `<out>/<program>.licences.txt`.
///
/// The program finds its shared libraries in `../lib` and holds no path of the build machine.
///
/// # Errors
/// When the crate has no `Cargo.lock`, cargo fails (the message holds the end of its output), or a file cannot be
/// written.
pub fn build_crate_program(
    program: &CrateProgram<'_>,
    build: &CrateBuild<'_>,
    out: &Path,
) -> anyhow::Result<PathBuf> {
    anyhow::ensure!(
        build.source.join("Cargo.lock").is_file(),
        "`{}` has no `Cargo.lock`: its dependencies are not pinned",
        build.source.display()
    );
    let source = build.work.join(format!("{}-source", program.program));
    copy_crate(build.source, &source)?;
    let manifest = source.join("Cargo.toml");
    let target = build.work.join(format!("{}-target", program.program));
    let cargo = Program::new(build.cargo)
        .args(["build", "--release", "--locked", "--bin", program.program])
        .args(feature_arguments(program))
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        .args(build.offline.then_some("--offline"))
        .args(build.jobs.map(|jobs| format!("--jobs={jobs}")))
        .env("CARGO_ENCODED_RUSTFLAGS", encoded_flags(&[build.cargo_home, &source, &target]))
        .env("CARGO_PROFILE_RELEASE_STRIP", "symbols")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_INCREMENTAL", "0")
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(&source);
    cargo.run(&build.work.join(format!("{}.log", program.program)))?;
    tree::create(out)?;
    let built = target.join("release").join(program.program);
    let installed = out.join(program.program);
    std::fs::copy(&built, &installed)
        .with_context(|| format!("copying `{}` to `{}`", built.display(), installed.display()))?;
    let options = licences::CrateOptions {
        cargo: build.cargo,
        manifest: &manifest,
        features: &feature_arguments(program),
        offline: build.offline,
    };
    let text = licences::of_crates(&options)?;
    let path = out.join(format!("{}.licences.txt", program.program));
    std::fs::write(&path, text).with_context(|| format!("writing `{}`", path.display()))?;
    Ok(installed)
}

/// Flags for rustc that keep folders of this machine out of a program and let it find the SDK's libraries.
///
/// Separated as `CARGO_ENCODED_RUSTFLAGS` wants it, so that folders may hold spaces.
#[must_use]
pub fn encoded_flags(folders: &[&Path]) -> OsString {
    let mut flags =
        OsString::from("-Clink-arg=-Wl,-rpath,$ORIGIN/../lib\u{1f}-Clink-arg=-Wl,--build-id=none");
    for (index, folder) in folders.iter().enumerate() {
        flags.push("\u{1f}--remap-path-prefix=");
        flags.push(folder);
        flags.push(format!("=/build/{index}"));
    }
    flags
}

fn feature_arguments(program: &CrateProgram<'_>) -> Vec<String> {
    let mut arguments = Vec::new();
    if !program.default_features {
        arguments.push("--no-default-features".to_owned());
    }
    if !program.features.is_empty() {
        arguments.push(format!("--features={}", program.features.join(",")));
    }
    arguments
}

/// Copies a crate and makes the copy a workspace of its own, so that a workspace around it does not claim it.
fn copy_crate(from: &Path, to: &Path) -> anyhow::Result<()> {
    tree::remove(to)?;
    tree::copy(from, to)?;
    let manifest = to.join("Cargo.toml");
    let text =
        std::fs::read_to_string(&manifest).with_context(|| format!("reading `{}`", manifest.display()))?;
    if text.lines().any(|line| line.trim() == "[workspace]") {
        return Ok(());
    }
    std::fs::write(&manifest, format!("{text}\n[workspace]\n"))
        .with_context(|| format!("writing `{}`", manifest.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_with_spaces_stay_one_flag() {
        let flags = encoded_flags(&[Path::new("/a b/c")]);
        let flags = flags.to_str().unwrap();
        assert_eq!(flags.split('\u{1f}').next_back(), Some("--remap-path-prefix=/a b/c=/build/0"));
    }

    #[test]
    fn a_crate_without_a_lock_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let build = CrateBuild {
            source: folder.path(),
            cargo: Path::new("cargo"),
            cargo_home: folder.path(),
            work: folder.path(),
            offline: true,
            jobs: None,
        };
        let error = build_crate_program(&wasm_component_ld(), &build, folder.path()).unwrap_err();
        assert!(error.to_string().contains("Cargo.lock"), "{error}");
    }
}
