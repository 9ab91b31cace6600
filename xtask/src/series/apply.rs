//! Patches onto a base, one commit each, as `git am --3way` does it; knows nothing of where the base comes from.
//!
//! All patches go into one `git am`, so that after a conflict the developer's own `git am --continue` goes on with the
//! patches that were not tried. Author and date come from the patch, committer is fixed, committer date is the author
//! date: the same patches on the same base give the same commit ids.
use anyhow::{Context, bail};

use super::checkout::Checkout;
use super::conflict;
use super::folder::Series;
use super::name::slugify;
use super::patch::Patch;
use super::report::Conflict;

/// What became of the patches.
#[derive(Debug, Default)]
pub struct Applied {
    /// File names of the patches that became commits.
    pub applied: Vec<String>,
    /// File names of the patches that changed nothing, because the base has what they do.
    pub already_upstream: Vec<String>,
    /// The patch that stopped.
    pub conflict: Option<Conflict>,
    /// File names of the patches after it.
    pub untried: Vec<String>,
}

impl Applied {
    /// Whether every patch became a commit.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.conflict.is_none() && self.already_upstream.is_empty()
    }
}

/// Applies `patches` of `series` to HEAD. After a conflict the checkout stays as `git am` left it.
///
/// # Errors
/// When git cannot be run at all; a conflict is a result.
pub fn apply(checkout: &Checkout<'_>, series: &Series, patches: &[&Patch]) -> anyhow::Result<Applied> {
    if patches.is_empty() {
        return Ok(Applied::default());
    }
    let base = checkout.head()?;
    let mut arguments: Vec<String> = [
        "am",
        "-q",
        "--3way",
        "--keep-cr",
        "--keep-non-patch",
        "--no-scissors",
        "--no-message-id",
        "--no-signoff",
        "--no-gpg-sign",
        "--committer-date-is-author-date",
        "--",
    ]
    .map(str::to_owned)
    .to_vec();
    for patch in patches {
        let path = std::path::absolute(series.path(patch)).context("making the path of a patch absolute")?;
        arguments.push(path.to_string_lossy().into_owned());
    }
    let ended = checkout.git.attempt(&arguments.iter().map(String::as_str).collect::<Vec<_>>())?;
    let commits = subjects(checkout, &base)?;
    let (tried, conflict, untried) = match stopped_at(checkout, patches.len()) {
        _ if ended.ok => (patches, None, &[][..]),
        None => bail!("`git am` failed in `{}`: {}", checkout.folder().display(), ended.stderr.trim_end()),
        Some(stopped) => {
            let conflict = Conflict {
                patch: patches[stopped].file_name.clone(),
                files: conflict::classify(&checkout.git, patches[stopped])?,
                message: ended.stderr.trim_end().to_owned(),
            };
            (&patches[..stopped], Some(conflict), &patches[stopped + 1..])
        }
    };
    // A patch whose change the base has is skipped by git without an error.
    let (applied, skipped): (Vec<&Patch>, Vec<&Patch>) =
        tried.iter().partition(|patch| commits.contains(&patch.slug()));
    Ok(Applied {
        applied: names(&applied),
        already_upstream: names(&skipped),
        conflict,
        untried: names(untried),
    })
}

fn names(patches: &[&Patch]) -> Vec<String> {
    patches.iter().map(|patch| patch.file_name.clone()).collect()
}

/// Slugs of the commits since `base`.
fn subjects(checkout: &Checkout<'_>, base: &str) -> anyhow::Result<Vec<String>> {
    let text = checkout.git.text(&["log", "--format=%s", &format!("{base}..HEAD")])?;
    Ok(text.lines().map(slugify).collect())
}

/// Index of the patch that `git am` stopped at.
fn stopped_at(checkout: &Checkout<'_>, patches: usize) -> Option<usize> {
    let text = std::fs::read_to_string(checkout.folder().join(".git/rebase-apply/next")).ok()?;
    let next: usize = text.trim().parse().ok()?;
    (1..=patches).contains(&next).then(|| next - 1)
}
