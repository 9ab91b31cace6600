//! Which patches a choice of features needs; knows nothing of how they are applied.
use std::collections::BTreeSet;

use anyhow::anyhow;

use super::folder::Series;
use super::patch::Patch;
use crate::hint::Hint;

/// The patches whose `Feature:` is one of `features`, in series order.
///
/// # Errors
/// When a feature is unknown, or when a patch depends on one outside the choice: both patches are named, and the
/// hint names the features that are complete.
pub fn subset<'a>(series: &'a Series, features: &[String]) -> anyhow::Result<Vec<&'a Patch>> {
    let known = series.features();
    if let Some(unknown) = features.iter().find(|feature| !known.contains(&feature.as_str())) {
        let message = format!("no patch of `{}` has the feature `{unknown}`", series.folder.display());
        return Err(Hint::new(message, format!("the features are: {}", known.join(", "))).into());
    }
    let chosen: Vec<&Patch> = series.patches.iter().filter(|patch| in_features(patch, features)).collect();
    let mut faults = Vec::new();
    for patch in &chosen {
        for name in patch.depends_on() {
            let needed = series.by_slug(&name.slug).ok_or_else(|| {
                anyhow!("patch `{}` depends on `{name}`, which is not in the series", patch.file_name)
            })?;
            if !in_features(needed, features) {
                faults.push(format!(
                    "patch `{}` (feature `{}`) depends on `{}` (feature `{}`), which is not chosen",
                    patch.file_name,
                    patch.feature().unwrap_or("none"),
                    needed.file_name,
                    needed.feature().unwrap_or("none"),
                ));
            }
        }
    }
    if faults.is_empty() {
        return Ok(chosen);
    }
    let complete = closure(series, features).into_iter().collect::<Vec<_>>().join(",");
    Err(Hint::new(faults.join("\n"), format!("use `--feature {complete}`")).into())
}

/// `features` and every feature that their patches depend on, directly or not.
#[must_use]
pub fn closure(series: &Series, features: &[String]) -> BTreeSet<String> {
    let mut all: BTreeSet<String> = features.iter().cloned().collect();
    loop {
        let before = all.len();
        for patch in &series.patches {
            if patch.feature().is_some_and(|feature| all.contains(feature)) {
                let needed: Vec<_> =
                    patch.depends_on().filter_map(|name| series.by_slug(&name.slug)).collect();
                all.extend(needed.into_iter().filter_map(Patch::feature).map(str::to_owned));
            }
        }
        if all.len() == before {
            return all;
        }
    }
}

fn in_features(patch: &Patch, features: &[String]) -> bool {
    patch.feature().is_some_and(|feature| features.iter().any(|chosen| chosen == feature))
}
