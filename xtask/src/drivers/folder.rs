//! The folder of built programs, brought up to date once a run; knows no language.
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{go, node, rust};
use crate::parallel::in_parallel;
use crate::paths::Paths;
use crate::run::RunOptions;
use crate::stamp::{Inputs, Stamps};
use crate::tree;

/// What a language's builder answers when this machine cannot build its programs: the reason.
pub(super) type Skipped = Option<String>;

/// What was built.
#[derive(Debug)]
pub struct Programs {
    /// One folder a language: `rust`, `go`, `node`.
    pub folder: PathBuf,
    /// Languages without programs, each with the reason.
    pub skipped: Vec<(&'static str, String)>,
}

/// How one language is built.
struct Language {
    name: &'static str,
    inputs: fn(&Paths) -> anyhow::Result<Inputs>,
    build: fn(&Paths, &RunOptions, &Path) -> anyhow::Result<Skipped>,
}

const LANGUAGES: &[Language] = &[
    Language { name: "rust", inputs: rust::inputs, build: rust::build },
    Language { name: "go", inputs: go::inputs, build: go::build },
    Language { name: "node", inputs: node::inputs, build: node::build },
];

/// Builds what is not up to date, all languages at once.
///
/// # Errors
/// When a program does not compile, or packages cannot be had.
pub fn build(paths: &Paths, run: &RunOptions) -> anyhow::Result<Programs> {
    let folder = paths.target.join("drivers/programs");
    tree::create(&folder)?;
    let outcomes = in_parallel(LANGUAGES.len(), LANGUAGES, |language| {
        bring(paths, run, language, &folder.join(language.name))
            .with_context(|| format!("building the drivers of `{}`", language.name))
    });
    let mut skipped = Vec::new();
    for (language, outcome) in LANGUAGES.iter().zip(outcomes) {
        skipped.extend(outcome?.map(|reason| (language.name, reason)));
    }
    Ok(Programs { folder, skipped })
}

fn bring(paths: &Paths, run: &RunOptions, language: &Language, folder: &Path) -> anyhow::Result<Skipped> {
    let inputs = (language.inputs)(paths)?;
    let stamps = Stamps::new(paths.target.join("stamps"));
    let name = format!("drivers {}", language.name);
    if stamps.matches(&name, &inputs, folder) {
        return Ok(None);
    }
    stamps.remove(&name)?;
    let mut skipped = None;
    tree::replace(folder, |folder| {
        skipped = (language.build)(paths, run, folder)?;
        Ok(())
    })?;
    if skipped.is_none() {
        // What is missing may be there the next time.
        stamps.write(&name, &inputs, folder)?;
    }
    Ok(skipped)
}
