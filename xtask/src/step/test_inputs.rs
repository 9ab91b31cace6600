//! Inputs that only tests and benchmarks use; knows no test.
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::{StepContext, fetch};
use crate::cache::built::{self, Key};
use crate::manifest::{Kind, Manifest};
use crate::paths::Paths;
use crate::source::unpack;
use crate::tree;

/// Fetches an input and unpacks all of its files into `folder`.
///
/// # Errors
/// When it cannot be had or unpacked.
pub fn unpack_input(
    paths: &Paths,
    offline: bool,
    jobs: usize,
    name: &str,
    folder: &Path,
) -> anyhow::Result<()> {
    let manifest = Manifest::load(&paths.manifest)?;
    let context = StepContext { paths, manifest: &manifest, jobs, offline };
    let fetched = fetch::fetched(&context, name)?;
    for artifact in &fetched.artifacts {
        match fetched.kind_used {
            Kind::Debian => unpack::deb(&artifact.path, folder)?,
            Kind::Crate => super::unpack_crate(&artifact.path, folder)?,
            other => bail!("tests do not unpack inputs of kind `{}`", other.as_str()),
        }
    }
    Ok(())
}

/// Fetches the Debian packages of several inputs and unpacks them all into one folder of the cache, which all checkouts
/// share; without what lies below `without`. Uses no network when the folder is there already.
///
/// # Errors
/// When they cannot be had or unpacked.
pub fn unpacked_packages(
    context: &StepContext<'_>,
    what: &str,
    names: &[&str],
    without: &[&str],
) -> anyhow::Result<PathBuf> {
    let mut key = Key::new(what);
    for name in names {
        let input = context.manifest.input(name)?;
        for source in &input.sources {
            key = key.with(name, &format!("{:?}", context.manifest.pins_of(input, source)));
        }
    }
    for path in without {
        key = key.with("without", path);
    }
    let fetcher = context.fetcher()?;
    built::publish(fetcher.cache(), &key, |folder| {
        for fetched in fetcher.fetch(context.manifest, names)? {
            for artifact in &fetched.artifacts {
                unpack::deb(&artifact.path, folder)?;
            }
        }
        without.iter().try_for_each(|path| tree::remove(&folder.join(path)))
    })
}

/// The library that gives a program another clock.
///
/// # Errors
/// When it cannot be had.
pub fn faketime_library(paths: &Paths, offline: bool, jobs: usize) -> anyhow::Result<PathBuf> {
    let folder = paths.target.join("build/faketime");
    tree::replace(&folder, |folder| unpack_input(paths, offline, jobs, "faketime", folder))?;
    tree::files(&folder)?
        .into_iter()
        .find(|file| file.file_name().is_some_and(|name| name == "libfaketime.so.1"))
        .context("the packages of `faketime` hold no `libfaketime.so.1`")
}

/// The fetched files of several inputs, in order.
///
/// # Errors
/// When one cannot be had.
pub fn input_files(
    paths: &Paths,
    offline: bool,
    jobs: usize,
    names: &[&str],
) -> anyhow::Result<Vec<PathBuf>> {
    let manifest = Manifest::load(&paths.manifest)?;
    let context = StepContext { paths, manifest: &manifest, jobs, offline };
    let mut files = Vec::new();
    for name in names {
        files.extend(fetch::fetched(&context, name)?.artifacts.into_iter().map(|artifact| artifact.path));
    }
    Ok(files)
}
