//! The compiler and the source of the standard library that come as Debian packages, and the build of that library.
//!
//! Debian has a compiler of the LLVM that the SDK ships, but no standard library for this target. Its source is in a
//! package of the same version, so that it can be built once, as rustup's servers do it for theirs.
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::library::{Origin, Road, StandardLibrary};
use super::{LICENCE, TARGET};
use crate::exec::Program;
use crate::pack::licences;
use crate::{file, tree};

/// Packages whose `copyright` covers what is built.
const LICENCE_PACKAGES: &[&str] = &["rust-web-src", "rustc-web", "libstd-rust-web-dev"];

/// The unpacked packages, and what the compiler needs besides.
#[derive(Debug, Clone)]
pub struct PackagedRust {
    /// Folder into which the packages were unpacked.
    pub packages: PathBuf,
    /// The SDK's `bin` and `lib`: the LLVM that the compiler loads, and the linker that it calls.
    pub toolchain: PathBuf,
}

/// What the library is built from. All paths are absolute.
#[derive(Debug)]
pub struct CompileInputs<'a> {
    /// The compiler and the source.
    pub rust: &'a PackagedRust,
    /// The `cargo` to call.
    pub cargo: &'a Path,
    /// Cargo's home, whose path is kept out of the library.
    pub cargo_home: &'a Path,
    /// Folder for the build.
    pub work: &'a Path,
    /// Use only crates that are already on this machine?
    pub offline: bool,
    /// Parallel jobs.
    pub jobs: usize,
}

impl PackagedRust {
    /// Writes `<folder>/rustc`, which starts the compiler with the libraries that it loads.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_rustc(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        tree::create(folder)?;
        let own = self.packages.join("usr/lib/x86_64-linux-gnu");
        let script = format!(
            "#!/bin/sh\nLD_LIBRARY_PATH={}:{} exec {} \"$@\"\n",
            quoted(&own),
            quoted(&self.toolchain.join("lib")),
            quoted(&self.packages.join("usr/bin/rustc"))
        );
        let path = folder.join("rustc");
        file::replace(&path, script.as_bytes())?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))
            .with_context(|| format!("setting the mode of `{}`", path.display()))?;
        Ok(path)
    }

    fn source(&self) -> anyhow::Result<PathBuf> {
        let folder = self.packages.join("usr/src");
        let found = tree::entries(&folder)?.into_iter().map(|version| version.join("library"));
        let mut found = found.filter(|library| library.join("sysroot/Cargo.toml").is_file());
        found.next().with_context(|| format!("no source of the standard library in `{}`", folder.display()))
    }
}

/// For a POSIX shell.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}

/// Builds the library into `folder`. Neither the folders of this machine nor the number of jobs is in the result.
///
/// # Errors
/// When the compiler does not start, cargo fails (the message holds the end of its output), or a file cannot be
/// written.
pub fn compile(inputs: &CompileInputs<'_>, folder: &Path) -> anyhow::Result<()> {
    let rustc = inputs.rust.write_rustc(&inputs.work.join("bin"))?;
    let version = Program::new(&rustc).arg("--version").current_dir(inputs.work).stdout()?;
    let target = inputs.work.join("target");
    tree::remove(&target)?;
    let source = inputs.rust.source()?;
    let mut flags = String::from("-Zforce-unstable-if-unmarked");
    for (folder, name) in [(source.as_path(), "library"), (inputs.cargo_home, "cargo"), (&target, "target")] {
        flags.push_str(&format!("\u{1f}--remap-path-prefix={}=/rust/{name}", folder.display()));
    }
    Program::new(inputs.cargo)
        .args(["build", "--locked", "--profile", "dist", "--features", "backtrace,panic-unwind"])
        .arg(format!("--target={TARGET}"))
        .arg("--manifest-path")
        .arg(source.join("sysroot/Cargo.toml"))
        .arg(format!("--jobs={}", inputs.jobs))
        .args(inputs.offline.then_some("--offline"))
        .env("RUSTC", &rustc)
        .env("RUSTC_BOOTSTRAP", "1")
        // The metadata that sets these crates apart from a project's own of the same name.
        .env("__CARGO_DEFAULT_LIB_METADATA", "warpgrid")
        .env("CARGO_PROFILE_DIST_DEBUG", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", flags)
        .env("CARGO_TARGET_DIR", &target)
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_TERM_COLOR", "never")
        .env_remove("RUSTFLAGS")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("CARGO_BUILD_TARGET")
        .current_dir(inputs.work)
        .run(&inputs.work.join("rust-std.log"))?;
    let library = StandardLibrary::new(folder.to_owned());
    tree::create(&library.crates())?;
    for path in tree::entries(&target.join(TARGET).join("dist/deps"))? {
        if path.extension().is_some_and(|extension| extension == "rlib") {
            file::copy_bytes(&path, &library.crates().join(path.file_name().unwrap_or_default()))?;
        }
    }
    licences::write_texts(LICENCE, &library.licences())?;
    licences::copy_debian(&inputs.rust.packages, LICENCE_PACKAGES, &library.licences())?;
    library.write_origin(&Origin {
        rustc: version.trim().to_owned(),
        road: Road::Packages,
        component_sha256: None,
    })?;
    tree::remove(&target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_starts_from_folders_with_blanks_and_quotes() {
        let folder = tempfile::Builder::new().prefix("it's a folder ").tempdir().unwrap();
        let program = folder.path().join("usr/bin/rustc");
        tree::create(program.parent().unwrap()).unwrap();
        std::fs::write(&program, "#!/bin/sh\necho \"$LD_LIBRARY_PATH\"; echo \"$@\"\n").unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let rust = PackagedRust { packages: folder.path().to_owned(), toolchain: "/the sdk".into() };
        let rustc = rust.write_rustc(&folder.path().join("bin")).unwrap();
        let said = Program::new(rustc).args(["--version", "a b"]).stdout().unwrap();
        let own = folder.path().join("usr/lib/x86_64-linux-gnu");
        assert_eq!(said, format!("{}:/the sdk/lib\n--version a b\n", own.display()));
    }

    #[test]
    fn packages_without_the_source_are_named() {
        let folder = tempfile::tempdir().unwrap();
        tree::create(&folder.path().join("usr/src/rustc-1.0")).unwrap();
        let rust = PackagedRust { packages: folder.path().to_owned(), toolchain: "/sdk".into() };
        assert!(rust.source().unwrap_err().to_string().contains("no source of the standard library"));
    }
}
