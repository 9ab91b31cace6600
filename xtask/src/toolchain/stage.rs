//! Copies LLVM out of its packages into the SDK's layout and completes it; decides nothing about versions.
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::closure::Closure;
use super::layout::{
    LIBRARIES, LIBRARY_FOLDERS, LINKS, PARTS, PROGRAMS, TARGETS, ToolchainPart, is_wasm_header,
};
use super::stand_in::{self, StandIn};
use super::{build_system, config};
use crate::exec::Program;
use crate::hint::WithHint as _;
use crate::pack::licences;
use crate::{file, tree};

/// What the layout is made from. All paths are absolute.
#[derive(Debug, Clone)]
pub struct ToolchainInputs<'a> {
    /// Folder into which the Debian packages of LLVM, libstdc++, libgcc, zlib and zstd were unpacked, all into one.
    pub packages: &'a Path,
    /// The linker of components, as [`super::build_crate_program`] makes it.
    pub wasm_component_ld: &'a Path,
    /// The licences of what is linked into it, written beside it by the same function.
    pub wasm_component_ld_licences: &'a Path,
    /// C compiler of this machine; only what it makes for a moment depends on it, never a byte of the result.
    pub native_cc: &'a Path,
    /// The SDK folder; `bin`, `lib`, `share/warpgrid/{cmake,cxx,meson}`, `share/licenses` and `env.sh` are written.
    pub out: &'a Path,
}

/// What the layout turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolchainFacts {
    /// Version of LLVM, such as `22.1.8`.
    pub llvm: String,
    /// Oldest glibc that the programs run on, such as `2.36`.
    pub glibc: String,
    /// Libraries that stand in for ones which LLVM loads but a wasm toolchain never calls.
    pub stand_ins: Vec<String>,
    /// Parts that the toolchain consists of, for `sdk.json`.
    pub parts: Vec<ToolchainPart>,
}

/// Lays out the toolchain in `inputs.out`, which may already hold other parts of the SDK.
///
/// The same packages give the same bytes, whatever the machine, user, umask or folder.
///
/// # Errors
/// When a file of the list is not in the packages, a library would not be found on a machine with only glibc,
/// or a file cannot be written; each names the file.
pub fn stage(inputs: &ToolchainInputs<'_>) -> anyhow::Result<ToolchainFacts> {
    let (llvm, version) = find_llvm(inputs.packages)?;
    let bin = inputs.out.join("bin");
    let lib = inputs.out.join("lib");
    for folder in [&bin, &lib] {
        tree::create(folder)?;
    }
    for (from, to) in PROGRAMS {
        install(&llvm.join("bin").join(from), &bin.join(to), 0o755)?;
    }
    install(inputs.wasm_component_ld, &bin.join("wasm-component-ld"), 0o755)?;
    for (link, target) in LINKS {
        relative_link(target, &bin.join(link))?;
    }
    for library in LIBRARIES {
        let (source, name) = find_library(inputs.packages, library)?;
        install(&source, &lib.join(name), 0o644)?;
    }
    let major = version.split('.').next().unwrap_or_default();
    stage_resources(&llvm.join("lib/clang").join(major), &lib.join("clang").join(major))?;
    config::write(inputs.out)?;
    build_system::write(inputs.out)?;
    let stand_ins = stage_stand_ins(inputs)?;
    let closure = Closure::read(inputs.out)?;
    closure.check()?;
    for part in PARTS {
        let folder = inputs.out.join("share/licenses").join(part.name);
        licences::write_texts(part.licence, &folder)?;
        if part.packages.is_empty() {
            install(inputs.wasm_component_ld_licences, &folder.join("crates.txt"), 0o644)?;
        } else {
            licences::copy_debian(inputs.packages, part.packages, &folder)?;
        }
    }
    Ok(ToolchainFacts { llvm: version, glibc: closure.glibc(), stand_ins, parts: PARTS.to_vec() })
}

/// The `usr/lib/llvm-<major>` of the packages and the full version.
fn find_llvm(packages: &Path) -> anyhow::Result<(PathBuf, String)> {
    let versions = names(&packages.join("usr/lib/clang"))
        .context("the packages hold no clang")
        .hint("run `cargo xtask fetch` and look at `[tool.llvm]` in the manifest")?;
    let version = versions
        .iter()
        .find(|name| name.contains('.'))
        .with_context(|| format!("no full version of clang below `{}/usr/lib/clang`", packages.display()))?;
    let major = version.split('.').next().unwrap_or_default();
    Ok((packages.join(format!("usr/lib/llvm-{major}")), version.clone()))
}

/// The file of a library whose name is, or starts with, `wanted`, and the name it is loaded by.
fn find_library(packages: &Path, wanted: &str) -> anyhow::Result<(PathBuf, String)> {
    for folder in LIBRARY_FOLDERS {
        let folder = packages.join(folder);
        if !folder.is_dir() {
            continue;
        }
        for name in names(&folder)? {
            let rest = name.strip_prefix(wanted);
            if rest.is_some_and(|rest| rest.is_empty() || (!wanted.contains(".so.") && rest.starts_with('.')))
            {
                return Ok((folder.join(&name), name));
            }
        }
    }
    anyhow::bail!("`{wanted}` is in none of the packages unpacked in `{}`", packages.display())
}

/// Headers and compiler-rt, where clang looks for them by target.
fn stage_resources(from: &Path, to: &Path) -> anyhow::Result<()> {
    let include = to.join("include");
    tree::create(&include)?;
    for name in names(&from.join("include"))?.iter().filter(|name| is_wasm_header(name)) {
        install(&from.join("include").join(name), &include.join(name), 0o644)?;
    }
    for target in TARGETS {
        let folder = to.join("lib").join(target.replacen("wasm32-", "wasm32-unknown-", 1));
        tree::create(&folder)?;
        let builtins = from.join("lib/wasi/libclang_rt.builtins-wasm32.a");
        install(&builtins, &folder.join("libclang_rt.builtins.a"), 0o644)?;
    }
    Ok(())
}

/// Makes the libraries that replace what is missing, with the SDK's own clang.
///
/// That clang needs them to start, so the machine's compiler makes a first set, which the second set replaces.
fn stage_stand_ins(inputs: &ToolchainInputs<'_>) -> anyhow::Result<Vec<String>> {
    let lib = inputs.out.join("lib");
    for library in stand_in::libraries() {
        file::remove(&lib.join(library))?;
    }
    let missing = Closure::read(inputs.out)?.missing(stand_in::owner)?;
    let stand_ins = missing
        .iter()
        .map(|(library, symbols)| StandIn::new(library, symbols))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let work = tempfile::tempdir_in(inputs.out)
        .with_context(|| format!("creating a folder in `{}`", inputs.out.display()))?;
    for stand_in in &stand_ins {
        stand_in.compile(Program::new(inputs.native_cc), work.path(), &lib).with_context(|| {
            format!("making a first `{}` with `{}`", stand_in.library(), inputs.native_cc.display())
        })?;
    }
    // lld is a linker of ELF files when it is called by this name.
    let linker = work.path().join("ld.lld");
    relative_link("../bin/wasm-ld", &linker)?;
    for stand_in in &stand_ins {
        let mut linker_flag = std::ffi::OsString::from("--ld-path=");
        linker_flag.push(&linker);
        let clang = Program::new(inputs.out.join("bin/clang"))
            .args(["--no-default-config", "--target=x86_64-unknown-linux-gnu", "-fno-ident"])
            .arg(linker_flag);
        stand_in
            .compile(clang, work.path(), &lib)
            .with_context(|| format!("making `{}` with the SDK's clang", stand_in.library()))?;
    }
    for library in stand_ins.iter().map(|stand_in| lib.join(stand_in.library())) {
        set_mode(&library, 0o644)?;
    }
    Ok(stand_ins.iter().map(|stand_in| stand_in.library().to_owned()).collect())
}

/// Names in a folder, sorted.
fn names(folder: &Path) -> anyhow::Result<Vec<String>> {
    let names = tree::entries(folder)?.into_iter().filter_map(|path| Some(path.file_name()?.to_owned()));
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

/// Copies a file, through links, with a mode that no umask changes.
fn install(from: &Path, to: &Path, mode: u32) -> anyhow::Result<()> {
    file::remove(to)?;
    std::fs::copy(from, to).with_context(|| format!("copying `{}` to `{}`", from.display(), to.display()))?;
    set_mode(to, mode)
}

fn set_mode(path: &Path, mode: u32) -> anyhow::Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))
        .with_context(|| format!("setting the mode of `{}`", path.display()))
}

fn relative_link(target: &str, link: &Path) -> anyhow::Result<()> {
    file::remove(link)?;
    std::os::unix::fs::symlink(target, link)
        .with_context(|| format!("linking `{}` to `{target}`", link.display()))
}
