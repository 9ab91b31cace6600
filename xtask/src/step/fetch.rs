//! Brings inputs into the cache and records which sources they came from; knows no source kind from the inside.
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{BuildStep, StepContext};
use crate::manifest::Kind;
use crate::plan::LibcRoad;
use crate::source::{FetchedInput, Request};
use crate::stamp::Inputs;
use crate::tree;

/// Fetches some inputs, in parallel.
pub(super) struct Fetch {
    /// Names in the manifest.
    pub inputs: Vec<String>,
    /// Which sources of an upstream may be used.
    pub road: LibcRoad,
}

/// Which source an input came from: what `sdk.json` says, and what a later run asks the cache for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Record {
    /// Name in the manifest.
    pub input: String,
    /// Kind of the source, as in the manifest.
    pub kind: String,
}

/// Every source kind that gives a prebuilt library.
const PREBUILT: &[Kind] = &[Kind::Archive, Kind::Debian, Kind::Npm, Kind::Pypi, Kind::Crate, Kind::Go];

impl BuildStep for Fetch {
    fn inputs(&self, context: &StepContext<'_>) -> anyhow::Result<Inputs> {
        let mut inputs = Inputs::default();
        inputs.value("road", format!("{:?}", self.road));
        for name in &self.inputs {
            let input = context.manifest.input(name)?;
            inputs.value("input", format!("{input:?}"));
            for source in &input.sources {
                inputs.value("pins", format!("{:?}", context.manifest.pins_of(input, source)));
            }
        }
        Ok(inputs)
    }

    fn output(&self, context: &StepContext<'_>) -> PathBuf {
        context.paths.target.join("fetched").join(format!("{}.json", self.inputs.join("+")))
    }

    fn run(&self, context: &StepContext<'_>) -> anyhow::Result<()> {
        let requests: Vec<Request> = self
            .inputs
            .iter()
            .map(|input| match self.road {
                // Without upstream's build tools the source road ends in nothing.
                LibcRoad::Auto if context.can_build_from_source() => Request::any(input),
                LibcRoad::Auto => Request::only(input, PREBUILT),
                LibcRoad::Source => Request::only(input, &[Kind::Git]),
                LibcRoad::Overlay => Request::only(input, PREBUILT),
            })
            .collect();
        let fetched = context.fetcher()?.fetch(context.manifest, &requests)?;
        let records: Vec<Record> = fetched
            .iter()
            .map(|input| Record { input: input.input.clone(), kind: input.kind_used.as_str().to_owned() })
            .collect();
        let output = self.output(context);
        let folder = output.parent().unwrap_or(Path::new("."));
        tree::create(folder)?;
        let text = serde_json::to_string_pretty(&records).context("writing what was fetched")?;
        std::fs::write(&output, text).with_context(|| format!("writing `{}`", output.display()))
    }
}

/// Everything that the fetch steps of this build recorded, sorted by name.
///
/// # Errors
/// When a record cannot be read.
pub(super) fn records(context: &StepContext<'_>) -> anyhow::Result<Vec<Record>> {
    let folder = context.paths.target.join("fetched");
    let mut records = Vec::new();
    for file in tree::files(&folder)? {
        let text = std::fs::read_to_string(&file).with_context(|| format!("reading `{}`", file.display()))?;
        let found: Vec<Record> =
            serde_json::from_str(&text).with_context(|| format!("reading `{}`", file.display()))?;
        records.extend(found);
    }
    records.sort_by(|first, second| first.input.cmp(&second.input));
    Ok(records)
}

/// The files of one input, from the source that its fetch step recorded, else from any.
///
/// # Errors
/// When they cannot be had.
pub(super) fn fetched(context: &StepContext<'_>, name: &str) -> anyhow::Result<FetchedInput> {
    let recorded = if context.paths.target.join("fetched").is_dir() { records(context)? } else { Vec::new() };
    let kind = recorded
        .iter()
        .find(|record| record.input == name)
        .and_then(|record| Kind::ALL.iter().find(|kind| kind.as_str() == record.kind));
    let request = kind.map_or_else(|| Request::any(name), |kind| Request::only(name, &[*kind]));
    let mut fetched = context.fetcher()?.fetch(context.manifest, &[request])?;
    fetched.pop().with_context(|| format!("nothing was fetched for `{name}`"))
}
