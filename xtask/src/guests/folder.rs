//! The folder of built guests, `$WARPGRID_GUESTS` of the tests: brought up to date once a run; knows no language.
use std::path::PathBuf;

use anyhow::Context;

use super::{go, rust, sdk};
use crate::paths::Paths;
use crate::plan::RustRoad;
use crate::run::RunOptions;
use crate::stamp::{Inputs, Stamps};
use crate::{file, tree};

/// What a language's builder answers when this machine cannot build its guests: the reason.
pub(super) type Skipped = Option<String>;

/// Builds what is not up to date and gives the folder with every `<guest>.wasm`.
///
/// Guests that cannot be built on this machine leave `<language>.skipped` there with the reason, which their tests
/// print.
///
/// # Errors
/// When a guest does not compile.
pub fn build(paths: &Paths, run: &RunOptions, road: RustRoad) -> anyhow::Result<PathBuf> {
    let all = paths.target.join("guests/wasm");
    tree::create(&all)?;
    bring(paths, "rust", &all, rust::inputs(paths, road)?, |folder| rust::build(paths, run, road, folder))?;
    bring(paths, "go", &all, go::inputs(paths)?, |folder| go::build(paths, folder))?;
    bring(paths, "sdk", &all, sdk::inputs(paths, road)?, |folder| sdk::build(paths, run, road, folder))?;
    Ok(all)
}

/// Builds the guests of one language into a folder of their own unless nothing changed, and puts them among the others.
fn bring(
    paths: &Paths,
    language: &str,
    all: &std::path::Path,
    inputs: Inputs,
    build: impl FnOnce(&std::path::Path) -> anyhow::Result<Skipped>,
) -> anyhow::Result<()> {
    let folder = paths.target.join("guests").join(language).join("built");
    let stamps = Stamps::new(paths.target.join("stamps"));
    let name = format!("guests {language}");
    let reason = all.join(format!("{language}.skipped"));
    if stamps.matches(&name, &inputs, &folder) {
        return Ok(());
    }
    stamps.remove(&name)?;
    for old in if folder.is_dir() { tree::entries(&folder)? } else { Vec::new() } {
        file::remove(&all.join(old.file_name().unwrap_or_default()))?;
    }
    file::remove(&reason)?;
    let mut skipped = None;
    tree::replace(&folder, |folder| {
        skipped = build(folder).with_context(|| format!("building the guests of `{language}`"))?;
        Ok(())
    })?;
    for made in tree::entries(&folder)? {
        file::copy_bytes(&made, &all.join(made.file_name().unwrap_or_default()))?;
    }
    if let Some(why) = skipped {
        // Not stamped: what is missing may be there the next time.
        return file::replace(&reason, why.as_bytes());
    }
    stamps.write(&name, &inputs, &folder)
}
