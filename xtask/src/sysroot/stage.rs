//! Lays out one sysroot: headers, libraries, libc++ and, for the variant `warpgrid`, the overlay. Knows no source kind:
//! it is given folders that somebody else fetched and unpacked.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::compiler::{Compiler, Unit};
use super::overlay::{self, OverlayInputs};
use super::recipe::{Description, Recipe};
use super::source_road::OVERLAY_ARCHIVE;
use super::{archive, audit, symbols};
use crate::hint::Hint;
use crate::manifest::Variant;
use crate::{file, tree};

/// The patched libc.a may be larger than upstream's by this part of it, in percent.
pub const LARGEST_GROWTH_PERCENT: u64 = 5;

/// Changes the installed headers of a sysroot: `(root of the sysroot, triple)`.
pub type HeaderStep<'a> = &'a dyn Fn(&Path, &str) -> anyhow::Result<()>;

/// What staging a sysroot takes.
#[derive(Clone, Copy)]
pub struct StageInputs<'a> {
    /// The compiler for our sources.
    pub compiler: &'a Compiler,
    /// Stock wasi-libc: a folder with `include/<triple>` and `lib/<triple>`.
    pub libc: &'a Path,
    /// libc++ for wasm: a folder with `include/wasm32-wasi/c++/v1` and `lib/wasm32-wasi/libc++.a`.
    pub cxx: Option<&'a Path>,
    /// The WIT package `warpgrid:shim`.
    pub wit: &'a Path,
    /// The fork's folder, `forks/libc`.
    pub fork: &'a Path,
    /// The folder with descriptions, symbol lists and audits, `sysroots`.
    pub sysroots: &'a Path,
    /// The wasm target.
    pub triple: &'a str,
    /// Which variant.
    pub variant: Variant,
    /// Applies the series' header changes to the variant `warpgrid`.
    pub headers: Option<HeaderStep<'a>>,
    /// Where the sysroot goes; must not exist or be empty.
    pub out: &'a Path,
    /// How many files are compiled at a time.
    pub jobs: usize,
    /// A folder for intermediate files; overwritten.
    pub scratch: &'a Path,
    /// Whether the symbol list is rewritten instead of compared.
    pub bless: bool,
}

/// A finished sysroot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedSysroot {
    /// Its root: what `--sysroot` is given.
    pub root: PathBuf,
    /// The parts of the overlay in it.
    pub parts: Vec<String>,
    /// How many names its libc.a defines.
    pub symbols: usize,
    /// Size of upstream's libc.a in bytes.
    pub upstream_size: u64,
    /// Size of the staged libc.a in bytes.
    pub libc_size: u64,
    /// Ways into a descriptor that are left to upstream, sorted; empty for `stock`.
    pub audit_remainder: Vec<String>,
}

/// Stages one sysroot.
///
/// # Errors
/// When an input is missing, a step of the overlay fails, a header or library of the description is not there, the
/// symbols or the audit differ from the committed lists, or the patched libc.a has grown by more than
/// [`LARGEST_GROWTH_PERCENT`].
pub fn stage_sysroot(inputs: &StageInputs<'_>) -> anyhow::Result<StagedSysroot> {
    let named = || format!("staging the sysroot {}/{}", inputs.triple, inputs.variant.as_str());
    stage(inputs).with_context(named)
}

fn stage(inputs: &StageInputs<'_>) -> anyhow::Result<StagedSysroot> {
    let description = Description::read(inputs.sysroots, inputs.triple, inputs.variant)?;
    if inputs.out.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("`{}` is not empty", inputs.out.display());
    }
    let include = inputs.out.join("include").join(inputs.triple);
    let lib = inputs.out.join("lib").join(inputs.triple);
    tree::copy(&inputs.libc.join("include").join(inputs.triple), &include)?;
    tree::copy(&inputs.libc.join("lib").join(inputs.triple), &lib)?;
    if description.cxx {
        let cxx = inputs.cxx.context("the sysroot has libc++, and none was given")?;
        tree::copy(&cxx.join("include/wasm32-wasi/c++"), &include.join("c++"))?;
        for name in ["libc++.a", "libc++abi.a"] {
            file::copy_bytes(&cxx.join("lib/wasm32-wasi").join(name), &lib.join(name))?;
        }
        add_to_cxx(inputs, &lib.join("libc++abi.a"))?;
    }

    let libc = lib.join("libc.a");
    let bytes = std::fs::read(&libc).with_context(|| format!("reading `{}`", libc.display()))?;
    let upstream_size = bytes.len() as u64;
    let mut members = archive::read(&bytes).with_context(|| format!("in `{}`", libc.display()))?;
    let mut libc_size = upstream_size;
    let mut audit_remainder = Vec::new();
    if inputs.variant == Variant::Warpgrid {
        if let Some(headers) = inputs.headers {
            headers(inputs.out, inputs.triple)?;
        }
        members = overlay::lay_over(
            members,
            take_built(&lib)?,
            &OverlayInputs {
                compiler: inputs.compiler,
                fork: inputs.fork,
                wit: inputs.wit,
                sysroot: inputs.out,
                triple: inputs.triple,
                parts: &description.parts,
                jobs: inputs.jobs,
                scratch: inputs.scratch,
            },
        )?;
        libc_size = overlay::write_archive(&members, &libc)?;
        let allowed = upstream_size + upstream_size * LARGEST_GROWTH_PERCENT / 100;
        if libc_size > allowed {
            bail!(
                "libc.a has {libc_size} bytes, more than {LARGEST_GROWTH_PERCENT} % over upstream's {upstream_size}"
            );
        }
        let remainder = audit::remainder(&members, &Recipe::read(inputs.fork)?.overlay.prefix)?;
        audit::compare(&remainder, &list(inputs, "audit"))?;
        audit_remainder = remainder.into_iter().collect();
    }
    let names = symbols::defined(&members)?;
    symbols::compare(&names, &list(inputs, "symbols"), inputs.bless)?;
    present(&include, &description.headers, inputs)?;
    present(&lib, &description.libraries, inputs)?;
    Ok(StagedSysroot {
        root: inputs.out.to_owned(),
        parts: description.parts,
        symbols: names.len(),
        upstream_size,
        libc_size,
        audit_remainder,
    })
}

/// Adds the recipe's members to libc++abi.a.
fn add_to_cxx(inputs: &StageInputs<'_>, path: &Path) -> anyhow::Result<()> {
    let recipe = Recipe::read(inputs.fork)?;
    let objects = inputs.scratch.join("cxx");
    tree::empty(&objects)?;
    let bytes = std::fs::read(path).with_context(|| format!("reading `{}`", path.display()))?;
    let mut members = archive::read(&bytes).with_context(|| format!("in `{}`", path.display()))?;
    for source in &recipe.cxx.sources {
        let name = format!("warpgrid_{}.obj", source.replace('/', "_"));
        let object = objects.join(&name);
        let unit = Unit {
            source: inputs.fork.join("overlay").join(source),
            object: object.clone(),
            flags: recipe.overlay.flags.clone(),
        };
        inputs.compiler.compile(inputs.triple, inputs.out, &[unit], 1)?;
        let data = std::fs::read(&object).with_context(|| format!("reading `{}`", object.display()))?;
        members.push(archive::Member { name, data });
    }
    overlay::write_archive(&members, path).map(drop)
}

/// Our objects, if upstream's own build has made them; their archive is no part of the sysroot.
fn take_built(lib: &Path) -> anyhow::Result<Option<Vec<archive::Member>>> {
    let path = lib.join(OVERLAY_ARCHIVE);
    if !path.is_file() {
        return Ok(None);
    }
    let bytes = std::fs::read(&path).with_context(|| format!("reading `{}`", path.display()))?;
    std::fs::remove_file(&path).with_context(|| format!("removing `{}`", path.display()))?;
    archive::read(&bytes).map(Some).with_context(|| format!("in `{}`", path.display()))
}

fn list(inputs: &StageInputs<'_>, kind: &str) -> PathBuf {
    inputs.sysroots.join(format!("{}.{}.{kind}", inputs.triple, inputs.variant.as_str()))
}

fn present(folder: &Path, names: &[String], inputs: &StageInputs<'_>) -> anyhow::Result<()> {
    match names.iter().find(|name| !folder.join(name).is_file()) {
        None => Ok(()),
        Some(name) => {
            let message = format!("`{}` is not in the sysroot", folder.join(name).display());
            let hint = format!("see `sysroots/{}.{}.toml`", inputs.triple, inputs.variant.as_str());
            Err(Hint::new(message, hint).into())
        }
    }
}
